"""A library was removed from seatsync.yaml, but members hold permanent licenses of it.

Temporary licenses of a removed library are revoked. Permanent ones belong to their members, on a roster or not, so the
library has to stay where the institution can see it.

To fix: put the library back into seatsync.yaml. You can lower its `slots` to the number in use.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic, counted, named
from seatsync.domain.license import Kind
from seatsync.refusals.case import Case, refusal

CODE = "library-in-use"


def check(case: Case) -> Iterator[Diagnostic]:
    """Yield one refusal for each removed library with permanent licenses."""
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
                f"{case.title(library)} is no longer in seatsync.yaml, "
                f"but {counted(len(owners), 'member owns', 'members own')} it permanently: {named(owners)}."
            )
            help = f"Put `{library}` back under `libraries:`. You can lower its `slots` to {len(owners)}."
            yield refusal(CODE, message, help, case.desired.place("libraries"), library, owners)
