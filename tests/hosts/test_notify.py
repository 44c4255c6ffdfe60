"""``seatsync notify``: the outcome of an apply on the pull request, in an issue, and in messages to real receivers."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from seatsync.hosts import environment, issues, webhook
from seatsync.hosts.comment import marker
from tests.hosts.test_comment import event, host
from tests.support.code_hosts import PERSON, CodeHost, Fault, GitHub
from tests.support.command_line import Outcome, seatsync

__all__ = ["host"]

COMMIT = "c0ffee" + "0" * 34
RUN = "https://ci.example/runs/7"
GOOD: dict[str, Any] = {
    "institution": "grace",
    "folder": "institutions/grace",
    "code": 0,
    "result": "applied",
    "message": "",
    "help": "",
    "serial": 507,
    "fingerprint": "a" * 64,
    "summary": {"grant": 10, "revoke": 2},
    "letters": 9,
}
BLOCKED = GOOD | {
    "code": 4,
    "result": "stopped",
    "message": "The plan is blocked: permanent-revoke.",
    "help": "Correct the files in a new pull request.",
    "serial": None,
    "letters": 0,
}
STALE = BLOCKED | {"code": 5, "message": "the plan differs from the reviewed one.", "institution": "hope"}
AWAY = BLOCKED | {"code": 6, "message": "The ledger at db.example can't be reached.", "fingerprint": "", "summary": {}}
UNKNOWN = GOOD | {"code": None, "result": "unknown", "serial": None, "summary": {}, "letters": 0, "fingerprint": ""}


@pytest.fixture
def place(tmp_path: Path, host: CodeHost, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a job of the default branch, whose commit a pull request brought."""
    event(tmp_path, monkeypatch, {"repository": {"default_branch": "main"}})
    for name in ("GITHUB_SHA", "CI_COMMIT_SHA"):
        monkeypatch.setenv(name, COMMIT)
    monkeypatch.setenv("GITHUB_REF", "refs/heads/main")
    monkeypatch.setenv("CI_COMMIT_BRANCH", "main")
    host.merge(COMMIT)
    return tmp_path


def ended(
    place: Path, *institutions: dict[str, Any], code: int | None = 0, file: str = "outcome.json", **more: str
) -> None:
    head = {"format": "seatsync-outcome/1", "command": "apply --reviewed", "commit": COMMIT, "run": RUN}
    end = {"code": code, "message": "", "help": "", **more}
    (place / file).write_text(json.dumps({**head, **end, "institutions": institutions}), encoding="utf-8")


def notify(place: Path, *args: str, code: int = 0) -> Outcome:
    outcome = seatsync(
        "notify", *(args if "outcome.json" in args or "--failed" in args else ("outcome.json", *args)), folder=place
    )
    assert outcome.code == code, outcome
    assert "This is a bug" not in outcome.err
    return outcome


# ── On the pull request ─────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_applied_is_told_on_the_merged_pull_request_in_one_comment(place: Path, host: CodeHost) -> None:
    ended(place, GOOD, GOOD | {"institution": "hope", "result": "unchanged"})
    assert notify(place, "--comment").out.startswith("commented: ")
    assert "up to date" in notify(place, "--comment").out
    [said] = host.bodies()
    mark, verdict, _, first, *_ = said.split("\n")
    assert mark == "<!-- seatsync:apply -->"
    assert verdict.replace("\\", "") == f"✅ **12 changes applied, 9 new letters.** ([run]({RUN}))"
    assert "grace" in first
    assert "507" in first
    assert "1 institution without changes" in said
    assert "What to do next" not in said


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (BLOCKED, ("permanent", "new pull request")),
        (STALE, ("differs from the reviewed", f"Fingerprint: `hope={'a' * 64}`", "Run workflow", "SEATSYNC")),
        (AWAY, ("db", "Run the job again", "not applied a second time")),
        (UNKNOWN, ("completely or not at all", "Run the job again")),
    ],
)
def test_what_failed_is_told_first_with_what_to_do_next(
    place: Path,
    host: CodeHost,
    bad: dict[str, Any],
    words: tuple[str, ...],
) -> None:
    ended(place, GOOD | {"institution": "trinity"}, bad, code=bad["code"])
    notify(place, "--comment")
    [said] = host.bodies()
    plain = said.replace("\\", "")
    assert plain.split("\n")[1].startswith("❌ **")
    assert all(word in plain for word in words)
    assert plain.index(bad["institution"]) < plain.index("trinity")


def test_what_stopped_the_whole_run_is_told_once(place: Path, host: CodeHost) -> None:
    untold = BLOCKED | {"code": 1, "message": "", "help": ""}
    ended(place, untold, untold, code=1, message="The reviewed plan can't be read.", help="Give the job a permission.")
    notify(place, "--comment")
    plain = host.bodies()[0].replace("\\", "")
    assert plain.count("The reviewed plan can't be read.") == 1
    assert "Stopped: 2 of 2 institutions" in plain
    assert "Give the job a permission" in plain


def test_an_institution_that_was_stopped_without_a_word_is_told_too(place: Path, host: CodeHost) -> None:
    ended(place, BLOCKED | {"code": 3, "message": "", "help": ""}, code=3)
    notify(place, "--comment")
    assert "❌ **grace**: nothing was applied. The run's log says why." in host.bodies()[0]


def test_a_later_run_keeps_the_verdicts_of_the_runs_before(place: Path, host: CodeHost) -> None:
    ended(place, GOOD)
    notify(place, "--comment")
    ended(place, STALE, code=5)
    notify(place, "--comment")
    notify(place, "--comment")
    [said] = host.bodies()
    assert said.split("\n")[1].startswith("❌")
    assert said.count("Earlier runs") == 1
    assert "\n- ✅ **12 changes applied" in said


def test_a_run_that_left_no_outcome_counts_as_failed(place: Path, host: CodeHost) -> None:
    assert "wrote no outcome" in notify(place, "--comment", "--issue", "nightly").err
    assert "❌" in host.bodies()[0]
    assert len(host.issues.open) == 1
    (place / "outcome.json").write_text('{"format": "seatsync-outcome/1"', encoding="utf-8")
    assert "can't be read" in notify(place, "--comment").err


def test_without_a_merged_pull_request_there_is_no_comment(place: Path, host: CodeHost) -> None:
    host.merges.clear()
    ended(place, GOOD)
    assert "no pull request merged this commit" in notify(place, "--comment").out
    assert host.comments == {}


@pytest.mark.parametrize("host", [GitHub], indirect=True)
def test_a_comment_that_asked_for_the_apply_gets_the_answer(
    place: Path,
    host: CodeHost,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event(
        place,
        monkeypatch,
        {"issue": {"number": 7, "pull_request": {"url": "…"}}, "comment": {"body": "/seatsync apply"}},
    )
    host.merges.clear()
    host.details[12] = {}
    ended(place, GOOD | {"pull_requests": [12]})
    notify(place, "--comment")
    assert {host.elsewhere[id] for id in host.comments} == {7, 12}  # what waited for 12 was applied too


def test_pull_requests_of_dropped_runs_get_the_comment_too(place: Path, host: CodeHost) -> None:
    host.details[12] = {}
    ended(place, GOOD | {"pull_requests": [7, 12]}, GOOD | {"institution": "hope"})
    assert notify(place, "--comment").out.count("commented: ") == 2
    assert [host.elsewhere.get(id, host.number) for id in host.comments] == [7, 12]


def test_what_an_outcome_says_is_no_markup(place: Path, host: CodeHost) -> None:
    ended(
        place, BLOCKED | {"institution": "x", "message": "<b>@all</b> ![x](http://evil.example/p.png)\n/close"}, code=4
    )
    notify(place, "--comment", "--issue", "nightly")
    for said in (host.bodies()[0], host.issues.open[0].body):
        outside_code = re.sub(r"`[^`]*`", "", said)
        assert not re.search(r"<b>|@all|!\[x|\n/close", outside_code)


def test_a_thousand_institutions_fit(place: Path, host: CodeHost) -> None:
    many = [BLOCKED | {"institution": f"school-{number}", "message": "blocked. " * 20} for number in range(1_000)]
    ended(place, *many, code=4)
    notify(place, "--comment", "--issue", "nightly")
    assert len(host.bodies()[0]) <= 65_536
    assert "Left out to save space" in host.bodies()[0]


def test_without_a_way_the_message_is_printed(place: Path, host: CodeHost) -> None:
    ended(place, GOOD)
    assert notify(place).out.startswith("✅ **12 changes applied")
    assert host.requests == []


# ── In one issue ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_failed_run_opens_one_issue_and_the_next_good_one_closes_it(place: Path, host: CodeHost) -> None:
    ended(place, AWAY, code=6)
    assert notify(place, "--issue", "nightly").out.startswith("opened the issue: https://")
    ended(place, STALE, code=5)
    assert notify(place, "--issue", "nightly").out.startswith("updated the issue: https://")
    [issue] = host.issues.open
    assert issue.title == "seatsync: the nightly run failed"
    assert issue.body.startswith("<!-- seatsync:nightly -->\n❌ ")
    assert "differs from the reviewed" in issue.body
    ended(place, GOOD)
    assert notify(place, "--issue", "nightly").out.startswith("closed the issue: https://")
    assert host.issues.open == []
    assert "so the issue is closed" in host.bodies()[0]
    assert notify(place, "--issue", "nightly").out == "no issue is open.\n"
    ended(place, AWAY, code=6)
    notify(place, "--issue", "nightly")
    assert [one.is_open for one in host.issues.known] == [False, True]


def test_issues_of_others_and_of_other_names_are_left_alone(place: Path, host: CodeHost) -> None:
    host.issues.add("mine", "<!-- seatsync:nightly -->\nnothing to see", PERSON)
    host.issues.add("quoted", "> <!-- seatsync:nightly -->", host.me)
    host.issues.add("letters", "<!-- seatsync:letters -->\nlate", host.me)
    ended(place, AWAY, code=6)
    notify(place, "--issue", "nightly")
    ended(place, GOOD)
    notify(place, "--issue", "nightly")
    assert [one.is_open for one in host.issues.known] == [True, True, True, False]
    assert [one.title for one in host.issues.open] == ["mine", "quoted", "letters"]


def test_what_people_did_to_the_issue_is_no_obstacle(place: Path, host: CodeHost) -> None:
    ended(place, AWAY, code=6)
    notify(place, "--issue", "nightly")
    host.issues.known[0].title = "We know"
    host.issues.known[0].body += "\r\nI look at it."
    notify(place, "--issue", "nightly")
    assert len(host.issues.known) == 1
    host.issues.known[0].is_open = False  # somebody closed it, but it still fails
    notify(place, "--issue", "nightly")
    assert [one.is_open for one in host.issues.known] == [False, True]


def test_what_is_to_be_looked_at_opens_the_issue_although_nothing_failed(place: Path, host: CodeHost) -> None:
    ended(place, {**GOOD, "result": "unchanged"})
    to_do = ("--to-do", "Drift in grace. ann@grace.example differs.")
    assert notify(place, "--issue", "nightly", *to_do).out.startswith("opened the issue: ")
    [issue] = host.issues.open
    assert issue.title == "seatsync: the nightly run found something to look at"
    assert "⚠️ **Nothing to do. Something is to be looked at.**" in issue.body
    assert "- ⚠️ Drift in grace. (e-mail) differs." in issue.body
    assert notify(place, "--issue", "nightly", *to_do, "--failed", "verify").out.startswith("updated the issue: ")
    assert issue.title == "seatsync: the nightly run failed"
    assert notify(place, "--issue", "nightly").out.startswith("closed the issue: ")


@pytest.mark.parametrize("lost", ["before", "after"])
def test_an_issue_whose_answer_was_lost_is_opened_once(place: Path, host: CodeHost, lost: str) -> None:
    ended(place, AWAY, code=6)
    host.faults.append(Fault("POST", lost=lost))
    assert notify(place, "--issue", "nightly").out.startswith("opened the issue: ")
    assert len(host.issues.known) == 1


@pytest.mark.parametrize("lost", ["before", "after"])
@pytest.mark.parametrize("at", ["POST", "PATCH"])
def test_an_issue_is_closed_with_one_word_whatever_is_lost(place: Path, host: CodeHost, lost: str, at: str) -> None:
    ended(place, AWAY, code=6)
    notify(place, "--issue", "nightly")
    ended(place, GOOD)
    host.faults.append(Fault(at if at == "POST" or isinstance(host, GitHub) else "PUT", lost=lost))
    notify(place, "--issue", "nightly")
    assert host.issues.open == []
    assert len(host.bodies()) == 1


def test_of_two_issues_opened_at_once_the_older_one_stays(place: Path, host: CodeHost) -> None:
    ended(place, AWAY, code=6)
    both_have_looked = threading.Barrier(2)
    host.faults.append(Fault("POST", then=lambda: both_have_looked.wait(30), times=2))
    threads = [threading.Thread(target=seatsync_in, args=(place,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.is_open for one in host.issues.known] == [True, False]


def seatsync_in(place: Path) -> None:

    issues.report(environment.issues(os.environ, 30), marker("nightly"), "title", "text")


def test_something_else_that_failed_keeps_the_issue_open(place: Path, host: CodeHost) -> None:
    ended(place, GOOD)
    notify(
        place,
        "outcome.json",
        "--failed",
        "seatsync verify of grace: exit code 1 (ann@grace.example)",
        "--issue",
        "nightly",
    )
    body = host.issues.open[0].body.replace("\\", "")
    assert "seatsync verify of grace: exit code 1" in body
    assert "ann" not in body
    notify(place, "--failed", "drift", "--text", "12 letters wait", "--issue", "nightly")
    assert "12 letters wait" in host.issues.open[0].body


def test_what_an_issue_needs_is_told(place: Path, host: CodeHost) -> None:
    ended(place, AWAY, code=6)
    host.issues.writes = False
    told = notify(place, "--issue", "nightly", code=1).err
    assert "{contents: read, issues: write}" in told if isinstance(host, GitHub) else "Reporter" in told
    host.issues.are_on = False
    told = notify(place, "--issue", "nightly", code=1).err
    assert "Turn issues on" in told if isinstance(host, GitHub) else "Reporter" in told


def test_one_way_that_fails_stops_no_other(place: Path, host: CodeHost) -> None:
    ended(place, AWAY, code=6)
    host.writes = False
    told = notify(place, "--comment", "--issue", "nightly", code=1)
    assert "No comment was written" in told.err
    assert len(host.issues.open) == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "Give a file"),
        (("--issue", "nightly.json", "x.json"), "--issue"),
        (("x.json", "--issue", "No Name"), "--issue"),
    ],
)
def test_wrong_usage_is_told(place: Path, args: tuple[str, ...], words: str) -> None:
    outcome = seatsync("notify", *args, folder=place)
    assert outcome.code == 64
    assert words in outcome.err


# ── Messages ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Receiver:
    """A real receiver of webhooks on this machine. ``statuses`` are those of the next answers; then 200."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.got: list[tuple[str, Any]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, json.loads(body)))
                self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.place = f"127.0.0.1:{self.server.server_port}"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(webhook, "backoff", lambda attempt: 0)
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def job(tmp_path: Path) -> Path:
    ended(tmp_path, GOOD, STALE, code=5)
    return tmp_path


def test_a_message_is_sent_as_json_or_through_a_service(
    job: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEATSYNC_WEBHOOK", f"http://{receiver.place}/c4n4ry json://{receiver.place}/chat")
    told = notify(job, "--webhook")
    assert told.out == "sent: 2 of 2 addresses took the message.\n"
    (path, plain), (_, through) = receiver.got
    assert path == "/c4n4ry"
    assert plain["text"].startswith("seatsync: Stopped: 1 of 2 institutions.")
    assert (plain["failed"], plain["run"], plain["outcomes"][0]["institutions"][0]["serial"]) == (True, RUN, 507)
    assert "hope: the plan differs" in through["message"]
    assert RUN in through["message"]
    assert through["title"].startswith("seatsync: Stopped")


def test_without_addresses_nothing_is_sent_or_said(job: Path) -> None:
    assert notify(job, "--webhook") == Outcome(0, "", "")


@pytest.mark.parametrize("scheme", ["http", "json"])
def test_an_address_that_rejects_it_is_told_without_showing_it(
    job: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("SEATSYNC_WEBHOOK", f"{scheme}://{receiver.place}/c4n4ry {scheme}://{receiver.place}/good")
    receiver.statuses = [403]
    told = notify(job, "--webhook", "--debug", code=1)
    assert told.out == "sent: 1 of 2 addresses took the message.\n"
    assert "SEATSYNC_WEBHOOK: address 1" in told.err
    assert "answers 403" in told.err
    assert "c4n4ry" not in told.out + told.err
    assert receiver.place not in told.out + told.err


@pytest.mark.parametrize("scheme", ["http", "json"])
def test_an_address_that_is_busy_is_tried_again(
    job: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv("SEATSYNC_WEBHOOK", f"{scheme}://{receiver.place}/x")
    receiver.statuses = [503, 500]
    notify(job, "--webhook")
    assert len(receiver.got) == 3


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/c4n4ry", "json://127.0.0.1:1/c4n4ry", "c4n4ry", "quux://c4n4ry"]
)
def test_an_address_of_nobody_is_told(
    job: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("SEATSYNC_WEBHOOK", address)
    told = notify(job, "--webhook", "--debug", code=1)
    assert "cannot be reached" in told.err or "no service is known" in told.err
    assert "c4n4ry" not in told.out + told.err
    assert len(told.err.splitlines()) == 2 or "--debug" not in told.err


def test_names_are_sent_only_if_asked_for(job: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATSYNC_WEBHOOK", f"json://{receiver.place}/x")
    notify(job, "outcome.json", "--text", "ann@grace.example bounced", "--webhook")
    notify(job, "outcome.json", "--text", "ann@grace.example bounced", "--webhook", "--with-names")
    assert ["ann@" in got["message"] for _, got in receiver.got] == [False, True]


def test_nothing_in_an_outcome_calls_everybody(job: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    message = "The files have 1 error: csv-email (<!channel>@here @everyone.csv:2)."
    ended(job, BLOCKED | {"code": 3, "message": message}, code=3)
    monkeypatch.setenv("SEATSYNC_WEBHOOK", f"json://{receiver.place}/x http://{receiver.place}/x")
    notify(job, "--webhook")
    for _, got in receiver.got:
        assert "csv-email (!channel(at)here (at)everyone.csv:2)" in got.get("message", got.get("text"))


def test_a_message_is_short_enough_for_every_chat(
    job: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [BLOCKED | {"institution": f"school-{number}", "message": "blocked. " * 200} for number in range(1_000)]
    ended(job, *many, code=4)
    monkeypatch.setenv("SEATSYNC_WEBHOOK", f"json://{receiver.place}/x")
    notify(job, "--webhook")
    [(_, got)] = receiver.got
    assert len(got["title"]) + len(got["message"]) < 2_000
    assert "more" in got["message"]
