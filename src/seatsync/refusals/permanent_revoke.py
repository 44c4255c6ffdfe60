"""A member who is still on a roster is no longer granted a permanent license.

A permanent license cannot be revoked, claimed or not. Deleting the rule that granted it therefore asks for what
cannot be done. (Somebody who leaves the roster is another matter: the license stays theirs, and the plan says so.)

Mend: put the rule back, or write `limits: {permanent: retain}` into seatsync.yaml: such licenses are then kept with a
notice instead of a refusal.
"""

from collections.abc import Iterator

from seatsync.domain.action import Action
from seatsync.domain.diagnostic import Diagnostic, counted, named
from seatsync.domain.license import Kind
from seatsync.refusals.case import Case, refusal

CODE = "permanent-revoke"


def check(case: Case) -> Iterator[Diagnostic]:
    """One refusal for each library."""
    for (action, library), changes in case.draft.groups.items():
        revoked = [c for c in changes if c.kind == Kind.PERMANENT] if action is Action.REVOKE else []
        if revoked:
            members = [change.member for change in revoked]
            message = (
                f"{counted(len(members), 'permanent license')} of {case.title(library)} would be revoked, because "
                f"no grant reaches {named(members)} any more. Permanent licenses are never revoked."
            )
            mend = "Put the grant back, or keep such licenses with a notice: `limits: {permanent: retain}`."
            yield refusal(CODE, message, mend, revoked[0].origin, library, members)
