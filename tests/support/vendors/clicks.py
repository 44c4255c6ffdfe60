"""Click through a simulated portal: each way of clicks that its help page describes does what the help page says."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from tests.support.vendors import jamworks
from tests.support.vendors.jamworks import JamworksPortal
from tests.support.vendors.logos import EMAIL, LogosPortal
from tests.support.vendors.rejected import Rejected
from tests.support.vendors.template import Row

PERSON = "the person"
"""Stands in a way of clicks for each person whom somebody looks up in the list."""
_FIELDS = {
    "Given Name": "given_name",
    "Family Name": "family_name",
    EMAIL: "email",
    "Institution Student ID": "user_id",
}
_JAMWORKS_FIELDS = {"First name": "first_name", "Last name": "last_name", "email": "new_email"}


class NoSuchButton(Exception):
    """A way of clicks that the portal does not have."""


class Complaint(NamedTuple):
    """What the portal did not do, and why."""

    step: str
    reason: str


def click_in_logos(
    portal: LogosPortal, way: Sequence[str], file: bytes, rows: Sequence[Row], tags: Collection[str]
) -> list[str]:
    """Click through the Logos portal with a ``file``, or for each of the ``rows`` by hand. Return what it complains of."""
    match way:
        case ["Users", "Import users", "Choose File", _, "Import"]:
            return _tried(lambda: portal.import_users(file, tags))
        case ["Users", "Select by CSV", _, "Manage users", "Remove users from institution"]:
            return _with_selected(portal, file, portal.list_users(), portal.remove_users)
        case ["Libraries", title, filter, "Select by CSV", _, "Manage users", button]:
            listed = portal.list_library(title, filter)
            return _with_selected(portal, file, listed, lambda users: _manage(portal, title, button, users))
        case ["Users", _, "Create user"]:
            return _for_each(rows, lambda row: _create_user(portal, row))
        case ["Users", "the person"]:
            return _for_each(rows, lambda row: _edit_user(portal, row))
        case ["Users", "the person", "Manage users", "Remove users from institution"]:
            return _for_each(rows, lambda row: portal.remove_users([_meant(portal, row)]))
        case ["Libraries", title, filter, "the person", "Manage users", button]:
            return _for_each(rows, lambda row: _manage_one(portal, title, filter, button, row))
    raise NoSuchButton(" → ".join(way))


def click_in_jamworks(portal: JamworksPortal, way: Sequence[str], file: bytes, rows: Sequence[Row]) -> list[str]:
    """Click through the Jamworks portal with a ``file``, or for each of the ``rows`` by hand. Return what it complains of."""
    match way:
        case ["Members", "Import CSV", _, "Add members"]:
            try:
                return portal.import_csv(file).logs
            except Rejected as error:
                return [str(error)]
        case ["Members", "Add members"]:
            people = [jamworks.Person(row["email"], row["First name"], row["Last name"]) for row in rows]
            return [error for person in people for error in _tried(partial(portal.add_members, person))]
        case ["Members", "the person"]:
            return _for_each(rows, lambda row: _edit_member(portal, row))
        case ["Members", "the person", "More (…)", "Delete the participant", "Confirm"]:
            return _for_each(rows, lambda row: portal.delete_participant(row["email"]))
    raise NoSuchButton(" → ".join(way))


def _with_selected(
    portal: LogosPortal, file: bytes, listed: Collection[int], act: Callable[[Collection[int]], object]
) -> list[str]:
    """Select by CSV, then act. Whom the list does not have is a complaint."""
    try:
        selected, missing = portal.select_by_csv(file, listed)
    except Rejected as error:
        return [str(error)]
    return [f"{email} is not in the list" for email in missing] + (_tried(lambda: act(selected)) if selected else [])


def _manage(portal: LogosPortal, title: str, button: str, users: Collection[int]) -> None:
    buttons = {
        "Grant temporary license": portal.grant_temporary,
        "Grant permanent license": portal.grant_permanent,
        "Revoke license": portal.revoke,
        "Resend Invite Emails": portal.resend_invite_emails,
    }
    if button not in buttons:
        raise NoSuchButton(button)
    buttons[button](title, users)


def _manage_one(portal: LogosPortal, title: str, filter: str, button: str, row: Row) -> None:
    user = _meant(portal, row)
    if user not in portal.list_library(title, filter):
        raise Rejected(f"{row[EMAIL]} is not under {filter!r} of {title}.")
    _manage(portal, title, button, [user])


def _create_user(portal: LogosPortal, row: Row) -> None:
    portal.create_user(row["Given Name"], row["Family Name"], row[EMAIL], row["Institution Student ID"])


def _edit_user(portal: LogosPortal, row: Row) -> None:
    """Type in one value: the row has the person, the field, its value there and the new one."""
    user = _meant(portal, row)
    record = portal.users[user]
    field, new = _edit(record, _FIELDS, row)
    portal.edit_user(user, **{field: new})


def _meant(portal: LogosPortal, row: Row) -> int:
    """The user whom the row is about: found by the e-mail, and looked at."""
    user = portal.user(row[EMAIL])
    record = portal.users[user]
    _must_be_meant((record.given_name, record.family_name), (row["Given Name"], row["Family Name"]))
    return user


def give_stand_ins(portal: LogosPortal, rows: Sequence[Row]) -> None:
    """Give people who have left another e-mail, before the first step. Who has it, or is not there, is left as they are."""
    for row in rows:
        with suppress(Rejected):
            portal.edit_user(_meant(portal, row), email=row["Change to"])


def _edit_member(portal: JamworksPortal, row: Row) -> None:
    email = row["email"].casefold()
    if email not in portal.members:
        raise Rejected(f"{email} is not a member.")
    record = portal.members[email]
    _must_be_meant((record.first_name, record.last_name), (row["First name"], row["Last name"]))
    field, new = _edit(record, _JAMWORKS_FIELDS, row)
    portal.edit_member(email, **{field: new})


def _must_be_meant(there: tuple[str, str], meant: tuple[str, str]) -> None:
    """A registrar who finds another person under an e-mail, with other names, leaves the person as they are."""
    if not {*there} & {*meant}:
        raise Rejected(f"This is {' '.join(there)}, not {' '.join(meant)}.")


def _edit(record: object, fields: Mapping[str, str], row: Row) -> tuple[str, str]:
    field = fields[row["Field"]]
    there = getattr(record, field.removeprefix("new_"))
    if there != row["In the portal"]:
        raise Rejected(f"The portal has {there!r}, not {row['In the portal']!r}.")
    return field, row["Change to"]


def _for_each(rows: Sequence[Row], act: Callable[[Row], object]) -> list[str]:
    return [error for row in rows for error in _tried(partial(act, row))]


def _tried(act: Callable[[], object]) -> list[str]:
    try:
        act()
    except Rejected as error:
        return [str(error)]
    return []
