"""Tell what the end of the institution leads to."""

from __future__ import annotations

from collections.abc import Iterator

from seatsync.domain.action import Action
from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.domain.license import Kind, Status
from seatsync.domain.text.days import parse_day
from seatsync.refusals.case import Case


def ends(case: Case) -> Iterator[Diagnostic]:
    """Tell how many seats and letters the institution's last day means, where the plan sets it, moves it or takes it back, and some days
    before it."""
    institution, today = case.desired.institution, case.at_hand.today
    if institution.retire == _last_day_before(case) and not (institution.retire and case.is_nearer(institution.retire)):
        return
    where = case.desired.place("institution", "retire")
    if not institution.retire:
        message = f"{institution.name} no longer ends on {_last_day_before(case)}: seats end as their grants say."
        yield Diagnostic("institution-ends", message, "Nothing to do.", where, Severity.NOTICE)
        return
    seats = {id: _temporary_after(case, id) for id in case.desired.libraries}
    kept = sum(case.slots[id].after.used - seats[id] for id in seats)
    ending = f"{_seats(sum(seats.values()), 'temporary')}{_by_library(seats)}"
    if institution.is_over(today):
        message = (
            f"{institution.name} ended on {institution.retire}, so this plan revokes all temporary seats "
            f"and grants none. {_seats(kept, 'permanent')} {'stays' if kept == 1 else 'stay'}."
        )
    else:
        message = (
            f"{institution.name} ends on {institution.retire}. {ending} {'ends' if sum(seats.values()) == 1 else 'end'} by then"
            f"{_letters(case)}; {_seats(kept, 'permanent')} {'stays' if kept == 1 else 'stay'}. "
            "After that day nobody gets a seat, an invitation or a reminder."
        )
    help = "Nothing to do. To undo it, delete `retire`; once seats are revoked, their members must be invited again."
    yield Diagnostic("institution-ends", message, help, where, Severity.NOTICE)


def declining_over(case: Case) -> Iterator[Diagnostic]:
    """Warn of a last day to decline that had passed when seatsync first read it."""
    until, known = parse_day(case.desired.institution.opt_out_until), case.at_hand.snapshot.institution
    if until is None or until >= case.at_hand.today or (known is not None and known.opt_out_until == until.isoformat()):
        return
    message = f"The last day to decline, {until}, has passed, so no member can decline."
    help = "Correct `opt_out`, or write `opt_out: false`."
    yield Diagnostic("past-until", message, help, case.desired.place("institution", "opt_out"), Severity.WARNING)


def _last_day_before(case: Case) -> str:
    known = case.at_hand.snapshot.institution
    return known.retire if known is not None else ""


def _temporary_after(case: Case, library: str) -> int:
    """The temporary seats of a library after the plan."""
    held = case.draft.snapshot.licenses.get(library, {}).values()
    now = sum(license.kind is Kind.TEMPORARY for license in held)
    gone = sum(change.kind == Kind.TEMPORARY for change in case.of(Action.REVOKE, library))
    new = sum(change.kind == Kind.TEMPORARY for change in case.new_seats(library))
    return now - gone - len(case.of(Action.UPGRADE, library)) + new


def _letters(case: Case) -> str:
    """Say who gets a letter when their seat ends, and how many these would be today."""
    snapshot, writing = case.draft.snapshot, [id for id, it in case.desired.libraries.items() if it.sends_letters]
    held = (license for id in writing for license in snapshot.licenses.get(id, {}).values())
    claimed = sum(it.kind is Kind.TEMPORARY and it.status is Status.DELIVERED for it in held)
    return f", with a letter for each that is claimed (now {claimed:,})" if writing else ""


def _seats(number: int, kind: str) -> str:
    return counted(number, f"{kind} seat")


def _by_library(seats: dict[str, int]) -> str:
    """``: books 40, jamworks 53`` in brackets; empty for one library."""
    some = [f"{id} {number:,}" for id, number in seats.items() if number]
    return f" ({', '.join(some)})" if len(some) > 1 else ""
