"""A grant asks for a kind of license that the library does not allow.

A Logos subscription and Jamworks have only temporary licenses. The same applies to a library whose `kinds:` leaves a
kind out, and to a library that would lose a kind that members still hold.

To fix: write `kind: temporary` (or leave `kind` out), or correct the library's `system` or `kinds`.
"""

from collections.abc import Iterator

from seatsync.domain.desired import Grant
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
            yield refusal(CODE, message, _help(case, rule), rule.origin, library.id)
    for id in case.desired.libraries:
        if owned := _owned_without_kind(case, id):
            message = (
                f"{case.title(id)} would no longer allow permanent licenses, "
                f"but {counted(owned, 'member holds', 'members hold')} one. Permanent licenses are never revoked."
            )
            where = case.desired.place("libraries", id)
            yield refusal(CODE, message, _RESTORE, where, id)


_RESTORE = "Restore the library's `system` or `kinds`."


def _help(case: Case, rule: Grant) -> str:
    """What to write in place of the kind; nothing where members own what they would then hold for a time."""
    allowed = case.desired.libraries[rule.library].kinds
    if _owned_without_kind(case, rule.library):
        return _RESTORE
    return f"Write `kind: {allowed[0]}`{', or leave `kind` out' if allowed == (Kind.TEMPORARY,) else ''}."


def _owned_without_kind(case: Case, library: str) -> int:
    """How many members own the library permanently, if it no longer allows that."""
    if Kind.PERMANENT in case.desired.libraries[library].kinds:
        return 0
    return case.slots[library].before.permanent + _reserved(case, library)


def _reserved(case: Case, library: str) -> int:
    held = case.at_hand.snapshot.licenses.get(
        library, {}
    ).values()  # members not loaded are unchanged, and were checked at the last apply
    return sum(license.kind is Kind.PERMANENT and license.status != "delivered" for license in held)
