"""A grant asks for a kind of license that the library does not allow.

A Logos subscription and Jamworks have only temporary licenses. The same applies to a library whose `kinds:` leaves a
kind out, and to a library that would lose a kind that members still hold.

To fix: write `kind: temporary` (or leave `kind` out), or correct the library's `system` or `kinds`.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic, counted
from seatsync.domain.license import Kind
from seatsync.refusals.case import Case, refusal

CODE = "kind-not-allowed"


def check(case: Case) -> Iterator[Diagnostic]:
    """Yield one refusal for each grant of such a kind, and for each library that would lose a kind in use."""
    for rule in case.desired.grants:
        library = case.desired.libraries[rule.library]
        if rule.kind not in library.kinds:
            reached = counted(case.draft.entitlements.reach[rule], "member")
            message = (
                f"This grant gives {reached} a {rule.kind} license of {case.title(library.id)}, "
                f"but {f'the system {library.system}' if library.system else 'the library'} allows only {library.kinds[0]} licenses."
            )
            yield refusal(
                CODE, message, f"Write `kind: {library.kinds[0]}`, or leave `kind` out.", rule.origin, library.id
            )
    for id, library in case.desired.libraries.items():
        if Kind.PERMANENT not in library.kinds and (owned := case.slots[id].before.permanent + _reserved(case, id)):
            message = (
                f"{case.title(id)} would no longer allow permanent licenses, "
                f"but {counted(owned, 'member holds', 'members hold')} one. Permanent licenses are never revoked."
            )
            where = case.desired.place("libraries", id)
            yield refusal(CODE, message, "Restore the library's `system` or `kinds`.", where, id)


def _reserved(case: Case, library: str) -> int:
    held = case.at_hand.snapshot.licenses.get(
        library, {}
    ).values()  # members not loaded are unchanged, and were checked at the last apply
    return sum(license.kind is Kind.PERMANENT and license.status != "delivered" for license in held)
