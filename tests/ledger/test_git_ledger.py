"""A ledger on a branch of a Git remote: real bare repositories, real clones, and runners that race."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.support.command_line import Outcome, seatsync
from tests.support.databases import contents
from tests.support.long_form import times
from tests.support.mail_server import Mailroom, mail_server
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

HOME = ROOT

GIT = shutil.which("git") or "git"
BRANCH = "seatsync-ledger"
CONFIG = """\
version: 1
institution: {{id: {id}, name: {id}, opt_out: true, admins: [{{given_name: Ruth, family_name: Abel, email: ruth@{id}.example}}]}}
libraries: {{books: {{title: Books, system: logos-library, slots: {slots}}}}}
rosters: [{{path: members.csv}}]
grants: [{{library: books, kind: temporary, to: {{everyone: true}}}}]
limits: {{max_revokes: 100%}}
"""


@pytest.fixture(autouse=True)
def hosted_runner(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine where Git has no user name."""
    for name, value in {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "SEATSYNC_LEDGER": "git",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A bare repository that holds the folder of Grace Seminary."""
    git("init", "--quiet", "--bare", "--initial-branch=main", "remote.git", at=tmp_path)
    made = cloned(tmp_path / "remote.git", tmp_path / "made")
    institution(made, "grace")
    committed(made)
    return tmp_path / "remote.git"


@pytest.fixture
def here(remote: Path) -> Path:
    return cloned(remote, remote.parent / "here")


@pytest.fixture
def there(remote: Path) -> Path:
    return cloned(remote, remote.parent / "there")


# ── One after the other ─────────────────────────────────────────────────────────────────────────────────────────────


def test_what_one_clone_applies_every_other_sees(here: Path, there: Path) -> None:
    assert "on a new ledger" in ran(here, "plan", "grace").out
    ran(there, "plan", "grace", "--out", "plan.json")
    ran(here, "apply", "--yes", "grace")

    assert json.loads(ran(there, "status", "grace", "--format", "json").out)["libraries"]["books"]["used"] == 2
    ran(there, "plan", "grace", "--detailed-exitcode")
    ran(there, "verify", "-C", "grace")
    stale = seatsync("apply", "plan.json", "grace", folder=there)
    assert (stale.code, "The plan is out of date" in stale.err, "Plan again" in stale.err) == (5, True, True)

    ran(there, "ledger", "claim", "books", "ann@grace.example", "-C", "grace")
    assert "git:origin#seatsync-ledger" in ran(here, "ledger", "info", "-C", "grace").out
    assert "claim" in ran(here, "log", "-C", "grace", "--limit", "1").out
    assert "The ledger is not locked" in ran(here, "ledger", "unlock", "-C", "grace").err


def test_the_branch_is_the_audit_trail_and_names_nobody(remote: Path, here: Path) -> None:
    ran(here, "apply", "--yes", "grace", "--commit", "asked for by ann@grace.example", "--actor", "Ann Lee")
    ran(here, "apply", "--yes", "grace")  # nothing to do
    roster(here, "grace", "ann", "chloe")
    fingerprint = json.loads(ran(here, "plan", "grace", "--format", "json").out)["fingerprint"]
    ran(here, "apply", "--yes", "grace", "--commit", "0123abcd")
    ran(here, "ledger", "opt-out", "books", "ann@grace.example", "-C", "grace")
    head = ran(here, "verify", "-C", "grace").out.rpartition(":")[2].strip()

    subjects = git("log", "--reverse", "--format=%s", BRANCH, at=remote).splitlines()
    assert subjects == [
        "apply grace: 1 library-add, 1 admin-add, 2 member-add, 2 grant",
        "apply grace: 1 member-add, 1 revoke, 1 member-remove, 1 grant",
        "opt-out grace",
    ]
    second = git("log", "-1", "--format=%B", f"{BRANCH}~", at=remote)
    printed = re.findall(r"^Seatsync-Plan: ([0-9a-f]{64})\n", second, re.MULTILINE)
    assert printed != [fingerprint]  # it could be guessed from names, and stays in the history
    [done] = {
        line["plan"] for line in json.loads(ran(here, "log", "-C", "grace", "--plan", *printed, "--format", "json").out)
    }
    assert done == fingerprint
    assert f"Seatsync-Plan: {printed[0]}\nSeatsync-Commit: 0123abcd\nSeatsync-Serial: " in second
    assert f"Seatsync-Head: {head}" in git("log", "-1", "--format=%B", BRANCH, at=remote)
    everything = git("log", "--format=%B%an%ae%cn%ce", BRANCH, at=remote)
    assert re.search("ann|lee|chloe|ruth|abel|@grace", everything, re.IGNORECASE) is None
    assert set(git("log", "--format=%an <%ae>", BRANCH, at=remote).splitlines()) == {
        "seatsync <seatsync@noreply.invalid>"
    }


def test_an_apply_with_nothing_to_do_notes_new_files_by_one_commit(remote: Path, here: Path, there: Path) -> None:
    ran(here, "apply", "--yes", "grace")
    for clone in (here, there):
        with (clone / "grace" / "seatsync.yaml").open("a") as file:
            file.write("# note\n")
    ran(here, "apply", "--yes", "grace", "--commit", "0123abcd")
    subjects = git("log", "--reverse", "--format=%s", BRANCH, at=remote).splitlines()
    assert subjects == ["apply grace: 1 library-add, 1 admin-add, 2 member-add, 2 grant", "files grace"]
    assert "Seatsync-Commit: 0123abcd\n" in git("log", "-1", "--format=%B", BRANCH, at=remote)
    for clone in (here, there):
        ran(clone, "apply", "--yes", "grace")
        ran(clone, "apply", "--same-files", "grace")
        ran(clone, "verify", "-C", "grace")
    assert_linear(remote, 2)


def test_who_has_a_name_in_git_commits_by_it(remote: Path, here: Path) -> None:
    git("config", "user.name", "Pipeline", at=here)
    git("config", "user.email", "pipeline@ci.example", at=here)
    ran(here, "apply", "--yes", "grace")
    assert git("log", "--format=%an <%ae>", BRANCH, at=remote).strip() == "Pipeline <pipeline@ci.example>"


def test_one_fetch_to_read_and_one_push_to_write(here: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    log = instead_of_git(monkeypatch, tmp_path, 'echo "$1" >> {log}; exec {git} "$@"')

    def network(*args: str) -> list[str]:
        log.write_text("", encoding="utf-8")
        ran(here, *args)
        return [word for word in log.read_text(encoding="utf-8").split() if word in ("fetch", "push", "ls-remote")]

    assert network("apply", "--yes", "grace") == ["fetch", "push"]
    assert network("apply", "--yes", "grace") == ["fetch"]
    assert network("log", "-C", "grace", "--member", "ann@grace.example") == ["fetch"]
    assert network("ledger", "claim", "books", "ann@grace.example", "-C", "grace") == ["fetch", "push"]


def test_the_users_repository_is_not_touched(here: Path) -> None:
    (here / "grace" / "notes.txt").write_text("not finished", encoding="utf-8")
    (here / "README.md").write_text("changed, and added", encoding="utf-8")
    git("add", "README.md", at=here)
    (here / "README.md").write_text("and changed once more", encoding="utf-8")
    git("describe", "--always", "--dirty", at=here)  # as seatsync reads the commit; Git may refresh its index
    before = contents(here)
    ran(here, "plan", "grace")
    ran(here, "apply", "--yes", "grace")
    ran(here, "ledger", "claim", "books", "ann@grace.example", "-C", "grace")
    ran(here, "verify", "-C", "grace")
    assert contents(here) == before


def test_nothing_is_left_behind(here: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    for code, *args in (
        (0, "apply", "--yes", "grace"),
        (0, "status", "grace"),
        (4, "ledger", "erase", "nobody", "--yes"),
    ):
        assert ended(started(here / "grace" if code else here, *args))[0] == code
    assert [*(tmp_path / "temporary").iterdir()] == []


def test_a_shallow_clone_will_do(remote: Path, here: Path, tmp_path: Path) -> None:
    ran(here, "apply", "--yes", "grace")
    ran(here, "ledger", "claim", "books", "ann@grace.example", "-C", "grace")
    shallow = tmp_path / "shallow"  # as actions/checkout makes it
    git("clone", "--quiet", "--depth=1", "--single-branch", remote.as_uri(), str(shallow), at=tmp_path)
    roster(shallow, "grace", "ann", "ben", "chloe")
    ran(shallow, "apply", "--yes", "grace")
    assert git("rev-list", "--count", BRANCH, at=remote).strip() == "3"
    git("fsck", "--strict", at=remote)


def test_the_ledger_can_live_in_another_repository(here: Path, there: Path, tmp_path: Path) -> None:
    git("init", "--quiet", "--bare", "ledgers.git", at=tmp_path)
    git("remote", "add", "ledgers", str(tmp_path / "ledgers.git"), at=here)
    ran(here, "apply", "--yes", "grace", "--ledger", "git:ledgers#of-grace")
    for name in (f"git:{tmp_path / 'ledgers.git'}#of-grace", "git:../ledgers.git#of-grace"):
        ran(there, "plan", "grace", "--detailed-exitcode", "--ledger", name)
    assert git("branch", "--list", BRANCH, at=tmp_path / "ledgers.git") == ""


def test_a_repository_of_the_newer_format_will_do(tmp_path: Path) -> None:
    for words in (["--bare", "new.git"], ["new"]):
        git("init", "--quiet", "--object-format=sha256", *words, at=tmp_path)
    git("remote", "add", "origin", "../new.git", at=tmp_path / "new")
    institution(tmp_path / "new", "grace")
    ran(tmp_path / "new", "apply", "--yes", "grace")
    ran(tmp_path / "new", "plan", "--detailed-exitcode", "grace")
    assert_linear(tmp_path / "new.git", 1)


def test_from_a_file_to_git_and_back(here: Path) -> None:
    ran(here, "apply", "--yes", "grace", "--ledger", "grace/seatsync.db")
    dumped = ran(here, "ledger", "dump", "-C", "grace", "--ledger", "grace/seatsync.db").out
    (here / "grace.jsonl").write_text(dumped, encoding="utf-8")
    ran(here, "ledger", "load", "grace.jsonl", "-C", "grace")
    assert ran(here, "ledger", "dump", "-C", "grace").out == dumped
    assert seatsync("ledger", "load", "grace.jsonl", "-C", "grace", folder=here).code == 4


def test_an_empty_file_on_the_branch_is_no_new_ledger(here: Path, there: Path) -> None:
    ran(here, "apply", "--yes", "grace")
    git("fetch", "--quiet", "origin", BRANCH, at=there)
    git("checkout", "--quiet", "-b", "emptied", "FETCH_HEAD", at=there)
    (there / "grace/seatsync.db").write_bytes(b"")
    git("-c", "user.name=x", "-c", "user.email=x@x.example", "commit", "--quiet", "-am", "a copy that failed", at=there)
    git("push", "--quiet", "origin", f"HEAD:{BRANCH}", at=there)
    before = git("rev-parse", "HEAD", at=there)
    for command in (("plan",), ("apply", "--yes"), ("status",)):
        outcome = seatsync(*command, "grace", folder=here)
        assert outcome.code == 6
        assert "has an empty file grace/seatsync.db" in outcome.err
        assert "git log -- grace/seatsync.db" in outcome.err
    assert git("ls-remote", "origin", BRANCH, at=here).split()[0] == before.strip()


# ── Several institutions ────────────────────────────────────────────────────────────────────────────────────────────


def test_each_institution_has_its_own_file_and_none_is_stale_because_of_another(remote: Path, here: Path) -> None:
    ids = [f"school-{number}" for number in range(6)]
    for id in ids:
        institution(here, id)
    outcome = ran(here, "apply", "--yes", "--jobs", "3", *ids)  # in parallel, all onto one branch
    assert "6 institutions: 6 changed" in outcome.err
    files = git("ls-tree", "-r", "--name-only", BRANCH, at=remote).split()
    assert files == ["README.md", *(f"{id}/seatsync.db" for id in ids)]
    assert_linear(remote, 6)
    ran(here, "plan", "--detailed-exitcode", *ids)
    for id in ids:
        ran(here, "verify", "-C", id)


def test_a_plan_stands_while_others_move(here: Path, there: Path) -> None:
    institution(there, "harvest")
    ran(here, "plan", "grace", "--out", "plan.json")
    ran(there, "apply", "--yes", "harvest")
    ran(here, "apply", "plan.json", "grace")
    ran(there, "plan", "--detailed-exitcode", "grace", "harvest")


def college(clone: Path) -> None:
    """Give the institution another id in the files of this clone."""
    config = (clone / "grace" / "seatsync.yaml").read_text(encoding="utf-8")
    renamed = config.replace("{id: grace,", "{id: college, was: grace,")
    (clone / "grace" / "seatsync.yaml").write_text(renamed, encoding="utf-8")


def test_the_commit_that_changes_an_id_moves_the_file(remote: Path, here: Path, there: Path) -> None:
    ran(here, "apply", "--yes", "grace")
    college(here)
    before = ran(here, "members", "-C", "grace", "--format", "json").out
    ran(here, "ledger", "claim", "books", "ann@grace.example", "-C", "grace")  # still under the earlier id
    ran(here, "plan", "grace", "--out", "plan.json")
    (here / "plan.json").rename(there / "plan.json")
    ran(here, "apply", "--yes", "grace")
    files = git("ls-tree", "-r", "--name-only", BRANCH, at=remote).split()
    assert files == ["README.md", "college/seatsync.db", "grace/renamed-to"]
    assert git("log", "-1", "--format=%s", BRANCH, at=remote).strip() == "apply college: 1 institution-update"
    assert_linear(remote, 3)
    assert ran(here, "members", "-C", "grace", "--format", "json").out == before
    ran(here, "verify", "-C", "grace")
    ran(here, "plan", "--detailed-exitcode", "grace")
    for command in ("plan", "status"):
        assert 'The institution "grace" is now "college"' in failed(there, command, "grace")
    assert seatsync("apply", "plan.json", "grace", folder=there).code == 4
    college(there)
    ran(there, "ledger", "claim", "books", "ben@grace.example", "-C", "grace")
    assert git("ls-tree", "-r", "--name-only", BRANCH, at=remote).split() == files


# ── At the same time ────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_two_runners_with_a_plan_for_the_last_seat_one_wins(remote: Path, here: Path, there: Path) -> None:
    rounds = times(short=2, long=4)
    won: list[str] = []
    for number in range(rounds):
        candidates = {here: f"east{number}", there: f"west{number}"}
        for runner, name in candidates.items():
            institution(runner, "grace", *won, name, slots=number + 1)
            ran(runner, "plan", "grace", "--out", "plan.json")
        meet_at(remote, number)
        running = {runner: started(runner, "apply", "plan.json", "grace") for runner in candidates}
        outcomes = {runner: ended(process) for runner, process in running.items()}
        assert sorted(code for code, _ in outcomes.values()) == [0, 5], outcomes
        winner, loser = sorted(outcomes, key=lambda runner: outcomes[runner])
        assert "The plan is out of date" in outcomes[loser][1]
        won.append(candidates[winner])
        members = json.loads(ran(loser, "members", "-C", "grace", "--format", "json").out)
        assert sorted(member["email"] for member in members) == sorted(f"{name}@grace.example" for name in won)
        assert json.loads(ran(loser, "status", "grace", "--format", "json").out)["libraries"]["books"]["available"] == 0
        assert candidates[loser].encode() not in file_on(remote)
    ran(here, "verify", "-C", "grace")
    assert_linear(remote, rounds)


def test_what_two_report_at_once_is_both_recorded(remote: Path, here: Path, there: Path) -> None:
    ran(here, "apply", "--yes", "grace")
    meet_at(remote, 0)
    claims = [
        started(runner, "ledger", "claim", "books", f"{name}@grace.example", "-C", "grace")
        for runner, name in ((here, "ann"), (there, "ben"))
    ]
    assert [ended(claim)[0] for claim in claims] == [0, 0]
    assert json.loads(ran(here, "status", "grace", "--format", "json").out)["libraries"]["books"]["temporary"] == 2
    ran(there, "verify", "-C", "grace")
    assert_linear(remote, 3)


# ── Killed, refused, cut off ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("at_the_push", "used"),
    [("kill -9 $PPID; exit 1", 0), ('{git} "$@"; kill -9 $PPID; exit 1', 2)],
    ids=["before the push", "behind the push"],
)
def test_killed_at_the_push_it_is_whole_or_not_at_all(
    here: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, at_the_push: str, used: int
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path))  # for the files of the killed process
        instead_of_git(patch, tmp_path, f'[ "$1" = push ] && {{{{ {at_the_push}; }}}}\nexec {{git}} "$@"')
        assert ended(started(here, "apply", "--yes", "grace"))[0] == -9
    libraries = json.loads(ran(here, "status", "grace", "--format", "json").out)["libraries"]
    assert (libraries["books"]["used"] if libraries else 0) == used
    ran(here, "apply", "--yes", "grace")
    ran(here, "plan", "--detailed-exitcode", "grace")
    ran(here, "verify", "-C", "grace")


def test_an_answer_that_is_lost_behind_the_push_does_not_make_it_undone(remote: Path, here: Path) -> None:
    # The server dies just after it has moved the branch.
    hook(remote, "reference-transaction", '[ "$1" = committed ] && grep -q seatsync-ledger && kill -9 $PPID; exit 0')
    outcome = ran(here, "apply", "--yes", "grace")
    assert "Applied to git:origin#seatsync-ledger: 6 changes" in outcome.err
    assert_linear(remote, 1)


def test_who_went_on_from_a_lost_answer_does_not_make_it_undone(remote: Path, here: Path, there: Path) -> None:
    """The answer to a push is lost, and before this runner looks again, another one has pushed on top."""
    ran(here, "apply", "--yes", "grace")
    script = remote.parent / "meanwhile.sh"
    claim = f"{sys.executable} -m seatsync ledger claim books ben@grace.example -C grace"
    script.write_text(f"cd {there} && env -u GIT_DIR -u GIT_QUARANTINE_PATH {claim}\n", encoding="utf-8")
    hook(
        remote,
        "reference-transaction",
        f'[ "$1" = committed ] && grep -q seatsync-ledger || exit 0\n'
        f"[ -e {remote}/once ] && exit 0\ntouch {remote}/once\nsh {script} >{remote}/said 2>&1\nkill -9 $PPID\n",
    )
    ran(here, "ledger", "claim", "books", "ann@grace.example", "-C", "grace")
    assert "ben@grace.example has claimed" in (remote / "said").read_text(encoding="utf-8")
    assert json.loads(ran(here, "status", "grace", "--format", "json").out)["libraries"]["books"]["temporary"] == 2
    assert_linear(remote, 3)


def test_a_server_that_refuses_is_told_with_its_reason(remote: Path, here: Path) -> None:
    hook(remote, "pre-receive", "echo 'no ledger on Sundays' >&2; exit 1")
    refused = failed(here, "apply", "--yes", "--quiet", "grace")
    assert "pre-receive hook declined: no ledger on Sundays" in refused
    assert "its rules forbid it. Nothing was changed" in refused
    (remote / "hooks" / "pre-receive").unlink()
    assert "on a new ledger" in ran(here, "plan", "grace").out


@pytest.mark.parametrize(
    ("ledger", "said", "help"),
    [
        ("git:upstream#x", "there is no remote upstream", "git remote add"),
        ("git:nowhere/ledgers.git#x", "does not appear to be a git repository", "Correct the remote's address"),
        ("git:main", "git:origin#main is a branch, but not a seatsync ledger", "--ledger git:BRANCH"),
        ("git:no..branch", "does not name a branch", "git:REMOTE#BRANCH"),
        ("git://host/x", "can't be kept in git", "git:REMOTE#BRANCH"),
    ],
)
def test_a_ledger_that_is_not_there_is_told(here: Path, ledger: str, said: str, help: str) -> None:
    for args in (["plan", "grace"], ["apply", "--yes", "--quiet", "grace"], ["ledger", "migrate", "-C", "grace"]):
        output = failed(here, *args, "--ledger", ledger)
        assert said in output
        assert help in output


def test_without_a_repository_or_git_it_is_told(tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    institution(tmp_path, "alone")
    assert "needs a Git repository around" in failed(tmp_path, "plan", "alone")
    git("remote", "remove", "origin", at=here)
    assert "there is no remote origin" in failed(here, "plan", "grace")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "needs the program git" in failed(here, "plan", "grace")


def test_credentials_in_an_address_are_told_to_nobody(
    here: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = instead_of_git(monkeypatch, tmp_path, 'echo "$@" >> {log}; exec {git} "$@"')
    address = "http://ruth:s3cr3t@127.0.0.1:9/ledgers.git"
    git("remote", "set-url", "origin", address, at=here)
    for ledger in ("git", f"git:{address}#x", f"git:{address}"):
        output = failed(here, "apply", "--yes", "--quiet", "grace", "--ledger", ledger)
        assert "s3cr3t" not in output
    assert "fetch" in log.read_text(encoding="utf-8")
    assert "s3cr3t" not in log.read_text(encoding="utf-8")


def test_the_token_that_a_checkout_left_in_the_settings_opens_the_remote(
    remote: Path, here: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = instead_of_git(monkeypatch, tmp_path, 'echo "$@" >> {log}; exec {git} "$@"')
    with served(remote, "basic czNjcjN0") as address:
        git("remote", "set-url", "origin", address, at=here)
        output = failed(here, "plan", "grace")
        assert "could not read Username" in output
        assert "contents: write" in output
        git("config", f"http.{address}.extraheader", "AUTHORIZATION: basic czNjcjN0", at=here)
        ran(here, "apply", "--yes", "grace")
        ran(here, "plan", "--detailed-exitcode", "grace")
    assert_linear(remote, 1)
    assert "czNjcjN0" not in log.read_text(encoding="utf-8")


# ── Sending and erasing ─────────────────────────────────────────────────────────────────────────────────────────────


def test_letters_are_sent_once_whoever_sends_them(
    remote: Path, here: Path, there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(here, "apply", "--yes", "grace")
    for name, value in {"MAIL_FROM": "library@grace.example", "PORTAL_URL": "https://seats.grace.example"}.items():
        monkeypatch.setenv(f"SEATSYNC_{name}", value)
    room = Mailroom()
    send = ("outbox", "send", "-C", "grace", "--format", "json")
    with mail_server(room) as port:
        monkeypatch.setenv("SEATSYNC_SMTP_URL", f"smtp://127.0.0.1:{port}")
        meet_at(remote, 2)  # both want the same letters: the second finds them taken
        senders = [started(clone, *send) for clone in (here, there)]
        assert [ended(sender)[0] for sender in senders] == [0, 0]
        assert len(room.ids()) == len(set(room.ids())) == 3
        (remote / "hooks" / "pre-receive").unlink()
        ran(here, *send)
    assert len(room.ids()) == 3
    letters = json.loads(ran(there, "outbox", "list", "-C", "grace", "--format", "json").out)
    assert [letter["state"] for letter in letters] == ["sent"] * 3
    ran(there, "verify", "-C", "grace")


def test_what_is_erased_stays_in_the_history_until_that_begins_anew(remote: Path, here: Path) -> None:
    ran(here, "apply", "--yes", "grace")
    roster(here, "grace", "ben")
    ran(here, "apply", "--yes", "grace")
    outcome = ran(here, "ledger", "erase", "ann@grace.example", "--yes", "-C", "grace")
    assert (
        "the erased data is still in the history of git:origin#seatsync-ledger, and with everyone who has fetched it"
        in outcome.err
    )
    assert b"ann@grace.example" not in file_on(remote)
    assert b"ann@grace.example" in file_on(remote, "HEAD~2")

    page = (HOME / "docs" / "ledger.md").read_text(encoding="utf-8")
    (recipe,) = re.findall(r"^\$ seatsync (ledger forget-history)$", page, re.MULTILINE)
    ran(here, *recipe.split(), "--yes", "-C", "grace")
    assert_linear(remote, 1)
    ran(here, "verify", "-C", "grace")
    ran(here, "plan", "grace", "--detailed-exitcode")


# ── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def git(*args: str, at: Path) -> str:
    result = subprocess.run([GIT, *args], cwd=at, check=True, capture_output=True, text=True, env=named())
    return result.stdout


def named() -> dict[str, str]:
    """The environment of a person with a name in Git."""
    who = {f"GIT_{role}_{part}": "someone" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    return {**os.environ, **who}


def cloned(remote: Path, target: Path) -> Path:
    git("clone", "--quiet", str(remote), str(target), at=remote.parent)
    return target


def committed(clone: Path) -> None:
    git("add", "--all", at=clone)
    git("commit", "--quiet", "--message=files", at=clone)
    git("push", "--quiet", "origin", "HEAD:main", at=clone)


def institution(clone: Path, id: str, *names: str, slots: int = 9) -> None:
    (clone / id).mkdir(exist_ok=True)
    (clone / id / "seatsync.yaml").write_text(CONFIG.format(id=id, slots=slots), encoding="utf-8")
    (clone / "README.md").write_text("files", encoding="utf-8")
    roster(clone, id, *(names or ("ann", "ben")))


def roster(clone: Path, id: str, *names: str) -> None:
    rows = [f"{name}@{id}.example,{name.title()},Lee" for name in names]
    text = "\n".join(["email,given_name,family_name", *rows])
    (clone / id / "members.csv").write_text(text + "\n", encoding="utf-8")


def ran(folder: Path, *args: str) -> Outcome:
    outcome = seatsync(*args, folder=folder)
    assert outcome.code == 0, outcome
    return outcome


def failed(folder: Path, *args: str) -> str:
    """The message for a ledger that can't be used: the fact, and what to do."""
    outcome = seatsync(*args, folder=folder)
    assert (outcome.code, outcome.err.count("\n")) == (6, 2), outcome
    return outcome.err


def started(folder: Path, *args: str) -> subprocess.Popen[str]:
    """A runner: a separate process."""
    command: Sequence[str] = [sys.executable, "-m", "seatsync", *args]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Its exit code and output."""
    said = process.communicate(timeout=120)[1]
    return process.returncode, said


def instead_of_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str) -> Path:
    """Run a script in place of Git; returns the file that it may log to."""
    (tmp_path / "bin").mkdir()
    log = tmp_path / "bin" / "log"
    program = tmp_path / "bin" / "git"
    program.write_text(f"#!/bin/sh\n{script.format(git=GIT, log=log)}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return log


@contextmanager
def served(remote: Path, authorization: str) -> Iterator[str]:
    """The address of a server that requires this header: Git's own server behind Python's."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers["Authorization"] != authorization:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.end_headers()
                return
            path, _, query = self.path.partition("?")
            asked = {"PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": self.command, "REMOTE_USER": "runner"}
            asked |= {"GIT_PROJECT_ROOT": str(remote.parent), "GIT_HTTP_EXPORT_ALL": "1"}
            for name in ("Content-Type", "Content-Length"):
                asked[name.upper().replace("-", "_")] = self.headers.get(name, "")
            for name in ("Content-Encoding", "Git-Protocol"):
                asked["HTTP_" + name.upper().replace("-", "_")] = self.headers.get(name, "")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            result = subprocess.run(
                [GIT, "http-backend"], input=body, env={**os.environ, **asked}, stdout=-1, check=True
            )
            head, _, answer = result.stdout.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
            self.send_response(int(fields.pop("Status", "200").split()[0]))
            for name, value in fields.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{remote.name}"
        server.shutdown()


def hook(remote: Path, name: str, script: str) -> None:
    (remote / "hooks").mkdir(exist_ok=True)
    path = remote / "hooks" / name
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def meet_at(remote: Path, number: int) -> None:
    """Make the server hold the first push until it has received a second one."""
    place = remote / f"meeting-{number}"
    place.mkdir()
    wait = f"while [ $(ls {place} | wc -l) -lt 2 ] && [ $n -lt 200 ]; do sleep 0.05; n=$((n+1)); done"
    hook(remote, "pre-receive", f"touch {place}/$$; n=0; {wait}")


def file_on(remote: Path, back: str = "HEAD") -> bytes:
    """The ledger of Grace Seminary on the branch, or at an earlier commit."""
    name = f"{BRANCH}{back.removeprefix('HEAD')}:grace/seatsync.db"
    return subprocess.run([GIT, "cat-file", "blob", name], cwd=remote, check=True, capture_output=True).stdout


def assert_linear(remote: Path, commits: int) -> None:
    parents = [line.split()[1:] for line in git("rev-list", "--parents", BRANCH, at=remote).splitlines()]
    assert [len(of) for of in parents] == [1] * (commits - 1) + [0]
