"""A library's `slots` is lower than the number of seats in use after the plan.

Seats cannot be given back while members hold them. Seats that the same plan frees count as free.

To fix: revoke seats first (remove members from the grants), or keep `slots` at least as high as the number in use.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic, counted
from seatsync.refusals.case import Case, refusal

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
            help = (
                f"Set `slots` to {after.used} or more. "
                f"Or take {counted(-after.available, 'member')} with a temporary license out of the grants."
            )
            yield refusal(CODE, message, help, case.desired.place("libraries", library, "slots"), library)
