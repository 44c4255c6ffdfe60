"""The chain of personal links in letters; each entry of the journal notes its end.

Sending a letter must not change the journal's serial, or saved plans would be out of date, so personal links have a chain of
their own. Each link has a number, and its hash covers all links before it. The institution's row has the end of the chain, and
the next journal entry notes it. So a link that was added, changed or deleted is found, unless the journal is forged too.

Whether a link was used is not part of its hash: the entry of a claim or an opt-out names the link that was used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from seatsync.ledger import tables
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.journal import link
from seatsync.ledger.read import streamed

FIXED = ("number", "hash", "serial", "library", "member", "sent_to", "made_at")
"""The columns of a link that never change, in the order of hashing."""


class End(NamedTuple):
    """The end of a chain of links: the highest number that was given, and the hash (hex) over all existing links."""

    number: int = 0
    head: str = ""

    def after(self, fields: Sequence[Any]) -> End:
        """Return the end after one more link with these ``FIXED`` fields.

        Raises:
            ValueError, TypeError, AttributeError: the fields hold data that seatsync never writes.
        """
        number, hash, *rest = fields
        return End(max(self.number, number), link(bytes.fromhex(self.head), (number, hash.hex(), *rest)).hex())


def end(connection: Connection, institution: str) -> End:
    """The end from the institution's row; computed from the links where there is no row."""
    columns = tables.institution.c
    known = select(columns.link_number, columns.link_head).where(columns.institution == institution)
    row = connection.execute(known).one_or_none()
    return End(*row) if row is not None else _walked(connection, institution)[1]


def keep_end(connection: Connection, institution: str, end: End) -> None:
    """Write the end into the institution's row."""
    this = tables.institution.c.institution == institution
    connection.execute(update(tables.institution).where(this).values(link_number=end.number, link_head=end.head))


def noted(detail: str) -> End:
    """The end noted in an entry's detail; an empty one where there were no links yet.

    Raises:
        ValueError, TypeError, AttributeError: the detail holds data that seatsync never writes.
    """
    return End(*json.loads(detail).get("links", ()))


def last_noted(connection: Connection, institution: str) -> End:
    """The end noted in the journal's last entry."""
    columns = tables.entry.c
    last = select(columns.detail).where(columns.institution == institution).order_by(columns.serial.desc()).limit(1)
    return noted(connection.execute(last).scalar() or "{}")


def must_hold(connection: Connection, institution: str) -> None:
    """Check the links before some are deleted: rebuilding the chain must not make forged links genuine.

    Raises:
        LedgerError: links were added, changed or deleted.
    """
    at, walked = _walked(connection, institution)
    if (at.head, walked.head) != (last_noted(connection, institution).head, end(connection, institution).head):
        help = "Restore the ledger from a backup, or ask who changed it. `seatsync verify` shows details."
        raise LedgerError("Nothing was deleted: somebody has changed the personal links by hand.", help)


def rebuild_chain(connection: Connection, institution: str) -> None:
    """Rebuild the chain from the remaining links. Call this where an entry with the reason is recorded."""
    last = end(connection, institution).number
    keep_end(connection, institution, _walked(connection, institution)[1]._replace(number=last))


def _walked(connection: Connection, institution: str) -> tuple[End, End]:
    """Compute the end of the links: up to the number noted in the journal, and of all links."""
    mark = last_noted(connection, institution)
    at = now = End()
    try:
        for fields in _links(connection, institution):
            now = now.after(fields)
            if now.number <= mark.number:
                at = now
    except (ValueError, TypeError, AttributeError) as error:
        message = f"The personal links have data that seatsync never writes: {error}."
        raise LedgerError(message, "Restore the ledger from a backup, or ask who changed it.") from error
    return at, now._replace(number=max(now.number, mark.number))


def _links(connection: Connection, institution: str) -> Iterator[tuple[Any, ...]]:
    columns = tables.link.c
    links = select(*(columns[name] for name in FIXED)).where(columns.institution == institution)
    for rows in streamed(connection, links.order_by(columns.number)):
        yield from rows
