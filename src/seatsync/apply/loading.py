"""Load a dump into a ledger."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from seatsync.apply.apply import ForeignLedger, must_belong_to
from seatsync.ledger.database import Ledger
from seatsync.ledger.dump import BadDump, Dump
from seatsync.ledger.read import read_snapshot
from seatsync.ledger.replay import Verdict
from seatsync.ledger.verification.verify import verify


def load_dump(
    ledger: Ledger, lines: Iterable[str], actor: str, commit: str, owner: str | None = None
) -> tuple[str, Verdict, int]:
    """Load a dump's lines and verify the result, all or nothing.

    Return the institution's id, the verdict, and the number of letters whose personal links were left out.

    Raises:
        BadDump: the lines are not a dump, are incomplete, or their hash chain is broken.
        AlreadyThere: the ledger already has the institution.
        ForeignLedger: the ledger belongs to another institution, or to another ``owner`` than the dump.
    """
    dump = Dump(lines)
    if owner is not None and owner != dump.institution:
        raise ForeignLedger(f'the ledger belongs to "{owner}", the dump to "{dump.institution}"')

    def step(connection: Connection) -> Verdict:
        must_belong_to(read_snapshot(connection, dump.institution, ()), dump.institution)
        dump.load(connection)
        verdict = verify(connection, dump.institution)
        if verdict.faults:
            raise BadDump(verdict.faults[0])
        return verdict

    verdict = ledger.write(dump.institution, actor, commit, step)
    return dump.institution, verdict, len(dump.unlinked)
