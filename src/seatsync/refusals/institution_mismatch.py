"""The ledger belongs to another institution.

The `id` in seatsync.yaml is the key under which the ledger keeps everything, and is never used for another institution. A
ledger file that holds another institution means a wrong `--ledger`, a copied folder, or an id that was edited. An institution
that has ended (`retire`) may come back under its id, but with its name: another name looks like another institution.

To fix: restore the `id`, or name the right ledger with `--ledger`. A new institution gets its own id and ledger. One that comes
back keeps its name in the change that brings it back, and may change it afterwards.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.institution import Institution
from seatsync.refusals.case import Case, refusal

CODE = "institution-mismatch"


def check(case: Case) -> Iterator[Diagnostic]:
    """Yield at most one refusal."""
    known = case.draft.snapshot.institution
    if known is not None and known.id != case.desired.institution.id:
        message = f'seatsync.yaml describes the institution "{case.desired.institution.id}", but the ledger belongs to "{known.id}".'
        help = f"Name the right ledger with --ledger, or restore `id: {known.id}` if it was changed."
        yield refusal(CODE, message, help, case.desired.place("institution"))
    elif known is not None and _is_another(known, case):
        message = (
            f'The institution "{known.id}" in the ledger, {known.name}, ended on {known.retire}, and seatsync.yaml describes '
            f"{case.desired.institution.name} under the same id."
        )
        help = f'Give a new institution an id of its own. If it is the same one, write `name: "{known.name}"` until it is back.'
        yield refusal(CODE, message, help, case.desired.place("institution"))


def _is_another(known: Institution, case: Case) -> bool:
    """Whether an institution that is over seems to come back as another one."""
    desired, today = case.desired.institution, case.draft.today
    return known.is_over(today) and not desired.is_over(today) and known.name != desired.name
