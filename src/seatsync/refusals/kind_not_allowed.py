"""A kind of license is asked for that the library's system does not have.

A Logos subscription and Jamworks know temporary seats only; a permanent license of them does not exist. The same holds
for a library whose `kinds:` leave a kind out, and for a library that is to lose a kind which members still hold.

Mend: write `kind: temporary` (or leave `kind` out), or correct the library's `system` or `kinds`.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic, counted
from seatsync.domain.license import Kind
from seatsync.refusals.case import Case, refusal

CODE = "kind-not-allowed"


def check(case: Case) -> Iterator[Diagnostic]:
    """One refusal for each rule that asks, and for each library that would lose a kind in use."""
    for rule in case.desired.grants:
        library = case.desired.libraries[rule.library]
        if rule.kind not in library.kinds:
            reached = counted(case.draft.wishes.reach[rule], "member")
            message = (
                f"A {rule.kind} license of {case.title(library.id)} is asked for, for {reached}, "
                f"but {_has(library.system, library.kinds)}."
            )
            yield refusal(
                CODE, message, f"Write `kind: {library.kinds[0]}` or leave `kind` out.", rule.origin, library.id
            )
    for id, library in case.desired.libraries.items():
        if Kind.PERMANENT not in library.kinds and (owned := case.slots[id].before.permanent + _reserved(case, id)):
            message = (
                f"{case.title(id)} would have no permanent licenses any more, "
                f"but {counted(owned, 'member holds', 'members hold')} one. Permanent licenses are never revoked."
            )
            where = case.desired.place("libraries", id)
            yield refusal(CODE, message, "Put the library's `system` or `kinds` back as they were.", where, id)


def _reserved(case: Case, library: str) -> int:
    held = case.at_hand.snapshot.licenses.get(library, {}).values()  # any that were there before were refused before
    return sum(license.kind is Kind.PERMANENT and license.status != "delivered" for license in held)


def _has(system: str, kinds: tuple[Kind, ...]) -> str:
    return f"{f'the system {system}' if system else 'the library'} has only {' and '.join(kinds)} ones"
