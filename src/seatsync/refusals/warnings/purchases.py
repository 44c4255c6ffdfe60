"""Tell what seats cost and what lies idle, which totals fall by their dates, which contracts end, and where seats run low.

What a day brings is told by the plan that changes what was bought, and some days before it: not by each nightly run.
"""

from __future__ import annotations

from collections.abc import Iterator

from seatsync.domain.action import Action
from seatsync.domain.calendar.distances import days_before
from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.domain.money.bought import idle_in_words
from seatsync.domain.money.price import changed_in_words, more
from seatsync.domain.money.purchases import Contract, Turn, costs_on, day_after, idle_costs, turns
from seatsync.domain.origin import Origin
from seatsync.refusals.case import Case

_NOTHING = "Nothing to do."


def coming(case: Case) -> Iterator[Diagnostic]:
    """Tell the totals to come where the plan changes what was bought."""
    for id, library in case.desired.libraries.items():
        if found := turns(library.purchases, case.today) if _changes_purchases(case, id) else []:
            coming = ", ".join(f"{turn.total:,} from {turn.on} on" for turn in found)
            message = f"{case.title(id)} has {counted(library.slots, 'seat')}, {coming}."
            yield Diagnostic("seats-change", message, _NOTHING, _place(case, id), Severity.NOTICE, id)


def run_short(case: Case) -> Iterator[Diagnostic]:
    """Warn of totals that fall below what is in use, or have fallen below it."""
    for id, library in case.desired.libraries.items():
        used = case.slots[id].after.used
        if used > library.slots and library.purchases and not case.new_seats(id) and _moves(case, id):
            message = (
                f"{case.title(id)} has {counted(library.slots, 'seat')} by the dates of its purchases, but {used:,} are in use. "
                "They stay, and nobody gets another one until fewer are in use."
            )
            yield _short(case, id, message)
        for turn in turns(library.purchases, case.today):
            if turn.total < min(used, library.slots) and _is_near(case, id, turn):
                yield from _too_few_then(case, id, turn, used - _ended_by(case, id, turn.on))


def _too_few_then(case: Case, library: str, turn: Turn, lasting: int) -> Iterator[Diagnostic]:
    if lasting > turn.total:
        now = case.desired.libraries[library].slots
        message = (
            f"{case.title(library)} goes down from {now:,} to {counted(turn.total, 'seat')} on {turn.on}, but {lasting:,} of the "
            f"seats in use last longer: {lasting - turn.total:,} too many. They stay, and nobody gets another one then."
        )
        yield _short(case, library, message)


def _short(case: Case, library: str, message: str) -> Diagnostic:
    help = "Buy seats, or let seats end by then: give their grants an `until`."
    return Diagnostic("seats-run-short", message, help, _place(case, library), Severity.WARNING, library)


def _is_near(case: Case, library: str, turn: Turn) -> bool:
    is_soon = next(days_before(turn.on)) <= case.today
    return case.is_nearer(turn.on) or _changes_purchases(case, library) or (is_soon and _moves(case, library))


def _ended_by(case: Case, library: str, day: str) -> int:
    """How many temporary seats that are in use after the plan end before a day (ISO)."""
    held = case.draft.snapshot.licenses.get(library, {})
    ends = {number: license.ends for number, license in held.items() if license.ends}
    for change in (*case.of(Action.REVOKE, library), *case.of(Action.UPGRADE, library)):
        ends.pop(change.record, None)
    for change in case.of(Action.LICENSE_UPDATE, library):
        ends[change.record] = (change.after or {}).get("until", ends.get(change.record, ""))
    new = [(change.after or {}).get("until", "") for change in case.new_seats(library)]
    return sum("" < end < day for end in (*ends.values(), *new))


def costs(case: Case) -> Iterator[Diagnostic]:
    """Tell what a plan adds to the costs, or takes from them, and what lies idle afterwards."""
    for id, library in case.desired.libraries.items():
        before, after = case.slots[id]
        known = case.at_hand.snapshot.libraries.get(id)
        bought = known.purchases if known is not None else ()
        today = case.today
        changed = more(costs_on(library.purchases, today), costs_on(bought, case.at_hand.snapshot.applied_on or today))
        if not any(one.price for one in library.purchases) or (before == after and not changed):
            continue
        seats, title = after.total - before.total, case.title(id)
        what = f"{seats:+,} {'seat' if abs(seats) == 1 else 'seats'} of {title}" if seats else title
        idle = max(0, after.available)
        lies = f"{idle_in_words(idle, idle_costs(library.purchases, today, idle))} afterwards"
        message = f"{what}: {changed_in_words(changed)}; {lies}." if changed else f"{what}: {lies}."
        yield Diagnostic("costs", message, _NOTHING, _place(case, id), Severity.NOTICE, id)


def contracts(case: Case) -> Iterator[Diagnostic]:
    """Warn of contracts before and on their notice day and after their end, and tell both days where a plan changes what was bought."""
    for id, library in case.desired.libraries.items():
        for contract in dict.fromkeys(one.contract for one in library.purchases if one.contract is not None):
            is_due = case.has_come(contract.notice_day) or case.has_come(day_after(contract.until))
            is_told = is_due or case.is_nearer(contract.notice_day)
            if is_told or _changes_purchases(case, id):
                is_near = is_told or contract.notice_day <= case.today
                severity = Severity.WARNING if is_near else Severity.NOTICE
                message = _contract(case, id, contract)
                help = "Give notice or order again, then write the new days under `contract`."
                yield Diagnostic("contract-ends", message, help, _place(case, id), severity, id)


def _contract(case: Case, library: str, contract: Contract) -> str:
    order = f" ({contract.order})" if contract.order else ""
    if contract.until < case.today:
        return f"The contract of {case.title(library)}{order} ended on {contract.until}."
    notice = f"; give notice by {contract.notice_day}" if contract.notice else ""
    return f"The contract of {case.title(library)}{order} ends on {contract.until}{notice}."


def low(case: Case) -> Iterator[Diagnostic]:
    """Warn where a plan leaves fewer seats than ``warn_below``."""
    for id, library in case.desired.libraries.items():
        after = case.slots[id].after
        if 0 <= after.available < library.warn_below and _moves(case, id, "warn_below"):
            message = (
                f"{case.title(id)} has {after.available:,} of {counted(after.total, 'seat')} left, fewer than the "
                f"{library.warn_below:,} of `warn_below`."
            )
            help = "Order seats in time, or lower `warn_below`."
            yield Diagnostic("seats-low", message, help, _place(case, id), Severity.WARNING, id)


def _moves(case: Case, library: str, field: str = "purchases") -> bool:
    """Whether this plan changes how many seats the library has, how many are in use, or this field of it."""
    before, after = case.slots[library]
    return before != after or _changes(case, library, field)


def _changes_purchases(case: Case, library: str) -> bool:
    return _changes(case, library, "purchases")


def _changes(case: Case, library: str, field: str) -> bool:
    changes = (*case.of(Action.LIBRARY_ADD, library), *case.of(Action.LIBRARY_UPDATE, library))
    return any(field in (change.after or {}) for change in changes)


def _place(case: Case, library: str) -> Origin:
    return case.desired.place("libraries", library, "slots")
