# Plans: annotations, the summary, the plan as JSON and as a page, the outputs; if asked for, the comment and the statuses.
needs_ledger
planned=()
if [ "${GITHUB_EVENT_NAME:-}" = issue_comment ]; then # the event names no commit; checked out is GitHub's merge of it
  planned=(--commit "$(git rev-parse --verify HEAD^2)") || wrong "A plan that a comment asks for needs a checkout of the pull request's merge."
fi
findings="$RUNNER_TEMP/findings.json"
seatsync plan "${flags[@]}" "${since[@]}" --out "$OUT/plan.json" --outcome "$OUT/outcome.json" --format github -- "${folders[@]}"
code=$?
seatsync validate "${privacy[@]}" "${since[@]}" --format json -- "${folders[@]}" > "$findings" 2> /dev/null
shown=("$OUT/plan.json" --outcome "$OUT/outcome.json" --findings "$findings" "${privacy[@]}" "${planned[@]}")
seatsync comment --print "${shown[@]}" > "$OUT/plan.md"
cat "$OUT/plan.md" >> "$SUMMARY"
if [ -s "$OUT/plan.json" ]; then seatsync show "$OUT/plan.json" --format html "${privacy[@]}" > "$OUT/plan.html"; fi
python3 -I "$HERE/outputs.py" "$OUT/outcome.json" >> "$OUTPUT"
if [ "${COMMENT:-false}" = true ]; then told seatsync comment "${shown[@]}"; fi
if [ "${STATUSES:-false}" = true ]; then told seatsync mark "$OUT/outcome.json" "${planned[@]}"; fi
