# Fetches each source of FETCH, and proposes what changed in the folders as one pull request. A source that fails changes nothing.
[ -n "${FETCH:-}" ] || wrong "Nothing is to be fetched. Set the variable SEATSYNC_FETCH, or fetch: oneroster --url …"
: > "$OUT/fetched.txt"
kept=()
while IFS= read -r line; do
  [[ "$line" =~ [^[:space:]] ]] || continue
  mapfile -t words < <(xargs printf '%s\n' <<< "$line")
  seatsync fetch "${words[@]}" "${privacy[@]}" | tee -a "$OUT/fetched.txt"
  status=${PIPESTATUS[0]}
  [ "$status" -ne 0 ] || continue
  code=$status
  into=. before= # what was proposed of this source stays proposed
  for word in "${words[@]}"; do
    [ "$before" != --into ] || into=$word
    [[ "$word" != --into=* ]] || into=${word#--into=}
    before=$word
  done
  kept+=(--keep "$into")
done <<< "$FETCH"
seatsync propose "${privacy[@]}" "${kept[@]}" --body "$OUT/fetched.txt" -- "${folders[@]}" || code=$?
cat "$OUT/fetched.txt" >> "$SUMMARY"
