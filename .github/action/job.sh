#!/usr/bin/env bash
# One job of a pipeline: MODE is the name of a file in jobs/, which says what the job does; the other settings are the inputs of
# action.yml. It also writes the step's summary and outputs, and exits with the exit code of the job. The runner cannot take
# seatsync's output for workflow commands, except for its own annotations (cli/output/privacy.py), so nothing is filtered here.
set -uo pipefail
HERE="$(dirname "${BASH_SOURCE[0]}")"
OUT="${OUT:-seatsync-${MODE:-}}"
SUMMARY="${GITHUB_STEP_SUMMARY:-/dev/null}"
OUTPUT="${GITHUB_OUTPUT:-/dev/null}"
[ -d "${RUNNER_TEMP:-/nowhere}/seatsync/bin" ] && PATH="$RUNNER_TEMP/seatsync/bin:$PATH"
mkdir -p "$OUT"

# shellcheck disable=SC2206 # the folders' patterns are meant to be expanded
folders=(${FOLDERS:-.})
[ -n "${LEDGER:-}" ] && export SEATSYNC_LEDGER="$LEDGER"
privacy=()
[ "${REDACT:-auto}" = true ] && privacy+=(--redact)
[ "${REDACT:-auto}" = false ] && privacy+=(--no-redact)
flags=("${privacy[@]}")
[ "${STRICT:-false}" = true ] && flags+=(--strict)
since=()
[ -n "${CHANGED_SINCE:-}" ] && since+=(--changed-since "$CHANGED_SINCE")
code=0

wrong() { # a mistake in how the job is set up
  echo "::error title=seatsync::$1"
  exit 64
}

needs_ledger() {
  [ -n "${SEATSYNC_LEDGER:-}" ] ||
    wrong "No ledger is set. Set the secret SEATSYNC_LEDGER, or ledger: git. A ledger file on this runner would be deleted with the runner."
}

told() { # tells the host; what the job has done stays done
  "$@" || echo "::warning title=seatsync::The host could not be told. The log says why. Everything else is done."
}

case "${MODE:-}" in
  validate | plan | apply | letters | nightly | fetch | asked) . "$HERE/jobs/$MODE.sh" ;;
  *) wrong "The mode \"${MODE:-}\" is not valid. Use validate, plan, apply, letters, nightly, fetch or asked." ;;
esac
exit "$code"
