"""What the ledger says about a plan that may be applied, and the commands that apply it."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seatsync.cli.institution import ledger_of
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from seatsync.ledger.queries.lookup import AppliedFiles
    from seatsync.planning.plan import Plan


class LedgerFacts(NamedTuple):
    """The institution's ``secret``, and the files that were applied last."""

    secret: bytes | None
    last_applied: AppliedFiles
    is_redacted: bool

    @classmethod
    def of(cls, plan: Plan, folder: Path, run: Run) -> LedgerFacts:
        """Read the facts about a plan's institution."""
        from seatsync.cli.planning import secret_for
        from seatsync.ledger.queries.lookup import AppliedFiles, last_files

        with ledger_of(run, folder, plan.institution, was=plan.was).reading() as connection:
            last = last_files(connection, plan.was or plan.institution) if connection is not None else AppliedFiles()
            return cls(secret_for(connection, plan.institution, plan.was), last, run.redactor is not None)

    def forms(self, digest: str) -> set[str]:
        """Both forms in which a digest may have been printed: plain, and keyed if names are left out."""
        from seatsync.planning.plan import keyed

        return {digest} if self.secret is None else {digest, keyed(self.secret, digest)}

    def printable(self, plan: Plan) -> str:
        """The plan's fingerprint, keyed if names are left out; empty if it may not be shown."""
        if not self.is_redacted:
            return plan.fingerprint
        return next(iter(self.forms(plan.fingerprint) - {plan.fingerprint}), "")


NEEDS_KEY = "Set SEATSYNC_REDACT_KEY for plan and apply, and plan again in a pull request."
"""What to do if a plan without names can't have a fingerprint."""


def command(run: Run, folder: Path, fingerprint: str) -> str:
    """The whole command that applies exactly this plan of a folder, to be copied."""
    return shlex.join(["seatsync", "apply", "--expect", fingerprint, *([] if folder == Path() else [str(folder)])]) + (
        f" --ledger {_ledger(run.ledger)}" if run.ledger else ""
    )


def _ledger(address: str) -> str:
    """The ledger's address for a shell; the variable that holds it, if the address has a password."""
    from seatsync.domain.text.ledger_addresses import without_secrets

    is_variable = os.environ.get("SEATSYNC_LEDGER") == address
    if is_variable or without_secrets(address, address) != address:
        return '"$SEATSYNC_LEDGER"'
    return shlex.quote(address)
