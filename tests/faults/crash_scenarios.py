"""Commands to interrupt, each with its starting state; and how the ledger looks afterwards."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from seatsync.ledger.tables import BESIDE_JOURNAL
from tests.support.command_line import Outcome, seatsync

LEDGER_FILES = ("seatsync.db", "seatsync.db-wal", "seatsync.db-shm", "seatsync.db-journal", "seatsync.db-holder")
OUTPUTS = ("plan.json", "grace.jsonl")

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins:
    - {{given_name: Ruth, family_name: Abel, email: ruth@grace.example}}
    - {{given_name: Ada, family_name: Roe, email: {admin}}}
  opt_out: true
libraries:
  books: {{title: {title}, system: logos-library, slots: {slots}}}
  subscription: {{title: Subscription, system: logos-subscription, slots: {slots}}}
  notes: {{title: Notes, system: jamworks, slots: {slots}}}
rosters:
  - {{path: rosters/members.csv}}
grants:
  - {{library: subscription, to: {{tags: [student]}}, resend: {resend}}}
  - {{library: books, kind: temporary, to: {{tags: [reader]}}}}
  - {{library: books, kind: permanent, to: {{tags: [graduate]}}}}
  - {{library: notes, to: {{tags: [teacher]}}}}
invites: {{remind_after: [3d]}}
limits: {{max_revokes: 100%}}
"""
PORTAL = """\
Given Name,Family Name,Institution Email Address,Institution Student ID,License Kind,License Status
Given1,Family1,m1@grace.example,S1,Permanent,Delivered
Given2,Family2,m2@grace.example,S2,Temporary,Delivered
New,Person,new@grace.example,S9001,Permanent,Delivered
Other,Person,other@grace.example,S9002,Temporary,Unclaimed
"""
MEMBERS = 40


def files(members: int = MEMBERS, later: bool = False) -> dict[str, str]:
    """The institution's files. In the ``later`` ones some members have left, arrived, graduated, or changed their names and e-mails."""
    left = 5 if later else 0
    rows = ["email,given_name,family_name,student_id,tags"]
    for number in range(left, members + left):
        email = f"m{number}{'x' if later and number % 7 == 0 else ''}@grace.example"
        family = f"Married{number}" if later and number % 9 == 0 else f"Family{number}"
        tags = "student;" + ("graduate" if number % 8 == 0 or (later and number % 4 == 0) else "reader")
        rows.append(f"{email},Given{number},{family},S{number},{tags}{';teacher' if number % 10 == 3 else ''}")
    changing = {"title": "Books", "admin": "ada@grace.example", "resend": 1}
    if later:
        changing = {"title": "All Books", "admin": "ada.roe@grace.example", "resend": 2}
    return {
        "seatsync.yaml": CONFIG.format(slots=2 * members, **changing),
        "rosters/members.csv": "\n".join(rows) + "\n",
    }


def write(folder: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def done(folder: Path, *args: str) -> None:
    outcome = seatsync(*args, folder=folder)
    assert outcome.code == 0, outcome


EARLIER = "2026-11-22T10:00:00Z"
NOW = "2026-11-30T10:00:00Z"


def nothing(folder: Path) -> None:
    write(folder, files())


def applied(folder: Path) -> None:
    nothing(folder)
    done(folder, "apply", "--yes", "--quiet", "--now", EARLIER)
    done(folder, "ledger", "claim", "subscription", "m7@grace.example", "--now", EARLIER)
    done(folder, "ledger", "opt-out", "subscription", "m8@grace.example", "--now", EARLIER)


def changed(folder: Path) -> None:
    applied(folder)
    write(folder, files(later=True))


def renamed(folder: Path) -> None:
    """Give the institution another id."""
    applied(folder)
    config = files()["seatsync.yaml"].replace("  id: grace\n", "  id: college\n  was: grace\n")
    write(folder, {"seatsync.yaml": config})


def planned(folder: Path) -> None:
    changed(folder)
    done(folder, "plan", "--quiet", "--out", "plan.json", "--now", NOW)


def respelled(folder: Path) -> None:
    """Change only the bytes of the files, so that an apply has nothing to do but notes them."""
    applied(folder)
    write(folder, {"seatsync.yaml": files()["seatsync.yaml"] + "# note\n"})


def left(folder: Path) -> None:
    changed(folder)
    done(folder, "apply", "--yes", "--quiet", "--now", EARLIER)


def exported(folder: Path) -> None:
    applied(folder)
    write(folder, {"portal.csv": PORTAL})


def dumped(folder: Path) -> None:
    left(folder)
    done(folder, "ledger", "dump", "--out", "grace.jsonl")
    (folder / "seatsync.db").unlink()


def outdated(folder: Path) -> None:
    nothing(folder)
    done(folder, "apply", "--yes", "--quiet", "--now", EARLIER)
    done(folder, "ledger", "dump", "--out", "grace.jsonl")
    done(folder, "ledger", "claim", "subscription", "m7@grace.example", "--now", EARLIER)


def old(folder: Path) -> None:
    """Create a ledger with the tables of the first version."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    from seatsync.ledger.stores.migrate import migrate

    applied(folder)
    now, then = folder / "seatsync.db", folder / "then.db"
    with create_engine(f"sqlite:///{then}", poolclass=NullPool).connect() as connection:
        migrate(connection, "", "0001")
        connection.commit()
    with closing(sqlite3.connect(then)) as ledger:
        ledger.execute("ATTACH ? AS now", [str(now)])
        for table in ("institution", "library", "admin", "member", "license", "entry", "event", "outbox"):
            names = ", ".join(f'"{column[1]}"' for column in ledger.execute(f'PRAGMA main.table_info("{table}")'))
            ledger.execute(f'INSERT INTO "{table}" ({names}) SELECT {names} FROM now."{table}"')
        ledger.commit()
    then.replace(now)


@dataclass(frozen=True)
class Scenario:
    """A command, its starting state, and the expected results.

    ``says`` is in the output of a successful command. ``again`` is the exit code if everything has been done already.
    ``forgets`` must not be in any file of the ledger afterwards. ``apart_from`` has columns that may differ if files had to be
    written twice.
    """

    name: str
    before: Callable[[Path], None]
    command: tuple[str, ...]
    says: str
    again: int = 0
    forgets: str = ""
    apart_from: tuple[str, ...] = ()
    is_read_meanwhile: bool = False

    def __str__(self) -> str:
        return self.name


_APPLY = ("apply", "--yes", "--format", "json", "--now", NOW)
_APPLIED = '"applied": true'

FIRST_APPLY = Scenario("first-apply", nothing, _APPLY, _APPLIED)
SECOND_APPLY = Scenario("second-apply", changed, _APPLY, _APPLIED)
CLAIM = Scenario(
    "claim", applied, ("ledger", "claim", "books", "m5@grace.example", "--now", NOW), "has claimed", again=4
)
LOAD = Scenario("load", dumped, ("ledger", "load", "grace.jsonl"), "into seatsync.db", again=4)
SCENARIOS = (
    FIRST_APPLY,
    SECOND_APPLY,
    Scenario("apply-under-a-reader", changed, _APPLY, _APPLIED, is_read_meanwhile=True),
    Scenario("saved-plan", planned, ("apply", "plan.json", "--format", "json", "--now", NOW), _APPLIED, again=5),
    Scenario("another-id", renamed, _APPLY, _APPLIED),
    Scenario("noted-files", respelled, (*_APPLY[:-1], EARLIER), '"applied": false'),
    CLAIM,
    Scenario(
        "erase",
        left,
        ("ledger", "erase", "m3@grace.example", "--yes", "--now", NOW),
        "Erased",
        again=4,
        forgets="m3@grace.example",
    ),
    Scenario(
        "import",
        exported,
        ("import", "portal.csv", "--library", "books", "--yes", "--now", NOW),
        "The ledger recorded",
        apart_from=("rosters", "detail", "plan", "files"),
    ),
    LOAD,
    Scenario("migrate", old, ("ledger", "migrate"), "updated from"),
)

SAVE_PLAN = Scenario("save-plan", planned, ("plan", "--quiet", "--out", "plan.json", "--now", "2026-12-24"), "")
DUMP = Scenario("dump", outdated, ("ledger", "dump", "--out", "grace.jsonl"), "")

State = dict[str, list[str]]

_BY_CHANCE = {"salt", "files_salt", "commitment", "fingerprint", "hash", "head"}
"""Random columns. An entry's fingerprint is a commitment to its plan, and the digest in its detail is one to its files."""
_COMMITTED = re.compile(r'"desired":"[0-9a-f]{64}"')


def rows(connection: Any, tables: Iterable[str], apart_from: Iterable[str] = ()) -> State:
    """Return the rows of the tables without random values, or nothing if the ledger has no institution."""
    found: State = {}
    for table in tables:
        cursor = connection.execute(f'SELECT * FROM "{table}"')
        names = [column[0] for column in cursor.description]
        kept = [place for place, name in enumerate(names) if name not in _BY_CHANCE.union(BESIDE_JOURNAL, apart_from)]
        found[table] = sorted(_COMMITTED.sub("", repr([row[place] for place in kept])) for row in cursor)
    return found if found.get("institution") else {}


class Seen(NamedTuple):
    """What others see: the contents of the ledger and of the output files, the exit code of ``verify``, and the plan."""

    state: State
    verified: int
    plan: tuple[int, str]


def look(folder: Path, apart_from: Iterable[str] = ()) -> Seen:
    outputs = {name: [(folder / name).read_text("utf-8")] for name in OUTPUTS if (folder / name).exists()}
    state = sqlite_state(folder, apart_from) | outputs
    return Seen(state, seatsync("verify", folder=folder).code, left_to_do(folder))


def sqlite_state(folder: Path, apart_from: Iterable[str] = ()) -> State:
    file = folder / "seatsync.db"
    if not file.exists():
        return {}
    with closing(sqlite3.connect(file)) as connection:
        made = [tuple(row) for row in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")]
        state = rows(connection, [name for name, _ in made], apart_from)
    return state and state | {"tables": sorted(sql for _, sql in made)}


def left_to_do(folder: Path, *ledger: str) -> tuple[int, str]:
    outcome = seatsync("plan", "--format", "json", "--now", NOW, *ledger, folder=folder)
    return outcome.code, json.loads(outcome.out)["fingerprint"] if outcome.out else ""


def told_plainly(outcome: Outcome) -> bool:
    """Return whether the error is one line with the fact and one with what to do."""
    lines = outcome.err.splitlines()
    is_one = len(lines) == 2 and lines[0].startswith("seatsync: ") and lines[1].startswith("  To fix: ")
    return is_one and "Traceback" not in outcome.err and "This is a bug" not in outcome.err


def copy(folder: Path, to: Path) -> Path:
    if to.exists():
        shutil.rmtree(to)
    return Path(shutil.copytree(folder, to))
