"""The ledger belongs to another institution.

The `id` in seatsync.yaml is the key under which the ledger keeps everything, and never changes. A ledger file that
holds another institution means a wrong `--ledger`, a copied folder, or an id that was edited.

To fix: restore the `id`, or name the right ledger with `--ledger`. A new institution gets its own ledger.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic
from seatsync.refusals.case import Case, refusal

CODE = "institution-mismatch"


def check(case: Case) -> Iterator[Diagnostic]:
    """Yield at most one refusal."""
    known = case.draft.snapshot.institution
    if known is not None and known.id != case.desired.institution.id:
        message = f'seatsync.yaml describes the institution "{case.desired.institution.id}", but the ledger belongs to "{known.id}".'
        help = f"Name the right ledger with --ledger, or restore `id: {known.id}` if it was changed."
        yield refusal(CODE, message, help, case.desired.place("institution"))
