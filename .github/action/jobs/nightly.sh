# Verifies the ledger, compares the newest exports with it, and tells how the night went: one issue, which the next good night closes.
needs_ledger
also=()
for folder in "${folders[@]}"; do
  seatsync verify "${privacy[@]}" -C "$folder" || also+=(--failed "seatsync verify of $folder: exit code $?")
done
for folder in "${folders[@]}"; do
  verdict="$(seatsync drift --exports --quiet "${privacy[@]}" -C "$folder")"
  drift=$?
  if [ "$drift" -eq 2 ]; then # what is there otherwise is no failure, unless warnings are
    seatsync drift --exports "${privacy[@]}" -C "$folder"
    told=--to-do
    [ "${STRICT:-false}" = true ] && told=--failed
    also+=("$told" "Drift in $folder. ${verdict//$'\n'/ } The log says where. In that folder: \`seatsync drift --exports\`.")
  elif [ "$drift" -ne 0 ]; then
    also+=(--failed "seatsync drift of $folder: exit code $drift")
  fi
done
[[ "${LETTERS:-success}" =~ ^(success|skipped)$ ]] || also+=(--failed "The job letters: $LETTERS")
[[ "${FETCHED:-success}" =~ ^(success|skipped)$ ]] || also+=(--failed "The job fetch: $FETCHED")
[[ " ${also[*]} " != *" --failed "* ]] || code=1
[ -z "${NOTE:-}" ] || also+=(--text "$NOTE")
told seatsync notify "$OUTCOME/outcome.json" --issue nightly --webhook "${also[@]}"
