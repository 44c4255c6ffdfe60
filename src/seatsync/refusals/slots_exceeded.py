"""The plan needs more seats than the library has.

Unclaimed, temporary and permanent seats are all in use. Seats that the same plan frees count as free, but not
those of a change that is refused: a permanent license keeps its seat. The message names the members who come last in the
files and so get no seat, and the oldest unclaimed seats: look at those first when seats run short.

To fix: buy seats and raise `slots`, grant fewer, or take back seats that were never claimed. Or write `when_full: wait` under the
library: who finds no seat then waits in line, and gets one when it is their turn.
"""

from collections.abc import Iterator

from seatsync.domain.action import Action
from seatsync.domain.diagnostic import Diagnostic, counted, named
from seatsync.domain.library import Slots
from seatsync.domain.license import Kind, Status
from seatsync.domain.money.purchases import Purchases
from seatsync.refusals.case import Case, refusal
from seatsync.refusals.room import ways_out

CODE = "slots-exceeded"


def check(case: Case) -> Iterator[Diagnostic]:
    """Yield one refusal for each library that has too few seats for this plan's grants."""
    for library, (before, after) in case.slots.items():
        grants = case.new_seats(library)
        grew = after.used > before.used or not _bought(case, library)
        if after.available < 0 and not grants and grew and case.of(Action.OBSERVE, library):
            yield _full_there(case, library, after)
        if after.available < 0 and grants and library in case.desired.libraries:
            short = -after.available
            last = [change.member for change in grants[-short:]]
            message = (
                f"{case.title(library)} has {counted(after.total, 'seat')}, but {after.used:,} would be in use: "
                f"{counted(short, 'seat')} too many. "
                f"There is no seat for the last in the files: {named(last)}.{_oldest(case, library)}"
            )
            bought = f"If you have bought more seats, {_raise(case, library, after)}"
            help = ways_out(case, library, bought, "If not,")
            yield refusal(CODE, message, help, case.desired.place("libraries", library, "slots"), library, last)


def _bought(case: Case, library: str) -> Purchases:
    known = case.desired.libraries.get(library)
    return known.purchases if known is not None else ()


def _raise(case: Case, library: str, after: Slots) -> str:
    """How to write more seats: as another purchase where there are several, or where they have days."""
    bought = _bought(case, library)
    if len(bought) > 1 or any(one.since or one.until for one in bought):
        return f"add a purchase of {counted(-after.available, 'seat')} to `slots`."
    return f"raise `slots` to {after.used}."


def _full_there(case: Case, library: str, after: Slots) -> Diagnostic:
    """More seats are in use in the vendor's portal than the files know of."""
    message = (
        f"{case.title(library)} has {counted(after.total, 'seat')}, but {after.used:,} are in use, "
        "as an export from the portal shows."
    )
    help = f"Set `slots` to the number that was bought: {after.used} or more."
    if (how := _raise(case, library, after)).startswith("add"):
        help = f"If more seats were bought, {how}"
    return refusal(CODE, message, help, case.desired.place("libraries", library, "slots"), library)


def _oldest(case: Case, library: str) -> str:
    leaving = {change.record for change in case.of(Action.REVOKE, library)}
    held = case.draft.snapshot.licenses.get(library, {})
    waiting = sorted(
        (license.invited_on, number)
        for number, license in held.items()
        if license.status is Status.UNCLAIMED and license.kind is Kind.TEMPORARY and number not in leaving
    )
    if not waiting:
        return ""
    oldest = [f"{case.draft.snapshot.members[number].email} (since {day})" for day, number in waiting[:3]]
    return f" {counted(len(waiting), 'temporary license is', 'temporary licenses are')} unclaimed, the oldest: {', '.join(oldest)}."
