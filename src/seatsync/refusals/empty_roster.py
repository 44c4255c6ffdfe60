"""A roster that had members is now empty, or no roster has members any longer.

A failed export leaves an empty file, and an empty file asks to remove everybody. seatsync remembers how many members
each roster had at the last apply, and blocks the plan when one of them has become empty.

To fix: restore the file. If it is meant to be empty, remove it from `rosters:`, or add the approval that the message
shows to seatsync.yaml.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic, counted
from seatsync.refusals.case import APPROVED_FOR, Case, refusal

CODE = "empty-roster"


def check(case: Case) -> Iterator[Diagnostic]:
    """Yield one refusal for each roster that became empty, or one if all members are gone for another reason."""
    approved = {approval.roster for approval in case.approvals(CODE)}
    had = {path: count for path, count in case.draft.snapshot.rosters.items() if count}
    emptied = [roster for roster in case.desired.rosters if not roster.count and roster.path in had]
    refused = [roster for roster in emptied if not approved & {roster.path, ""}]
    for roster in refused:
        message = f"{roster.path} had {counted(had[roster.path], 'member')} at the last apply and now has none."
        yield refusal(CODE, message, _help(case, f"roster: {roster.path}, "), roster.origin)
    explained = had and had.keys() <= {roster.path for roster in emptied}
    if case.count or refused or explained or "" in approved:
        return
    if were := sum(member.on_roster for member in case.draft.snapshot.members.values()):
        message = f"No roster has any members left, so {counted(were, 'member')} of the ledger would be removed."
        yield refusal(CODE, message, _help(case, ""), case.desired.place("rosters"))


def _help(case: Case, roster: str) -> str:
    until = (case.draft.today + APPROVED_FOR).isoformat()
    return (
        "Restore the file. If this is intended, add this under `approvals:` in seatsync.yaml:\n"
        f"  - {{refusal: {CODE}, {roster}until: {until}, reason: say why}}\n"
        "The plan is then allowed until that day."
    )
