"""A member who is still on a roster is no longer granted a permanent license.

A permanent license cannot be revoked, claimed or not, so deleting the grant that gave it asks for something that cannot
be done. (A member who leaves the roster is a different case: they keep the license, and the plan says so.)

The same happens when an e-mail or a student id changes on the roster, but not in the grant or the list that names the
member; the refusal then names that row.

To fix: restore the grant, or write the new e-mail or student id into that row. Or write `limits: {permanent: retain}` in
seatsync.yaml: such licenses are then kept, with a notice.
"""

from collections.abc import Iterator
from typing import NamedTuple

from seatsync.domain.action import Action
from seatsync.domain.diagnostic import Diagnostic, counted, named
from seatsync.domain.origin import Origin
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.ids import plain_id
from seatsync.planning.change import Change, is_impossible
from seatsync.refusals.case import Case, refusal

CODE = "permanent-revoke"
RETAIN = "Or, to keep such licenses without a grant, write `limits: {permanent: retain}` in seatsync.yaml"


def check(case: Case) -> Iterator[Diagnostic]:
    """Yield one refusal for each library, and one more if a grant still names somebody by an e-mail or student id that changed."""
    for (action, library), changes in case.draft.groups.items():
        revoked = [change for change in changes if is_impossible(change)] if action is Action.REVOKE else []
        still_named = _still_named(case, library, revoked)
        by_old_name = [change for change in revoked if change.record in still_named]
        others = [change for change in revoked if change.record not in still_named]
        if by_old_name:
            rows = [still_named[change.record] for change in by_old_name]
            why = named(
                [f"{row.place} still names {row.old} of {c.member}" for row, c in zip(rows, by_old_name, strict=True)]
            )
            help = f"Write the new {' or '.join(sorted({row.what for row in rows}))} there."
            yield _refusal(case, library, by_old_name, why, help, rows[0].place)
        if others:
            why = f"no grant reaches {named([change.member for change in others])}"
            yield _refusal(case, library, others, why, "Restore the grant.", others[0].origin)


def _refusal(case: Case, library: str, revoked: list[Change], why: str, help: str, where: Origin) -> Diagnostic:
    message = (
        f"{counted(len(revoked), 'permanent license')} of {case.title(library)} would be revoked, because {why}. "
        "Permanent licenses are never revoked."
    )
    help = f"{help} {RETAIN}; the plan then only shows a notice."
    return refusal(CODE, message, help, where, library, [change.member for change in revoked])


class _StillNamed(NamedTuple):
    """Where a grant still names a member by ``what`` they had before; ``old`` says it in words, but no student id."""

    place: Origin
    what: str
    old: str


def _still_named(case: Case, library: str, revoked: list[Change]) -> dict[int, _StillNamed]:
    """Of those members, by number, whom a grant of the library names by the e-mail or student id that the ledger still has."""
    if not revoked:
        return {}
    named_so = {
        (one.student_id or email_key(one.email)): (one, one.origin(rule))
        for rule, people in case.draft.entitlements.unknown_members.items()
        if rule.library == library
        for one in people
    }
    found: dict[int, _StillNamed] = {}
    for change in revoked if named_so else ():
        before = case.at_hand.snapshot.members.get(change.record)
        for name in (before.key, plain_id(before.student_id)) if before is not None else ():
            if name and name in named_so:
                one, place = named_so[name]
                what = "student id" if one.student_id else "e-mail"
                old = f"the earlier {what}" + ("" if one.student_id else f" {one.email}")
                found.setdefault(change.record, _StillNamed(place, what, old))
    return found
