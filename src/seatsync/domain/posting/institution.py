"""Events of an institution, its libraries and its administrators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seatsync.domain.action import Action, Event, Unplanned
from seatsync.domain.calendar.freezes import freezes_of
from seatsync.domain.institution import Admin, Contact, Helper, Institution
from seatsync.domain.library import DeliveredBy, Delivery, Library
from seatsync.domain.license import IllegalTransition, Kind
from seatsync.domain.money.purchases import purchases_of
from seatsync.domain.portal.at_vendor import There, leaves_portal
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key


def set_institution(books: Snapshot, event: Event) -> None:
    """Add the institution, or change its fields, its id among them."""
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
            event.detail.get("color", ""),
            event.detail.get("logo", ""),
            event.detail.get("opt_out_until", ""),
            event.detail.get("reclaim_after", 0),
            briefing=event.detail.get("briefing", ""),
            freezes=freezes_of(event.detail.get("freezes", ())),
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
            event.detail.get("color", old.color),
            event.detail.get("logo", old.logo),
            event.detail.get("opt_out_until", old.opt_out_until),
            event.detail.get("reclaim_after", old.reclaim_after),
            event.detail["on"] if "reclaim_after" in event.detail else old.reclaim_since,
            briefing=event.detail.get("briefing", old.briefing),
            freezes=freezes_of(event.detail["freezes"]) if "freezes" in event.detail else old.freezes,
        )


def _helper(person: Mapping[str, Any], old: Helper | None) -> Helper | None:
    """The helper of an event, which has one wherever it has contacts."""
    if "help" not in person:
        return old
    return Helper(**person["help"]) if person["help"] else None


def set_library(books: Snapshot, event: Event) -> None:
    """Add a library or change its fields. One that leaves a portal keeps no mark of what is there."""
    fields = dict(event.detail)
    if "kinds" in fields:
        fields["kinds"] = tuple(Kind(kind) for kind in fields["kinds"])
    if "delivery" in fields:
        fields["delivery"] = Delivery(fields["delivery"])
    if "delivered_by" in fields:
        fields["delivered_by"] = DeliveredBy(fields["delivered_by"])
    if "purchases" in fields:
        fields["purchases"] = purchases_of(fields["purchases"])
    old = books.libraries.get(event.library)
    if (old is None) != (event.action is Action.LIBRARY_ADD):
        raise IllegalTransition(f"{event.action} of {event.library}")
    new = replace(old, **fields) if old else Library(id=event.library, **fields)
    books.libraries[event.library] = new
    if old is not None and leaves_portal(old, new):
        for number, license in books.licenses.get(event.library, {}).items():
            if license.there:
                books.put(event.library, number, books.shared(license._replace(there=There.SAME.value)))


def remove_library(books: Snapshot, event: Event) -> None:
    """Remove a library that nobody has a seat of, here or at the vendor."""
    if books.slots(event.library).used:
        raise IllegalTransition(f"{event.library} is still in use")
    if any(license.there for license in books.licenses.get(event.library, {}).values()):
        raise IllegalTransition(f"licenses of {event.library} are still to be revoked at the vendor")
    del books.libraries[event.library]


def set_admin(books: Snapshot, event: Event) -> None:
    """Add an administrator, or change their name or whether they get briefings."""
    person = event.person or {}
    key = email_key(person["email"])
    if (key in books.admins) == (event.action is Action.ADMIN_ADD):
        raise IllegalTransition(f"{event.action} of an administrator")
    names = (person["email"], person["given_name"], person["family_name"])
    books.admins[key] = Admin(*names, person.get("briefed", True))


def remove_admin(books: Snapshot, event: Event) -> None:
    """Remove an administrator."""
    del books.admins[email_key((event.person or {})["email"])]


def brief_admin(books: Snapshot, event: Event) -> None:
    """Check that who gets a briefing is an administrator. It changes nothing."""
    if email_key((event.person or {})["email"]) not in books.admins:
        raise IllegalTransition(f"{event.action} of who is no administrator")
