"""The personal links of letters: a chain of their own, whose end each entry of the journal notes.

Sending moves no serial, or a plan that was saved would be stale; so links can't be links of the journal. Each has a number
and goes into a hash over all up to it. The institution's row has the end of that chain, and whatever is recorded next says
in its entry where it stood. So nobody adds, changes or deletes one unseen, as far as nobody forges the journal as well.

Whether a link was used is not in its hash: the entry of a claim or an opt-out names the link that it came by.
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
"""The columns of a link that never change, in the order in which they are hashed."""


class End(NamedTuple):
    """Where a chain of links ends: the highest number that was given, and the hash (hex) over all links there are."""

    number: int = 0
    head: str = ""

    def after(self, fields: Sequence[Any]) -> End:
        """The end with one more link, of which these are the ``FIXED`` fields.

        Raises:
            ValueError, TypeError, AttributeError: they hold what seatsync never writes.
        """
        number, hash, *told = fields
        return End(max(self.number, number), link(bytes.fromhex(self.head), (number, hash.hex(), *told)).hex())


def end(connection: Connection, institution: str) -> End:
    """The end as the institution's row has it; where there is no row, as the links come to it."""
    columns = tables.institution.c
    known = select(columns.link_number, columns.link_head).where(columns.institution == institution)
    row = connection.execute(known).one_or_none()
    return End(*row) if row is not None else _walked(connection, institution)[1]


def keep_end(connection: Connection, institution: str, end: End) -> None:
    """Write the end into the institution's row."""
    this = tables.institution.c.institution == institution
    connection.execute(update(tables.institution).where(this).values(link_number=end.number, link_head=end.head))


def noted(detail: str) -> End:
    """The end of which an entry's detail tells: none before there were links.

    Raises:
        ValueError, TypeError, AttributeError: it tells something else than seatsync writes.
    """
    return End(*json.loads(detail).get("links", ()))


def last_noted(connection: Connection, institution: str) -> End:
    """The end as the journal's last entry has it."""
    columns = tables.entry.c
    last = select(columns.detail).where(columns.institution == institution).order_by(columns.serial.desc()).limit(1)
    return noted(connection.execute(last).scalar() or "{}")


def must_hold(connection: Connection, institution: str) -> None:
    """Before links are deleted, whereupon the chain is made anew: what was forged must not become genuine by that.

    Raises:
        LedgerError: the links are not those that were made.
    """
    at, walked = _walked(connection, institution)
    if (at.head, walked.head) != (last_noted(connection, institution).head, end(connection, institution).head):
        help = "`seatsync verify` tells more. Restore the ledger from a backup, or ask who has changed it."
        raise LedgerError("The personal links of letters were changed by hand; nothing was deleted.", help)


def chain_anew(connection: Connection, institution: str) -> None:
    """Chain the links that are left; to be called where an entry is recorded that says why some have gone."""
    given = end(connection, institution).number
    keep_end(connection, institution, _walked(connection, institution)[1]._replace(number=given))


def _walked(connection: Connection, institution: str) -> tuple[End, End]:
    """What the links come to, up to what the journal has noted, and in all."""
    mark = last_noted(connection, institution)
    at = now = End()
    try:
        for fields in _links(connection, institution):
            now = now.after(fields)
            if now.number <= mark.number:
                at = now
    except (ValueError, TypeError, AttributeError) as error:
        message = f"The personal links of letters hold what seatsync never writes: {error}."
        raise LedgerError(message, "Restore the ledger from a backup, or ask who has changed it.") from error
    return at, now._replace(number=max(now.number, mark.number))


def _links(connection: Connection, institution: str) -> Iterator[tuple[Any, ...]]:
    columns = tables.link.c
    links = select(*(columns[name] for name in FIXED)).where(columns.institution == institution)
    for rows in streamed(connection, links.order_by(columns.number)):
        yield from rows
