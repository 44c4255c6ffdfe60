"""Changes of a plan → events of the journal."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, assert_never

from seatsync.domain.action import Action, Event, Grants, Sign, Subject, Unplanned
from seatsync.domain.library import Delivery
from seatsync.domain.license import IllegalTransition, Status
from seatsync.domain.origin import Origin
from seatsync.domain.person import Member, Person
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.tags import join_tags
from seatsync.planning.change import Change
from seatsync.planning.plan import Plan

_BLANK = Person("", "", "")._asdict()


def first_event(plan: Plan) -> Event:
    """The institution itself, which the first apply brings."""
    settings = dict(plan.settings)
    contacts = settings.pop("contacts")
    return Event(Unplanned.INSTITUTION_ADD, detail={"id": plan.institution, **settings}, person={"contacts": contacts})


def newly_delivered(changes: Sequence[Change], books: Snapshot) -> set[str]:
    """The e-mail keys of those who are delivered a seat at once, of whom ``books`` know no account."""
    delivered = [c for c in changes if c.action is Action.GRANT and c.status == Status.DELIVERED]
    if not delivered:
        return set()
    at_once = {id: library.delivery.facts.at_once for id, library in books.libraries.items()}
    for change in changes:
        if change.action.facts.subject is Subject.LIBRARY and "delivery" in (change.after or {}):
            at_once[change.library] = Delivery((change.after or {})["delivery"]).facts.at_once
    known = {number for number, member in books.members.items() if member.account}
    return {
        email_key(change.member) for change in delivered if change.record not in known and at_once.get(change.library)
    }


def events_of(
    changes: Iterable[Change], books: Snapshot, today: str, accounts: Collection[str] = ()
) -> Iterator[Event | Grants]:
    """The events, in order; grants that differ by the member alone together. Who is new gets the next number of the ledger.

    That those with one of these ``accounts`` (e-mail keys) have one is an event of its own, before what is granted to them.

    To be taken one by one while ``books`` follows: a later change names a member by the e-mail that an earlier one set.

    Raises:
        IllegalTransition: a change names one member and means another.
    """
    numbers: dict[str, int] = {}
    first, day, unsaid = books.last_number + 1, {"on": today}, set(accounts)
    for is_grant, run in groupby(changes, lambda change: change.action is Action.GRANT):
        if is_grant:
            granted = list(run)
            if unsaid:
                yield from _accounts(granted, books, numbers, unsaid)
            yield from _grants(granted, books, numbers, today)
            continue
        for change in run:
            if change.action is Action.MEMBER_ADD and not change.record:
                numbers.setdefault(email_key(change.member), first + len(numbers))
            yield _event(change, _number(change, books, numbers) if change.member else 0, day)


def _accounts(
    changes: Iterable[Change], books: Snapshot, numbers: Mapping[str, int], unsaid: set[str]
) -> Iterator[Event]:
    """That somebody has an account, once for each of those of whom it is ``unsaid``."""
    for change in changes:
        if change.status == Status.DELIVERED and (key := email_key(change.member)) in unsaid:
            unsaid.remove(key)
            yield Event(Unplanned.ACCOUNT, "", _number(change, books, numbers), {}, {"account": change.member})


def _grants(changes: Iterable[Change], books: Snapshot, numbers: Mapping[str, int], today: str) -> Iterator[Grants]:
    details: dict[tuple[str, str, Origin, int], Mapping[str, Any]] = {}  # thousands of runs share one and the same
    for (library, *look, after), run in groupby(changes, _LOOK):
        kind, status, origin = look
        detail = details.get(key := (kind, status, origin, id(after)))
        if detail is None:
            said = {"kind": kind, "status": status, "on": today, "from": str(origin), **(after or {})}
            detail = details[key] = said
        while some := list(islice(run, _AT_ONCE)):
            yield Grants(library, [_number(change, books, numbers) for change in some], detail)


_LOOK = attrgetter("library", "kind", "status", "origin", "after")
_AT_ONCE = 10_000


def _number(change: Change, books: Snapshot, numbers: Mapping[str, int]) -> int:
    """The number of the member whom a change is about."""
    if change.record:
        _must_be(change, books)
        return change.record
    number = numbers.get(email_key(change.member))
    if number is None:
        raise IllegalTransition(f"{change.action} for {change.member}, whom the ledger does not know")
    return number


def _must_be(change: Change, books: Snapshot) -> None:
    """Whoever is meant by the number must be who is named: by e-mail, or by student id for one who comes back."""
    member = books.members.get(change.record)
    named = (
        (change.before or {}).get("email", change.member) if change.action is Action.MEMBER_UPDATE else change.member
    )
    returns = change.action is Action.MEMBER_ADD and member is not None and not member.on_roster
    if member is not None and (member.key == email_key(named) or (returns and _same_id(change, member))):
        return
    raise IllegalTransition(f"{change.action} names {named}, but number {change.record} is somebody else")


def _same_id(change: Change, member: Member) -> bool:
    return bool(member.student_id) and (change.after or {}).get("student_id") == member.student_id


def _event(change: Change, number: int, day: Mapping[str, Any]) -> Event:
    """What names a person goes beside the chain (``person``), all else into it."""
    action, after = change.action, change.after or {}
    match action.facts.subject:
        case Subject.LICENSE:
            gives = action.facts.license is not None and action.facts.license.gives
            detail = {**after, "from": str(change.origin)} if gives else after
            return Event(action, change.library, number, detail)
        case Subject.MEMBER if action.facts.sign is Sign.ADD:
            return Event(action, "", number, day, {**_BLANK, **_flat(after), "email": change.member})
        case Subject.MEMBER:
            return Event(action, "", number, {}, None if action.facts.sign is Sign.REMOVE else _flat(after))
        case Subject.LIBRARY:
            return Event(action, change.library, detail=after)
        case Subject.INSTITUTION:
            detail = {name: value for name, value in after.items() if name != "contacts"}
            contacts = {"contacts": after["contacts"]} if "contacts" in after else None
            return Event(action, detail=detail, person=contacts)
        case Subject.ADMIN:
            return Event(action, person=change.before if action.facts.sign is Sign.REMOVE else after)
        case never:
            assert_never(never)


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Tags as the ledger holds them."""
    return {name: join_tags(value) if name == "tags" else value for name, value in fields.items()}
