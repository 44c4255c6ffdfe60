"""Tell of members who are on no roster any more, and keep their temporary seats for a grace period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from seatsync.domain.action import Action
from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.refusals.case import Case


def keeping_seats(case: Case) -> Iterator[Diagnostic]:
    """Tell how many seats stay until when, where members leave or their grace period changes."""
    leavers = case.at_hand.leavers
    leaving = {change.record for change in case.leaving_for_now}
    moved = {
        change.record
        for library in case.desired.libraries
        for change in case.of(Action.LICENSE_UPDATE, library)
        if change.record in leavers
    }
    told = {record: leavers[record] for record in leavers if leavers[record].ends and record in leaving | moved}
    if not told or not case.desired.grace:
        return
    seats = Counter(library for leaver in told.values() for library in sorted(leaver.ends))
    days = [last for leaver in told.values() for last in leaver.ends.values()]
    who = "leaves" if len(told) == 1 else "leave"
    if not leaving:
        who = f"{'has' if len(told) == 1 else 'have'} left"
    number = seats.total()
    by_library = ", ".join(f"{library} {count:,}" for library, count in sorted(seats.items()))
    keep = "keeps" if len(told) == 1 else "keep"
    message = (
        f"{counted(len(told), 'member')} {who} and {keep} {counted(number, 'temporary seat')} ({by_library}) "
        f"{_until(days)} (`leavers.grace`). Then the {'seat is' if number == 1 else 'seats are'} revoked and the "
        f"{'member is' if len(told) == 1 else 'members are'} removed; until then, nobody else can have "
        f"{'it' if number == 1 else 'them'}."
    )
    help = "Nothing to do. If somebody left by mistake, put the row back into the roster: the seats stay."
    members = [case.at_hand.snapshot.members[record].email for record in told]
    where = case.desired.place("leavers")
    yield Diagnostic("grace-period", message, help, where, Severity.NOTICE, None, members)


def _until(days: list[str]) -> str:
    first, last = min(days), max(days)
    return f"until {last}" if first == last else f"until {last}, the first until {first}"
