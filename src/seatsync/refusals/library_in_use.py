"""A library was removed from seatsync.yaml, but members hold permanent licenses of it.

Temporary licenses of a removed library are revoked. Permanent ones belong to their members, on a roster or not, so the
library has to stay where the institution can see it.

To fix: put the library back into seatsync.yaml, with the grant of the owners who are on a roster. You can lower its
`slots` to the number in use.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic, counted, named
from seatsync.domain.license import Kind
from seatsync.refusals.case import Case, refusal
from seatsync.refusals.permanent_revoke import RETAIN

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
            help = f"Put `{library}` back under `libraries:`. You can lower its `slots` to {len(owners)}.{_grants(case, library)}"
            yield refusal(CODE, message, help, case.desired.place("libraries"), library, owners)


def _grants(case: Case, library: str) -> str:
    """Say that owners on a roster need their grant, or the next refusal would be ``permanent-revoke``."""
    licenses = case.draft.snapshot.licenses[library]
    on_roster = [number for number in case.draft.matching.records if number in licenses]
    owners = sum(licenses[number].kind is Kind.PERMANENT for number in on_roster)
    if not owners or case.desired.limits.retain_permanent:
        return ""
    return f" Also restore the grant that gave it to the {counted(owners, 'owner')} on a roster. {RETAIN}."
