"""A library's `slots` is lower than the number of seats in use after the plan.

Seats cannot be given back while members hold them. Seats that the same plan frees count as free, but not those of a
change that is refused: a permanent license keeps its seat.

To fix: revoke seats first (remove members from the grants), or keep `slots` at least as high as the number in use.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic, counted
from seatsync.refusals.case import Case, refusal
from seatsync.refusals.room import ways_out

CODE = "slots-below-used"


def check(case: Case) -> Iterator[Diagnostic]:
    """Yield one refusal for each library with too few seats left."""
    for library, (before, after) in case.slots.items():
        if after.total < before.total and after.available < 0 and library in case.desired.libraries:
            message = (
                f"{case.title(library)} goes down from {before.total:,} to {counted(after.total, 'seat')}, "
                f"but {after.used:,} would be in use ({after.reserved:,} reserved, "
                f"{after.temporary:,} claimed temporary, {after.permanent:,} claimed permanent)."
            )
            help = ways_out(case, library, f"Set `slots` to {after.used} or more.", "Or")
            yield refusal(CODE, message, help, case.desired.place("libraries", library, "slots"), library)
