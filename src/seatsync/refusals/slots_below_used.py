"""A library's `slots` is lower than the number of seats in use after the plan.

Seats cannot be given back while members hold them. Seats that the same plan frees count as free, but not those of a
change that is refused: a permanent license keeps its seat.

Where the total falls by the date of a purchase (`until`), nothing is refused: seats in use stay, and only new grants are
refused (`slots-exceeded`) until fewer are in use.

To fix: revoke seats first (remove members from the grants), or keep `slots` at least as high as the number in use.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic, counted
from seatsync.domain.money.purchases import total_on
from seatsync.refusals.case import Case, refusal
from seatsync.refusals.room import ways_out

CODE = "slots-below-used"


def check(case: Case) -> Iterator[Diagnostic]:
    """Yield one refusal for each library with too few seats left. What the calendar takes away is not refused."""
    for library, (before, after) in case.slots.items():
        if library not in case.desired.libraries or after.available >= 0:
            continue
        bought = case.desired.libraries[library].purchases
        known = case.at_hand.snapshot.libraries.get(library)
        if not bought and known is not None and known.purchases and not case.new_seats(library):
            message = (
                f"{case.title(library)} has {counted(after.total, 'seat')} instead of its purchases, but {after.used:,} are in use. "
                "Only a total that falls by the dates of purchases may be lower."
            )
            help = ways_out(
                case, library, f"Set `slots` to {after.used} or more, or list the purchases with their dates.", "Or"
            )
            yield refusal(CODE, message, help, case.desired.place("libraries", library, "slots"), library)
        elif after.total < before.total and not _fell_by_date(case, library):
            message = (
                f"{case.title(library)} goes down from {before.total:,} to {counted(after.total, 'seat')}, "
                f"but {after.used:,} would be in use ({after.reserved:,} unclaimed, "
                f"{after.temporary:,} claimed temporary, {after.permanent:,} claimed permanent)."
            )
            help = ways_out(case, library, f"Set `slots` to {after.used} or more.", "Or")
            yield refusal(CODE, message, help, case.desired.place("libraries", library, "slots"), library)


def _fell_by_date(case: Case, library: str) -> bool:
    """Whether the purchases of the last apply have no more seats today than those of the files."""
    known = case.at_hand.snapshot.libraries.get(library)
    if known is None or not known.purchases:
        return False
    return total_on(known.purchases, case.at_hand.today.isoformat()) <= case.slots[library].after.total
