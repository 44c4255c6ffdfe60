"""The warning that a ledger in Git is not encrypted, and more people can read it than should."""

from __future__ import annotations

from pathlib import Path

from seatsync.domain.diagnostic import Diagnostic, Severity, named
from seatsync.ledger.database import Ledger
from seatsync.planning.plan import Plan
from seatsync.sources.files import Folder


def unencrypted_ledger(ledger: Ledger, folder: Path, plan: Plan) -> Diagnostic | None:
    """The warning if an unencrypted ledger on a branch can be read by others, or reveals encrypted files; else None."""
    branch = ledger.branch
    if branch is None or branch.cipher.keys:
        return None
    why = branch.exposure()
    if not why:
        hidden = Folder(folder).encrypted_among([*plan.rosters, *plan.baseline.get("files", ())])
        if not hidden:
            return None
        why = f"{named(hidden)} {'is' if len(hidden) == 1 else 'are'} encrypted to hide them"
    message = f"The ledger {ledger} is not encrypted and shows every name, and {why}."
    help = "Make a key (`seatsync ledger key`), set it as SEATSYNC_LEDGER_KEY, and run `seatsync ledger encrypt` once."
    return Diagnostic("ledger-in-clear", message, help, None, Severity.WARNING)
