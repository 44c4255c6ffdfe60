"""People who have the same e-mail in a portal, by what the ledger knows: nobody can be selected there by it.

A member who has left keeps the e-mail, in the ledger and in the portal, that a newcomer gets from the institution. If the member
owns a license there, or is still to get it, both would stand under one e-mail.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from seatsync.domain.person import ERASED, Member
from seatsync.domain.portal.at_vendor import STAND_IN_DOMAIN, users_there
from seatsync.domain.portal.steps import Step, StepName
from seatsync.domain.portal.users import is_listed
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key

_PREFIX, _SUFFIX = "member-", f"@{STAND_IN_DOMAIN}"


def own_stand_in(number: int) -> str:
    """The e-mail that a member who has left gets in a portal where somebody else needs theirs. It says who they are."""
    return f"{_PREFIX}{number}{_SUFFIX}"


def member_of_stand_in(email: str) -> int:
    """The number of the member whose ``own_stand_in`` this is; 0 if it is none."""
    number = email.removeprefix(_PREFIX).removesuffix(_SUFFIX)
    is_one = number.isascii() and number.isdecimal() and len(number) < 12 and email == own_stand_in(int(number))
    return int(number) if is_one else 0


class Namesakes(NamedTuple):
    """The ``members`` who have the same e-mail as somebody else in a portal, before or after the step that corrects e-mails.

    ``listed_leavers`` are those of them who have left and are in the portal's list: they must get a stand-in there first.
    """

    members: frozenset[int]
    listed_leavers: Sequence[int]


def namesakes(books: Snapshot, steps: Iterable[Step]) -> dict[str, Namesakes]:
    """Who has the same e-mail as somebody with one of these ``steps``, or is one of them, by portal."""
    by_portal: dict[str, list[Step]] = {}
    emails = _used_twice(books)
    for step in steps if emails else ():
        by_portal.setdefault(step.portal, []).append(step)
    return {portal: _in_portal(books, portal, found, emails) for portal, found in by_portal.items()}


def emails_of(member: Member) -> set[str]:
    """The keys of the e-mails that the member has in any portal, or had before a correction that is to be done."""
    before = (fields["email"] for fields in users_there(member).values() if "email" in fields)
    return {email_key(email) for email in (member.email, *before) if email not in ("", ERASED)}


def _used_twice(books: Snapshot) -> Mapping[str, Sequence[int]]:
    """The members of each e-mail that more than one has or had. Nearly nobody: members on rosters never share one."""
    rare = {
        email
        for member in books.members.values()
        if not member.on_roster or '"email"' in member.there
        for email in emails_of(member)
    }
    found: dict[str, list[int]] = {}
    for number, member in books.members.items() if rare else ():
        if member.key not in rare and member.on_roster and not member.there:
            continue
        for email in emails_of(member) & rare:
            found.setdefault(email, []).append(number)
    return {email: numbers for email, numbers in found.items() if len(numbers) > 1}


def _in_portal(books: Snapshot, portal: str, steps: Sequence[Step], emails: Mapping[str, Sequence[int]]) -> Namesakes:
    concerned = {step.member for step in steps}
    added = {step.member for step in steps if step.step in (StepName.IMPORT, StepName.ADD)}
    removed = {step.member for step in steps if step.step is StepName.REMOVE}
    both = {number for numbers in emails.values() for number in numbers}
    listed = {number for number in both if is_listed(books, number, portal)}
    found = set[int]()
    for email, numbers in emails.items():
        there = [number for number in numbers if number in listed and _before(books, number, portal) == email]
        then = [
            number
            for number in numbers
            if number in (listed | added) - removed and _after(books, number, portal) == email
        ]
        found.update(*(them for them in (there, then) if len(them) > 1 and not concerned.isdisjoint(them)))
    leavers = [number for number in sorted(found) if number in listed and not books.members[number].on_roster]
    return Namesakes(frozenset(found), leavers)


def _before(books: Snapshot, number: int, portal: str) -> str:
    """The key of the e-mail that the portal has now."""
    member = books.members[number]
    return email_key(users_there(member).get(portal, {}).get("email", member.email))


def _after(books: Snapshot, number: int, portal: str) -> str:
    """The key of the e-mail that the portal has after the corrections. That of who has left is not corrected."""
    member = books.members[number]
    return email_key(member.email) if member.on_roster else _before(books, number, portal)
