"""The plan of a revert says what it takes back of the apply, and what stays: on real commits, applied before."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.command_line import Outcome, seatsync
from tests.support.mail_server import Mailroom, mail_server

both = pytest.mark.usefixtures("database")

CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries:
  books: {title: Books, system: logos-library, slots: 20}
rosters: [{path: members.csv}]
grants:
  - {library: books, kind: temporary, to: {not_tags: [owner]}}
  - {library: books, kind: permanent, to: {tags: [owner]}}
limits: {max_revokes: 10}
"""
HEADER = "email,given_name,family_name,student_id,role,tags\n"


def roster(*names: str, owners: str = "") -> str:
    return HEADER + "".join(f"{n}@grace.example,{n},Lee,,,{'owner' if n in owners.split() else ''}\n" for n in names)


class Checkout:
    """A repository with the folder grace, whose ledger has applied its first commit."""

    def __init__(self, top: Path) -> None:
        self.top, self.folder = top, top / "institutions" / "grace"
        self.folder.mkdir(parents=True)
        self.git("init", "-q", "-b", "main")
        (top / ".gitignore").write_text("*.db*\n")
        (self.folder / "seatsync.yaml").write_text(CONFIG)
        self.commit("first", roster("ann", "ben"))
        self.apply()

    def git(self, *words: str) -> str:
        who = ("-c", "user.name=Ann", "-c", "user.email=ann@grace.example")
        return subprocess.run(
            ["git", *who, *words], cwd=self.top, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self, message: str, members: str) -> str:
        (self.folder / "members.csv").write_text(members)
        self.git("add", "-A")
        self.git("commit", "-qm", message)
        return self.git("rev-parse", "HEAD")

    def apply(self) -> None:
        told = seatsync("apply", "--yes", "--quiet", folder=self.folder)
        assert told.code == 0, told.err

    def send_letters(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with mail_server(Mailroom()) as port:
            monkeypatch.setenv("SEATSYNC_SMTP_URL", f"smtp://127.0.0.1:{port}")
            monkeypatch.setenv("SEATSYNC_MAIL_FROM", "library@grace.example")
            monkeypatch.setenv("SEATSYNC_PORTAL_URL", "https://seats.grace.example")
            told = seatsync("outbox", "send", folder=self.folder)
        assert told.code == 0, told.err

    def plan(self, *words: str) -> Outcome:
        told = seatsync("plan", *words, folder=self.folder)
        assert told.code == 0, told.err
        return told

    def notices(self, *words: str) -> list[str]:
        """What the plan says of reverts."""
        found = json.loads(self.plan("--format", "json", *words).out)["warnings"]
        return [one["message"] for one in found if one["code"] == "revert"]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "repository")


@both
def test_a_revert_says_what_it_takes_back_and_what_stays(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    change = checkout.commit("more", roster("ann", "chloe", "dan", "eve", owners="chloe dan"))
    checkout.apply()
    checkout.send_letters(monkeypatch)
    checkout.git("revert", "--no-edit", change)
    [said] = checkout.notices()
    counts = "3 of 3 member-add, 1 of 1 revoke, 1 of 1 member-remove, 1 of 3 grant"
    assert re.fullmatch(
        f"The files revert commit {change[:12]}, which journal entry \\d+ applied. This plan takes back {counts}. "
        "1 seat comes back unclaimed, with a new invitation. 2 permanent licenses stay. "
        "Letters that were sent stay sent: 3 invitation.",
        said,
    ), said


def test_a_revert_that_asks_for_what_is_permanent_is_blocked_and_says_it_too(checkout: Checkout) -> None:
    change = checkout.commit("an owner", roster("ann", "ben", "dan", owners="ann"))
    checkout.apply()
    checkout.git("revert", "--no-edit", change)
    told = seatsync("plan", folder=checkout.folder)
    assert (told.code, "permanent-downgrade" in told.out) == (4, True)
    assert "1 permanent license stays." in " ".join(told.out.split())


@both
def test_every_format_says_it_and_none_names_anybody(checkout: Checkout) -> None:
    change = checkout.commit("more", roster("ann", "ben", "canary"))
    checkout.apply()
    checkout.git("revert", "--no-edit", change)
    said = f"The files revert commit {change[:12]}"
    for format in ("text", "markdown", "html", "json", "github", "gitlab", "sarif"):
        assert said in " ".join(checkout.plan("--format", format).out.replace("`", "").split()), format
        redacted = checkout.plan("--format", format, "--redact").out
        assert said in " ".join(redacted.replace("`", "").split()), format
        assert "canary" not in redacted
    assert "notice revert" in checkout.plan().out
    assert "Notice." in seatsync("explain", "revert", folder=checkout.folder).out


def test_a_merge_an_inner_commit_and_a_squash_are_known(checkout: Checkout) -> None:
    checkout.git("checkout", "-q", "-b", "branch")
    inner = checkout.commit("more", roster("ann", "ben", "chloe"))
    checkout.commit("still more", roster("ann", "ben", "chloe", "dan"))
    checkout.git("checkout", "-q", "main")
    checkout.git("merge", "-q", "--no-ff", "--no-edit", "branch")
    merge = checkout.git("rev-parse", "HEAD")
    checkout.apply()
    checkout.git("revert", "--no-edit", "-m", "1", merge)
    [said] = checkout.notices()
    assert said.startswith(f"The files revert commit {merge[:12]}, which ")
    assert "2 of 2 member-remove" not in said
    assert "2 of 2 member-add, 2 of 2 grant" in said
    checkout.git("reset", "-q", "--hard", merge)
    (checkout.folder / "members.csv").write_text(roster("ann", "ben", "dan"))
    checkout.git("commit", "-qam", f"Without chloe\n\nThis reverts commit {inner}.")
    [said] = checkout.notices()
    assert "1 of 2 member-add, 1 of 2 grant" in said


def test_it_is_said_until_the_revert_is_applied_and_again_for_its_own_revert(checkout: Checkout) -> None:
    change = checkout.commit("fewer", roster("ann"))
    checkout.apply()
    checkout.git("revert", "--no-edit", change)
    [said] = checkout.notices()
    assert "takes back 1 of 1 revoke, 1 of 1 member-remove." in said
    assert "1 seat comes back unclaimed" in said
    checkout.apply()
    again = checkout.git("rev-parse", "HEAD")
    checkout.git("revert", "--no-edit", again)
    [said] = checkout.notices()
    assert said.startswith(f"The files revert commit {again[:12]}, ")
    checkout.git("reset", "-q", "--hard", again)
    checkout.commit("another", roster("ann", "ben", "eve"))
    assert checkout.notices() == []


def test_nothing_is_said_where_nothing_was_applied_or_is_known(checkout: Checkout, tmp_path: Path) -> None:
    change = checkout.commit("never applied", roster("ann", "ben", "chloe"))
    checkout.git("revert", "--no-edit", change)
    checkout.commit("more", roster("ann", "ben", "dan"))
    assert checkout.notices() == []
    checkout.apply()
    checkout.git("revert", "--no-edit", "HEAD")
    assert len(checkout.notices()) == 1
    checkout.git("clone", "-q", "--depth", "1", f"file://{checkout.top}", str(tmp_path / "shallow"))
    shallow = tmp_path / "shallow" / "institutions" / "grace"
    told = seatsync("plan", "--format", "json", "--ledger", str(checkout.folder / "seatsync.db"), folder=shallow)
    assert (told.code, '"revert"' in told.out) == (0, False)


def test_a_revert_of_one_institution_says_nothing_of_another(checkout: Checkout) -> None:
    harbor = checkout.top / "institutions" / "harbor"
    harbor.mkdir()
    (harbor / "seatsync.yaml").write_text(CONFIG.replace("grace", "harbor"))
    (harbor / "members.csv").write_text(roster("zoe"))
    checkout.commit("more", roster("ann", "ben", "chloe"))
    checkout.apply()
    assert seatsync("apply", "--yes", "-q", folder=harbor).code == 0
    checkout.commit("more of grace", roster("ann", "ben", "chloe", "dan"))
    checkout.apply()
    checkout.git("revert", "--no-edit", "HEAD")
    (harbor / "members.csv").write_text(roster("zoe", "yves"))
    checkout.git("commit", "-qam", "more of harbor")
    assert len(checkout.notices()) == 1
    assert '"revert"' not in seatsync("plan", "--format", "json", folder=harbor).out


def test_without_a_revert_git_is_asked_once_for_many_folders(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = []
    for n in range(4):
        folder = checkout.top / "institutions" / f"school-{n}"
        folder.mkdir()
        (folder / "seatsync.yaml").write_text(CONFIG.replace("grace", f"school-{n}"))
        (folder / "members.csv").write_text(roster("ann"))
        names.append(f"institutions/school-{n}")
    checkout.git("add", "-A")
    checkout.git("commit", "-qm", "schools")
    assert seatsync("apply", "--yes", "-q", *names, folder=checkout.top).code == 0
    for name in names:
        (checkout.top / name / "members.csv").write_text(roster("ann", "ben"))
    checkout.git("commit", "-qam", "more")
    started: list[str] = []
    start = subprocess.Popen.__init__

    def counted(self: object, words: list[str], *args: object, **settings: object) -> None:
        started.extend(words[1:2])
        start(self, words, *args, **settings)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", counted)
        assert seatsync("plan", *names, folder=checkout.top).code == 0
    assert started.count("log") == 1
