#!/usr/bin/env bash
# One job of a pipeline: MODE is validate, plan or apply; the other settings are the inputs of action.yml.
# It also writes the step's summary and outputs, and exits with the exit code of the command. The runner cannot take seatsync's
# output for workflow commands, except for its own annotations (cli/output/privacy.py), so nothing needs to be filtered here.
set -uo pipefail
OUT="${OUT:-seatsync-plan}"
SUMMARY="${GITHUB_STEP_SUMMARY:-/dev/null}"
OUTPUT="${GITHUB_OUTPUT:-/dev/null}"
[ -d "${RUNNER_TEMP:-/nowhere}/seatsync/bin" ] && PATH="$RUNNER_TEMP/seatsync/bin:$PATH"
mkdir -p "$OUT"

# shellcheck disable=SC2206 # the folders' patterns are meant to be expanded
folders=(${FOLDERS:-.})
[ -n "${LEDGER:-}" ] && export SEATSYNC_LEDGER="$LEDGER"
if [ "${MODE:-}" != validate ] && [ -z "${SEATSYNC_LEDGER:-}" ]; then
  echo "::error title=seatsync::No ledger is set. Set the secret SEATSYNC_LEDGER, or ledger: git. A ledger file on this runner would be deleted with the runner."
  exit 64
fi
privacy=()
[ "${REDACT:-auto}" = true ] && privacy+=(--redact)
[ "${REDACT:-auto}" = false ] && privacy+=(--no-redact)
flags=("${privacy[@]}")
[ "${STRICT:-false}" = true ] && flags+=(--strict)

outputs() {
  python3 -I - "$1" << 'END' # -I: do not import a json.py from the repository
import json, secrets, sys
plans = json.load(open(sys.argv[1], encoding="utf-8"))
plans = plans if isinstance(plans, list) else [plans]
several = len(plans) > 1
values = {
    "changes": str(sum(len(plan["changes"]) for plan in plans)),
    "refused": str(any(plan["refusals"] for plan in plans)).lower(),
    "fingerprint": " ".join(several * (plan["institution"] + "=") + plan["fingerprint"] for plan in plans if plan["fingerprint"]),
}
for name, value in values.items():  # a random delimiter, so that no value can contain it
    end = secrets.token_hex(16)
    print(f"{name}<<{end}\n{value}\n{end}")
END
}

comment() {
  [ "${COMMENT:-false}" = true ] || return 0
  seatsync comment "$@" || echo "The comment could not be written. Everything else is done." >&2
}

case "${MODE:-}" in
  validate)
    seatsync validate "${flags[@]}" --format github -- "${folders[@]}"
    code=$?
    seatsync validate "${flags[@]}" --format markdown -- "${folders[@]}" > "$OUT/plan.md" 2> /dev/null
    cat "$OUT/plan.md" >> "$SUMMARY"
    comment --body "$OUT/plan.md"
    ;;
  plan)
    seatsync plan "${flags[@]}" --out "$OUT/plan.json" --format github -- "${folders[@]}"
    code=$?
    if [ -s "$OUT/plan.json" ]; then
      seatsync show "$OUT/plan.json" --format markdown "${privacy[@]}" > "$OUT/plan.md"
      seatsync show "$OUT/plan.json" --format html "${privacy[@]}" > "$OUT/plan.html"
      outputs "$OUT/plan.json" >> "$OUTPUT"
    fi
    # Errors in files come first, above the plans of the other institutions. Then no plan counts as reviewed.
    if seatsync validate "${privacy[@]}" --format markdown -- "${folders[@]}" > "$OUT/wrong.md" 2> /dev/null; then
      [ -s "$OUT/plan.json" ] && comment "$OUT/plan.json"
    else
      [ -s "$OUT/plan.md" ] && cat "$OUT/plan.md" >> "$OUT/wrong.md"
      cp "$OUT/wrong.md" "$OUT/plan.md"
      comment --body "$OUT/plan.md"
    fi
    rm -f "$OUT/wrong.md"
    [ -s "$OUT/plan.md" ] && cat "$OUT/plan.md" >> "$SUMMARY"
    ;;
  apply)
    if [ -n "${EXPECT:-}" ]; then
      flags+=(--expect "$EXPECT")
    elif [ "${SAME_FILES:-false}" = true ]; then
      flags+=(--same-files)
    elif [ "${REVIEWED:-true}" = true ]; then
      flags+=(--reviewed)
    fi
    seatsync apply --yes "${flags[@]}" -- "${folders[@]}" 2>&1 | tee "$OUT/apply.txt"
    code=$?
    head -c 500000 "$OUT/apply.txt" | sed 's/^/    /' >> "$SUMMARY"
    ;;
  *)
    echo "The mode \"${MODE:-}\" is not valid. Use validate, plan or apply." >&2
    code=64
    ;;
esac
exit "$code"
