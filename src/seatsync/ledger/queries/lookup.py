"""Questions to the tables that are answered without reading all of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, and_, case, literal_column, or_, select, text

from seatsync.domain.license import Status
from seatsync.ledger import tables
from seatsync.ledger.read import ASKED, streamed
from seatsync.planning.plan import keyed

TAGS_HERE = "\x01"
NO_LINE = "\x02"
"""Text that is in no member; a file that has it is read the long way."""


def numbers_of(
    connection: Connection, institution: str, keys: Collection[str], ids: Collection[str]
) -> dict[int, bool]:
    """The members with one of these e-mail keys or student ids, by number; whether they are on a roster. Who is there comes
    before who has left."""
    columns = tables.member.c
    query = select(columns.number, columns.on_roster).where(columns.institution == institution)
    found: dict[int, bool] = {}
    for column, names, indexed in (
        (columns.key, keys, "member.on_roster"),
        (columns.key, keys, "NOT member.on_roster"),
        (columns.student_id, ids, "member.student_id != ''"),
    ):
        sought = sorted(names)
        for start in range(0, len(sought), ASKED):
            here = query.where(column.in_(sought[start : start + ASKED]), text(indexed))  # as the index says it
            found.update((number, bool(on_roster)) for number, on_roster in connection.execute(here))
    return found


def touched_since(connection: Connection, institution: str, serial: int) -> dict[int, set[str]]:
    """What has happened after the event ``serial``: the actions, by member; 0 for what concerns none."""
    event = tables.event.c
    rows = connection.execute(
        select(event.member, event.action).where(event.institution == institution, event.serial > serial)
    )
    found: dict[int, set[str]] = {}  # DISTINCT would have SQLite walk the index of members, all of it
    for member, action in rows:
        found.setdefault(member, set()).add(action)
    return found


def due_reminders(connection: Connection, institution: str, remind_after: Sequence[int], today: date) -> set[int]:
    """The members who have been sent fewer reminders of a license they have not claimed than are due by ``today``."""
    license = tables.license.c
    due = [
        (license.invited_on <= (today - timedelta(days=days)).isoformat()) & (license.reminders < position)
        for position, days in enumerate(sorted(remind_after), 1)
    ]
    if not due:
        return set()
    unclaimed = (license.institution == institution) & (license.status == Status.UNCLAIMED.value)
    return set(connection.execute(select(license.member).where(unclaimed, or_(*due))).scalars())


Pieces = Sequence[tuple[str, str]]
"""What a file has before each field, and the field; without one, what else it has there."""


def members_as_text(
    connection: Connection, institution: str, pieces: Pieces, lacking: Sequence[str], with_day: bool
) -> Iterator[Sequence[tuple[Any, ...]]]:
    """Of everybody on a roster: (number, text, tags), and behind these the day of import if that is of matter.

    In place of the text stands NO_LINE for who has one of the fields that the file is ``lacking``.
    """
    columns = tables.member.c
    parts: list[ColumnElement[str]] = []
    for literal, name in pieces:
        parts += [literal_column(f"'{literal}'", String)] if literal else []
        parts += [columns[name]] if name else []
    line = reduce(add, parts)
    if lacking:
        line = case((and_(*(columns[name] == "" for name in lacking)), line), else_=NO_LINE)
    query = select(columns.number, line, columns.tags, *([columns.imported_on] if with_day else []))
    there = query.where(columns.institution == institution, columns.on_roster)
    if connection.dialect.name == "sqlite":
        there = there.order_by(
            columns.number
        )  # else it goes by the index of e-mails and looks each row up: two reads a member
    return streamed(connection, there)


def secret_of(connection: Connection, institution: str) -> bytes | None:
    """What the institution's pseudonyms are made with: the salt of its journal's first event, which nobody else can know.

    It goes wherever the journal goes, and is None where there is none yet.
    """
    event = tables.event.c
    salted = select(event.salt).where(event.institution == institution, event.salt.is_not(None))
    salt = connection.execute(salted.order_by(event.serial).limit(1)).scalar()
    return bytes(salt) if salt is not None else None


def last_desired(connection: Connection, institution: str) -> str:
    """The digest (SHA-256, hex) of the files that were applied last; empty where none were."""
    entry = tables.entry.c
    applied = select(entry.detail, entry.files).where(entry.institution == institution, entry.kind == "apply")
    row = connection.execute(applied.order_by(entry.serial.desc()).limit(1)).one_or_none()
    return str(json.loads(row.files or row.detail).get("desired", "")) if row is not None else ""


def plan_known_as(connection: Connection, institution: str, name: str, secrets: Iterable[bytes | None]) -> str:
    """The fingerprint of the plan that was printed, keyed with one of these secrets, as ``name`` or with that beginning; ``name``
    itself where there is none."""
    entry = tables.entry.c
    plans = select(entry.plan).where(entry.institution == institution, entry.plan.is_not(None))
    known = connection.execute(plans).scalars().all()
    keyed_plans = ((keyed(secret, plan), plan) for secret in secrets if secret for plan in known)
    return next((plan for printed, plan in keyed_plans if printed.startswith(name)), name)
