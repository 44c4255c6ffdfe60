"""Post events to a snapshot: the one place where an event changes the state.

An apply posts its events here and then writes the changed rows; ``verify`` replays the journal here. So the tables always
equal the replay, and nothing illegal is ever posted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, assert_never

from seatsync.domain import license as licenses
from seatsync.domain.action import EVENTS, Action, AnyAction, Event, Grants, Unplanned
from seatsync.domain.fields import EVENT_FIELDS, bad_field
from seatsync.domain.institution import Admin, Contact, Helper, Institution
from seatsync.domain.library import DeliveredBy, Delivery, Library
from seatsync.domain.license import ABSENT, IllegalTransition, Kind, License, Status
from seatsync.domain.person import ERASED, Member, Person
from seatsync.domain.portal import at_vendor
from seatsync.domain.portal.at_vendor import There, leaves_portal, portal_of
from seatsync.domain.portal.steps import steps_of
from seatsync.domain.portal.users import is_there, keep_old_values, note_end
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.characters import printable
from seatsync.domain.text.emails import email_key

_Handler = Callable[[Snapshot, Event], None]


def post(books: Snapshot, event: Event | Grants) -> None:
    """Change ``books`` by one event, or by many grants.

    Raises:
        IllegalTransition: the event is not allowed in this state.
    """
    if isinstance(event, Grants):
        _grants(books, event)
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


def duplicate_name(books: Snapshot) -> str | None:
    """An e-mail or student id of two members, or None. E-mails must differ on the rosters, ids everywhere."""
    seen: set[str] = set()
    for member in books.members.values():
        names = ([member.key] if member.on_roster else []) + ([f"id {member.student_id}"] if member.student_id else [])
        for name in names:
            if name in seen:
                return name
            seen.add(name)
    return None


def overfull(books: Snapshot, libraries: Iterable[str]) -> str | None:
    """The first of ``libraries`` with more seats in use than it has, or None."""
    return next((library for library in libraries if books.slots(library).available < 0), None)


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
        and all(member.on_roster and (member.account or not at_once) for member in known)
    ):
        books.put_all(library, others, license)
    else:
        for number in others:
            post(books, Event(Action.GRANT, library, number, detail))


def _institution(books: Snapshot, event: Event) -> None:
    old, person = books.institution, event.person or {}
    contacts = tuple(Contact(**contact) for contact in person["contacts"]) if "contacts" in person else None
    if event.action is Unplanned.INSTITUTION_ADD:
        books.institution = Institution(
            event.detail["id"],
            event.detail["name"],
            contacts or (),
            event.detail["opt_out"],
            event.detail.get("timezone", ""),
            event.detail.get("retire", ""),
            _helper(person, None),
            event.detail.get("language", ""),
        )
    elif old is not None:
        if "id" in event.detail:
            if event.detail["was"] != old.id:
                raise IllegalTransition(f"another id for {event.detail['was']}, which is {old.id}")
            books.former = (*(id for id in books.former if id != event.detail["id"]), old.id)
        books.institution = Institution(
            event.detail.get("id", old.id),
            event.detail.get("name", old.name),
            old.contacts if contacts is None else contacts,
            event.detail.get("opt_out", old.opt_out),
            event.detail.get("timezone", old.timezone),
            event.detail.get("retire", old.retire),
            _helper(person, old.help),
            event.detail.get("language", old.language),
        )


def _helper(person: Mapping[str, Any], old: Helper | None) -> Helper | None:
    """The helper of an event, which has one wherever it has contacts."""
    if "help" not in person:
        return old
    return Helper(**person["help"]) if person["help"] else None


def _library_set(books: Snapshot, event: Event) -> None:
    fields = dict(event.detail)
    if "kinds" in fields:
        fields["kinds"] = tuple(Kind(kind) for kind in fields["kinds"])
    if "delivery" in fields:
        fields["delivery"] = Delivery(fields["delivery"])
    if "delivered_by" in fields:
        fields["delivered_by"] = DeliveredBy(fields["delivered_by"])
    old = books.libraries.get(event.library)
    if (old is None) != (event.action is Action.LIBRARY_ADD):
        raise IllegalTransition(f"{event.action} of {event.library}")
    new = replace(old, **fields) if old else Library(id=event.library, **fields)
    books.libraries[event.library] = new
    if old is not None and leaves_portal(old, new):
        for number, license in books.licenses.get(event.library, {}).items():
            if license.there:
                books.put(event.library, number, books.shared(license._replace(there=There.SAME.value)))


def _library_remove(books: Snapshot, event: Event) -> None:
    if books.slots(event.library).used:
        raise IllegalTransition(f"{event.library} is still in use")
    if any(license.there for license in books.licenses.get(event.library, {}).values()):
        raise IllegalTransition(f"licenses of {event.library} are still to be revoked at the vendor")
    del books.libraries[event.library]


def _admin_set(books: Snapshot, event: Event) -> None:
    person = event.person or {}
    key = email_key(person["email"])
    if (key in books.admins) == (event.action is Action.ADMIN_ADD):
        raise IllegalTransition(f"{event.action} of an administrator")
    books.admins[key] = Admin(person["email"], person["given_name"], person["family_name"])


def _admin_remove(books: Snapshot, event: Event) -> None:
    del books.admins[email_key((event.person or {})["email"])]


def _person(event: Event) -> dict[str, Any]:
    """The fields of a person, without the place of their row."""
    return {name: value for name, value in (event.person or {}).items() if name != "from"}


def _member_add(books: Snapshot, event: Event) -> None:
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


def _member_update(books: Snapshot, event: Event) -> None:
    """Change a member's fields. A member who is ``replaced`` is never found by their e-mail again."""
    person = _person(event)
    member = books.members[event.member]._replace(**person)
    if event.detail.get("replaced"):
        member = member._replace(key="")
    elif "email" in person:
        member = member._replace(key=email_key(member.email))
    books.members[event.member] = keep_old_values(books, event.member, member)


def _account(books: Snapshot, event: Event) -> None:
    """Record the account with the member's roster e-mail. An account that the member signed in with is not replaced."""
    member, account = books.members[event.member], (event.person or {})["account"]
    if not member.on_roster or member.account or email_key(account) != member.key:
        raise IllegalTransition("an account of somebody else, or a second one")
    books.members[event.member] = member._replace(account=account)


def _member_remove(books: Snapshot, event: Event) -> None:
    if any(held.get(event.member, ABSENT).kind is Kind.TEMPORARY for held in books.licenses.values()):
        raise IllegalTransition("member-remove of a member who still holds a temporary license")
    if not books.members[event.member].on_roster:
        raise IllegalTransition("member-remove of a member who has left")
    books.members[event.member] = books.members[event.member]._replace(on_roster=False)


def _erase(books: Snapshot, event: Event) -> None:
    member = books.members[event.member]
    if member.on_roster:
        raise IllegalTransition("erase of a member who is on the roster")
    if any(steps_of(books, event.member)):
        raise IllegalTransition("erase of a member about whom something is to be done at the vendor")
    books.members[event.member] = Member(
        *Person(ERASED, "", ""), key="", imported_on=member.imported_on, on_roster=False
    )


def _transition(change: Callable[[License, Snapshot, Event], License]) -> _Handler:
    def handler(books: Snapshot, event: Event) -> None:
        old = books.licenses.get(event.library, {}).get(event.member, ABSENT)
        new, library = change(old, books, event), books.libraries.get(event.library)
        if library is not None and library.is_at_vendor:
            there = at_vendor.after(old, new, library, resends=event.action is Action.RESEND)
            new = books.shared(new._replace(there=there.value))
        books.put(event.library, event.member, new)

    return handler


def _observe(books: Snapshot, event: Event) -> None:
    """Take what the portal was seen to have, or what was done there: of a license, or of a person in its list of users."""
    if not event.library:
        users = at_vendor.parsed_users((event.person or {}).get("there", ""))
        books.members[event.member] = at_vendor.with_users_there(books.members[event.member], users)
        return
    old, library = books.licenses.get(event.library, {}).get(event.member, ABSENT), books.libraries[event.library]
    new = _observed(old, books, event)
    at_vendor.must_fit(new, library)
    books.put(event.library, event.member, books.shared(new))
    _signs_in(books, event)
    if library.is_at_vendor and is_there(old) and not is_there(new):
        note_end(books, event.member, portal_of(library))


def _observed(old: License, books: Snapshot, event: Event) -> License:
    detail, there = event.detail, There(event.detail.get("there", old.there)).value
    if "kind" not in detail:
        return old._replace(there=there)
    kind, status = Kind(detail["kind"]), Status(detail["status"])
    if kind is not Kind.NONE:
        _must_offer(books, event.library, kind)
    if kind is Kind.TEMPORARY and not old.active and not books.members[event.member].on_roster:
        raise IllegalTransition("a temporary license of a member who is not on the roster")
    return licenses.observed(old, kind, status, detail["on"], detail.get("until"))._replace(there=there)


def _changed(old: License, books: Snapshot, event: Event) -> License:
    """Apply the effect of the event's action."""
    effect = event.action.facts.license
    assert effect is not None
    return licenses.changed(old, event.action, effect)


def _grant(old: License, books: Snapshot, event: Event) -> License:
    detail, kind = event.detail, Kind(event.detail["kind"])
    _must_offer(books, event.library, kind)
    if not books.members[event.member].on_roster:
        raise IllegalTransition("grant to a member who is not on the roster")
    status, at_once = Status(detail["status"]), books.libraries[event.library].delivery.facts.at_once
    at_once = at_once and not books.libraries[event.library].is_at_vendor
    if status is Status.DELIVERED and not (at_once and books.members[event.member].account):
        raise IllegalTransition("a seat delivered to a member who has not claimed it")
    resent, until = "\n".join(detail.get("resend", ())), detail.get("until", "")
    return books.shared(licenses.granted(old, kind, status, detail["on"], resent, until))


def _upgrade(old: License, books: Snapshot, event: Event) -> License:
    _must_offer(books, event.library, Kind.PERMANENT)
    return _changed(old, books, event)


def _license_update(old: License, books: Snapshot, event: Event) -> License:
    return books.shared(_changed(old, books, event)._replace(until=event.detail["until"]))


def _resend(old: License, books: Snapshot, event: Event) -> License:
    values = [*old.resent.splitlines(), *event.detail.get("resend", ())]
    reminders = event.detail.get("reminders", old.reminders)
    new = _changed(old, books, event)._replace(reminders=reminders, resent="\n".join(values))
    if "on" in event.detail:  # a new kind of invitation: reminders count from it
        new = new._replace(invited_on=event.detail["on"], reminders=0)
    return books.shared(new)


def _signs_in(books: Snapshot, event: Event) -> None:
    if account := (event.person or {}).get("account"):
        books.members[event.member] = books.members[event.member]._replace(account=account)


def _claim(old: License, books: Snapshot, event: Event) -> License:
    new = _changed(old, books, event)
    _signs_in(books, event)
    return new


def _opt_out(old: License, books: Snapshot, event: Event) -> License:
    if books.institution is None or not books.institution.opt_out:
        raise IllegalTransition("opt-out, which the institution does not allow")
    return _changed(old, books, event)


def _import(old: License, books: Snapshot, event: Event) -> License:
    detail, kind = event.detail, Kind(event.detail["kind"])
    if kind is not Kind.NONE:
        _must_offer(books, event.library, kind)
    if kind is Kind.TEMPORARY and not books.members[event.member].on_roster:
        raise IllegalTransition("a temporary license of a member who is not on the roster")
    new = licenses.imported(old, kind, Status(detail["status"]), detail["on"], detail.get("until"))
    _signs_in(books, event)
    return new


def _must_offer(books: Snapshot, library: str, kind: Kind) -> None:
    if kind not in books.libraries[library].kinds:
        raise IllegalTransition(f"{library} has no {kind} licenses")


def _handler(action: AnyAction) -> _Handler:  # noqa: C901 (a table)
    match action:
        case Unplanned.INSTITUTION_ADD | Action.INSTITUTION_UPDATE:
            return _institution
        case Action.LIBRARY_ADD | Action.LIBRARY_UPDATE:
            return _library_set
        case Action.LIBRARY_REMOVE:
            return _library_remove
        case Action.ADMIN_ADD | Action.ADMIN_UPDATE:
            return _admin_set
        case Action.ADMIN_REMOVE:
            return _admin_remove
        case Action.MEMBER_ADD:
            return _member_add
        case Action.MEMBER_UPDATE:
            return _member_update
        case Action.MEMBER_REMOVE:
            return _member_remove
        case Unplanned.ACCOUNT:
            return _account
        case Unplanned.ERASE:
            return _erase
        case Action.GRANT:
            return _transition(_grant)
        case Action.REVOKE:
            return _transition(_changed)
        case Action.UPGRADE:
            return _transition(_upgrade)
        case Action.LICENSE_UPDATE:
            return _transition(_license_update)
        case Action.RESEND:
            return _transition(_resend)
        case Unplanned.CLAIM:
            return _transition(_claim)
        case Unplanned.OPT_OUT:
            return _transition(_opt_out)
        case Unplanned.IMPORT:
            return _transition(_import)
        case Action.OBSERVE:
            return _observe
        case never:
            assert_never(never)


_HANDLERS: Mapping[AnyAction, _Handler] = {action: _handler(action) for action in EVENTS.values()}
