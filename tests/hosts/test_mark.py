"""``seatsync mark``: a status of the commit for each institution, with servers that behave like the APIs of GitHub and GitLab."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seatsync.formats.outcome import OutcomeFile
from tests.hosts.test_comment import event, host
from tests.support.code_hosts import Answer, CodeHost, Fault, GitHub, GitLab
from tests.support.command_line import Outcome, seatsync

__all__ = ["host"]

HEAD, MERGE = "a" * 40, "b" * 40
CONFIG = """\
version: 1
institution: {id: ID, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 9}}
rosters: [{path: members.csv}]
grants: [{library: books, kind: temporary, to: {everyone: true}}]
"""


@pytest.fixture
def place(tmp_path: Path, host: CodeHost, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three institutions, two of them with mistakes, and the job of a pull request."""
    for id, slots in (("good", 9), ("full", 0), ("broken", 9)):
        (tmp_path / id).mkdir()
        config = CONFIG.replace("ID", id).replace("slots: 9", f"slots: {slots}")
        (tmp_path / id / "seatsync.yaml").write_text(config, encoding="utf-8")
        rows = "email,given_name,family_name\nann@grace.example,Ann,Lee\n" + ("x\n" if id == "broken" else "")
        (tmp_path / id / "members.csv").write_text(rows, encoding="utf-8")
    event(tmp_path, monkeypatch, {"pull_request": {"number": host.number, "head": {"sha": HEAD}}})
    monkeypatch.setenv("GITHUB_SHA", MERGE)
    monkeypatch.setenv("CI_COMMIT_SHA", HEAD)
    monkeypatch.setenv("CI_PIPELINE_ID", "5")
    return tmp_path


def planned(place: Path, *folders: str) -> dict[str, Any]:
    seatsync("plan", *folders, "--outcome", "outcome.json", "--out", "plan.json", "--no-redact", folder=place)
    found: dict[str, Any] = json.loads((place / "outcome.json").read_text(encoding="utf-8"))
    OutcomeFile.model_validate(found)
    return found


def mark(place: Path, *words: str) -> Outcome:
    told = seatsync("mark", "outcome.json", *words, folder=place)
    assert told.code == 0, told
    return told


def states(host: CodeHost, commit: str = HEAD) -> dict[str, str]:
    return {name: one["state"].replace("failed", "failure") for name, one in host.statuses.get(commit, {}).items()}


def test_the_outcome_of_a_plan_has_every_institution_and_names_nobody(place: Path, host: CodeHost) -> None:
    outcome = planned(place, "good", "full", "broken", "missing")
    assert (outcome["command"], outcome["code"]) == ("plan", 4)
    assert [(one["institution"], one["code"], one["result"]) for one in outcome["institutions"]] == [
        ("good", 0, "planned"),
        ("full", 4, "stopped"),
        ("broken", 3, "stopped"),
        ("", 3, "stopped"),
    ]
    assert outcome["institutions"][0]["summary"] == {"admin-add": 1, "library-add": 1, "member-add": 1, "grant": 1}
    assert "slots-exceeded" in outcome["institutions"][1]["message"]
    assert "ann@" not in json.dumps(outcome)


def test_each_institution_has_a_status_and_all_together_one(place: Path, host: CodeHost) -> None:
    planned(place, "good", "full", "broken", "missing")
    assert "statuses set: 5" in mark(place).err
    assert states(host) == {
        "seatsync": "failure",
        "seatsync/full": "failure",
        "seatsync/broken": "failure",
        "seatsync/missing": "failure",
        "seatsync/good": "success",
    }
    told = host.statuses[HEAD]
    assert told["seatsync"]["description"] == "3 of 4 institutions not good."
    assert told["seatsync/good"]["description"] == (
        "1 library added, 1 administrator added, 1 person joins, 1 seat granted"
    )
    posts = host.count("POST")
    assert "statuses set: 0" in mark(place).err
    assert host.count("POST") == posts


def test_a_second_run_on_the_same_commit_corrects_what_it_said(place: Path, host: CodeHost) -> None:
    planned(place, "good", "full")
    mark(place)
    planned(place, "good")
    mark(place)
    assert states(host) == {"seatsync": "success", "seatsync/good": "success", "seatsync/full": "success"}
    assert host.statuses[HEAD]["seatsync/full"]["description"] == "This change no longer touches it."
    host.statuses[HEAD]["other/x"] = {"context": "other/x", "name": "other/x", "state": "failure", "status": "failed"}
    assert "statuses set: 0" in mark(place).err


def test_a_merge_queue_marks_the_commit_of_its_group(
    place: Path, host: CodeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    event(place, monkeypatch, {"merge_group": {"head_sha": MERGE, "base_sha": "c" * 40}})
    planned(place, "good")
    mark(place)
    commit = MERGE if isinstance(host, GitHub) else HEAD
    assert states(host, commit) == {"seatsync": "success", "seatsync/good": "success"}
    mark(place, "--commit", "d" * 40, "--url", "https://example.org/1")
    assert host.statuses["d" * 40]["seatsync"]["target_url"] == "https://example.org/1"


@pytest.mark.parametrize("host", [GitHub], indirect=True)
def test_a_job_that_a_comment_started_marks_no_commit_of_the_default_branch(
    place: Path, host: CodeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    event(place, monkeypatch, {"issue": {"number": 7, "pull_request": {}}, "comment": {"body": "/seatsync plan"}})
    planned(place, "good")
    told = seatsync("mark", "outcome.json", folder=place)
    assert (told.code, "Name the planned commit with --commit" in told.err, host.statuses) == (64, True, {}), told
    assert MERGE[:7] not in seatsync("comment", "plan.json", "--print", folder=place).out
    mark(place, "--commit", HEAD)
    assert states(host) == {"seatsync": "success", "seatsync/good": "success"}


def test_of_five_hundred_the_failing_ones_are_first_and_one_status_covers_the_rest(place: Path, host: CodeHost) -> None:
    outcome = planned(place, "good", "full")
    good, full = outcome["institutions"]
    many = [{**good, "institution": f"good-{number}"} for number in range(450)]
    outcome["institutions"] = [*many, *({**full, "institution": f"full-{number}"} for number in range(50))]
    (place / "outcome.json").write_text(json.dumps(outcome), encoding="utf-8")
    told = mark(place)
    assert "statuses set: 60, 441 left out" in told.err
    assert host.count("POST") == 60
    assert [*states(host).values()].count("failure") == 51
    assert "50 of 500 institutions not good." in host.statuses[HEAD]["seatsync"]["description"]


def test_without_the_permission_there_is_one_line_and_no_failure(place: Path, host: CodeHost) -> None:
    planned(place, "good")
    host.may_mark = False
    told = mark(place)
    assert len(told.err.splitlines()) == 1
    assert ("statuses: write" if isinstance(host, GitHub) else "Developer") in told.err


def test_a_lost_answer_sets_the_status_again(place: Path, host: CodeHost) -> None:
    planned(place, "good")
    host.faults.append(Fault("POST", lost="after"))
    assert "statuses set: 2" in mark(place).err
    assert states(host) == {"seatsync": "success", "seatsync/good": "success"}


def test_a_rate_limit_that_lasts_ends_in_one_line(place: Path, host: CodeHost) -> None:
    planned(place, "good")
    limit = Answer(429, {"message": "Too Many Requests"}, {"Retry-After": "3600"})
    host.faults.append(Fault("POST", answer=limit, times=9))
    assert "rate limit" in mark(place).err


def test_a_run_that_wrote_no_outcome_is_an_error(place: Path, host: CodeHost) -> None:
    mark(place)
    assert states(host) == {"seatsync": "failure" if isinstance(host, GitLab) else "error"}


def test_an_outcome_that_cannot_be_read_is_an_error(place: Path, host: CodeHost) -> None:
    (place / "outcome.json").write_text("{}", encoding="utf-8")
    assert "can't be read" in mark(place).err
    assert states(host) == {"seatsync": "failure" if isinstance(host, GitLab) else "error"}


def test_an_unreachable_ledger_is_no_verdict_on_the_files(place: Path, host: CodeHost) -> None:
    (place / "good" / "seatsync.db").write_text("no database", encoding="utf-8")
    planned(place, "good")
    mark(place)
    assert set(states(host).values()) == {"failure" if isinstance(host, GitLab) else "error"}


def test_a_long_description_is_cut(place: Path, host: CodeHost) -> None:
    outcome = planned(place, "full")
    outcome["institutions"][0]["message"] = "words " * 90
    (place / "outcome.json").write_text(json.dumps(outcome), encoding="utf-8")
    mark(place)
    assert host.statuses[HEAD]["seatsync/full"]["description"].endswith("…")
