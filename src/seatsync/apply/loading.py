"""Bringing a dump into a ledger."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from seatsync.apply.apply import must_be_its_own
from seatsync.ledger.database import Ledger
from seatsync.ledger.dump import Dump
from seatsync.ledger.read import read_snapshot


def load_dump(ledger: Ledger, lines: Iterable[str], actor: str, commit: str) -> str:
    """Load a dump's lines, all or nothing; returns the institution's id.

    Raises:
        BadDump: it is no dump, is not whole, or its chain does not hold.
        AlreadyThere: the ledger knows the institution.
        ForeignLedger: the ledger is another institution's.
    """
    dump = Dump(lines)

    def step(connection: Connection) -> None:
        must_be_its_own(read_snapshot(connection, dump.institution), dump.institution)
        dump.load(connection)

    ledger.write(dump.institution, actor, commit, step)
    return dump.institution
