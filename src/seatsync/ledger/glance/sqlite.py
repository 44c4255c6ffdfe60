"""A look at a ledger in a SQLite file: whether anything has happened since the last apply, or is due."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from seatsync.domain.failure import Failure
from seatsync.domain.text.days import day_in
from seatsync.ledger.baseline import Baseline, checked, holds, leaves_nothing
from seatsync.ledger.migrations.revisions import REVISIONS
from seatsync.ledger.queries.since.apply import in_grace, invited_long_ago, may_have_work, touched_since
from seatsync.ledger.stores.sqlite_file import LOOKING, THINGS, connect, must_be_usable, tables_among

_INSTITUTION = """
SELECT institution, name, serial, timezone, applied_on, reclaim_after, settled FROM institution LIMIT 2
"""


class Settled(NamedTuple):
    """An institution of which nothing is due: ``serial`` is the last of its journal, ``today`` the day in its time zone, and ``files``
    has the SHA-256 (hex) of each file of the last apply, by path.
    """

    institution: str
    name: str
    serial: int
    today: date
    files: Mapping[str, str]


def settled(path: Path, now: datetime, rules: int) -> Settled | None:
    """The institution whose ledger is this file, if the next plan has nothing to do or to tell as long as its files are the same, and
    nothing is to be done at a vendor.

    None in all other cases, also where the file can't be read: ``Ledger`` says why. ``rules`` is the digest of the rules.
    """
    try:
        must_be_usable(path)
        with closing(connect(path, "mode=rw")) as connection:
            for statement in LOOKING:
                connection.execute(statement)
            tables_among(connection.execute(THINGS))
            return _settled(connection, now, rules)
    except (sqlite3.Error, OSError, Failure, ValueError, TypeError, KeyError):
        return None


def _settled(connection: sqlite3.Connection, now: datetime, rules: int) -> Settled | None:
    if connection.execute("SELECT version_num FROM alembic_version").fetchall() != [(REVISIONS[-1],)]:
        return None
    ((institution, name, serial, timezone, applied_on, reclaim_after, text),) = connection.execute(_INSTITUTION)
    baseline, today = checked(json.loads(text)), day_in(now, timezone)
    if not holds(baseline, applied_on, today, rules):
        return None
    invited = invited_long_ago(connection.execute, institution, timezone, baseline["remind"], reclaim_after, today)
    if not _is_quiet(connection, institution, baseline, {seat.member for seat in invited if seat.sends_letters}):
        return None
    return Settled(institution, name, serial, today, baseline["files"])


def _is_quiet(connection: sqlite3.Connection, institution: str, baseline: Baseline, invited: set[int]) -> bool:
    """Whether nothing has happened that matters, none of these members ``invited`` long ago may call, and nothing can be to be done at a
    vendor."""
    ask = connection.execute
    since = touched_since(ask, institution, baseline["serial"])
    calling = invited - in_grace(ask, institution) if invited else invited
    return leaves_nothing(baseline, since.values(), calling) and not may_have_work(ask, institution)
