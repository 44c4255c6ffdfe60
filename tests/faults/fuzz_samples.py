"""Valid samples: an institution with something of every kind, its ledger, and all files that seatsync reads and writes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from unittest.mock import patch

from tests.support.command_line import seatsync

ROOT = Path(__file__).parents[2]
THEN, NOW = ("--now", "2026-09-01"), ("--now", "2026-09-08")

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  contacts: [{name: Dana Fox, email: dana@vendor.example, role: Sales}]
  admins:
    - {given_name: Ruth, family_name: Abel, email: ruth@grace.example}
  opt_out: true
  timezone: America/Chicago
libraries:
  books: {title: Books, system: logos-library, slots: 8}
  sub: {title: Subscription, system: logos-subscription, slots: 9}
  jam: {title: Jamworks, system: jamworks, slots: 5}
  own: {title: Own, kinds: [temporary, permanent], delivery: account, slots: 2}
rosters:
  - {path: members.csv, tags: [student]}
  - {path: staff.yaml}
grants:
  - {library: books, kind: temporary, to: {tags: [reader], not_tags: [guest]}, until: 2027-06-30}
  - {library: books, kind: permanent, to: {file: graduates.csv}}
  - {library: sub, to: {any_tags: [student, staff]}, resend: first, regrant: false}
  - {library: jam, to: {emails: [ann@grace.example]}}
  - {path: extra.csv}
invites:
  remind_after: [3d, 7d, 14d]
limits: {max_revokes: 50%, permanent: retain}
approvals:
  - {refusal: too-many-revokes, library: books, count: 60, until: 2026-12-31, reason: end of term}
  - {refusal: empty-roster, roster: members.csv, until: 2026-12-31, reason: programme closed}
"""
BEFORE = {
    "seatsync.yaml": CONFIG,
    "members.csv": """\
email,given_name,family_name,student_id,role,tags
ann@grace.example,Ann,Lee,S1,Student,reader
ben@grace.example,Ben,Ode,S2,Student,reader
cy@grace.example,Cy,Roe,S3,Student,
dee@grace.example,Dee,Fox,S4,Student,reader; guest
eli@grace.example,Eli,Ray,S5,Student,reader
""",
    "staff.yaml": """\
- {email: fay@grace.example, given_name: Fay, family_name: Orr, role: Professor, tags: [staff]}
- email: gil@grace.example
  given_name: Gil
  family_name: Yew
  student_id: "0007"
  tags:
    - staff
    - reader
""",
    "graduates.csv": "Institution Email Address,Institution Student ID\ncy@grace.example,S3\n",
    "extra.csv": "library,email,kind,until,student_id\nown,fay@grace.example,temporary,2027-01-31,\nown,cy@grace.example,permanent,,S3\n",
}
AFTER = {
    **BEFORE,
    "seatsync.yaml": CONFIG.replace("slots: 8", "slots: 7")
    .replace("Grace Sem", "Grace Theological Sem")
    .replace("first", "again"),
    "members.csv": """\
email,given_name,family_name,student_id,role,tags
ann@grace.example,Ann,Lee,S1,Student,reader
ben.ode@grace.example,Benjamin,Ode,S2,Student,reader
cy@grace.example,Cy,Roe,S3,Alumnus,
dee@grace.example,Dee,Fox,S4,Student,reader; guest
hal@grace.example,Hal,Poe,S6,Student,reader
""",
    "graduates.csv": "email,student_id\ncy@grace.example,S3\nann@grace.example,S1\n",
}
EXPORT = """\
Role,Institution Student ID,Given Name,Family Name,Institution Email Address,License Kind,License Status
Student,S1,Ann,Lee,ann@grace.example,Temporary,Delivered
Student,S2,Ben,Ode,ben@grace.example,Temporary-Reserved,
,,Ivy,Poe,ivy@grace.example,Permanent,Unclaimed
,S9,Jon,Ash,jon@grace.example,None,Opted Out
"""
PORTAL = (
    "email,First name,Last name,type\nann@grace.example,Ann,Lee,participant\nkim@grace.example,Kim,Tan,participant\n"
)


def write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())


def make_history(folder: Path) -> None:
    """Create ``folder`` with a ledger in which licenses are claimed and declined, a plan for the next changes, and a dump."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in _history().items():
        (folder / name).write_bytes(data)


@cache
def _history() -> dict[str, bytes]:
    """Return the files of the history. Salts come from a seed, so that they are the same in every run."""
    with TemporaryDirectory() as name:
        _make_history(Path(name))
        return {path.name: path.read_bytes() for path in Path(name).iterdir()}


def _make_history(folder: Path) -> None:
    write(folder, BEFORE)
    with patch("os.urandom", Random(1).randbytes):
        _ran("apply", "--yes", *THEN, folder=folder)
        for library, member in (("books", "ann"), ("books", "cy"), ("sub", "eli")):
            _ran("ledger", "claim", library, f"{member}@grace.example", *THEN, folder=folder)
        _ran("ledger", "opt-out", "sub", "gil@grace.example", *THEN, folder=folder)
    write(folder, AFTER)
    _ran("plan", "--out", "plan.json", *NOW, folder=folder)
    _ran("ledger", "dump", "--out", "dump.jsonl", folder=folder)


def _ran(*args: str, folder: Path) -> None:
    outcome = seatsync(*args, folder=folder)
    assert outcome.code == 0, outcome


def make_first_plan(folder: Path) -> None:
    """Create ``folder`` without a ledger, but with the plan of the first apply."""
    write(folder, BEFORE)
    _ran("plan", "--out", "plan.json", *THEN, folder=folder)


@cache
def corpus(role: str, suffix: str = "") -> tuple[bytes, ...]:
    """Return bad inputs from the corpus, up to 4 KB each: mutations of them often find worse ones."""
    paths = sorted((ROOT / "tests" / "corpus" / role).glob(f"*/*{suffix}"))
    return tuple(path.read_bytes() for path in paths if path.is_file() and path.stat().st_size <= 4096)


@cache
def examples(suffix: str, lines: int = 60) -> tuple[bytes, ...]:
    """Return the beginnings of the project's example files."""
    paths = sorted((ROOT / "examples" / "rosters").glob(f"**/*{suffix}"))
    starter = sorted((ROOT / "src" / "seatsync" / "cli" / "starter").glob(f"**/*{suffix}"))
    return tuple(b"".join(path.read_bytes().splitlines(keepends=True)[:lines]) for path in [*paths, *starter])
