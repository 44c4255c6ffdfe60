"""`slots` of a library is lowered below what would be in use.

Seats cannot be given back while members hold them. What counts is the use after the plan: seats that the same plan
frees are free.

Mend: revoke seats first (take members out of the grants), or leave `slots` at least as high as the use.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic
from seatsync.refusals.case import Case, refusal

CODE = "slots-below-used"


def check(case: Case) -> Iterator[Diagnostic]:
    """One refusal for each library whose slots are lowered too far."""
    for library, (before, after) in case.slots.items():
        if after.total < before.total and after.available < 0 and library in case.desired.libraries:
            message = (
                f"The slots of {case.title(library)} are lowered from {before.total:,} to {after.total:,}, "
                f"but {after.used:,} would be in use ({after.reserved:,} reserved, {after.temporary:,} temporary, "
                f"{after.permanent:,} permanent)."
            )
            mend = f"Leave `slots` at {after.used} or more, or revoke {-after.available:,} first."
            yield refusal(CODE, message, mend, case.desired.place("libraries", library, "slots"), library)
