"""What a registrar does by hand after ``drift``: what it names and no import takes, as its last column says."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from seatsync.domain.portal.at_vendor import STAND_IN_DOMAIN
from tests.portal_bridge.files import TITLES
from tests.support.vendors import template
from tests.support.vendors.jamworks import JamworksPortal, Person
from tests.support.vendors.logos import PERMANENT, LogosPortal, User
from tests.support.vendors.rejected import Rejected

_LOGOS = {"email": "email", "given_name": "given_name", "family_name": "family_name", "student_id": "user_id"}
_JAM = {"email": "new_email", "given_name": "first_name", "family_name": "last_name"}


def correct_in_logos(
    portal: LogosPortal,
    differences: list[dict[str, Any]],
    people: Mapping[str, Mapping[str, str]],
    export: bytes,
    *,
    edits: bool,
) -> int:
    """Correct what differs in the Logos portal. Return how much that was. ``people`` are the files' rows by e-mail.

    ``edits``: corrections are on the work list, which also has the e-mails of who has a stand-in.
    """
    lines = {line: portal.user(email) for line, email in _emails(export).items()}
    done = _records_in_logos(portal, differences, lines)
    for one in differences:
        email = one["member"].lower()
        with suppress(Rejected):
            match one["what"]:
                case "missing-there":
                    _bring_back(portal, one, people)
                case "not-there" | "other-kind":
                    _grant(portal, one)
                case "not-here":
                    portal.revoke(TITLES[one["library"]], [portal.user(email)])
                case "left":
                    portal.remove_users([portal.user(email)])
                case "unsure":
                    _find_out(portal, lines[one["source"]["line"]], people)
                case "correcting" if not edits:
                    user = lines[one["source"]["line"]]
                    portal.edit_user(user, email=f"own-{user}@grace.example")
                case _:
                    continue
            done += 1
    return done


def _bring_back(portal: LogosPortal, one: dict[str, Any], people: Mapping[str, Mapping[str, str]]) -> None:
    """Look for somebody who is missing by id and by name, among those whom nobody knows. Add them only if they are not there."""
    email = one["person"].get("email", one["member"])
    given, family, id = (one["person"].get(name, "") for name in ("given_name", "family_name", "student_id"))
    known = {row.get("student_id", "") for row in people.values()} - {"", id}
    for number, user in portal.users.items():
        row = people.get(user.key)
        is_another = user.user_id in known or (row is not None and {*_names(user)} & {*_names_of(row)})
        if not is_another and ((id and user.user_id == id) or {given, family} & {*_names(user)}):
            portal.edit_user(number, given_name=given, family_name=family, email=email, user_id=id)
            return
    portal.create_user(given, family, email, id)
    _grant(portal, one)


def _names(user: User) -> tuple[str, str]:
    return user.given_name, user.family_name


def _names_of(row: Mapping[str, str]) -> tuple[str, str]:
    return row["given_name"], row["family_name"]


def correct_in_jamworks(
    portal: JamworksPortal,
    differences: list[dict[str, Any]],
    people: Mapping[str, Mapping[str, str]],
    export: bytes,
) -> int:
    """The same in the Jamworks portal."""
    done = _records_in_jamworks(portal, differences, export)
    for one in differences:
        email = one["member"].lower()
        with suppress(Rejected):
            match one["what"]:
                case "missing-there" | "not-there":
                    row = people[email]
                    portal.add_members(Person(row["email"], row["given_name"], row["family_name"]))
                case "not-here" | "left":
                    portal.delete_participant(email)
                case "unsure":
                    portal.delete_participant(_there(one, export))
                case _:
                    continue
            done += 1
    return done


def _find_out(portal: LogosPortal, user: int, people: Mapping[str, Mapping[str, str]]) -> None:
    """Correct somebody who is in the portal under another's e-mail: by their names, if these are clear; else they lose it."""
    names = _names(portal.users[user])
    listed = {other.key for other in portal.users.values()}
    rows = [row for email, row in people.items() if email not in listed and _names_of(row) == names]
    if len(rows) == 1:
        portal.edit_user(user, email=rows[0]["email"], user_id=rows[0].get("student_id", ""))
    elif any(library.of(user).kind == PERMANENT for library in portal.libraries.values()):
        portal.edit_user(user, email=f"user-{user}@{STAND_IN_DOMAIN}")
    else:
        portal.remove_users([user])


def _records_in_logos(portal: LogosPortal, differences: list[dict[str, Any]], lines: Mapping[int, int]) -> int:
    """Correct names, e-mails and ids. People may have exchanged theirs, so all get stand-ins first."""
    records = [one for one in differences if one["what"] == "other-record"]
    users = [lines[one["source"]["line"]] for one in records]
    for user, one in zip(users, records, strict=True):
        stand_ins = {"email": f"stand-in-{user}@stand-in.invalid", "student_id": f"stand-in-{user}"}
        values = {_LOGOS[name]: stand_ins[name] for name in one["fields"] if name in stand_ins}
        portal.edit_user(user, **values)
    for user, one in zip(users, records, strict=True):
        values = {_LOGOS[name]: here for name, (here, _) in one["fields"].items()}
        _make_room(portal, user, values.get("email", ""))
        with suppress(Rejected):
            portal.edit_user(user, **values)
    return len(records)


def _make_room(portal: LogosPortal, user: int, email: str) -> None:
    """Give somebody else who has this e-mail there a stand-in, as the check list says."""
    for number, other in portal.users.items():
        if number != user and other.key == email.lower():
            portal.edit_user(number, email=f"user-{number}@{STAND_IN_DOMAIN}")


def _records_in_jamworks(portal: JamworksPortal, differences: list[dict[str, Any]], export: bytes) -> int:
    records = [one for one in differences if one["what"] == "other-record"]
    emails = {number: _there(one, export) for number, one in enumerate(records)}
    for number, one in enumerate(records):
        if "email" in one["fields"]:
            stand_in = f"stand-in-{number}@stand-in.invalid"
            portal.edit_member(emails[number], new_email=stand_in)
            emails[number] = stand_in
    for number, one in enumerate(records):
        with suppress(Rejected):
            portal.edit_member(emails[number], **{_JAM[name]: here for name, (here, _) in one["fields"].items()})
    return len(records)


def _there(one: dict[str, Any], export: bytes) -> str:
    """Return the e-mail that the portal has: what stands in the line of the export that ``drift`` names."""
    return _emails(export)[one["source"]["line"]]


def _emails(export: bytes) -> dict[int, str]:
    """The e-mails of an export by line."""
    header, rows = template.read(export)
    column = next(name for name in header if name.lower() == "email")
    return {line: row[column].lower() for line, row in enumerate(rows, 2)}


def _grant(portal: LogosPortal, one: dict[str, Any]) -> None:
    grant = portal.grant_permanent if one["here"]["kind"] == "permanent" else portal.grant_temporary
    grant(TITLES[one["library"]], [portal.user(one["member"])])
