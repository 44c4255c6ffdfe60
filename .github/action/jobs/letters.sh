# Sends the waiting letters. Without a mail server it says so, at night also how many wait, and does not fail.
needs_ledger
send() {
  seatsync outbox send "${privacy[@]}" "$@"
  local ended=$?
  [ "$ended" -gt "$code" ] && code=$ended
}
parents="$(for folder in "${folders[@]}"; do dirname -- "$folder"; done | sort -u)"
if [ -z "${SEATSYNC_SMTP_URL:-}" ]; then
  note="No letters are sent: the secret SEATSYNC_SMTP_URL is not set."
  if [ "${GITHUB_EVENT_NAME:-}" = schedule ]; then
    waiting=0
    for folder in "${folders[@]}"; do
      waiting=$((waiting + $(seatsync outbox list --state pending --format csv -C "$folder" | tail -n +2 | wc -l)))
    done
    note="$note $waiting wait."
    echo "note=$note" >> "$OUTPUT"
  fi
  echo "::notice title=seatsync::$note"
elif [ "${#folders[@]}" -gt 1 ] && [[ "$SEATSYNC_LEDGER" == postgresql* ]] && [ "$(wc -l <<< "$parents")" -eq 1 ]; then
  send --all -C "$parents" # one ledger for all: the institutions take turns
else
  for folder in "${folders[@]}"; do send -C "$folder"; done
fi
