#!/usr/bin/env bash
# Installs seatsync from this action into a folder of its own, with locked dependencies; sops, if a file of FOLDERS is encrypted by
# it; and python-ldap, if FETCH names a directory: it is built, which needs gcc, libldap2-dev and libsasl2-dev on the runner.
set -euo pipefail
python3 -I -m venv "$RUNNER_TEMP/seatsync"
pip="$RUNNER_TEMP/seatsync/bin/pip --disable-pip-version-check --quiet"
$pip install --require-hashes --requirement "$ACTION/requirements-action.lock"
$pip install --no-deps --no-build-isolation "$ACTION"
# shellcheck disable=SC2086 # the folders' patterns are meant to be expanded
if ! command -v sops > /dev/null && grep -rqsF 'ENC[AES256_GCM,' -- ${FOLDERS:-.}; then
  $pip install --require-hashes --requirement "$ACTION/.github/action/sops.lock"
fi
if grep -qE '^[[:space:]]*ldap[[:space:]]' <<< "${FETCH:-}"; then
  $pip install --require-hashes --requirement "$ACTION/requirements-ldap.lock"
fi
