"""A member's record would pass to what may be another person.

A member is known by student id, else by e-mail. Whoever gets a record gets its seats and its account. Schools give the ids
and mailboxes of people who left to new people, and an id column that slipped by a row gives everybody the id of a
neighbour. So a match must be plausible. Under one student id, the e-mail, the given name or the family name must stay. Under
one e-mail without a common id, and under the id of somebody who left, one of the names must stay. Names are compared as sets
of words, without case and accents.

To fix: correct the rows. If they are right, say who it is, with an approval that the message shows. With `is: same` it is
one person, and the record is updated. With `is: new` it is somebody else: the earlier record keeps what it owns and gives up
its e-mail and student id for good.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from seatsync.domain.diagnostic import Diagnostic, counted
from seatsync.domain.license import ABSENT, Kind, Status
from seatsync.domain.person import RosterMember
from seatsync.domain.text.characters import printable
from seatsync.planning.matching import CODE as CODE
from seatsync.planning.matching import Doubt
from seatsync.refusals.case import Case, refusal, used_by

_MOST_SHOWN = 3
_MOST_IN_A_LINE = 100


def check(case: Case) -> Iterator[Diagnostic]:
    """Yield at most two refusals: one for ids that seem to have moved to other rows, one for all other matches.

    Only rows that differ from the ledger can be in doubt, and these are always at hand.
    """
    for approval, needed in Counter(case.at_hand.matching.approved.values()).items():
        case.passes(approval, needed)
    doubts = case.at_hand.matching.doubts
    moved = [doubt for doubt in doubts if doubt.owner]
    others = [doubt for doubt in doubts if not doubt.owner]
    if moved:
        ids = counted(len(moved), "student id seems", "student ids seem")
        fact = f"{ids} to have moved to the row of somebody else"
        help = (
            "Restore the student ids. If these people really have new ids, add the line with `is: new` under `approvals:` in "
            "seatsync.yaml; they keep their own records."
        )
        yield _refusal(case, moved, fact, help)
    if others:
        records = counted(len(others), "record would pass", "records would pass")
        whom = "what may be another person" if len(others) == 1 else "what may be other people"
        help = (
            "Correct the rows, or say who it is under `approvals:` in seatsync.yaml: `is: same` for one person, `is: new` for "
            "somebody new. The earlier record then keeps what it owns, and gives up its e-mail and student id."
        )
        yield _refusal(case, others, f"{records} to {whom}", help)


def _refusal(case: Case, doubts: Sequence[Doubt], fact: str, help: str) -> Diagnostic:
    rows = [case.at_hand.desired.members[doubt.position] for doubt in doubts]
    shown = "; ".join(_passing(case, *pair) for pair in list(zip(doubts, rows, strict=True))[:_MOST_SHOWN])
    more = f"; and {len(doubts) - _MOST_SHOWN:,} more" if len(doubts) > _MOST_SHOWN else ""
    emails = [row.email for row in rows]
    lines = "".join(f"\n  {approval_line(case, emails, answer, rows[0].file)}" for answer in ("same", "new"))
    return refusal(CODE, f"{fact}: {shown}{more}.{_used(case, rows)}", help + lines, rows[0].origin, None, emails)


def _used(case: Case, rows: Sequence[RosterMember]) -> str:
    """A sentence for each approval that names one of these members but was used before."""
    names = {name for row in rows for name in (row.key, f"id {row.student_id}")}
    return "".join(
        f" The approval at {approval.origin} {used_by(use)}, and an approval works only once."
        for approval in case.desired.approvals
        if approval.names & names and (use := case.use_of(approval))
    )


def _passing(case: Case, doubt: Doubt, row: RosterMember) -> str:
    """The old and the new person, and what the one has that the other would get."""
    snapshot = case.at_hand.snapshot
    known = snapshot.members[doubt.record]
    licenses = ((library, held.get(doubt.record, ABSENT)) for library, held in snapshot.licenses.items())
    gets = [
        f"{library} ({license.kind}, {'claimed' if license.status is Status.DELIVERED else 'unclaimed'})"
        for library, license in licenses
        if license.kind is not Kind.NONE
    ]
    gets += [f"the account {known.account}"] if known.account else []
    old, new = _person(known.given_name, known.family_name), _person(row.given_name, row.family_name)
    old_id, new_id = (f", {id}" if id else "" for id in (known.student_id, row.student_id))
    left = "" if known.is_listed else ", left"
    what = f" with {', '.join(gets)}" if gets else ""
    return f"{old} ({known.email}{old_id}{left}) → {new} ({row.email}{new_id}, {row.origin}){what}"


def _person(given_name: str, family_name: str) -> str:
    return printable(f"{given_name} {family_name}")


def approval_line(case: Case, emails: Sequence[str], answer: str, file: str) -> str:
    """The approval, ready to paste under ``approvals:``. For very many members, it is of all in their roster ``file``."""
    if len(emails) > _MOST_IN_A_LINE:
        who: dict[str, object] = {"file": file}
    else:
        who = {"member": emails[0] if len(emails) == 1 else list(emails)}
    return case.approval(CODE, {**who, "is": answer})
