# Fetches each source of FETCH, and proposes what changed in the folders as one pull request. A source that fails changes nothing.
[ -n "${FETCH:-}" ] || wrong "Nothing is to be fetched. Set the variable SEATSYNC_FETCH, or fetch: oneroster --url …"
: > "$OUT/fetched.txt"
while IFS= read -r line; do
  [[ "$line" =~ [^[:space:]] ]] || continue
  mapfile -t words < <(xargs printf '%s\n' <<< "$line")
  seatsync fetch "${words[@]}" "${privacy[@]}" | tee -a "$OUT/fetched.txt"
  status=${PIPESTATUS[0]}
  [ "$status" -eq 0 ] || code=$status
done <<< "$FETCH"
kept=() # a pull request is not closed because its source is away tonight
[ "$code" -eq 0 ] || kept=(--keep-open)
seatsync propose "${privacy[@]}" "${kept[@]}" --body "$OUT/fetched.txt" -- "${folders[@]}" || code=$?
cat "$OUT/fetched.txt" >> "$SUMMARY"
