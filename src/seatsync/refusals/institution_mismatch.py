"""The ledger belongs to another institution.

The `id` in seatsync.yaml is the key under which the ledger keeps everything, and is never used for another institution. A
ledger file that holds another institution means a wrong `--ledger`, a copied folder, or an id that was edited. An institution
that has ended (`retire`) may come back under its id, but with its name: another name looks like another institution.

The id changes by `institution: {id: NEW, was: OLD}`: then the ledger's OLD becomes NEW, with everything that it has. NEW must
not be in the ledger yet, nor have been the id of another institution, and OLD or NEW must be there.

A SQLite file keeps one institution, so it can't be the ledger of several folders either: `plan` and `apply` stop before
anything is planned. PostgreSQL and a branch in Git keep many.

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
    snapshot, id, was = case.draft.snapshot, case.desired.institution.id, case.desired.was
    known, where = snapshot.institution, case.desired.place("institution", "id")
    if snapshot.beside:
        message = f'"{was}" can\'t become "{id}": the ledger has an institution of either id.'
        help = f"If they are two institutions, delete `was: {was}`. An id that is in use can't be taken over."
        yield refusal(CODE, message, help, where)
    elif was and not snapshot.serial and (known is None or known.id in (id, was)):
        message = f'seatsync.yaml says that the institution "{id}" was "{was}", but the ledger has neither.'
        help = (
            f"Name the right ledger with --ledger. If it is a new one, delete `was: {was}`. A role on PostgreSQL must be bound to "
            f"{id} with roles.sql."
        )
        yield refusal(CODE, message, help, where)
    elif known is not None and id in snapshot.former:
        message = f'The institution "{id}" is now "{known.id}" in the ledger, and an id is never used again.'
        help = f"Write `id: {known.id}` and `was: {id}`. Another institution gets an id of its own."
        yield refusal(CODE, message, help, where)
    elif known is not None and was in snapshot.former:
        message = f'The institution "{was}" is now "{known.id}" in the ledger.'
        yield refusal(CODE, message, f"Write `was: {known.id}` under `id: {id}`.", where)
    elif known is not None and known.id not in (id, was):
        message = f'seatsync.yaml describes the institution "{case.desired.institution.id}", but the ledger belongs to "{known.id}".'
        help = f"Name the right ledger with --ledger, or restore `id: {known.id}`. To change it, write `was: {known.id}` under the new one."
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
