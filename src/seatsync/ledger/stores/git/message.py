"""The message of a ledger's commit: what happened, in numbers. It names no person."""

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
    """Describe the entries after serial ``known``: counts by action, the plan, the commit of its files, the journal's head.

    The plan's fingerprint is keyed as in redacted output, because a commit message can never be erased.
    """
    columns = tables.entry.c
    new = select(columns.serial, columns.kind, columns.commit, columns.plan).where(
        columns.institution == institution, columns.serial > known
    )
    entries = connection.execute(new.order_by(columns.serial).limit(2)).all()
    if not entries:
        return upkeep(connection, institution, "care")
    if len(entries) > 1:
        kind, trailers = "load", []
    else:
        _, kind, commit, plan = entries[0]
        secret = secret_of(connection, institution) if names_plan and plan else None
        trailers = [*([("Plan", keyed(secret, plan))] if secret else []), ("Commit", commit)]
    counts = _counts(connection, institution, known, kind)
    lines = [
        f"{kind} {_safe(institution)}{': ' if counts else ''}{counts}",
        "",
        *_trailers(connection, institution, trailers),
    ]
    return "\n".join(lines) + "\n"


def upkeep(connection: Connection, institution: str, what: str) -> str:
    """The message of a commit that changes the file but not the journal: the action and the unchanged head."""
    return "\n".join([f"{what} {_safe(institution)}", "", *_trailers(connection, institution, [])]) + "\n"


def _counts(connection: Connection, institution: str, known: int, kind: str) -> str:
    """Counts like ``3 member-add, 2 grant``, in the order of events; empty where the only event is the kind itself."""
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


def _trailers(connection: Connection, institution: str, given: list[tuple[str, str]]) -> list[str]:
    columns = tables.institution.c
    end_query = select(columns.serial, columns.head).where(columns.institution == institution)
    row = connection.execute(end_query).one_or_none()
    end = [("Serial", str(row.serial)), ("Head", bytes(row.head).hex())] if row is not None else []
    # Only hashes: somebody may have put other text where a commit or a plan should be.
    hashes = [(key, value) for key, value in given if _HASH.fullmatch(value)]
    return [f"Seatsync-{key}: {value}" for key, value in [*hashes, *end]]


def _safe(institution: str) -> str:
    return institution if is_slug(institution) else "an institution"
