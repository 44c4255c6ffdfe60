"""Which columns a set has, and where in a record each comes from. What no roster needs is not fetched into files: no phones, no
demographics, no guardians, no passwords.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from seatsync.fetching.oneroster.service import Record
from seatsync.fetching.writing import PEOPLE, Row, Table

COLLECTIONS = ("academicSessions", "orgs", "courses", "classes", "users", "enrollments")
FAMILY = ("guardian", "parent", "relative")
"""Roles of people who are brought only if they are asked for."""
_KEY = ("sourcedId",)
Read = Callable[[Record], str]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(filter(None, map(_text, value)))
    if isinstance(value, Mapping):
        return _text(value.get("sourcedId"))
    return "" if value is None else str(value)


def _field(name: str) -> Read:
    return lambda record: _text(record.get(name))


def _day(name: str) -> Read:
    """A date; of a time, which some servers send, the date."""
    return lambda record: re.sub(r"^(\d{4}-\d\d-\d\d)T.*", r"\1", _text(record.get(name)))


def _user_ids(record: Record) -> str:
    found = [one for one in _list(record, "userIds") if _text(one.get("identifier"))]
    return ",".join(f"{{{_text(one.get('type'))}:{_text(one.get('identifier'))}}}" for one in found)


def _list(record: Record, name: str) -> list[Record]:
    value = record.get(name)
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _fields(*names: str) -> dict[str, Read]:
    return {name: _field(name) for name in names}


_PLAIN: dict[str, dict[str, Read]] = {
    "academicSessions": {
        **_fields("sourcedId", "title", "type"),
        **{name: _day(name) for name in ("startDate", "endDate")},
        "parentSourcedId": _field("parent"),
        "schoolYear": _field("schoolYear"),
    },
    "orgs": {**_fields("sourcedId", "name", "type", "identifier"), "parentSourcedId": _field("parent")},
    "courses": {**_fields("sourcedId", "title", "courseCode"), "orgSourcedId": _field("org")},
    "classes": {
        **_fields("sourcedId", "title", "grades"),
        "courseSourcedId": _field("course"),
        **_fields("classCode", "classType"),
        "schoolSourcedId": _field("school"),
        "termSourcedIds": _field("terms"),
    },
    "enrollments": {
        "sourcedId": _field("sourcedId"),
        "classSourcedId": _field("class"),
        "schoolSourcedId": _field("school"),
        "userSourcedId": _field("user"),
        **_fields("role", "primary"),
        **{name: _day(name) for name in ("beginDate", "endDate")},
    },
}
_USERS: dict[str, dict[str, Read]] = {
    "1.1": {
        **_fields("sourcedId", "enabledUser"),
        "orgSourcedIds": _field("orgs"),
        **_fields("role", "username"),
        "userIds": _user_ids,
        **_fields("givenName", "familyName", "identifier", "email", "grades"),
    },
    "1.2": {
        **_fields("sourcedId", "enabledUser", "username"),
        "userIds": _user_ids,
        **_fields("givenName", "familyName", "identifier", "email", "grades", "userMasterIdentifier"),
        "primaryOrgSourcedId": _field("primaryOrg"),
    },
}
_ROLES = ("sourcedId", "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId")


def tables(
    folder: Path, version: str, system: str, records: Mapping[str, Sequence[Record]], roles: Sequence[str]
) -> tuple[dict[Path, Table], Counter[str]]:
    """Return the files of a set, and how many records were left out, by reason.

    Only people with one of the ``roles`` are brought; if none are given, everybody but guardians, parents and relatives. Who and what
    the server marks as deleted is left out: in a whole set, what is not there is gone.
    """
    left_out: Counter[str] = Counter()
    kept = {name: _present(name, all, left_out) for name, all in records.items()}
    people = [user for user in kept["users"] if _is_wanted(_roles_of(user), roles, left_out)]
    ids = {user["sourcedId"] for user in people}
    kept["enrollments"] = [one for one in kept["enrollments"] if _text(one.get("user")) in ids]
    found = {"users": _table(_USERS[version], people)._replace(nouns=PEOPLE, is_needed=True)}
    found |= {name: _table(columns, kept[name]) for name, columns in _PLAIN.items()}
    found["enrollments"] = found["enrollments"]._replace(nouns=("enrollment", "enrollments"))
    if version == "1.2":
        found["roles"] = Table(_ROLES, [*_role_rows(people)], _KEY)
    found["manifest"] = _manifest(version, system, found)
    return {folder / f"{name}.csv": table for name, table in found.items()}, left_out


def _present(name: str, records: Iterable[Record], left_out: Counter[str]) -> list[Record]:
    kept = []
    for record in records:
        if _text(record.get("status")).lower() == "tobedeleted":
            left_out[f"`tobedeleted` in {name}"] += 1
        else:
            kept.append(record)
    return kept


def _is_wanted(has: Sequence[str], wanted: Sequence[str], left_out: Counter[str]) -> bool:
    lower = {role.lower() for role in has}
    is_wanted = bool(lower & {role.lower() for role in wanted}) if wanted else not lower or bool(lower - {*FAMILY})
    if not is_wanted:
        left_out[f"role {has[0]}" if has else "without a role"] += 1
    return is_wanted


def _roles_of(user: Record) -> list[str]:
    """The roles of a user: one in 1.1, several in 1.2."""
    found = [_text(one.get("role")) for one in _list(user, "roles")]
    return list(filter(None, found or [_text(user.get("role"))]))


def _role_rows(people: Iterable[Record]) -> Iterable[Row]:
    """The roles of 1.2. Their ids are made of what they say, since the service gives them none, so they stay the same."""
    seen: set[str] = set()
    for user in people:
        for one in _list(user, "roles"):
            org, role = _text(one.get("org")), _text(one.get("role"))
            begin, end = _day("beginDate")(one), _day("endDate")(one)
            id = "-".join(filter(None, (user["sourcedId"], role, org, begin)))
            if id not in seen:
                seen.add(id)
                yield id, user["sourcedId"], _text(one.get("roleType")), role, begin, end, org


def _table(columns: Mapping[str, Read], records: Iterable[Record]) -> Table:
    readers = tuple(columns.values())
    return Table(tuple(columns), [tuple(read(record) for read in readers) for record in records], _KEY)


def _manifest(version: str, system: str, found: Mapping[str, Table]) -> Table:
    """Say which files the set has, all of them whole (``bulk``), and where it comes from."""
    files = ("academicSessions", "classes", "courses", "enrollments", "orgs", "roles", "users")
    names = files if version == "1.2" else tuple(name for name in files if name != "roles")
    rows = [("manifest.version", "1.0"), ("oneroster.version", version), ("source.systemName", system)]
    rows += [(f"file.{name}", "bulk" if name in found else "absent") for name in names]
    return Table(("propertyName", "value"), rows, ("propertyName",))
