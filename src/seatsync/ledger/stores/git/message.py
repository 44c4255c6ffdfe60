"""The message of a commit: what happened, in numbers. It names no person."""

from __future__ import annotations

import re

from sqlalchemy import Connection, func, inspect, select

from seatsync.domain.action import Unplanned
from seatsync.domain.text.characters import is_slug
from seatsync.ledger import tables
from seatsync.ledger.queries.lookup import secret_of
from seatsync.planning.plan import keyed

_HASH = re.compile(r"[0-9a-f]{7,64}(-dirty)?")


def newest(connection: Connection, institution: str) -> int:
    """The serial of the journal's last entry; 0 where there is none."""
    if not inspect(connection).has_table("entry"):
        return 0
    columns = tables.entry.c
    last = select(func.max(columns.serial)).where(columns.institution == institution)
    return connection.execute(last).scalar() or 0


def message(connection: Connection, institution: str, known: int, names_plan: bool) -> str:
    """What the entries after the one at ``known`` came to: counts by action, the plan, the commit that asked for it, the head.

    The plan is named by its fingerprint, keyed as redacted outputs have it: a message is never forgotten.
    """
    columns = tables.entry.c
    new = select(columns.serial, columns.kind, columns.commit, columns.plan).where(
        columns.institution == institution, columns.serial > known
    )
    entries = connection.execute(new.order_by(columns.serial).limit(2)).all()
    if not entries:
        return after_care(connection, institution, "care")
    if len(entries) > 1:
        kind, trailers = "load", []
    else:
        _, kind, commit, plan = entries[0]
        secret = secret_of(connection, institution) if names_plan and plan else None
        trailers = [*([("Plan", keyed(secret, plan))] if secret else []), ("Commit", commit)]
    counts = _counts(connection, institution, known, kind)
    told = [
        f"{kind} {_safe(institution)}{': ' if counts else ''}{counts}",
        "",
        *_trailers(connection, institution, trailers),
    ]
    return "\n".join(told) + "\n"


def after_care(connection: Connection, institution: str, what: str) -> str:
    """That something was done with the file, and the head, which is the same as before."""
    return "\n".join([f"{what} {_safe(institution)}", "", *_trailers(connection, institution, [])]) + "\n"


def _counts(connection: Connection, institution: str, known: int, kind: str) -> str:
    """``3 member-add, 2 grant`` in the order in which they happened, as the plan's summary counts; nothing where the kind says it all."""
    columns = tables.event.c
    found = connection.execute(
        select(columns.action, func.count())
        .where(
            columns.institution == institution, columns.entry > known, columns.action != Unplanned.INSTITUTION_ADD.value
        )
        .group_by(columns.action)
        .order_by(func.min(columns.serial))
    ).all()
    return "" if [*map(tuple, found)] == [(kind, 1)] else ", ".join(f"{count} {action}" for action, count in found)


def _trailers(connection: Connection, institution: str, said: list[tuple[str, str]]) -> list[str]:
    columns = tables.institution.c
    where = select(columns.serial, columns.head).where(columns.institution == institution)
    row = connection.execute(where).one_or_none()
    stands = [("Serial", str(row.serial)), ("Head", bytes(row.head).hex())] if row is not None else []
    # What somebody else may have put where a commit or a plan should be is nothing for a message.
    hashes = [(key, value) for key, value in said if _HASH.fullmatch(value)]
    return [f"Seatsync-{key}: {value}" for key, value in [*hashes, *stands]]


def _safe(institution: str) -> str:
    return institution if is_slug(institution) else "an institution"
