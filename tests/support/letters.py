"""A school whose letters are sent to a real mail server with the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_lists import write_csv
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import environment
from tests.support.mail_server import Mailroom, mail_server

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  contacts: [{name: Dana Fox, email: dana@vendor.example, role: Customer Success}]
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
  opt_out: true
libraries:
  books: {title: Biblical Studies, system: logos-library, slots: 1000}
  jamworks: {title: Jamworks, system: jamworks, slots: 1000}
  logos: {title: Logos, system: logos-subscription, slots: 1000}
rosters: [{path: members.csv}]
grants:
  - {library: logos, to: {tags: [student]}, until: 2027-06-30}
  - {library: books, kind: permanent, to: {tags: [owner]}}
  - {library: jamworks, to: {tags: [jam]}}
invites: {remind_after: [3d]}
limits: {max_revokes: 100%}
"""
HEADER = ["email", "given_name", "family_name", "tags"]
ANN, BEN, CY = (
    ["ann@grace.example", "Ann", "Lee", "owner"],
    ["ben@grace.example", "Ben", "Okafor", "student"],
    ["cy@grace.example", "Çağla", "Şahin", "jam"],
)
DAY, LATER, LAST = "2026-09-01", "2026-09-05", "2026-09-08"
PORTAL = "https://seats.grace.example"


def ran(folder: Path, *args: str, code: int = 0, now: str = DAY) -> Outcome:
    outcome = seatsync(*args, "--now", now, folder=folder)
    assert outcome.code == code, f"seatsync {' '.join(args)} exited with {outcome.code}\n{outcome.out}\n{outcome.err}"
    assert "This is a bug" not in outcome.err
    return outcome


def sent(folder: Path, *args: str, code: int = 0, now: str = DAY) -> Counter[str]:
    """Run ``outbox send`` and return its counts, without zeros."""
    return +Counter(json.loads(ran(folder, "outbox", "send", "--format", "json", *args, code=code, now=now).out))


def posted(folder: Path, *args: str) -> dict[str, str]:
    """Send all waiting letters; return the token of the last personal link for each address."""
    room = Mailroom()
    with mail_server(room) as port, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEATSYNC_SMTP_URL", f"smtp://127.0.0.1:{port}")
        patch.setenv("SEATSYNC_MAIL_FROM", "Grace Library <library@grace.example>")
        patch.setenv("SEATSYNC_PORTAL_URL", PORTAL)
        outcome = seatsync("outbox", "send", *args, folder=folder)
        assert outcome.code == 0, outcome
    found = {}
    for letter in room.letters:
        if link := re.search(rf"{PORTAL}/l/\w+/([\w-]+)", part(letter, "plain")):
            found[letter["To"].addresses[0].addr_spec] = link[1]
    return found


def listed(folder: Path, *args: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ran(folder, "outbox", "list", "--format", "json", *args).out)
    return found


def applied(folder: Path, *members: list[str], now: str = DAY) -> None:
    write_csv(folder / "members.csv", HEADER, *members)
    ran(folder, "apply", "--yes", now=now)


def crowd(number: int) -> list[list[str]]:
    return [[f"m{i}@grace.example", f"Given{i}", "Family", "student"] for i in range(number)]


def arrived(room: Mailroom) -> list[tuple[str, str, str]]:
    """To, subject and text of the letters that arrived; they are taken away."""
    found = [(one["To"].addresses[0].addr_spec, one["Subject"], part(one, "plain")) for one in room.letters]
    room.letters.clear()
    return found


def part(letter: EmailMessage, kind: str) -> str:
    found = letter.get_body((kind,))
    assert found is not None
    return plain(str(found.get_content()))


def plain(text: str) -> str:
    """The text without no-break spaces, which days have on pages and in letters."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.fixture
def school(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a school before its first apply."""
    (tmp_path / "seatsync.yaml").write_text(CONFIG)
    monkeypatch.setenv("SEATSYNC_MAIL_FROM", "Grace Library <library@grace.example>")
    monkeypatch.setenv("SEATSYNC_PORTAL_URL", PORTAL)
    return tmp_path


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailroom]:
    """A mail server on this machine. SEATSYNC_SMTP_URL names it."""
    found = Mailroom()
    with mail_server(found) as port:
        monkeypatch.setenv("SEATSYNC_SMTP_URL", f"smtp://127.0.0.1:{port}")
        yield found


def started(
    folder: Path, *args: str, now: str = DAY, out: Any = subprocess.PIPE, err: Any = subprocess.PIPE
) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "seatsync", "outbox", "send", "--now", now, *args]
    return subprocess.Popen(command, cwd=folder, env=environment(folder), stdout=out, stderr=err, text=True)
