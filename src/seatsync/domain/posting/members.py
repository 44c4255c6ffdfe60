"""Events of members: who is on the roster, their fields, and their account."""

from __future__ import annotations

from typing import Any

from seatsync.domain.action import Arrivals, Event
from seatsync.domain.license import ABSENT, IllegalTransition, Kind
from seatsync.domain.person import ERASED, Member, Person
from seatsync.domain.portal.steps import steps_of
from seatsync.domain.portal.users import keep_old_values
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key


def _person(event: Event) -> dict[str, Any]:
    """The fields of a person, without the place of their row."""
    return {name: value for name, value in (event.person or {}).items() if name != "from"}


def add_member(books: Snapshot, event: Event) -> None:
    """Add a member, or put one who had left on the roster again."""
    person = _person(event)
    old = books.members.get(event.member)
    if old is None:
        key = email_key(person["email"])
        books.members[event.member] = Member(*Person(**person), key, imported_on=event.detail["on"])
        books.last_number = max(books.last_number, event.member)
    elif old.on_roster:
        raise IllegalTransition("member-add of a member who is on the roster")
    else:
        new = old._replace(**person, key=email_key(person["email"]), on_roster=True)
        books.members[event.member] = keep_old_values(books, event.member, new)


def add_all(books: Snapshot, arrivals: Arrivals) -> None:
    """Add many members, as ``add_member`` adds each. Their numbers must be free, their fields checked."""
    on = arrivals.detail["on"]
    new = [Member(*person, email_key(person.email), on) for person in arrivals.people]
    books.members.update(zip(arrivals.numbers, new, strict=True))
    books.last_number = max(books.last_number, *arrivals.numbers[-1:])


def update_member(books: Snapshot, event: Event) -> None:
    """Change a member's fields. A member who is ``replaced`` is never found by their e-mail again. One who leaves with a grace period,
    or comes back within it, stays on the roster."""
    person = _person(event)
    member = books.members[event.member]._replace(**person)
    if event.detail.get("replaced"):
        member = member._replace(key="")
    elif "email" in person:
        member = member._replace(key=email_key(member.email))
    if "left_on" in event.detail:
        member = _leaving(books, event, member)
    books.members[event.member] = keep_old_values(books, event.member, member)


def _leaving(books: Snapshot, event: Event, member: Member) -> Member:
    """The member with the day on which they left, or without. The licenses of one who is back have no other end date any more."""
    left_on = event.detail["left_on"]
    if not member.on_roster or bool(left_on) == bool(member.left_on):
        raise IllegalTransition("a grace period of a member who has left, or the end of one that there is not")
    for library, held in books.licenses.items():
        if (license := held.get(event.member, ABSENT)).own_end and not left_on:
            books.put(library, event.member, books.shared(license._replace(own_end="")))
    return member._replace(left_on=left_on)


def set_account(books: Snapshot, event: Event) -> None:
    """Record the account with the member's roster e-mail. An account that the member signed in with is not replaced."""
    member, account = books.members[event.member], (event.person or {})["account"]
    if not member.is_listed or member.account or email_key(account) != member.key:
        raise IllegalTransition("an account of somebody else, or a second one")
    books.members[event.member] = member._replace(account=account)


def remove_member(books: Snapshot, event: Event) -> None:
    """Take a member off the roster who holds no temporary license. The member stays in the ledger."""
    if any(held.get(event.member, ABSENT).kind is Kind.TEMPORARY for held in books.licenses.values()):
        raise IllegalTransition("member-remove of a member who still holds a temporary license")
    if not books.members[event.member].on_roster:
        raise IllegalTransition("member-remove of a member who has left")
    books.members[event.member] = books.members[event.member]._replace(on_roster=False, left_on="")


def erase_member(books: Snapshot, event: Event) -> None:
    """Erase the personal data of a member who has left."""
    member = books.members[event.member]
    if member.on_roster:
        raise IllegalTransition("erase of a member who is on the roster")
    if any(steps_of(books, event.member)):
        raise IllegalTransition("erase of a member about whom something is to be done at the vendor")
    books.members[event.member] = Member(
        *Person(ERASED, "", ""), key="", imported_on=member.imported_on, on_roster=False
    )
