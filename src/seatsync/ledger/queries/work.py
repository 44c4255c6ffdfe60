"""What is to be done at the vendors: only what is open is read, by index."""

from __future__ import annotations

from sqlalchemy import Connection, select, text

from seatsync.domain.portal.at_vendor import portal_of
from seatsync.domain.portal.steps import Step, steps
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger import tables
from seatsync.ledger.journal import DONE
from seatsync.ledger.read import read_snapshot

_license, _member = tables.license.c, tables.member.c


def open_work(connection: Connection | None, institution: str) -> tuple[Snapshot, list[Step]]:
    """The open steps in the order in which they must be done, and a snapshot with the members whom they are about."""
    books = read_snapshot(connection, institution, ())
    libraries = [id for id, library in books.libraries.items() if portal_of(library)]
    if connection is None or not libraries:
        return books, []
    books = read_snapshot(connection, institution, open_members(connection, institution, libraries))
    return books, steps(books)


def open_members(connection: Connection, institution: str, libraries: list[str]) -> set[int]:
    """The numbers of the members about whom something may be to be done in the portals of these ``libraries``."""
    # The conditions are exactly those of the indexes.
    of_licenses = select(_license.member).where(
        _license.institution == institution, _license.library.in_(libraries), text("license.there != ''")
    )
    of_persons = select(_member.number).where(_member.institution == institution, text("member.to_do"))
    return {*connection.execute(of_licenses).scalars(), *connection.execute(of_persons).scalars()}


def changed_since(connection: Connection, institution: str, serial: int) -> set[int]:
    """The numbers of the members of whom the journal says something after ``serial``, other than that steps were done."""
    event, entry = tables.event.c, tables.entry.c
    caused = tables.event.join(
        tables.entry, (entry.institution == event.institution) & (entry.serial == event.entry) & (entry.kind != DONE)
    )
    later = select(event.member).select_from(caused).where(event.institution == institution, event.serial > serial)
    return {*connection.execute(later.distinct()).scalars()}
