"""Turn the changes of a plan into events of the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Any, assert_never

from seatsync.domain.action import Action, Arrivals, Event, Grants, Several, Sign, Subject, Unplanned
from seatsync.domain.institution import PERSONAL
from seatsync.domain.library import Delivery
from seatsync.domain.license import ABSENT, IllegalTransition, Status
from seatsync.domain.line import place, priority_of, with_priority
from seatsync.domain.person import Member, Person
from seatsync.domain.posting import post
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.tags import join_tags
from seatsync.planning.change import Change

_BLANK = Person("", "", "")._asdict()


def first_event(institution: str, settings: Mapping[str, Any]) -> Event:
    """The event that adds the institution with its settings (``plan.settings_of``); a journal begins with it."""
    detail = {"id": institution, **{name: value for name, value in settings.items() if name not in PERSONAL}}
    people = {name: settings[name] for name in PERSONAL if name in settings}
    return Event(Unplanned.INSTITUTION_ADD, detail=detail, person=people)


def newly_delivered(changes: Sequence[Change], books: Snapshot) -> set[str]:
    """The e-mail keys of members who get a seat at once and whose account the ledger does not know yet."""
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


def post_changes(
    changes: Sequence[Change], books: Snapshot, institution: str, settings: Mapping[str, Any], today: str
) -> None:
    """Post a plan's changes to ``books``, which has at least the members whom they are about, so that it is as after an apply.

    ``settings`` are those of the institution after the plan (``plan.settings_of``).

    Raises:
        IllegalTransition: the plan breaks a rule.
    """
    if not books.serial:
        post(books, first_event(institution, settings))
    for event in events_of(changes, books, today, newly_delivered(changes, books)):
        post(books, event)


def events_of(
    changes: Iterable[Change], books: Snapshot, today: str, accounts: Collection[str] = ()
) -> Iterator[Event | Several]:
    """Yield the events, in order. New members, and grants that differ only by member, come together. New members get the next free
    numbers.

    Members with one of these ``accounts`` (e-mail keys) get an event for their account before their first grant.

    The caller must post each event to ``books`` before taking the next: a later change may name a member by an e-mail that
    an earlier one set.

    Raises:
        IllegalTransition: a change names one member by e-mail and another by number.
    """
    numbers: dict[str, int] = {}
    joined: Counter[str] = Counter()
    first, day, unrecorded = books.last_number + 1, {"on": today}, set(accounts)
    for several, run in groupby(changes, _told_at_once):
        if several is Grants:
            granted = list(run)
            if unrecorded:
                yield from _accounts(granted, books, numbers, unrecorded)
            yield from _grants(granted, books, numbers, today)
            continue
        if several is Arrivals:
            while batch := list(islice(run, _AT_ONCE)):
                yield _arrivals(batch, numbers, first, day)
            continue
        for change in run:
            number = _number(change, books, numbers) if change.member else 0
            if change.action is Action.WAIT:
                position = joined[change.library] = joined[change.library] + 1
                yield _wait(change, number, books, day, position)
            else:
                yield event_of(change, number, day)


def _told_at_once(change: Change) -> type[Several] | None:
    """How a change is told together with others of its kind."""
    if change.action is Action.GRANT:
        return Grants
    return Arrivals if change.action is Action.MEMBER_ADD and not change.record else None


def _arrivals(changes: Sequence[Change], numbers: dict[str, int], first: int, day: Mapping[str, Any]) -> Arrivals:
    """New members with the next free numbers, which are noted in ``numbers`` by the keys of their e-mails.

    Raises:
        IllegalTransition: two of them have the same e-mail, or one has a field that nobody knows.
    """
    start = first + len(numbers)
    try:
        people = [Person(**{**_BLANK, **_flat(change.after or {}), "email": change.member}) for change in changes]
    except TypeError as error:
        raise IllegalTransition(f"member-add with unknown fields: {error}") from error
    for number, person in enumerate(people, start):
        if numbers.setdefault(email_key(person.email), number) != number:
            raise IllegalTransition(f"member-add for {person.email}, who is added twice")
    return Arrivals(start, people, [str(change.origin) for change in changes], day)


def _accounts(
    changes: Iterable[Change], books: Snapshot, numbers: Mapping[str, int], unrecorded: set[str]
) -> Iterator[Event]:
    """Yield one event for each account that is still ``unrecorded``."""
    for change in changes:
        if change.status == Status.DELIVERED and (key := email_key(change.member)) in unrecorded:
            unrecorded.remove(key)
            yield Event(Unplanned.ACCOUNT, "", _number(change, books, numbers), {}, {"account": change.member})


def _grants(changes: Iterable[Change], books: Snapshot, numbers: Mapping[str, int], today: str) -> Iterator[Grants]:
    alike: dict[tuple[object, ...], list[Change]] = {}
    for change in changes:
        key = (change.library, change.kind, change.status, change.origin, id(change.after))
        alike.setdefault(key, []).append(change)
    for some in alike.values():
        (_, _, origin, library, _, kind, status, _, after, *_), run = some[0], iter(some)
        detail = {"kind": kind, "status": status, "on": today, "from": str(origin), **(after or {})}
        while batch := list(islice(run, _AT_ONCE)):
            yield Grants(library, [_number(change, books, numbers) for change in batch], detail)


_AT_ONCE = 10_000


def _number(change: Change, books: Snapshot, numbers: Mapping[str, int]) -> int:
    """The number of the change's member."""
    if change.record:
        _must_be(change, books)
        return change.record
    number = numbers.get(email_key(change.member))
    if number is None:
        raise IllegalTransition(f"{change.action} for {change.member}, who is not in the ledger")
    return number


def _must_be(change: Change, books: Snapshot) -> None:
    """Check that the change's number and name mean the same member: by e-mail, or by student id for one who comes back."""
    member = books.members.get(change.record)
    named = (
        (change.before or {}).get("email", change.member) if change.action is Action.MEMBER_UPDATE else change.member
    )
    returns = change.action is Action.MEMBER_ADD and member is not None and not member.on_roster
    if member is not None and (
        member.key == (key := email_key(named))
        or (not member.key and email_key(member.email) == key)
        or (returns and _same_id(change, member))
    ):
        return
    raise IllegalTransition(f"{change.action} names {named}, but number {change.record} is somebody else")


def _same_id(change: Change, member: Member) -> bool:
    return bool(member.student_id) and (change.after or {}).get("student_id") == member.student_id


def event_of(change: Change, number: int, day: Mapping[str, Any]) -> Event:
    """The event of a change of the member with this number. Personal data goes into ``person``, outside the hash chain; the rest
    into ``detail``."""
    action, after = change.action, change.after or {}
    match action.facts.subject:
        case _ if action is Action.OBSERVE:
            return _observed(change, number, day)
        case Subject.LICENSE:
            return Event(action, change.library, number, _of_license(change, day))
        case Subject.MEMBER if action.facts.sign is Sign.ADD:
            person = {**_BLANK, **_flat(after), "email": change.member, "from": str(change.origin)}
            return Event(action, "", number, day, person)
        case Subject.MEMBER if action.facts.sign is Sign.REMOVE:
            return Event(action, "", number)
        case Subject.MEMBER if "replaced" in after:
            return Event(
                action,
                "",
                number,
                {"replaced": after["replaced"]},
                _flat({n: v for n, v in after.items() if n != "replaced"}),
            )
        case Subject.MEMBER:
            left_on = {"left_on": after["left_on"]} if "left_on" in after else {}
            fields = {name: value for name, value in after.items() if name not in left_on}
            has_row = not any(left_on.values())
            return Event(
                action, "", number, left_on, {**_flat(fields), "from": str(change.origin)} if has_row else None
            )
        case Subject.LIBRARY:
            return Event(action, change.library, detail=after)
        case Subject.INSTITUTION:
            detail = {name: value for name, value in after.items() if name not in PERSONAL}
            people = {name: after[name] for name in PERSONAL if name in after} or None
            if "id" in after:
                detail["was"] = (change.before or {})["id"]
            if "reclaim_after" in after:
                detail |= day
            return Event(action, detail=detail, person=people)
        case Subject.ADMIN:
            return Event(action, person=change.before if action.facts.sign is Sign.REMOVE else after)
        case never:
            assert_never(never)


def _of_license(change: Change, day: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the event of a change of a license says of it."""
    action, after = change.action, change.after or {}
    if action is Action.REVOKE and change.status == Status.LAPSED:
        return {**after, "status": Status.LAPSED.value}
    if action is Action.RESEND and "delivery" in after:
        return {**after, **day}
    gives = action.facts.license is not None and action.facts.license.gives
    return {**after, "from": str(change.origin)} if gives else after


def _wait(change: Change, number: int, books: Snapshot, day: Mapping[str, Any], position: int) -> Event:
    """The event of who begins to wait, as one of several at this ``position``, or waits with another priority."""
    after = change.after or {}
    held = books.licenses.get(change.library, {}).get(number, ABSENT)
    priority = after.get("priority", priority_of(held.place) if held.place else 0)
    where = with_priority(held.place, priority) if held.place else place(priority, books.serial + 1, position)
    ends = {"until": after["until"]} if "until" in after else {}
    return Event(change.action, change.library, number, {**day, "place": where, **ends, "from": str(change.origin)})


def _observed(change: Change, number: int, day: Mapping[str, Any]) -> Event:
    after, origin = change.after or {}, str(change.origin)
    if not change.library:
        return Event(change.action, "", number, {}, {**after, "from": origin})
    detail = {"kind": change.kind, "status": change.status, **after, **day, "from": origin}
    return Event(change.action, change.library, number, detail)


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with their tags joined, as the ledger keeps them."""
    return {name: join_tags(value) if name == "tags" else value for name, value in fields.items()}
