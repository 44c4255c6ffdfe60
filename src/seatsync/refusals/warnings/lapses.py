"""Tell what it means that unclaimed seats lapse, in the plan that says so first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from seatsync.domain.action import Action
from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.domain.license import Kind, Status
from seatsync.refusals.case import Case


def begin(case: Case) -> Iterator[Diagnostic]:
    """Tell how many seats are unclaimed now, and from when on they lapse, where the plan changes ``reclaim_after``."""
    days = case.desired.institution.reclaim_after
    if not days or not any("reclaim_after" in (change.after or {}) for change in case.of(Action.INSTITUTION_UPDATE)):
        return
    late = {
        library: _unclaimed(case, library) for library, known in case.desired.libraries.items() if known.sends_letters
    }
    by_library = ", ".join(f"{library} {number:,}" for library, number in late.items() if number)
    total, first = sum(late.values()), case.draft.today + timedelta(days=days)
    if not total:
        return
    is_one = total == 1
    message = (
        f"Unclaimed temporary seats lapse {counted(days, 'day')} after their invitation, in every library that sends letters, also where "
        f"nobody waits. {counted(total, 'seat is', 'seats are')} unclaimed now ({by_library}) and {'lapses' if is_one else 'lapse'} from "
        f"{first} on, if {'its' if is_one else 'their'} invitation was sent and nobody claims {'it' if is_one else 'them'}. That counts to "
        "no limit, and no letter tells it afterwards."
    )
    help = "Nothing to do if you want this. `seatsync licenses --status unclaimed` lists them."
    where = case.desired.place("institution", "reclaim_after")
    yield Diagnostic("seats-lapse", message, help, where, Severity.NOTICE)


def _unclaimed(case: Case, library: str) -> int:
    """The temporary seats that are unclaimed in the ledger."""
    held = case.draft.snapshot.licenses.get(library, {}).values()
    return sum(one.status is Status.UNCLAIMED and one.kind is Kind.TEMPORARY for one in held)
