"""Which event is posted how."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from typing import assert_never

from seatsync.domain.action import EVENTS, Action, AnyAction, Arrivals, Event, Grants, Several, Unplanned
from seatsync.domain.fields import EVENT_FIELDS, bad_field, is_text
from seatsync.domain.license import IllegalTransition, Status
from seatsync.domain.posting import institution, licenses, members
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.characters import printable
from seatsync.domain.text.emails import MAX_EMAIL

_Handler = Callable[[Snapshot, Event], None]


def post(books: Snapshot, event: Event | Several) -> None:
    """Change ``books`` by one event, or by many of one kind.

    Raises:
        IllegalTransition: the event is not allowed in this state.
    """
    if isinstance(event, Grants):
        _grants(books, event)
        return
    if isinstance(event, Arrivals):
        _arrivals(books, event)
        return
    wrong = None if event.detail is books.checked_detail else bad_field(event.detail, EVENT_FIELDS)
    if wrong is None and event.person is not None:
        wrong = bad_field(event.person, EVENT_FIELDS)
    if wrong is not None:
        raise IllegalTransition(f"{event.action}: {printable(wrong)} is unknown, or not a valid value")
    books.checked_detail = event.detail
    try:
        _HANDLERS[event.action](books, event)
    except (KeyError, TypeError, ValueError) as error:
        raise IllegalTransition(f"{event.action} does not fit the ledger: {error!r}") from error


def _grants(books: Snapshot, grants: Grants) -> None:
    """Post many grants. If the result is the same for all members, do it in one step."""
    library, members, detail = grants
    first, others = members[0], members[1:]
    was_new = first not in books.licenses.get(library, {})
    post(books, Event(Action.GRANT, library, first, detail))
    held = books.licenses[library]
    license = held[first]
    at_once = license.status is Status.DELIVERED
    known = [books.members[number] for number in others if number in books.members]
    if (
        was_new
        and len(known) == len({*others}) == len(others)
        and held.keys().isdisjoint(others)
        and all(member.is_listed and (member.account or not at_once) for member in known)
    ):
        books.put_all(library, others, license)
    else:
        for event in Grants(library, others, detail).one_by_one():
            post(books, event)


def _arrivals(books: Snapshot, arrivals: Arrivals) -> None:
    """Post many new members. What is wrong with one of them is said of that one."""
    if _are_good(arrivals) and books.members.keys().isdisjoint(arrivals.numbers):
        members.add_all(books, arrivals)
    else:
        for event in arrivals.one_by_one():
            post(books, event)


def _are_good(arrivals: Arrivals) -> bool:
    """Whether every field is good, as ``bad_field`` would find one by one: all are texts, checked in one."""
    try:
        texts = "".join([*chain.from_iterable(arrivals.people), *arrivals.places])
    except TypeError:
        return False
    are_short = all(len(person.email) <= MAX_EMAIL for person in arrivals.people)
    return are_short and is_text(texts) and bad_field(arrivals.detail, EVENT_FIELDS) is None


def _handler(action: AnyAction) -> _Handler:  # noqa: C901 (a table)
    match action:
        case Unplanned.INSTITUTION_ADD | Action.INSTITUTION_UPDATE:
            return institution.set_institution
        case Action.LIBRARY_ADD | Action.LIBRARY_UPDATE:
            return institution.set_library
        case Action.LIBRARY_REMOVE:
            return institution.remove_library
        case Action.ADMIN_ADD | Action.ADMIN_UPDATE:
            return institution.set_admin
        case Action.ADMIN_REMOVE:
            return institution.remove_admin
        case Unplanned.BRIEFING:
            return institution.brief_admin
        case Action.MEMBER_ADD:
            return members.add_member
        case Action.MEMBER_UPDATE:
            return members.update_member
        case Action.MEMBER_REMOVE:
            return members.remove_member
        case Unplanned.ACCOUNT:
            return members.set_account
        case Unplanned.ERASE:
            return members.erase_member
        case Action.GRANT:
            return licenses.transition(licenses.grant)
        case Action.REVOKE:
            return licenses.transition(licenses.revoke)
        case Action.UPGRADE:
            return licenses.transition(licenses.upgrade)
        case Action.LICENSE_UPDATE:
            return licenses.transition(licenses.update)
        case Action.WAIT:
            return licenses.transition(licenses.wait)
        case Action.UNWAIT:
            return licenses.transition(licenses.changed)
        case Action.RESEND:
            return licenses.transition(licenses.resend)
        case Unplanned.CLAIM:
            return licenses.transition(licenses.claim)
        case Unplanned.OPT_OUT:
            return licenses.transition(licenses.opt_out)
        case Unplanned.IMPORT:
            return licenses.transition(licenses.import_)
        case Action.OBSERVE:
            return licenses.observe
        case never:
            assert_never(never)


_HANDLERS: Mapping[AnyAction, _Handler] = {action: _handler(action) for action in EVENTS.values()}
