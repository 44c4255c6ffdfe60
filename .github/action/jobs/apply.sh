# Applies what was reviewed, or what dates ask for, or one fingerprint. Then tells the merged pull request.
needs_ledger
if [ "${GITHUB_EVENT_NAME:-}" = workflow_dispatch ] && [ "${GITHUB_REF:-}" != "refs/heads/${DEFAULT_BRANCH:-}" ]; then
  wrong "An apply runs on the default branch only. Choose ${DEFAULT_BRANCH:-it} where the workflow is started."
fi
if [ -n "${EXPECT:-}" ]; then
  flags+=(--expect "$EXPECT")
elif [ "${SAME_FILES:-false}" = true ]; then
  flags+=(--same-files)
elif [ "${REVIEWED:-true}" = true ]; then
  flags+=(--reviewed)
fi
seatsync apply --yes "${flags[@]}" --outcome "$OUT/outcome.json" -- "${folders[@]}" 2>&1 | tee "$RUNNER_TEMP/apply.txt"
code=$?
head -c 500000 "$RUNNER_TEMP/apply.txt" | sed 's/^/    /' >> "$SUMMARY"
if [ "${COMMENT:-false}" = true ]; then told seatsync notify "$OUT/outcome.json" --comment --webhook; fi
