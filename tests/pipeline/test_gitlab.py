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
    assert json.loads((on_gitlab.place / "gl-code-quality.json").read_text(encoding="utf-8")) == []
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
