# Verifies the ledger, and tells how the night went: one issue, which the next good night closes.
needs_ledger
also=()
for folder in "${folders[@]}"; do
  seatsync verify "${privacy[@]}" -C "$folder" || also+=(--failed "seatsync verify of $folder: exit code $?")
done
[[ "${LETTERS:-success}" =~ ^(success|skipped)$ ]] || also+=(--failed "The job letters: $LETTERS")
[ "${#also[@]}" -eq 0 ] || code=1
[ -z "${NOTE:-}" ] || also+=(--text "$NOTE")
told seatsync notify "$OUTCOME/outcome.json" --issue nightly --webhook "${also[@]}"
