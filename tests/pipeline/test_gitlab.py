"""GitLab's jobs as written: merge requests, merge trains, pushes, schedules, and pipelines that a person starts."""

from __future__ import annotations

import json
import re

import pytest

from tests.pipeline.test_nightly import AT_VENDOR, HEADER
from tests.support.mail_server import Mailroom, mail_server
from tests.support.pipelines import CONFIG, Repository, gitlab, needs_gitlab

pytestmark = [pytest.mark.slow, needs_gitlab]


def proposed(on: Repository, members: int, config: str = CONFIG) -> None:
    on.propose()
    on.write(members, config)
    on.checked_out()


def test_a_merge_request_is_planned_and_applied_as_reviewed_once_it_is_merged(on_gitlab: Repository) -> None:
    proposed(on_gitlab, 2)
    ran = gitlab(on_gitlab, "seatsync-plan", "merge_request_event")
    assert ran.code == 0, ran.said
    assert "✅" in on_gitlab.host.bodies()[0]
    found = json.loads((on_gitlab.place / "gl-code-quality.json").read_text(encoding="utf-8"))
    assert [one["check_name"] for one in found if one["severity"] != "info"] == []
    on_gitlab.git("checkout", "-q", "main")
    assert gitlab(on_gitlab, "seatsync-apply", "push").code != 0
    on_gitlab.merged()
    pushed = gitlab(on_gitlab, "seatsync-apply", "push")
    assert pushed.code == 0, pushed.said
    assert on_gitlab.serial() == 8


def test_a_merge_train_is_planned_and_applied(on_gitlab: Repository) -> None:
    proposed(on_gitlab, 2)
    for kind in ("merged_result", "merge_train"):
        ran = gitlab(on_gitlab, "seatsync-plan", "merge_request_event", CI_MERGE_REQUEST_EVENT_TYPE=kind)
        assert ran.code == 0, ran.said
    on_gitlab.merged()
    pushed = gitlab(on_gitlab, "seatsync-apply", "push")
    assert pushed.code == 0, pushed.said


def test_a_merge_request_that_is_blocked_fails_and_says_why(on_gitlab: Repository) -> None:
    proposed(on_gitlab, 3)
    ran = gitlab(on_gitlab, "seatsync-plan", "merge_request_event")
    assert ran.code != 0
    assert "slots-exceeded" in ran.said
    assert "❌" in on_gitlab.host.bodies()[0]
    [finding] = json.loads((on_gitlab.place / "gl-code-quality.json").read_text(encoding="utf-8"))
    assert finding["location"]["path"] == "seatsync.yaml"


def test_files_with_mistakes_are_told(on_gitlab: Repository) -> None:
    proposed(on_gitlab, 2, CONFIG.replace("slots: 2", "slotz: 2"))
    ran = gitlab(on_gitlab, "seatsync-plan", "merge_request_event")
    assert ran.code != 0
    assert "slotz" in on_gitlab.host.bodies()[0]
    assert "slotz" in (on_gitlab.place / "gl-code-quality.json").read_text(encoding="utf-8")


def test_a_fork_s_merge_request_is_validated_alone(on_gitlab: Repository) -> None:
    proposed(on_gitlab, 1, CONFIG.replace("slots: 2", "slotz: 2"))
    ran = gitlab(on_gitlab, "seatsync-validate", "merge_request_event", CI_MERGE_REQUEST_SOURCE_PROJECT_ID="666")
    assert ran.code != 0
    assert "slotz" in (on_gitlab.place / "gl-code-quality.json").read_text(encoding="utf-8")
    assert not on_gitlab.host.requests


def test_a_person_sees_the_plan_in_a_new_pipeline_and_applies_its_fingerprint(on_gitlab: Repository) -> None:
    shown = gitlab(on_gitlab, "seatsync-show", "web")
    assert shown.code == 0, shown.said
    [fingerprint] = {*re.findall(r"\b[0-9a-f]{12,64}\b", "".join(re.findall("ingerprint.*", shown.said)))}
    applied = gitlab(on_gitlab, "seatsync-apply", "web", SEATSYNC_EXPECT=fingerprint)
    assert applied.code == 0, applied.said
    assert on_gitlab.serial() == 6


def test_a_night_does_what_dates_ask_for_sends_letters_and_closes_its_issue(on_gitlab: Repository) -> None:
    on_gitlab.write(2, CONFIG.replace("to: {everyone: true}", "to: {everyone: true}, until: 2026-09-30"))
    on_gitlab.cli("apply", "--yes")
    on_gitlab.now = "2026-10-01"
    ran = gitlab(on_gitlab, "seatsync-dates", "schedule")
    assert ran.code == 0, ran.said
    assert "2 changes" in ran.said
    ran = gitlab(on_gitlab, "seatsync-letters", "schedule")
    assert (ran.code, "SEATSYNC_SMTP_URL is not set. " in ran.said) == (0, True), ran.said
    ran = gitlab(on_gitlab, "seatsync-nightly", "schedule")
    assert ran.code == 0, ran.said
    assert not on_gitlab.host.issues.known
    (on_gitlab.place / "letters-failed.txt").write_text("seatsync outbox send: exit code 1\n")
    assert gitlab(on_gitlab, "seatsync-nightly", "schedule").code != 0
    [issue] = on_gitlab.host.issues.open
    assert "outbox send" in issue.body


def test_a_night_that_finds_drift_opens_the_issue_and_does_not_fail_unless_warnings_do(on_gitlab: Repository) -> None:
    on_gitlab.write(1, AT_VENDOR.replace("exports:", "#"))
    on_gitlab.cli("apply", "--yes")
    on_gitlab.now = "2026-09-03"
    exports = on_gitlab.place / "exports"
    exports.mkdir()
    (exports / "books.csv").write_text(f"{HEADER}Stray,Canary,stray@grace.example,Temporary,Delivered\n")
    on_gitlab.write(1, AT_VENDOR)
    on_gitlab.cli("apply", "--yes")
    gitlab(on_gitlab, "seatsync-dates", "schedule")
    ran = gitlab(on_gitlab, "seatsync-nightly", "schedule")
    assert ran.code == 0, ran.said
    [issue] = on_gitlab.host.issues.open
    assert "exports/books.csv and the ledger differ: 1 difference." in issue.body
    assert gitlab(on_gitlab, "seatsync-nightly", "schedule", SEATSYNC_STRICT="true").code != 0
    assert issue.title == "seatsync: the nightly run failed"


def test_letters_are_sent(on_gitlab: Repository) -> None:
    on_gitlab.cli("apply", "--yes")
    on_gitlab.variables = {"SEATSYNC_MAIL_FROM": "library@grace.example", "SEATSYNC_PORTAL_URL": "https://a.example"}
    room = Mailroom()
    with mail_server(room) as port:
        ran = gitlab(on_gitlab, "seatsync-letters", "push", SEATSYNC_SMTP_URL=f"smtp://127.0.0.1:{port}")
    assert (ran.code, "Letters: 2 sent" in ran.said) == (0, True), ran.said
    assert "canary0@grace.example" in room.to


# ── What happens on the default branch ──────────────────────────────────────────────────────────────────────────────

ROOMY = CONFIG.replace("slots: 2", "slots: 9")


def reviewed(on: Repository, members: int, number: int, config: str = ROOMY) -> None:
    """Open a merge request with this many members, and let the pipeline plan it."""
    on.propose(number)
    on.write(members, config)
    on.checked_out(number)
    planned(on, number)


def planned(on: Repository, number: int) -> None:
    """Let the pipeline plan the merge request that is checked out."""
    on.host.number = number
    ran = gitlab(on, "seatsync-plan", "merge_request_event")
    assert ran.code == 0, ran.said


def applied(on: Repository, number: int) -> str:
    """Merge a merge request, and let the pipeline apply it; return the commit."""
    commit = on.merged(number)
    ran = gitlab(on, "seatsync-apply", "push")
    assert ran.code == 0, ran.said
    return commit


def test_on_gitlab_a_revert_is_applied_and_a_re_run_of_the_older_pipeline_is_not(on_gitlab: Repository) -> None:
    reviewed(on_gitlab, 2, 7)
    applied(on_gitlab, 7)
    reviewed(on_gitlab, 3, 8)
    older = applied(on_gitlab, 8)
    on_gitlab.propose(9)
    on_gitlab.git("revert", "--no-edit", "-m", "1", older)
    on_gitlab.checked_out(9)
    planned(on_gitlab, 9)
    newer = applied(on_gitlab, 9)
    serial = on_gitlab.serial()
    on_gitlab.git("checkout", "-q", "-B", "main", older)
    again = gitlab(on_gitlab, "seatsync-apply", "push")
    assert (again.code != 0, "newer" in again.said) == (True, True), again.said
    on_gitlab.git("checkout", "-q", "-B", "main", newer)
    assert on_gitlab.serial() == serial
    assert "canary2" not in on_gitlab.cli("members")


def test_on_gitlab_what_two_merges_and_a_dropped_pipeline_left_is_applied_by_the_next(on_gitlab: Repository) -> None:
    reviewed(on_gitlab, 2, 7)
    on_gitlab.merged(7)  # its pipeline never comes
    reviewed(on_gitlab, 3, 8)
    applied(on_gitlab, 8)
    assert "canary2" in on_gitlab.cli("members")


def test_on_gitlab_a_database_that_is_away_is_told_on_the_merge_request(on_gitlab: Repository) -> None:
    reviewed(on_gitlab, 2, 7, CONFIG)
    on_gitlab.merged(7)
    ledger, on_gitlab.ledger = on_gitlab.ledger, "postgresql+psycopg://nobody@127.0.0.1:1/seats"
    ran = gitlab(on_gitlab, "seatsync-apply", "push")
    assert ran.code != 0
    told = on_gitlab.host.bodies()[-1]
    assert "Stopped: 1 of 1 institution" in told
    assert "**grace**: The ledger" in told
    on_gitlab.ledger = ledger
    ran = gitlab(on_gitlab, "seatsync-apply", "push")
    assert ran.code == 0, ran.said
    assert on_gitlab.serial() == 8


def test_on_gitlab_a_public_project_shows_nobody(on_gitlab: Repository) -> None:
    on_gitlab.private = False
    proposed(on_gitlab, 2)
    ran = gitlab(on_gitlab, "seatsync-plan", "merge_request_event")
    assert ran.code == 0, ran.said
    on_gitlab.merged()
    pushed = gitlab(on_gitlab, "seatsync-apply", "push")
    assert pushed.code == 0, pushed.said
    written = [on_gitlab.place / name for name in ("plan.json", "outcome.json", "gl-code-quality.json")]
    kept = "".join(path.read_text(encoding="utf-8") for path in written if path.exists())
    assert kept
    assert "canary" not in (ran.said + pushed.said + kept + "".join(on_gitlab.host.bodies())).lower()
