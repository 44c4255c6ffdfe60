"""Give an institution another id, with everything that the ledger has of it."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from seatsync.ledger import tables
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.queries.accounts.holdings import ACROSS
from seatsync.ledger.rows import give_up, is_bound


def rename(connection: Connection, old: str, new: str, at: str) -> None:
    """Move all rows of ``old`` to ``new``, which the ledger does not have.

    It is done in the caller's transaction, as the writer of ``old``; ``at`` is the instant (ISO).
    The caller records the change. The journal's links keep their hashes: each covers the id of its time (``Replay``).

    Raises:
        LedgerError: this role may not change the journal, or letters are in the hands of a sender.
    """
    if is_bound(connection):
        message = f'This role can\'t change the id "{old}": it is bound to it, and may not change the journal.'
        help = (
            f"Apply it once as the owner of the tables, and bind the roles to {new} with roles.sql (docs/ledger.md, "
            '"Another id"). Nothing was changed.'
        )
        raise LedgerError(message, help)
    _no_letter_is_being_sent(connection, old, at)
    for table in tables.metadata.tables.values():
        if "institution" in table.c and table is not tables.writer:
            column = table.c.institution
            connection.execute(update(table).where(column == old).values(institution=new))
    writer = tables.writer.c
    earlier = select(writer.institution).where(writer.renamed_to == old)
    give_up(connection, [*connection.execute(earlier, execution_options=ACROSS).scalars(), old], new)
    give_up(connection, [new], "")


def _no_letter_is_being_sent(connection: Connection, institution: str, at: str) -> None:
    """A sender notes the result of a letter under the id that it knows."""
    outbox = tables.outbox.c
    in_hand = select(outbox.serial).where(outbox.institution == institution, outbox.held_until > at)
    if connection.execute(in_hand.limit(1)).first() is not None:
        message = f'Letters of "{institution}" are being sent, and their results would be lost with a new id.'
        raise LedgerError(
            message, "Stop `seatsync outbox send`, or wait some minutes, and try again. Nothing was changed."
        )
