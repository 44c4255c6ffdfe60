"""Warn of approvals that allow nothing: ended, used, or for something unknown."""

from __future__ import annotations

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.text.guesses import did_you_mean
from seatsync.refusals.case import Case, used_by


def without_effect(case: Case) -> Iterator[Diagnostic]:
    """Warn of approvals that have no effect, or no longer."""
    libraries = {*case.desired.libraries, *case.draft.snapshot.libraries}
    rosters = {*(roster.path for roster in case.desired.rosters), *case.draft.snapshot.rosters}
    for approval in case.desired.approvals:
        name, known = (approval.library, libraries) if approval.library else (approval.roster, rosters)
        if approval.until < case.draft.today:
            message = f"This approval of {approval.refusal} ended on {approval.until} and no longer has any effect."
            yield Diagnostic("approval-expired", message, "Delete it.", approval.origin, Severity.WARNING)
        elif (use := case.use_of(approval)) is not None:
            message = f"This approval of {approval.refusal} {used_by(use)} and no longer has any effect."
            change = "`until` or `reason`" if "reason" in use else "`until`"  # an erased reason is not compared
            help = f"Delete it. To approve again, change its {change}."
            yield Diagnostic("approval-used", message, help, approval.origin, Severity.WARNING)
        elif name and name not in known:
            message = f'This approval is for "{name}", which is in neither the files nor the ledger. {did_you_mean(name, known)}'.rstrip()
            yield Diagnostic(
                "approval-unknown", message, "Correct it, or delete it.", approval.origin, Severity.WARNING
            )
