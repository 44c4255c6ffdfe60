"""Forgetting: letters that are done with, and persons."""

from __future__ import annotations

import json
from collections.abc import Collection

from sqlalchemy import Connection, bindparam, delete, select, update

from seatsync.domain.names import email_key
from seatsync.ledger import tables

_FORGOTTEN = {"person": None, "salt": None}


def pruned_before(connection: Connection, institution: str) -> str:
    """The latest day before which letters were pruned; empty where none were."""
    columns = tables.entry.c
    kept = (columns.institution == institution) & (columns.kind == "prune")
    days = connection.execute(select(columns.detail).where(kept)).scalars()
    return max((str(json.loads(detail)["letters_before"]) for detail in days), default="")


def prune_letters(connection: Connection, institution: str, before: str) -> int:
    """Delete the letters of the days before ``before`` (ISO) that wait no more; returns how many."""
    outbox = tables.outbox.c
    done_with = (outbox.institution == institution) & (outbox.created_at < before) & (outbox.state != "pending")
    return connection.execute(delete(tables.outbox).where(done_with)).rowcount


def forget_members(connection: Connection, institution: str, numbers: Collection[int]) -> None:
    """Delete what the journal says of these persons. With the salt gone, what is in the chain can't be guessed."""
    event, outbox = tables.event.c, tables.outbox.c
    for number in numbers:
        theirs = (event.institution == institution) & (event.member == number)
        connection.execute(update(tables.event).where(theirs).values(_FORGOTTEN))
        waiting = (outbox.institution == institution) & (outbox.member == number) & (outbox.state == "pending")
        connection.execute(update(tables.outbox).where(waiting).values(state="cancelled"))


def forget_admin(connection: Connection, institution: str, email: str) -> int:
    """Delete what journal and outbox say of a former administrator; returns in how many events."""
    event, outbox = tables.event.c, tables.outbox.c
    of_admins = (event.institution == institution) & (event.member == 0) & event.action.startswith("admin-")
    rows = connection.execute(select(event.serial, event.person).where(of_admins & event.person.is_not(None)))
    serials = [serial for serial, person in rows if email_key(json.loads(person).get("email", "")) == email_key(email)]
    if serials:
        which = [{"which": serial} for serial in serials]
        this = (event.institution == institution) & (event.serial == bindparam("which"))
        connection.execute(update(tables.event).where(this).values(_FORGOTTEN), which)
        this = (outbox.institution == institution) & (outbox.serial == bindparam("which"))
        connection.execute(update(tables.outbox).where(this).values(address="", state="cancelled"), which)
    return len(serials)
