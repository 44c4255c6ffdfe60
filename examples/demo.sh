#!/bin/sh
# A tour of seatsync: a new folder, a plan, an apply, a change, a blocked plan, and how to fix it.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
examples=$(cd "$(dirname "$0")" && pwd)/rosters
export COLUMNS=110 SEATSYNC_NOW=2026-12-01T09:00:00Z
unset SEATSYNC_LEDGER SEATSYNC_FORMAT
unset CI GITHUB_ACTIONS GITLAB_CI # as on a developer's machine; these people are made up

title() { printf '\n\033[1m━━ %s\033[0m\n' "$1"; }
# The words of a command, as a shell takes them again.
quoted() {
    for word; do
        case $word in
            '' | *[!A-Za-z0-9_./:@=,%+-]*) printf " '%s'" "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
}
run() { printf '\n$%s\n' "$(quoted "$@")"; "$@"; }
# Run a command that must exit with the given code.
must_exit_with() {
    expected=$1; shift
    printf '\n$%s\n' "$(quoted "$@")"
    code=0; "$@" || code=$?
    printf '(exit code %s)\n' "$code"
    test "$code" = "$expected"
}

cd "$work"
title "1. A folder to start from"
run seatsync init my-school --name "My School" --admin "Ruth Abel <ruth@my-school.example>"
run cat my-school/seatsync.yaml

title "2. What would change? Nothing is written yet"
run seatsync plan my-school

title "3. Apply it, exactly as planned"
run seatsync plan my-school --quiet --out plan.json
run seatsync apply plan.json my-school
run seatsync plan my-school
run seatsync status my-school

title "4. One member is new, one leaves, an e-mail changes"
cat > my-school/rosters/members.csv <<'CSV'
email,given_name,family_name,student_id,role,tags
ann.lee@members.example,Ann,Lee,0001,Student,faculty
benjamin@members.example,Ben,Okafor,0002,Student,
dmitri@members.example,Дмитрий,Орлов,0004,Student,
CSV
run cat my-school/rosters/members.csv
run seatsync plan my-school
run seatsync apply --yes --quiet my-school
run seatsync log -C my-school --limit 6

title "5. A plan that breaks rules is blocked. All of them are listed, and nothing is done"
run sed -i.bak -e 's/slots: 50/slots: 2/' -e 's/, kind: permanent, to/, kind: temporary, to/' my-school/seatsync.yaml
must_exit_with 4 seatsync apply --yes my-school
run mv my-school/seatsync.yaml.bak my-school/seatsync.yaml
must_exit_with 0 seatsync plan my-school

title "6. Mistakes in the files are reported with their place, and what to do"
cat > my-school/rosters/members.csv <<'CSV'
email,given_name,family_name,student_id,role,tags
ann.lee@members.example,Ann,Lee,0001,Student,faculty
benjamin@members,Ben,,0002,Student,
dmitri@members.example,Дмитрий,Орлов,0001,Student,
CSV
must_exit_with 3 seatsync validate my-school

title "7. A real roster: Grace Seminary, 236 members, two libraries"
run cp -R "$examples/grace-seminary" .
run seatsync apply --yes --quiet grace-seminary
run seatsync status grace-seminary
title "   A failed export: all but 40 students are missing from the file"
run sh -c 'head -n 41 grace-seminary/rosters/students.csv > cut && mv cut grace-seminary/rosters/students.csv'
must_exit_with 4 seatsync plan grace-seminary
run cp "$examples/grace-seminary/rosters/students.csv" grace-seminary/rosters/students.csv
run seatsync apply --yes grace-seminary
run seatsync verify -C grace-seminary

title "8. Seats that are in a vendor's portal: start from its export; what is to be clicked there is a work list"
cat > users.csv <<'CSV'
Given Name,Family Name,Email,User ID,Biblical Studies License Kind,Biblical Studies License Status
Ann,Lee,ann.lee@members.example,0001,Permanent,Delivered
Ben,Okafor,ben.okafor@members.example,0002,Temporary,Unclaimed
CSV
run seatsync init at-the-vendor --from users.csv --slots 40 --admin "Ruth Abel <ruth@my-school.example>"
run sed -i.bak 's/okafor@members.example,temporary/okafor@members.example,permanent/' at-the-vendor/grants/biblical-studies.csv
run seatsync apply --yes --quiet at-the-vendor
run seatsync worklist list -C at-the-vendor

printf '\nThat was seatsync; the folders of this demo are deleted. Your own begins with `.venv/bin/seatsync init my-school`: README.md goes on.\n'
printf 'The pages of members and administrators: make demo-portal. More rosters: examples/rosters.\n'
