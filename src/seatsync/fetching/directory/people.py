"""Entries of a directory as rows of a roster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ldap.dn import str2dn

from seatsync.domain.failure import Failure
from seatsync.domain.text.tags import join_tags, tag_fault
from seatsync.fetching.directory.connection import Entries, Values
from seatsync.fetching.writing import PEOPLE, Table

COLUMNS = {"email": "mail", "given_name": "givenName", "family_name": "sn"}
"""The attributes of the fields that every roster has, unless others are named."""
PRESENCE = ("userAccountControl", "accountExpires", "nsAccountLock", "loginDisabled")
"""What says that an account is closed: in Active Directory, 389 and FreeIPA, and eDirectory."""
_DISABLED = 0x2
_NEVER = {0, 0x7FFF_FFFF_FFFF_FFFF}
_DN = Sequence[Sequence[tuple[str, str, int]]]


class Wish(NamedTuple):
    """What a row has: field → attribute, and prefix of tags → attribute. Of groups only those below ``groups_below`` are tags."""

    columns: Mapping[str, str]
    tags: Sequence[tuple[str, str]] = ()
    groups_below: str = ""

    @property
    def attributes(self) -> list[str]:
        return sorted({*self.columns.values(), *(attribute for _, attribute in self.tags), *PRESENCE}, key=str.lower)


def table(entries: Entries, wish: Wish, now: datetime) -> tuple[Table, Counter[str]]:
    """Return the roster of all whose account is open, and how many were left out, by reason.

    Of several values the first in the alphabet is taken, because a directory has no order.

    Raises:
        Failure: ``groups_below`` is no DN; an attribute is no text, or the server gave only a part of its values.
    """
    if wish.groups_below and not _dn(wish.groups_below):
        raise Failure("--groups-below is not a DN.", "A DN looks like ou=Classes,dc=school,dc=example.")
    left_out: Counter[str] = Counter()
    fields = [*wish.columns]
    header = (*fields, *(("tags",) if wish.tags else ()))
    rows = []
    for values in entries.found.values():
        if why := _closed(values, now):
            left_out[why] += 1
            continue
        row = [min(_texts(values, wish.columns[field]), default="") for field in fields]
        if not row[fields.index("email")]:
            left_out[f"without {wish.columns['email']}"] += 1
            continue
        rows.append((*row, *([_tags(values, wish, left_out)] if wish.tags else [])))
    key = tuple(name for name in ("student_id", "email") if name in fields)
    return Table(header, rows, key, PEOPLE, is_needed=True), left_out


def _closed(values: Values, now: datetime) -> str:
    """Return why an account is closed; empty if it is open."""
    if _number(values, "userAccountControl") & _DISABLED:
        return "disabled (userAccountControl)"
    expires = _number(values, "accountExpires")
    if expires not in _NEVER and expires > 0 and _moment(expires) <= now:
        return "expired (accountExpires)"
    locked = next((name for name in PRESENCE[2:] if _first(values, name).upper() == "TRUE"), "")
    return f"disabled ({locked})" if locked else ""


def _moment(filetime: int) -> datetime:
    """Return the time that Active Directory counts in tenths of microseconds since 1601."""
    try:
        return datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=filetime // 10)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _number(values: Values, name: str) -> int:
    text = _first(values, name)
    try:
        return int(text or 0)
    except ValueError:
        raise Failure(
            f"An account's {name} is not a number, so nobody knows whether it is open. Nothing was written.",
            "Correct it in the directory, or leave the account out by --filter.",
        ) from None


def _first(values: Values, name: str) -> str:
    return next((value.decode("utf-8", "replace") for value in values.get(name.lower(), [])), "")


def _texts(values: Values, attribute: str) -> list[str]:
    """Return the values of an attribute.

    Raises:
        Failure: one is no text; or there are so many that the server gives only the first, under another name.
    """
    name = attribute.lower()
    if any(one.startswith(f"{name};range=") for one in values):
        raise Failure(
            f"The server gives only a part of an account's {attribute}. Nothing was written.",
            f"Do without {attribute}, or ask whoever runs the server to allow more values (MaxValRange).",
        )
    try:
        return [value.decode() for value in values.get(name, [])]
    except UnicodeDecodeError:
        raise Failure(
            f"An account's {attribute} is not text. Nothing was written.",
            f"Name another attribute in place of {attribute}.",
        ) from None


def _tags(values: Values, wish: Wish, left_out: Counter[str]) -> str:
    below = _dn(wish.groups_below)
    tags = []
    for prefix, attribute in wish.tags:
        for value in _texts(values, attribute):
            name = _name(value, below)
            tag = f"{prefix}:{name}" if prefix else name
            if name and tag_fault(tag) is None:
                tags.append(tag)
            elif name:
                left_out[f"of {attribute} that cannot be a tag"] += 1
    return join_tags(tags)


def _name(value: str, below: _DN | None) -> str:
    """Return a value; of a group's DN its own name, and nothing if the group is not ``below`` this place."""
    dn = _dn(value) if "=" in value else None
    if dn is None:
        return value.strip()
    if below and not (len(dn) > len(below) and _folded(dn[-len(below) :]) == _folded(below)):
        return ""
    return dn[0][0][1].strip()


def _dn(text: str) -> _DN | None:
    try:
        parsed: _DN = str2dn(text)
    except Exception:  # what the library raises for no DN
        return None
    return parsed


def _folded(dn: _DN) -> list[list[tuple[str, str]]]:
    return [[(type.lower(), value.lower()) for type, value, _ in part] for part in dn]
