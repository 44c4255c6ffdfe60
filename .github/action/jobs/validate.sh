# Checks the files: annotations, the summary, and if asked for the comment.
seatsync validate "${flags[@]}" "${since[@]}" --format github -- "${folders[@]}"
code=$?
seatsync validate "${flags[@]}" "${since[@]}" --format markdown -- "${folders[@]}" > "$OUT/plan.md" 2> /dev/null
cat "$OUT/plan.md" >> "$SUMMARY"
if [ "${COMMENT:-false}" = true ]; then told seatsync comment --body "$OUT/plan.md"; fi
