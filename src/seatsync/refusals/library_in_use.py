"""A library was removed from seatsync.yaml, but members hold permanent licenses of it, or have it at the vendor.

Temporary licenses of a removed library are revoked. Permanent ones belong to their members, on a roster or not, so the
library has to stay where the institution can see it.

Where the library is `delivered_by: vendor`, its temporary licenses must be revoked in the vendor's portal first. Once the
library is gone, nothing would say so any more.

To fix: put the library back into seatsync.yaml, with the grant of the owners who are on a roster. You can lower its
`slots` to the number in use. For a library at the vendor: delete its grants and apply, revoke its licenses there
(`seatsync worklist list`), run `seatsync worklist done`, and delete the library then.
"""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic, counted, named
from seatsync.domain.license import Kind
from seatsync.domain.portal.at_vendor import kind_there
from seatsync.refusals.case import Case, refusal
from seatsync.refusals.permanent_revoke import RETAIN

CODE = "library-in-use"


def check(case: Case) -> Iterator[Diagnostic]:
    """Yield one refusal for each removed library with permanent licenses, or with licenses that are still to be revoked there."""
    snapshot = case.draft.snapshot
    for library in snapshot.libraries:
        if library in case.desired.libraries:
            continue
        held = snapshot.licenses.get(library, {})
        owners = [snapshot.members[number].email for number, it in held.items() if it.kind is Kind.PERMANENT]
        if not owners and snapshot.libraries[library].is_at_vendor:
            yield from _at_vendor(case, library)
        if owners:
            message = (
                f"{case.title(library)} is no longer in seatsync.yaml, "
                f"but {counted(len(owners), 'member owns', 'members own')} it permanently: {named(owners)}."
            )
            help = f"Put `{library}` back under `libraries:`. You can lower its `slots` to {len(owners)}.{_grants(case, library)}"
            yield refusal(CODE, message, help, case.desired.place("libraries"), library, owners)


def _at_vendor(case: Case, library: str) -> Iterator[Diagnostic]:
    """The refusal of a library of which members still have temporary licenses in the vendor's portal."""
    snapshot = case.draft.snapshot
    held = snapshot.licenses.get(library, {})
    there = [snapshot.members[number].email for number, it in held.items() if kind_there(it) is Kind.TEMPORARY]
    if there:
        message = (
            f"{case.title(library)} is no longer in seatsync.yaml, "
            f"but {counted(len(there), 'member has', 'members have')} it at the vendor: {named(there)}."
        )
        help = (
            f"Put `{library}` back under `libraries:`, without grants, and apply. Revoke its licenses at the vendor "
            "(`seatsync worklist list`), run `seatsync worklist done`, and delete the library then."
        )
        yield refusal(CODE, message, help, case.desired.place("libraries"), library, there)


def _grants(case: Case, library: str) -> str:
    """Say that owners on a roster need their grant, or the next refusal would be ``permanent-revoke``."""
    licenses = case.draft.snapshot.licenses[library]
    on_roster = [number for number in case.draft.matching.records if number in licenses]
    owners = sum(licenses[number].kind is Kind.PERMANENT for number in on_roster)
    if not owners or case.desired.limits.retain_permanent:
        return ""
    return f" Also restore the grant that gave it to the {counted(owners, 'owner')} on a roster. {RETAIN}."
