"""A roster that had members is now empty, or no roster has members any longer.

A failed export leaves an empty file, and an empty file asks to remove everybody. seatsync remembers how many members
each roster had at the last apply, and blocks the plan when one of them has become empty.

To fix: restore the file. If it is meant to be empty, remove it from `rosters:`, or add the approval that the message
shows to seatsync.yaml. An approval is used once, by the apply that needs it. Without `roster` it lets any number of
rosters be empty in that apply, even all of them.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic, counted
from seatsync.refusals.case import Case, refusal

CODE = "empty-roster"


def check(case: Case) -> Iterator[Diagnostic]:
    """Yield one refusal for each roster that became empty, and one if all members are gone for another reason."""
    had = {path: count for path, count in case.draft.snapshot.rosters.items() if count}
    emptied = [roster for roster in case.desired.rosters if not roster.count and roster.path in had]
    explained = bool(had) and had.keys() <= {roster.path for roster in emptied}
    gone = 0 if case.count or explained else sum(member.is_listed for member in case.draft.snapshot.members.values())
    approvals = {approval.roster: approval for approval in reversed(case.approvals(CODE))}
    if gone and "" in approvals:
        case.passes(approvals[""], gone)
        return
    for roster in emptied:
        if (approval := approvals.get(roster.path, approvals.get(""))) is not None:
            case.passes(approval, had[roster.path])
            continue
        used = case.used_before(CODE, rosters=(roster.path, ""))
        message = f"{roster.path} had {counted(had[roster.path], 'member')} at the last apply and now has none.{used}"
        yield refusal(CODE, message, case.ask_for(CODE, {"roster": roster.path}, "Restore the file. "), roster.origin)
    if gone:
        members = f"No roster has any members left, so {counted(gone, 'member')} of the ledger would be removed."
        help = case.ask_for(CODE, {}, "Restore the file. ")
        yield refusal(CODE, f"{members}{case.used_before(CODE)}", help, case.desired.place("rosters"))
