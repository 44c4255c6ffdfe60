"""Changes of a plan → events of the journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from seatsync.domain.action import INSTITUTION_ADD, Action, Event
from seatsync.domain.license import IllegalTransition
from seatsync.domain.names import email_key, join_tags
from seatsync.domain.people import Member
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.change import Change
from seatsync.planning.plan import Plan

_NEW_MEMBER = {"email": "", "given_name": "", "family_name": "", "student_id": "", "role": "", "tags": ""}


def first_event(plan: Plan) -> Event:
    """The institution itself, which the first apply brings."""
    settings = dict(plan.settings)
    contacts = settings.pop("contacts")
    return Event(INSTITUTION_ADD, detail={"id": plan.institution, **settings}, person={"contacts": contacts})


def events_of(changes: Iterable[Change], books: Snapshot, today: str) -> Iterator[Event]:
    """The events, in order. Who is new gets the next number of the ledger.

    To be taken one by one while ``books`` follows: a later change names a member by the e-mail that an earlier one set.

    Raises:
        IllegalTransition: a change names one member and means another.
    """
    numbers: dict[str, int] = {}
    following = books.last_number + 1
    details: dict[tuple[str, str, int], Mapping[str, Any]] = {}
    for change in changes:
        number = change.record or numbers.get(email_key(change.member), 0)
        if change.record:
            _must_be(change, books)
        if change.member and not number:
            if change.action is not Action.MEMBER_ADD:
                raise IllegalTransition(f"{change.action} for {change.member}, whom the ledger does not know")
            number = numbers[email_key(change.member)] = following
            following += 1
        if change.action is Action.GRANT:
            key = (change.kind, change.status, id(change.after))  # grants of one rule share one detail
            detail = details.get(key)
            if detail is None:
                detail = details[key] = {
                    "kind": change.kind,
                    "status": change.status,
                    "on": today,
                    **(change.after or {}),
                }
            yield Event(change.action, change.library, number, detail)
        else:
            yield _event(change, number, today)


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


def _event(change: Change, number: int, today: str) -> Event:
    action, after = change.action, change.after or {}
    match action:
        case Action.REVOKE | Action.UPGRADE | Action.RESEND:
            return Event(action, change.library, number, after)
        case Action.MEMBER_ADD:
            person = {**_NEW_MEMBER, **_flat(after), "email": change.member}
            return Event(action, "", number, {"on": today}, person)
        case Action.MEMBER_UPDATE:
            return Event(action, "", number, {}, _flat(after))
        case Action.MEMBER_REMOVE:
            return Event(action, "", number)
        case Action.LIBRARY_ADD | Action.LIBRARY_UPDATE | Action.LIBRARY_REMOVE:
            return Event(action, change.library, detail=after)
        case Action.INSTITUTION_UPDATE:
            contacts = {"contacts": after["contacts"]} if "contacts" in after else None
            return Event(
                action, detail={key: value for key, value in after.items() if key != "contacts"}, person=contacts
            )
        case Action.ADMIN_REMOVE:
            return Event(action, person=change.before)
    return Event(action, person=after)


def _flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Tags as the ledger holds them."""
    return {name: join_tags(value) if name == "tags" else value for name, value in fields.items()}
