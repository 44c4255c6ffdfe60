"""A roster file that had members has none, or no member is left at all.

An export that failed leaves an empty file behind, and an empty file asks for everybody's removal. seatsync remembers
how many members each roster file had at the last apply and refuses when one of them has become empty.

Mend: restore the file. If it is meant to be empty, take it out of `rosters:`, or add the approval that the refusal
prints to seatsync.yaml.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic, counted
from seatsync.refusals.case import APPROVED_FOR, Case, refusal

CODE = "empty-roster"


def check(case: Case) -> Iterator[Diagnostic]:
    """One refusal for each roster that ran empty, or one for all members where none is left for another reason."""
    approved = {approval.roster for approval in case.approvals(CODE)}
    had = {path: count for path, count in case.draft.snapshot.rosters.items() if count}
    emptied = [roster for roster in case.desired.rosters if not roster.count and roster.path in had]
    refused = [roster for roster in emptied if not approved & {roster.path, ""}]
    for roster in refused:
        message = f"{roster.path} had {counted(had[roster.path], 'member')} at the last apply and now has none."
        yield refusal(CODE, message, _mend(case, f"roster: {roster.path}, "), roster.origin)
    explained = bool(had) and had.keys() <= {roster.path for roster in emptied}
    if case.count or refused or explained or "" in approved:
        return
    if were := sum(member.on_roster for member in case.draft.snapshot.members.values()):
        message = (
            f"No member is left on any roster; the ledger has {counted(were, 'member')}, and all would be removed."
        )
        yield refusal(CODE, message, _mend(case, ""), case.desired.place("rosters"))


def _mend(case: Case, roster: str) -> str:
    until = (case.draft.today + APPROVED_FOR).isoformat()
    return (
        "Restore the file. If that is meant, paste this into seatsync.yaml under `approvals:`\n"
        f"  - {{refusal: {CODE}, {roster}until: {until}, reason: say why}}\n"
        "It will then pass, until that day."
    )
