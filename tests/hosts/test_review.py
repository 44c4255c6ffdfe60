"""From review to apply: a pipeline applies exactly the plan in the pull request's comment, or nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hosts.test_comment import OTHER_BOT, comment, event, host
from tests.support.code_hosts import BOT, HOME, PERSON, Answer, CodeHost, Fault, GitHub
from tests.support.command_line import Outcome, seatsync

__all__ = ["host"]

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONFIG = """\
version: 1
institution: {id: ID, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 9}}
rosters: [{path: members.csv}]
grants: [{library: books, kind: temporary, to: {everyone: true}, until: 2026-09-30}]
"""
HEADER = "email,given_name,family_name\n"
ANN, BEN, CY = ("ann@grace.example,Ann,Lee\n", "ben@grace.example,Ben,Ek\n", "cy@grace.example,Cy,Ng\n")
DAY = ("--now", "2026-09-01")


@pytest.fixture
def place(tmp_path: Path, host: CodeHost, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An institution whose pull request was planned, commented on and merged, and the job that applies it."""
    write(tmp_path, ANN)
    event(tmp_path, monkeypatch, {"pull_request": {"number": host.number}})
    reviewed(tmp_path)
    for name in ("GITHUB_SHA", "CI_COMMIT_SHA"):
        monkeypatch.setenv(name, COMMIT)
    monkeypatch.setenv("GITHUB_REF", "refs/heads/main")
    monkeypatch.setenv("CI_COMMIT_BRANCH", "main")
    host.merge(COMMIT)
    return tmp_path


def write(folder: Path, *rows: str, id: str = "grace") -> None:
    (folder / "seatsync.yaml").write_text(CONFIG.replace("ID", id), encoding="utf-8")
    (folder / "members.csv").write_text(HEADER + "".join(rows), encoding="utf-8")


def reviewed(folder: Path, *folders: str) -> None:
    assert seatsync("plan", *folders, "--out", "plan.json", *DAY, folder=folder).code == 0
    comment(folder)


def applied(folder: Path, *args: str, code: int = 0) -> Outcome:
    outcome = seatsync("apply", "--reviewed", *(args or DAY), folder=folder)
    assert outcome.code == code, outcome
    return outcome


def test_what_was_reviewed_is_applied_and_a_second_run_finds_nothing_to_do(place: Path) -> None:
    assert "Applied to" in applied(place).err
    assert "1 institution with the files of the last apply" in applied(place).err
    assert seatsync("verify", folder=place).code == 0


def test_a_ledger_that_moved_stops_it_and_is_named(place: Path) -> None:
    assert seatsync("apply", "--yes", *DAY, folder=place).code == 0
    write(place, ANN, BEN)
    reviewed(place)
    seatsync("ledger", "claim", "books", "ann@grace.example", *DAY, folder=place)
    write(place, BEN)
    outcome = applied(place, code=5)
    assert "What changed: the ledger, from journal entry 6 to 8, the files." in outcome.err
    assert "--expect " in outcome.err
    assert "ben@grace.example" not in seatsync("members", folder=place).out


def test_a_day_that_ends_a_grant_stops_it_and_is_named(place: Path) -> None:
    outcome = applied(place, "--now", "2026-10-01", code=5)
    assert "What changed: the day, from 2026-09-01 to 2026-10-01." in outcome.err


def test_claims_between_review_and_apply_do_no_harm(place: Path) -> None:
    """They add journal entries, but the plan stays the same."""
    assert seatsync("apply", "--yes", *DAY, folder=place).code == 0
    write(place, ANN, BEN)
    reviewed(place)
    assert seatsync("ledger", "claim", "books", "ann@grace.example", *DAY, folder=place).code == 0
    applied(place)


def test_without_a_pull_request_or_a_comment_nothing_is_applied(place: Path, host: CodeHost) -> None:
    comments = dict(host.comments)
    host.comments.clear()
    assert "was reviewed by nobody" in applied(place, code=5).err
    host.comments.update(comments)
    host.merges.clear()
    assert "was reviewed by nobody" in applied(place, code=5).err


def test_nobody_else_can_say_what_was_reviewed(place: Path, host: CodeHost) -> None:
    [genuine] = host.bodies()
    host.comments.clear()
    host.add(genuine, PERSON)
    assert "was reviewed by nobody" in applied(place, code=5).err


def test_no_other_bot_can_say_what_was_reviewed_either(place: Path, host: CodeHost) -> None:
    """Nor can a user with nearly the same name in GitHub's REST API, or a deleted user."""
    [genuine] = host.bodies()
    for author in (OTHER_BOT, {**BOT, "id": 5, "login": "github-actions"}, {**PERSON, "login": "github-actions"}):
        host.comments.clear()
        host.add(genuine, author)
        assert "was reviewed by nobody" in applied(place, code=5).err
    if isinstance(host, GitHub):
        host.comments[host.add(genuine, PERSON)]["user"] = None
        assert "was reviewed by nobody" in applied(place, code=5).err


@pytest.mark.parametrize(
    ("into", "home"), [("side", HOME), ("MAIN", HOME), ("", HOME), ("main", ("grace/copy", 43)), ("main", ("", 0))]
)
def test_a_merge_into_another_branch_is_no_review_although_the_same_commit_came_into_this_one(
    place: Path, host: CodeHost, into: str, home: tuple[str, int]
) -> None:
    """A merge into a branch of that name in another repository does not count either."""
    host.merges.clear()
    host.merge(COMMIT, into=into, home=home)
    assert "was reviewed by nobody" in applied(place, code=5).err
    host.merge(COMMIT)
    host.merge(COMMIT, number=8, into=into, home=home)
    applied(place)


def test_a_job_of_no_branch_goes_by_the_default_branch(
    place: Path, host: CodeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tag can have the name of any branch."""
    monkeypatch.setenv("GITHUB_REF", "refs/tags/side")
    monkeypatch.setenv("GITHUB_REF_NAME", "side")
    monkeypatch.delenv("CI_COMMIT_BRANCH")
    monkeypatch.setenv("CI_COMMIT_REF_NAME", "side")
    assert "The branch of this job is unknown" in applied(place, code=64).err
    event(place, monkeypatch, {"repository": {"default_branch": "main"}})
    monkeypatch.setenv("CI_DEFAULT_BRANCH", "main")
    host.merges.clear()
    host.merge(COMMIT, into="side")
    assert "was reviewed by nobody" in applied(place, code=5).err
    host.merge(COMMIT)
    applied(place)


def test_of_several_pull_requests_that_brought_one_commit_each_counts(place: Path, host: CodeHost) -> None:
    [genuine] = host.bodies()
    host.merge(COMMIT, number=8)
    host.comments.clear()
    assert "(pull requests 7 and 8) was reviewed by nobody" in applied(place, code=5).err
    host.elsewhere[host.add(genuine, host.me)] = 8
    applied(place)


def test_the_pull_request_that_made_the_commit_goes_before_others_that_have_it(place: Path, host: CodeHost) -> None:
    if isinstance(host, GitHub):  # GitLab does not say which one created the commit
        host.merge(COMMIT, number=8, by="f" * 40)
    applied(place)


def test_where_no_pull_request_made_the_commit_the_one_that_has_it_counts(place: Path, host: CodeHost) -> None:
    """This is the case for all commits of a rebased pull request except the last."""
    host.merges.clear()
    host.merge(COMMIT, by="f" * 40)
    applied(place)


def test_a_comment_that_somebody_has_changed_shows_nothing(place: Path, host: CodeHost) -> None:
    [(id, stored)] = host.comments.items()
    genuine = stored["body"]
    host.edit(id, genuine.replace("books", "b00ks"))
    outcome = applied(place, code=1)
    assert "was edited by mallory, so it may not show the real plan" in outcome.err
    assert "Nothing was applied" in outcome.err
    for editor in ({**PERSON, "login": "github-actions"}, {}):  # a person with the bot's name; a deleted user
        host.editors[id] = editor
        assert "was edited by" in applied(place, code=1).err
    comment(place)  # the pipeline writes it again
    applied(place)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {"data": None, "errors": [{"message": "Field 'note' doesn't exist"}]}),
        Answer(200, {"data": {"viewer": None, "node": None, "note": None}}),
        Answer(200, {"data": {"viewer": {}, "node": {}, "note": {}}}),
        Answer(200, []),
        Answer(401, {"message": "Bad credentials"}),
        Answer(404, {"message": "Not Found"}),
    ],
)
def test_a_host_that_does_not_say_whose_a_comment_is_has_nothing_applied(
    answer: Answer, place: Path, host: CodeHost
) -> None:
    host.faults.append(Fault("QUERY", answer, times=9))
    outcome = seatsync("apply", "--reviewed", *DAY, folder=place)
    assert outcome.code in (1, 5)
    assert "Applied" not in outcome.err
    assert "This is a bug" not in outcome.err


def test_a_question_that_was_lost_is_asked_again(place: Path, host: CodeHost) -> None:
    host.faults += [Fault("QUERY", lost="after"), Fault("QUERY", lost="before")]
    applied(place)


@pytest.mark.parametrize("line", ["", "{}", "{", '{"grace": 7}', '{"grace": ["a"]}', "[]"])
def test_a_comment_that_says_nothing_of_use_is_as_none(place: Path, host: CodeHost, line: str) -> None:
    host.comments.clear()
    host.add(f"<!-- seatsync:plan -->\n<!-- seatsync-reviewed {line} -->\n", host.me)
    assert "was reviewed by nobody" in applied(place, code=5).err


def test_each_of_several_institutions_by_its_own_review(place: Path) -> None:
    for name in ("one", "two"):
        (place / name).mkdir()
        write(place / name, ANN, id=name)
    reviewed(place, "one", "two")
    write(place / "two", ANN, BEN, id="two")
    outcome = applied(place, "one", "two", *DAY, code=5)
    assert "the plan of two at 0123456 (pull request 7) differs from the reviewed one" in outcome.err
    assert "ann@grace.example" in seatsync("members", folder=place / "one").out
    assert seatsync("members", folder=place / "two").out == ""


def test_plain_files_among_the_folders_neither_stop_nor_change_what_was_reviewed(place: Path) -> None:
    for name in ("one", "two"):
        (place / name).mkdir()
        write(place / name, ANN, id=name)
    reviewed(place, "one", "two")
    (place / "README.md").write_text("Ours.\n", encoding="utf-8")
    (place / "notes.json").write_text("{}\n", encoding="utf-8")
    applied(place, "README.md", "notes.json", "one", "plan.json", "two", *DAY)
    assert "ann@grace.example" in seatsync("members", folder=place / "two").out


def test_nightly_only_dates_and_reminders_are_looked_after(place: Path) -> None:
    assert seatsync("apply", "--yes", *DAY, folder=place).code == 0
    later = ("--same-files", "--now", "2026-10-01")
    write(place, ANN, BEN)
    outcome = seatsync("apply", *later, folder=place)
    assert outcome.code == 5
    assert "the files of grace has changed since the last apply" in outcome.err
    write(place, ANN)
    assert seatsync("apply", *later, folder=place).code == 0
    assert "revoke" in seatsync("log", folder=place).out
    assert seatsync("apply", *later, folder=place).code == 0


def test_nightly_nothing_is_applied_for_the_first_time(place: Path) -> None:
    assert seatsync("apply", "--same-files", *DAY, folder=place).code == 5


@pytest.mark.parametrize(
    "both", [("--expect", "f" * 64, "--reviewed"), ("--reviewed", "--same-files"), ("plan.json", "--reviewed")]
)
def test_what_may_be_applied_is_said_in_one_way(place: Path, both: tuple[str, ...]) -> None:
    assert seatsync("apply", *both, folder=place).code == 64


# ── In a public repository ──────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_reviewed_without_names_is_applied(
    place: Path, host: CodeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First with SEATSYNC_REDACT_KEY, then with the ledger's secret. The comment contains nothing that could be guessed."""
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("SEATSYNC_REDACT_KEY", "k" * 40)
    bare = []
    for rows in ((ANN,), (ANN, BEN)):
        write(place, *rows)
        plan = json.loads(seatsync("plan", "--no-redact", "--format", "json", *DAY, folder=place).out)
        bare += [plan["fingerprint"], plan["desired_digest"]]
        reviewed(place)
        assert not any(digest in body for body in host.bodies() for digest in bare)
        monkeypatch.setenv("SEATSYNC_NOW", DAY[1])
        applied(place)
        monkeypatch.delenv("SEATSYNC_REDACT_KEY", raising=False)
    write(place, ANN, BEN, CY)
    reviewed(place)
    write(place, ANN, CY)
    outcome = applied(place, code=5)
    assert "What changed: the files." in outcome.err
    assert seatsync("plan", "--no-redact", "--format", "json", folder=place).out not in outcome.err


def test_a_first_plan_without_names_and_without_a_key_is_told_what_it_lacks(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    reviewed(place)
    outcome = applied(place, code=5)
    assert "no SEATSYNC_REDACT_KEY" in outcome.err
    assert "plan again in a pull request" in outcome.err


def test_a_token_that_may_not_read_the_review_is_told_what_it_lacks(place: Path, host: CodeHost) -> None:
    host.faults.append(Fault("GET", Answer(403, {"message": "Resource not accessible by integration"})))
    told = applied(place, code=1).err
    lacks = (
        "{contents: read, pull-requests: read}" if isinstance(host, GitHub) else "role in the project must be Reporter"
    )
    assert lacks in told
