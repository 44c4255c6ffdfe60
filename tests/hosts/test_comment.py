"""``seatsync comment``: one comment on a pull request, with servers that behave like the APIs of GitHub and GitLab."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seatsync.hosts import http
from tests.reports.test_reports import HOSTILE, rendered
from tests.support.code_hosts import BOT, PERSON, Answer, CodeHost, Fault, GitHub, GitLab, Hasty, in_a_second, serving
from tests.support.command_line import Outcome, seatsync

TOKEN = "ghs_c4n4ryT0ken7hatN0b0dyMayS33"
MARK = "<!-- seatsync:plan -->"
OTHER_BOT = {"id": 99, "login": "echo[bot]", "type": "Bot"}
GONE = Answer(404, {"message": "Not Found"})


@pytest.fixture(params=[GitHub, GitLab])
def host(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[CodeHost]:
    """A host with one pull request, and the environment of a job on it."""
    yield from _host(request.param(TOKEN), monkeypatch)


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[CodeHost]:
    yield from _host(GitHub(TOKEN), monkeypatch)


@pytest.fixture
def gitlab(monkeypatch: pytest.MonkeyPatch) -> Iterator[CodeHost]:
    yield from _host(GitLab(TOKEN), monkeypatch)


def _host(host: CodeHost, monkeypatch: pytest.MonkeyPatch) -> Iterator[CodeHost]:
    for name in [
        name for name in os.environ if re.match(r"GITLAB_|GH_TOKEN|.*_proxy$|REQUESTS_CA", name, re.IGNORECASE)
    ]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(http, "time", Hasty())
    with serving(host):
        for name, value in host.environment().items():
            monkeypatch.setenv(name, value)
        yield host


def passed() -> float:
    """Return the seconds spent in pauses."""
    clock = vars(http)["time"]
    assert isinstance(clock, Hasty)
    return clock.passed


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pull request's working folder: files, a plan, and GitHub's event."""
    seatsync("init", "school", "--name", "My School", folder=tmp_path)
    seatsync("plan", "school", "--out", "plan.json", folder=tmp_path)
    event(tmp_path, monkeypatch, {"pull_request": {"number": 7}})
    return tmp_path


def event(folder: Path, monkeypatch: pytest.MonkeyPatch, content: object) -> None:
    (folder / "event.json").write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(folder / "event.json"))


def comment(folder: Path, *args: str, code: int = 0, stdin: str = "") -> Outcome:
    """Comment on the pull request, with plan.json by default. Check that the output never shows the token."""
    outcome = seatsync("comment", "--debug", *(args or ["plan.json"]), folder=folder, stdin=stdin)
    assert TOKEN not in outcome.out + outcome.err
    assert outcome.code == code, outcome
    assert "This is a bug" not in outcome.err
    return outcome


def change_the_plan(folder: Path) -> None:
    with open(folder / "school" / "rosters" / "members.csv", "a", encoding="utf-8") as file:
        file.write("dora.new@members.example,Dora,New,0004,Student,\n")
    assert seatsync("plan", "school", "--out", "plan.json", folder=folder).code == 0


def body(folder: Path, text: str) -> tuple[str, str]:
    (folder / "body.md").write_text(text, encoding="utf-8")
    return "--body", "body.md"


# ── One comment ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_comment_is_the_plan_behind_a_hidden_marker(host: CodeHost, folder: Path) -> None:
    outcome = comment(folder)
    [said] = host.bodies()
    mark, reviewed, page = said.split("\n", 2)
    assert (mark, reviewed[:24]) == (MARK, "<!-- seatsync-reviewed {")
    assert page == seatsync("show", "plan.json", "--format", "markdown", folder=folder).out.strip()
    assert re.fullmatch(r"commented: https://\S+/7#(issuecomment-|note_)1001\n", outcome.out)
    assert not outcome.err


def test_the_same_plan_again_writes_nothing(host: CodeHost, folder: Path) -> None:
    comment(folder)
    address = comment(folder).out.removeprefix("comment is up to date: ")
    assert address.endswith("1001\n")
    assert (host.count("POST"), host.count("PATCH") + host.count("PUT")) == (1, 0)


def test_another_plan_replaces_the_text_of_the_comment(host: CodeHost, folder: Path) -> None:
    comment(folder)
    change_the_plan(folder)
    assert comment(folder).out.startswith("commented: ")
    [said] = host.bodies()
    assert "Dora New" in said


def test_the_comment_is_found_on_whatever_page_it_is(host: CodeHost, folder: Path) -> None:
    for number in range(120):
        host.add(f"remark {number}")
    host.add(f"{MARK}\nan older plan", host.me)
    for number in range(29):
        host.add(f"remark {number}")
    comment(folder)
    [said] = host.bodies()
    assert "My School" in said
    assert [request.target for request in host.requests if "page=2" in request.target] != []
    assert len(host.comments) == 150


def test_the_comment_is_found_although_somebody_edited_it_on_the_web(host: CodeHost, folder: Path) -> None:
    comment(folder)
    [stored] = host.comments.values()
    stored["body"] = stored["body"].replace("\n", "\r\n") + "\r\n"
    assert "up to date" in comment(folder).out
    stored["body"] = f"{MARK}\r\nEverything is fine, merge it!"
    comment(folder)
    assert "merge it" not in host.bodies()[0]


def test_comments_of_other_names_stand_beside_each_other(host: CodeHost, folder: Path) -> None:
    comment(folder)
    comment(folder, "plan.json", "--marker", "plan-2")
    comment(folder, *body(folder, "what else there is"), "--marker", "plan-2")
    assert [said.splitlines()[0] for said in host.bodies()] == [MARK, "<!-- seatsync:plan-2 -->"]
    assert host.bodies()[1].endswith("what else there is")


def test_a_marker_that_somebody_else_wrote_is_left_alone(host: CodeHost, folder: Path) -> None:
    host.add(f"{MARK}\nnothing to see here", PERSON)
    comment(folder)
    assert host.bodies(PERSON) == [f"{MARK}\nnothing to see here"]
    assert "My School" in host.bodies()[0]


def test_with_a_persons_token_only_that_persons_comments_count(github: CodeHost, folder: Path) -> None:
    github.me = {"id": 8, "login": "ruth", "type": "User"}
    github.add(f"{MARK}\nnothing to see here", PERSON)
    github.add(f"{MARK}\nof a job, earlier", BOT)
    comment(folder)
    comment(folder)
    assert len(github.bodies()) == 1
    assert len(github.comments) == 3


def test_another_bots_comment_is_left_alone(github: CodeHost, folder: Path) -> None:
    github.add(f"{MARK}\necho", OTHER_BOT)
    comment(folder)
    change_the_plan(folder)
    comment(folder)
    assert github.bodies(OTHER_BOT) == [f"{MARK}\necho"]
    assert len(github.bodies()) == 1


def test_a_marker_that_is_quoted_makes_no_comment_ours(host: CodeHost, folder: Path) -> None:
    host.add(f"> {MARK}\n> a plan\n\nWhy?", host.me)
    comment(folder)
    assert [said.startswith(MARK) for said in host.bodies()] == [False, True]


def test_a_comment_that_is_deleted_meanwhile_is_written_anew(host: CodeHost, folder: Path) -> None:
    comment(folder)
    change_the_plan(folder)
    host.faults += [Fault(method, then=host.comments.clear) for method in ("PATCH", "PUT")]
    comment(folder)
    [said] = host.bodies()
    assert "Dora New" in said


def test_after_two_jobs_at_once_the_older_comment_is_kept_up_to_date(host: CodeHost, folder: Path) -> None:
    both_have_looked = threading.Barrier(2)
    host.faults.append(Fault("POST", then=lambda: both_have_looked.wait(30), times=2))
    command = [sys.executable, "-m", "seatsync", "comment", "plan.json"]
    jobs = [subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE) for _ in range(2)]
    assert all(b"commented: " in job.communicate(timeout=60)[0] for job in jobs)
    assert len(host.bodies()) == 2
    change_the_plan(folder)
    for _ in range(2):
        comment(folder)
    assert ["Dora New" in said for said in host.bodies()] == [True, False]


# ── What is written ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_several_plans_stand_in_one_comment(host: CodeHost, folder: Path) -> None:
    seatsync("init", "college", "--name", "My College", folder=folder)
    seatsync("plan", "college", "--out", "second.json", folder=folder)
    comment(folder, "plan.json", "second.json")
    titles = re.findall("^###? .*", host.bodies()[0], re.MULTILINE)
    assert titles == [
        "## ⚠️ Irreversible: 2 of 20 changes in 2 institutions cannot be undone",
        "### ⚠️ Irreversible: My School (school)",
        "### ⚠️ Irreversible: My College (college)",
    ]


def test_a_large_plan_is_cut_to_what_the_host_takes_with_the_marker(host: CodeHost, folder: Path) -> None:
    with open(folder / "school" / "rosters" / "members.csv", "a", encoding="utf-8") as file:
        file.writelines(f"m{n}@members.example,M,N,m{n},Student,\n" for n in range(2000))
    assert seatsync("plan", "school", "--out", "plan.json", folder=folder).code in (0, 4)
    comment(folder)
    [said] = host.bodies()
    assert 50_000 < len(said) <= 65_536
    assert re.search(r"Left out to save space: .*[\d,]+ people join", said)


def test_names_in_a_plan_break_out_of_nothing(host: CodeHost, folder: Path) -> None:
    names = [*HOSTILE, "--> open", MARK, "@grace/team", "/approve", "a --> <b>b</b> @team"]
    rows = [f'h{n}@members.example,"{name.replace(chr(34), "")}",Of,h{n},Student,\n' for n, name in enumerate(names)]
    with open(folder / "school" / "rosters" / "members.csv", "a", encoding="utf-8") as file:
        file.writelines(rows)
    seatsync("plan", "school", "--out", "plan.json", folder=folder)
    comment(folder)
    [said] = host.bodies()
    assert said.count("<!-- seatsync") == 2
    page = rendered(said)
    prose = [text for within, text in page.texts if "code" not in within]
    assert not [text for text in prose if re.search(r"(?<!\w)@\w", text)]
    assert not page.tags & {"script", "img", "a", "b"}
    assert not re.search(r"^\s*/", said, re.MULTILINE)
    comment(folder)
    assert len(host.bodies()) == 1


def test_nobody_is_named_where_anybody_reads_along(host: CodeHost, folder: Path) -> None:
    comment(folder, "plan.json", "--redact")
    comment(folder, *body(folder, "- ann.lee@members.example is missing\n"), "--redact", "--marker", "other")
    said = "".join(host.bodies())
    assert "person" in said
    assert not re.search("ann.?.?lee|Chlo", said, re.IGNORECASE)


def test_ready_markdown_may_come_from_a_pipe(host: CodeHost, folder: Path) -> None:
    (folder / "school" / "rosters" / "members.csv").write_text("email\nann\n", encoding="utf-8")
    findings = seatsync("validate", "school", "--format", "markdown", folder=folder)
    assert findings.code == 3
    comment(folder, "--body", "-", stdin=findings.out)
    assert host.bodies() == [f"{MARK}\n{findings.out.strip()}"]


def test_ready_markdown_is_cut_by_lines_and_what_is_open_is_closed(host: CodeHost, folder: Path) -> None:
    line = "  what is so about it\n"
    text = (
        f"<details><summary>All</summary>\n\n- code\n  ```text\n{line * (host.limit // len(line))}  ```\n</details>\n"
    )
    comment(folder, *body(folder, text + line * 1000))
    [said] = host.bodies()
    assert host.limit - 300 < len(said) <= host.limit
    page = rendered(said)  # raises if an element is not closed
    kept, [left_out] = said.count(line), re.findall(r"Left out to save space: ([\d,]+) lines", said)
    assert kept + int(left_out.replace(",", "")) == (text + line * 1000).count("\n") + 1 - 4
    assert "Left out to save space" in "".join(
        text for within, text in page.texts if not {"pre", "details"} & {*within}
    )


def test_ready_markdown_leaves_room_for_the_marker(host: CodeHost, folder: Path) -> None:
    comment(folder, *body(folder, "x\n" * (host.limit // 2)))
    assert "Left out to save space" in host.bodies()[0]


def test_a_comment_in_ready_markdown_hides_nothing_of_what_is_left_out(github: CodeHost, folder: Path) -> None:
    comment(folder, *body(folder, "<!-- hidden\n" + "```\n<details>\n" * 9000))
    [said] = github.bodies()
    assert "Left out to save space" in rendered(said).text


def test_ready_markdown_gives_gitlab_no_commands(gitlab: CodeHost, folder: Path) -> None:
    comment(folder, *body(folder, "Findings\n/merge\n  /approve\nand/or"))
    assert gitlab.bodies() == [MARK + "\nFindings\n\\/merge\n  \\/approve\nand/or"]


# ── What is told beside the plan ────────────────────────────────────────────────────────────────────────────────────


def pushed(folder: Path, monkeypatch: pytest.MonkeyPatch, commit: str) -> None:
    """A push of the pull request, whose job's own commit is a merge that nobody made."""
    event(folder, monkeypatch, {"pull_request": {"number": 7, "head": {"sha": commit * 40}}})
    monkeypatch.setenv("GITHUB_SHA", "f" * 40)
    monkeypatch.setenv("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", commit * 40)


def test_the_comment_names_the_commit_and_what_changed_since_the_last_push(
    host: CodeHost, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed(folder, monkeypatch, "a")
    comment(folder)
    assert "at `aaaaaaa`." in host.bodies()[0]
    assert "Compared with" not in host.bodies()[0]
    pushed(folder, monkeypatch, "b")
    comment(folder)
    assert "at `bbbbbbb`.\n\nCompared with `aaaaaaa`: the same." in host.bodies()[0]
    pushed(folder, monkeypatch, "c")
    change_the_plan(folder)
    comment(folder)
    told = "Compared with `bbbbbbb`: 3 → 4 people join, 4 → 5 seats granted."
    assert told in host.bodies()[0]
    assert "up to date" in comment(folder).out  # the same push again
    assert told in host.bodies()[0]


def planned(folder: Path, *folders: str, code: int) -> None:
    args = ("--out", "plan.json", "--outcome", "outcome.json")
    assert seatsync("plan", *folders, *args, "--format", "github", folder=folder).code == code


def test_where_nothing_is_planned_the_old_comment_says_so_and_its_record_is_gone(
    host: CodeHost, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed(folder, monkeypatch, "a")
    comment(folder)
    assert "seatsync-reviewed" in host.bodies()[0]
    pushed(folder, monkeypatch, "b")
    (folder / "plan.json").unlink()
    monkeypatch.setenv("SEATSYNC_LEDGER", "postgresql://nobody@127.0.0.1:9/none")
    planned(folder, "school", code=6)
    comment(folder, "plan.json", "--outcome", "outcome.json")
    [said] = host.bodies()
    assert said.startswith(f"{MARK}\n## ❌ Not planned at `bbbbbbb`: the ledger can't be reached")
    assert "### Not planned (1)\n\n- **school**: " in said
    assert "To fix: " in said
    assert "seatsync-reviewed" not in said
    assert "✅" not in said


def test_commands_in_a_comment_run_where_the_repository_is_checked_out(github: CodeHost, folder: Path) -> None:
    config = folder / "school" / "seatsync.yaml"
    later = "  - {library: biblical-studies, kind: permanent, to: {tags: [member]}, from: 2099-01-01}\n"
    config.write_text(config.read_text(encoding="utf-8").replace("\ninvites:", f"{later}\ninvites:"), encoding="utf-8")
    planned(folder, "school", code=0)
    comment(folder, "plan.json", "--outcome", "outcome.json")
    [said] = github.bodies()
    assert "`seatsync why EMAIL -C school`" in said


def test_where_the_job_ended_before_its_plan_the_comment_says_so(github: CodeHost, folder: Path) -> None:
    comment(folder, "gone.json", "--outcome", "gone-too.json")
    [said] = github.bodies()
    assert "## ❌ Not planned: the planning broke off" in said


def test_errors_of_one_institution_come_before_the_plan_of_another(host: CodeHost, folder: Path) -> None:
    seatsync("init", "college", "--name", "My College", folder=folder)
    (folder / "college" / "rosters" / "members.csv").write_text("email\nann\n", encoding="utf-8")
    planned(folder, "school", "college", code=3)
    findings = seatsync("validate", "school", "college", "--format", "json", folder=folder)
    (folder / "findings.json").write_text(findings.out, encoding="utf-8")
    comment(folder, "plan.json", "--outcome", "outcome.json", "--findings", "findings.json")
    [said] = host.bodies()
    assert said.startswith(f"{MARK}\n## ❌ Blocked: the files of 1 institution are invalid\n")
    assert said.index("`college/rosters/members.csv:1`") < said.index("### ⚠️ Irreversible: My School (school)")
    assert "seatsync-reviewed" not in said
    comment(folder, "plan.json", "--outcome", "outcome.json")
    [said] = host.bodies()
    assert "## ❌ Blocked: 1 institution could not be planned\n\n2 institutions: 1 not planned, 1 irreversible." in said
    assert "### Not planned (1)\n\n- **college**: " in said


def test_errors_of_one_institution_are_shown_beside_the_broken_rules_of_another(host: CodeHost, folder: Path) -> None:
    seatsync("init", "college", "--name", "My College", folder=folder)
    (folder / "college" / "rosters" / "members.csv").write_text("email\nann\n", encoding="utf-8")
    config = folder / "school" / "seatsync.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("slots: 50", "slots: 1"), encoding="utf-8")
    planned(folder, "school", "college", code=4)
    findings = seatsync("validate", "school", "college", "--format", "json", folder=folder)
    (folder / "findings.json").write_text(findings.out, encoding="utf-8")
    comment(folder, "plan.json", "--outcome", "outcome.json", "--findings", "findings.json")
    [said] = host.bodies()
    assert "## ❌ Blocked: the files of 1 institution are invalid; 1 institution breaks a rule\n" in said
    assert "2 institutions: 1 with invalid files, 1 blocked." in said
    assert "`college/rosters/members.csv:1`" in said
    assert "Not planned" not in said


def test_the_same_markdown_is_printed_without_a_token(
    github: CodeHost, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    comment(folder)
    monkeypatch.delenv("GITHUB_TOKEN")
    printed = comment(folder, "plan.json", "--print").out
    assert github.bodies()[0].endswith(printed.strip())
    assert "seatsync-reviewed" not in printed


def test_findings_that_are_something_else_are_told(github: CodeHost, folder: Path) -> None:
    (folder / "school" / "rosters" / "members.csv").write_text("email\nann\n", encoding="utf-8")
    planned(folder, "school", code=3)
    args = ("plan.json", "--outcome", "outcome.json", "--findings", "event.json")
    assert "does not have the findings of seatsync" in comment(folder, *args, code=64).err
    assert not github.requests


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "Give either plan files or --body"),
        (("plan.json", "--body", "event.json"), "Give either plan files or --body"),
        (("--body", "empty.md"), "nothing to post"),
        (("plan.json", "--marker", "a-->b"), "is not valid"),
        (("plan.json", "--pull-request", "0"), "pull-request"),
    ],
)
def test_wrong_usage_is_told_and_nothing_is_sent(
    github: CodeHost, folder: Path, args: tuple[str, ...], words: str
) -> None:
    (folder / "empty.md").write_text(" \n")
    outcome = seatsync("comment", *args, folder=folder)
    assert outcome.code == 64
    assert words in outcome.err
    assert not github.requests


def test_a_file_that_is_no_plan_is_told_and_nothing_is_sent(github: CodeHost, folder: Path) -> None:
    outcome = comment(folder, "event.json", code=5)
    assert "the plan file can't be used" in outcome.err
    assert not github.requests


# ── A bad day ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lost", ["before", "after"])
def test_a_comment_lost_before_or_after_it_was_written_is_written_once(host: CodeHost, folder: Path, lost: str) -> None:
    host.faults.append(Fault("POST", lost=lost))
    assert comment(folder).out.startswith("commented: ")
    assert len(host.bodies()) == 1
    assert host.count("POST") == (2 if lost == "before" else 1)


def test_a_comment_whose_writing_was_answered_by_a_broken_gateway_is_written_once(host: CodeHost, folder: Path) -> None:
    def written_after_all() -> None:
        host.add(f"{MARK}\nhalf a plan", host.me)

    host.faults.append(Fault("POST", Answer(502, {"message": "Bad Gateway"}), then=written_after_all))
    assert comment(folder).out.startswith("commented: ")
    [said] = host.bodies()
    assert "My School" in said


@pytest.mark.parametrize(
    "fault",
    [
        {"lost": "before"},
        {"lost": "after"},
        {"answer": Answer(500)},
        {"answer": Answer(502)},
        {"answer": Answer(503, None, {"Retry-After": "1"})},
        {"answer": Answer(429, {"message": "Too many"}, {"Retry-After": "1"})},
        {"answer": Answer(403, {"message": "You have exceeded a secondary rate limit"}, {"retry-after": "1"})},
    ],
)
def test_what_may_pass_is_tried_again(host: CodeHost, folder: Path, fault: dict[str, Any]) -> None:
    comment(folder)
    change_the_plan(folder)
    host.faults += [Fault(method, **fault) for method in ("GET", "PATCH", "PUT")]
    comment(folder)
    [said] = host.bodies()
    assert "Dora New" in said


def test_a_rate_limit_is_waited_for_until_its_reset(github: CodeHost, folder: Path) -> None:
    reset = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": in_a_second()}
    github.faults.append(Fault("POST", Answer(403, {"message": "API rate limit exceeded"}, reset)))
    comment(folder)
    assert (len(github.bodies()), github.count("POST")) == (1, 2)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (Answer(429, {"message": "slow"}, {"retry-after": "3600"}), "3,600"),
        (Answer(403, {"message": "no"}, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9999999999"}), r"[\d,]+"),
        (Answer(403, {"message": "You have exceeded a secondary rate limit."}), "60"),
    ],
)
def test_a_rate_limit_that_lasts_too_long_is_told_at_once(
    github: CodeHost, folder: Path, answer: Answer, seconds: str
) -> None:
    github.faults.append(Fault("POST", answer, times=99))
    outcome = comment(folder, code=1)
    assert passed() == 0
    assert re.search(rf"No comment was written: GitHub's rate limit .* another {seconds} seconds", outcome.err)
    assert github.count("POST") == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_slow_answer_is_given_up_and_asked_for_again(host: CodeHost, folder: Path, method: str) -> None:
    host.faults.append(Fault(method, slow=30))
    comment(folder, "plan.json", "--timeout", "5")
    assert len(host.bodies()) == 1


@pytest.mark.parametrize("fault", [{"slow": 30}, {"lost": "before"}, {"answer": Answer(502)}])
def test_a_host_that_does_not_recover_is_told_when_the_time_is_over(
    host: CodeHost, folder: Path, fault: dict[str, Any]
) -> None:
    host.faults.append(Fault("GET", **fault, times=99))
    began = time.monotonic()
    outcome = comment(folder, "plan.json", "--timeout", "2", code=1)
    assert time.monotonic() - began < 30  # one slow answer would have taken as long
    assert passed() < 2
    line, mend = outcome.err.splitlines()[:2]
    assert re.match(r"seatsync: No comment was written: GET http://127.0.0.1:\d+/\S+: .*\.", line)
    assert "The plan itself is not affected." in mend


def test_a_host_that_is_not_there_is_told(github: CodeHost, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    outcome = comment(folder, "plan.json", "--timeout", "1", code=1)
    assert "the connection failed" in outcome.err


# ── Not allowed ─────────────────────────────────────────────────────────────────────────────────────────────────────


def refused(folder: Path) -> str:
    """Return the two lines of the error."""
    outcome = comment(folder, code=1)
    assert not outcome.out
    line, mend = outcome.err.splitlines()[:2]
    assert line.startswith("seatsync: No comment was written: ")
    assert mend.endswith("The plan itself is not affected.")
    return f"{line}\n{mend}"


def test_a_job_that_may_not_write_is_told_what_it_lacks(host: CodeHost, folder: Path) -> None:
    host.writes = False
    words = refused(folder)
    assert " answers 403 (" in words
    assert ("pull-requests: write" if isinstance(host, GitHub) else "scope `api`") in words
    assert ("from a fork" in words) is isinstance(host, GitHub)
    assert host.count("POST") == 1


def test_a_token_that_is_not_valid_is_told(host: CodeHost, folder: Path) -> None:
    host.token = "another"
    assert re.search(r" answers 401 \(.*not valid", refused(folder), re.DOTALL)


def test_a_pull_request_that_is_not_there_is_told(host: CodeHost, folder: Path) -> None:
    outcome = comment(folder, "plan.json", "--pull-request", "8", code=1)
    assert re.search(r" answers 404 \(.*number of the (pull|merge) request", outcome.err, re.DOTALL)


def test_a_text_that_the_host_does_not_take_is_told(host: CodeHost, folder: Path) -> None:
    host.limit = 100
    assert re.search(r" answers (422|400) \(.*too long \(maximum is 100 characters\)", refused(folder))


@pytest.mark.parametrize("before", ["no tea for ", "." * 290], ids=["whole", "where the message is cut"])
def test_a_host_that_repeats_the_token_does_not_have_it_shown(host: CodeHost, folder: Path, before: str) -> None:
    host.faults.append(Fault("GET", Answer(418, {"message": f"{before}{TOKEN}"})))
    said = refused(folder)
    assert f"{before}***" in said
    assert TOKEN[:4] not in said


def test_an_address_that_is_no_api_is_told(host: CodeHost, folder: Path) -> None:
    host.faults.append(Fault("GET", Answer(200)))
    assert "the answer is not JSON" in refused(folder)


# ── The token goes nowhere else ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def elsewhere() -> Iterator[CodeHost]:
    """Another host, which would accept the token."""
    host = GitHub(TOKEN)
    with serving(host):
        yield host


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_to_another_host_is_not_followed(
    host: CodeHost, elsewhere: CodeHost, folder: Path, method: str
) -> None:
    host.faults.append(Fault(method, Answer(307, None, {"Location": f"{elsewhere.address}/repos/grace/seats"})))
    assert "but the token must not be sent there" in refused(folder)
    assert not elsewhere.requests


def test_a_next_page_on_another_host_is_not_asked_for(github: CodeHost, elsewhere: CodeHost, folder: Path) -> None:
    link = {"Link": f'<{elsewhere.address}/repositories/1/issues/7/comments?page=2>; rel="next"'}
    github.faults.append(Fault("GET", Answer(200, [], link)))
    assert "but the token must not be sent there" in refused(folder)
    assert not elsewhere.requests


def test_a_repository_that_was_renamed_is_followed_on_the_same_host(github: CodeHost, folder: Path) -> None:
    moved = f"{github.address}/repositories/1/issues/7/comments?per_page=100"
    github.faults.append(Fault("GET", Answer(301, {"message": "Moved Permanently"}, {"Location": moved})))
    comment(folder)
    assert len(github.bodies()) == 1


def test_redirects_in_a_circle_end(host: CodeHost, folder: Path) -> None:
    host.faults.append(Fault("GET", Answer(302, None, {"Location": "/again"}), times=99))
    assert "answers 302" in refused(folder)


def test_proxies_are_those_of_the_environment(github: CodeHost, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://api.github.example")
    monkeypatch.setenv("http_proxy", github.address)
    github.address = "http://api.github.example"
    github.faults.append(Fault("GET", Answer(418)))
    refused(folder)
    [asked] = github.requests
    assert asked.target.startswith("http://api.github.example/repos/grace/seats/issues/7/comments")


@pytest.mark.parametrize("proxy", ["http://me:{}@127.0.0.1:9", "http://me:{}@127.0.0.1:port"])
def test_the_password_of_a_proxy_is_not_shown(
    github: CodeHost, folder: Path, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://api.github.example")
    monkeypatch.setenv("http_proxy", proxy.format(TOKEN))
    assert "proxy" in comment(folder, "plan.json", "--timeout", "1", code=1).err


def test_a_netrc_does_not_replace_the_token(host: CodeHost, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".netrc").write_text("machine 127.0.0.1 login somebody password else\n")
    (folder / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(folder))
    comment(folder)
    assert len(host.bodies()) == 1


# ── Which pull request ──────────────────────────────────────────────────────────────────────────────────────────────


def a_run(**more: object) -> dict[str, object]:
    """The event of a workflow run for a pull request from a fork. It names no pull request."""
    head = {"head_sha": "c0ffee", "head_branch": "new/members", "head_repository": {"owner": {"login": "ann"}}}
    return {"workflow_run": {"event": "pull_request", "pull_requests": [], **head, **more}}


def a_pull(number: int, sha: str = "c0ffee", label: str = "ann:new/members") -> dict[str, object]:
    return {"number": number, "head": {"sha": sha, "label": label}}


def test_a_run_for_a_fork_finds_its_pull_request_by_the_branch(
    github: CodeHost, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    github.pulls = [a_pull(5, label="bob:new/members"), a_pull(7)]
    event(folder, monkeypatch, a_run())
    comment(folder)
    assert len(github.bodies()) == 1


@pytest.mark.parametrize(
    ("pulls", "code", "words"),
    [
        ([], 1, "no open pull request ends with the commit"),
        ([a_pull(7, sha="beef")], 1, "no open pull request ends with the commit"),
        ([a_pull(7), a_pull(9)], 64, "ran for a commit of #7 and #9"),
    ],
)
def test_a_run_without_exactly_one_pull_request_comments_nowhere(
    github: CodeHost,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    pulls: list[dict[str, object]],
    code: int,
    words: str,
) -> None:
    github.pulls = pulls
    event(folder, monkeypatch, a_run(pull_requests=[{"number": 7}]))
    assert words in comment(folder, code=code).err
    assert not github.comments


def test_a_merge_request_from_a_fork_is_in_the_project_it_goes_to(
    gitlab: CodeHost, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_PROJECT_ID", "4711")
    monkeypatch.setenv("CI_PROJECT_URL", "https://gitlab.example/ann/seats")
    monkeypatch.setenv("CI_MERGE_REQUEST_PROJECT_ID", "42")
    monkeypatch.setenv("CI_MERGE_REQUEST_PROJECT_URL", "https://gitlab.example/grace/seats")
    assert "https://gitlab.example/grace/seats/-/merge_requests/7#note_1001" in comment(folder).out


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"GITHUB_REPOSITORY": None}, "not a GitHub or GitLab job"),
        ({"GITHUB_REPOSITORY": "grace/../seats"}, "does not have the form owner/name"),
        ({"GITHUB_TOKEN": None}, "neither GITHUB_TOKEN nor GH_TOKEN is set"),
        ({"GITHUB_TOKEN": f"{TOKEN}\nX: y"}, "GITHUB_TOKEN is not a token"),
        ({"GITHUB_API_URL": "api.github.com"}, "GITHUB_API_URL is not the address"),
        ({"GITHUB_API_URL": f"https://x:{TOKEN}@api.github.com"}, "GITHUB_API_URL is not the address"),
        ({"GITHUB_EVENT_PATH": None}, "has no pull request"),
        ({"GITHUB_EVENT_PATH": "school/seatsync.yaml"}, "is not an event"),
    ],
)
def test_what_the_environment_lacks_on_github_is_told(
    github: CodeHost, folder: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str | None], words: str
) -> None:
    lacks(folder, monkeypatch, changed, words)
    assert not github.requests


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"CI_MERGE_REQUEST_IID": None}, "has no merge request"),
        ({"SEATSYNC_GITLAB_TOKEN": None, "CI_JOB_TOKEN": TOKEN}, "CI_JOB_TOKEN may not write notes"),
    ],
)
def test_what_the_environment_lacks_on_gitlab_is_told(
    gitlab: CodeHost, folder: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str | None], words: str
) -> None:
    lacks(folder, monkeypatch, changed, words)
    assert not gitlab.requests


def lacks(folder: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str | None], words: str) -> None:
    for name, value in changed.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
    assert words in comment(folder, code=64).err


def test_a_push_has_no_pull_request(github: CodeHost, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    event(folder, monkeypatch, {"ref": "refs/heads/main"})
    assert "has no pull request" in comment(folder, code=64).err
    comment(folder, "plan.json", "--pull-request", "7")
    assert len(github.bodies()) == 1


@pytest.mark.parametrize("name", ["GH_TOKEN", "GITLAB_TOKEN"])
def test_the_token_may_have_the_name_that_other_tools_know(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for host in _host(GitHub(TOKEN) if name == "GH_TOKEN" else GitLab(TOKEN), monkeypatch):
        monkeypatch.delenv("GITHUB_TOKEN" if name == "GH_TOKEN" else "SEATSYNC_GITLAB_TOKEN")
        monkeypatch.setenv(name, f"{TOKEN}\n")
        comment(folder)
        assert len(host.bodies()) == 1


def test_without_the_extra_it_is_told_how_to_install_it(github: CodeHost, folder: Path) -> None:
    script = (
        "import sys; sys.modules['requests'] = None; from seatsync.cli.main import run; sys.exit(run(sys.argv[1:]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, "comment", "plan.json"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert result.returncode == 64
    assert "pip install 'seatsync[ci]'" in result.stderr
