"""The warning that names lie in Git in clear, where they are not to be read by all who read it."""

from __future__ import annotations

from pathlib import Path

from seatsync.domain.diagnostic import Diagnostic, Severity, named
from seatsync.ledger.database import Ledger
from seatsync.planning.plan import Plan
from seatsync.sources.files import Folder


def ledger_in_clear(ledger: Ledger, folder: Path, plan: Plan) -> Diagnostic | None:
    """The warning, where it is due: the ledger is on a branch, not encrypted, and others may read that, or the files are encrypted."""
    branch = ledger.branch
    if branch is None or branch.cipher.keys:
        return None
    why = branch.exposure()
    if not why:
        hidden = Folder(folder).encrypted_among([*plan.rosters, *plan.settled.get("files", ())])
        if not hidden:
            return None
        why = f"{named(hidden)} {'is' if len(hidden) == 1 else 'are'} encrypted, which it undoes"
    message = f"The ledger {ledger} has every name in clear, and {why}."
    help = "Make a key (`seatsync ledger key`), set it as SEATSYNC_LEDGER_KEY, and do `seatsync ledger encrypt` once."
    return Diagnostic("ledger-in-clear", message, help, None, Severity.WARNING)
