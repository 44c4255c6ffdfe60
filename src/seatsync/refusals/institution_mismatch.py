"""The ledger belongs to another institution.

The `id` in seatsync.yaml is the key under which the ledger keeps everything, and never changes. A ledger file that
holds another institution means a wrong `--ledger`, a copied folder, or an id that was edited.

Mend: put the `id` back, or name the right ledger with `--ledger`. A new institution gets a ledger of its own.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic
from seatsync.refusals.case import Case, refusal

CODE = "institution-mismatch"


def check(case: Case) -> Iterator[Diagnostic]:
    """At most one refusal."""
    known = case.draft.snapshot.institution
    if known is not None and known.id != case.desired.institution.id:
        message = f'seatsync.yaml is about the institution "{case.desired.institution.id}", but the ledger is that of "{known.id}".'
        mend = f"Name the right ledger with --ledger, or put `id: {known.id}` back if it was changed."
        yield refusal(CODE, message, mend, case.desired.place("institution"))
