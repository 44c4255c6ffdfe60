"""Which columns a set has, and where in a record each comes from. What no roster needs does not get into files: no phones, no
demographics, no guardians, no passwords.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from seatsync.fetching.oneroster.service import Record
from seatsync.fetching.writing import PEOPLE, Row, Table
from seatsync.sources.rosters.sets.words import OF_FAMILY, word

COLLECTIONS = ("academicSessions", "orgs", "courses", "classes", "users", "enrollments")
_KEY = ("sourcedId",)


class Kept(NamedTuple):
    """What is kept of a record: its row, and of a user the roles, in 1.2 with a row each."""

    is_deleted: bool
    row: Row
    roles: tuple[str, ...] = ()
    role_rows: tuple[Row, ...] = ()


def _text(value: Any) -> str:
    """Return a value as the CSV files have it; of a reference to another record its id."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(filter(None, map(_text, value)))
    if isinstance(value, Mapping):
        return _text(value.get("sourcedId"))
    return "" if value is None else sys.intern(str(value))


def _day(value: Any) -> str:
    """Return a date; of a time, which some servers send, the date."""
    return re.sub(r"^(\d{4}-\d\d-\d\d)T.*", r"\1", _text(value))


def _user_ids(value: Any) -> str:
    named = [one for one in _objects(value) if _text(one.get("identifier"))]
    return ",".join(f"{{{_text(one.get('type'))}:{_text(one.get('identifier'))}}}" for one in named)


def _objects(value: Any) -> list[Record]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


_AS_NAMED = {
    "parentSourcedId": "parent",
    "orgSourcedId": "org",
    "orgSourcedIds": "orgs",
    "primaryOrgSourcedId": "primaryOrg",
    "courseSourcedId": "course",
    "schoolSourcedId": "school",
    "termSourcedIds": "terms",
    "classSourcedId": "class",
    "userSourcedId": "user",
}
"""Column → field of the record, where the two have different names."""
_CONVERT: Mapping[str, Callable[[Any], str]] = {
    **dict.fromkeys(("startDate", "endDate", "beginDate"), _day),
    "userIds": _user_ids,
}
_COLUMNS = {
    "academicSessions": "sourcedId title type startDate endDate parentSourcedId schoolYear",
    "orgs": "sourcedId name type identifier parentSourcedId",
    "courses": "sourcedId title courseCode orgSourcedId",
    "classes": "sourcedId title grades courseSourcedId classCode classType schoolSourcedId termSourcedIds",
    "enrollments": "sourcedId classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate",
}
_USERS = {
    "1.1": "sourcedId enabledUser orgSourcedIds role username userIds givenName familyName identifier email grades",
    "1.2": "sourcedId enabledUser username userIds givenName familyName identifier email grades userMasterIdentifier "
    "primaryOrgSourcedId",
}
_ROLES = ("sourcedId", "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId")


def _columns(collection: str, version: str) -> Row:
    return tuple((_USERS[version] if collection == "users" else _COLUMNS[collection]).split())


def keeper(collection: str, version: str) -> Callable[[Record], Kept]:
    """Return what makes the rows of a collection's records."""
    columns = [(_AS_NAMED.get(name, name), _CONVERT.get(name, _text)) for name in _columns(collection, version)]

    def keep(record: Record) -> Kept:
        row = tuple(convert(record.get(field)) for field, convert in columns)
        is_deleted = _text(record.get("status")).lower() == "tobedeleted"
        if collection != "users":
            return Kept(is_deleted, row)
        given = _objects(record.get("roles")) if version == "1.2" else [record]
        roles = tuple(filter(None, (_text(one.get("role")) for one in given)))
        return Kept(is_deleted, row, roles, _role_rows(row[0], given) if version == "1.2" else ())

    return keep


def _role_rows(user: str, roles: Iterable[Record]) -> tuple[Row, ...]:
    """Return a user's rows of roles. Their ids are made of what they say: the service gives them none, and they must stay the same."""
    rows: dict[str, Row] = {}
    for one in roles:
        org, role = _text(one.get("org")), _text(one.get("role"))
        begin, end = _day(one.get("beginDate")), _day(one.get("endDate"))
        id = "-".join(filter(None, (user, role, org, begin)))
        rows.setdefault(id, (id, user, _text(one.get("roleType")), role, begin, end, org))
    return tuple(rows.values())


def tables(
    folder: Path, version: str, system: str, kept: Mapping[str, Sequence[Kept]], roles: Sequence[str]
) -> tuple[dict[Path, Table], Counter[str]]:
    """Return the files of a set, and how many records were left out, by reason.

    Only people with one of the ``roles`` are brought; if none are given, everybody but guardians, parents and relatives. Who and what
    the server marks as deleted is left out: in a whole set, what is not there is gone.
    """
    left_out = Counter(f"`tobedeleted` in {name}" for name, all in kept.items() for one in all if one.is_deleted)
    present = {name: [one for one in all if not one.is_deleted] for name, all in kept.items()}
    wanted = frozenset(map(word, roles))
    people = [user for user in present["users"] if _is_wanted(user.roles, wanted, left_out)]
    columns = {name: _columns(name, version) for name in COLLECTIONS}
    found = {"users": Table(columns["users"], [user.row for user in people], _KEY, PEOPLE, is_needed=True)}
    for name in _COLUMNS:
        found[name] = Table(columns[name], [one.row for one in present[name]], _KEY)
    user, class_ = columns["enrollments"].index("userSourcedId"), columns["enrollments"].index("classSourcedId")
    ids, gone = {one.row[0] for one in people}, {one.row[0] for one in kept["classes"] if one.is_deleted}
    theirs = [row for row in found["enrollments"].rows if row[user] in ids and row[class_] not in gone]
    found["enrollments"] = found["enrollments"]._replace(rows=theirs, nouns=("enrollment", "enrollments"))
    of_users = [row for one in people for row in one.role_rows]
    found["roles"] = Table(_ROLES if version == "1.2" else (), of_users, _KEY)
    found["manifest"] = _manifest(version, system, found)
    return {folder / f"{name}.csv": table for name, table in found.items()}, left_out


def _is_wanted(has: Sequence[str], wanted: frozenset[str], left_out: Counter[str]) -> bool:
    words = {word(role) for role in has}
    is_wanted = not words.isdisjoint(wanted) if wanted else not words or not words <= OF_FAMILY
    if not is_wanted:
        left_out[f"role {has[0]}" if has else "without a role"] += 1
    return is_wanted


def _manifest(version: str, system: str, found: Mapping[str, Table]) -> Table:
    """Say which files the set has, all of them whole (``bulk``), and where it comes from."""
    files = ("academicSessions", "classes", "courses", "enrollments", "orgs", "roles", "users")
    names = files if version == "1.2" else tuple(name for name in files if name != "roles")
    rows = [("manifest.version", "1.0"), ("oneroster.version", version), ("source.systemName", system)]
    rows += [(f"file.{name}", "bulk" if name in found else "absent") for name in names]
    return Table(("propertyName", "value"), rows, ("propertyName",))
