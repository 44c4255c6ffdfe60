"""A library is dropped from seatsync.yaml while permanent licenses are held in it.

Temporary licenses of a dropped library are revoked; permanent ones belong to their members, on a roster or not, so
the library has to stay where the institution can see it.

Mend: put the library back into seatsync.yaml. Its `slots` may be lowered to what is in use.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic, counted, named
from seatsync.domain.license import Kind
from seatsync.refusals.case import Case, refusal

CODE = "library-in-use"


def check(case: Case) -> Iterator[Diagnostic]:
    """One refusal for each dropped library that somebody owns."""
    snapshot = case.draft.snapshot
    for library in snapshot.libraries:
        if library in case.desired.libraries:
            continue
        owners = [
            snapshot.members[number].email
            for number, license in snapshot.licenses.get(library, {}).items()
            if license.kind is Kind.PERMANENT
        ]
        if owners:
            message = (
                f"{case.title(library)} is gone from seatsync.yaml, but {counted(len(owners), 'permanent license')} "
                f"of it {'is' if len(owners) == 1 else 'are'} held, by {named(owners)}."
            )
            mend = f"Put `{library}` back under `libraries:`; its slots may be lowered to {len(owners)}."
            yield refusal(CODE, message, mend, case.desired.place("libraries"), library, owners)
