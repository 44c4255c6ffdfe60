"""A member who is still on a roster is no longer granted a permanent license.

A permanent license cannot be revoked, claimed or not, so deleting the grant that gave it asks for something that cannot
be done. (A member who leaves the roster is a different case: they keep the license, and the plan says so.)

To fix: restore the grant, or write `limits: {permanent: retain}` in seatsync.yaml. Such licenses are then kept, with a
notice.
"""

from collections.abc import Iterator

from seatsync.domain.action import Action
from seatsync.domain.diagnostic import Diagnostic, counted, named
from seatsync.domain.license import Kind
from seatsync.refusals.case import Case, refusal

CODE = "permanent-revoke"
RETAIN = "Or, to keep such licenses without a grant, write `limits: {permanent: retain}` in seatsync.yaml"


def check(case: Case) -> Iterator[Diagnostic]:
    """Yield one refusal for each library."""
    for (action, library), changes in case.draft.groups.items():
        revoked = [c for c in changes if c.kind == Kind.PERMANENT] if action is Action.REVOKE else []
        if revoked:
            members = [change.member for change in revoked]
            message = (
                f"{counted(len(members), 'permanent license')} of {case.title(library)} would be revoked, because "
                f"no grant reaches {named(members)}. Permanent licenses are never revoked."
            )
            help = f"Restore the grant. {RETAIN}; the plan then only shows a notice."
            yield refusal(CODE, message, help, revoked[0].origin, library, members)
