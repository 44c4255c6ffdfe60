"""The nightly run: dates, letters, the check of the ledger, and the issue that tells of a bad night."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.databases import looking_into
from tests.support.pipelines import CONFIG, Repository, act, needs_act

pytestmark = [pytest.mark.slow, needs_act]

SCHEDULE: dict[str, Any] = {"schedule": "17 3 * * *"}
ENDING = CONFIG.replace("to: {everyone: true}", "to: {everyone: true}, until: 2026-09-30")


def test_only_the_calendar_counts_and_letters_without_a_mail_server_are_told(on_github: Repository) -> None:
    on_github.write(2, ENDING)
    on_github.cli("apply", "--yes")
    ran = act(on_github, "schedule", SCHEDULE)
    assert ran.code == 0, ran.said
    assert "No letters are sent: the secret SEATSYNC_SMTP_URL is not set. " in ran.said
    on_github.now = "2026-10-01"
    ran = act(on_github, "schedule", SCHEDULE)
    assert ran.code == 0, ran.said
    assert "2 changes" in ran.said
    assert "canary" not in on_github.cli("licenses", "--status", "unclaimed")


def test_a_bad_night_opens_one_issue_and_a_good_one_closes_it(on_github: Repository) -> None:
    on_github.write(1)
    on_github.cli("apply", "--yes")
    on_github.write(2)
    for _ in range(2):
        ran = act(on_github, "schedule", SCHEDULE)
        assert (ran.code, "has changed since the last apply" in ran.said) == (1, True), ran.said
    [issue] = on_github.host.issues.known
    assert issue.is_open
    on_github.cli("apply", "--yes")
    ran = act(on_github, "schedule", SCHEDULE)
    assert ran.code == 0, ran.said
    assert not issue.is_open


def test_a_ledger_that_somebody_changed_fails_the_night(on_github: Repository) -> None:
    on_github.write(1)
    on_github.cli("apply", "--yes")
    with looking_into(on_github.ledger) as connection:
        connection.exec_driver_sql("UPDATE license SET status = 'revoked'")
    ran = act(on_github, "schedule", SCHEDULE)
    assert ran.code == 1
    [issue] = on_github.host.issues.open
    assert "seatsync verify" in issue.body


AT_VENDOR = CONFIG.replace("slots: 2", "slots: 2, delivered_by: vendor") + (
    "exports: [{path: exports/books.csv, library: books, taken: 2026-09-02}]\n"
)
HEADER = "Given Name,Family Name,Institution Email Address,License Kind,License Status\n"


def test_drift_is_in_the_log_and_in_the_issue_without_names_and_is_no_failure(on_github: Repository) -> None:
    on_github.write(1, AT_VENDOR.replace("exports:", "#"))
    on_github.cli("apply", "--yes")
    on_github.now = "2026-09-03"
    exports = on_github.place / "exports"
    exports.mkdir()
    row = "Canary,Number0,canary0@grace.example,Temporary,Delivered\n"
    (exports / "books.csv").write_text(f"{HEADER}{row}Stray,Canary,stray@grace.example,Temporary,Delivered\n")
    on_github.write(1, AT_VENDOR)
    on_github.cli("apply", "--yes")
    on_github.private = False
    ran = act(on_github, "schedule", SCHEDULE)
    assert ran.code == 0, ran.said
    assert "In the portal, and on no roster (1)" in ran.said
    [issue] = on_github.host.issues.open
    assert issue.title == "seatsync: the nightly run found something to look at"
    assert "exports/books.csv and the ledger differ: 1 difference." in issue.body
    assert "stray" not in ran.said + issue.body
    (exports / "books.csv").write_text(HEADER + row)
    on_github.commit()
    on_github.cli("apply", "--yes")
    ran = act(on_github, "schedule", SCHEDULE)
    assert ran.code == 0, ran.said
    assert not issue.is_open
