"""Bringing a dump into a ledger."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from seatsync.apply.apply import ForeignLedger, must_be_its_own
from seatsync.ledger.database import Ledger
from seatsync.ledger.dump import BadDump, Dump
from seatsync.ledger.read import read_snapshot
from seatsync.ledger.replay import Verdict
from seatsync.ledger.verification.verify import verify


def load_dump(
    ledger: Ledger, lines: Iterable[str], actor: str, commit: str, owner: str | None = None
) -> tuple[str, Verdict, int]:
    """Load a dump's lines and verify what was written, all or nothing; returns the institution's id, the verdict, and of how
    many letters the personal links were left out.

    Raises:
        BadDump: it is no dump, is not whole, or its chain does not hold.
        AlreadyThere: the ledger knows the institution.
        ForeignLedger: the ledger is another institution's. It is that of ``owner``, where one is given.
    """
    dump = Dump(lines)
    if owner is not None and owner != dump.institution:
        raise ForeignLedger(f'the ledger is that of "{owner}", the dump that of "{dump.institution}"')

    def step(connection: Connection) -> Verdict:
        must_be_its_own(read_snapshot(connection, dump.institution), dump.institution)
        dump.load(connection)
        verdict = verify(connection, dump.institution)
        if verdict.faults:
            raise BadDump(verdict.faults[0])
        return verdict

    verdict = ledger.write(dump.institution, actor, commit, step)
    return dump.institution, verdict, len(dump.unlinked)
