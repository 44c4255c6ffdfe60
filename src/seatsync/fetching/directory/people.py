"""Entries of a directory as rows of a roster."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from ldap.dn import str2dn

from seatsync.domain.failure import Failure
from seatsync.domain.text.tags import join_tags, tag_fault
from seatsync.fetching.directory.connection import Entries, Values
from seatsync.fetching.writing import PEOPLE, Table

COLUMNS = {"email": "mail", "given_name": "givenName", "family_name": "sn"}
"""The attributes of the fields that every roster has, unless others are named."""
_SWITCHES = ("nsAccountLock", "loginDisabled")
"""TRUE on an account that is disabled: in 389 and FreeIPA, and in eDirectory."""
_ENDS = ("loginExpirationTime", "pwdEndTime", "krbPrincipalExpiration")
"""The moment from which an account is closed: in eDirectory, by the draft of password policies, and in FreeIPA."""
_LOCK, _FOR_EVER = "pwdAccountLockedTime", "0000"
"""OpenLDAP's lock. Its year 0 is an administrator's; any later time is that of too many wrong passwords, and such a lock passes."""
_CONTROL, _FILETIME, _DAYS = "userAccountControl", "accountExpires", "shadowExpire"
"""Of Active Directory: a bit for disabled accounts, and the moment of their end; the day of the end of a Unix account."""
PRESENCE = (_CONTROL, _FILETIME, _DAYS, _LOCK, *_SWITCHES, *_ENDS)
"""What says that an account is closed."""
_DISABLED = 0x2
_NEVER = 0x7FFF_FFFF_FFFF_FFFF
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)?(\d\d)?(?:[.,]\d+)?(?:Z|([+-])(\d\d)(\d\d)?)", re.ASCII)
"""A generalized time (RFC 4517)."""
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
    if _number(values, _CONTROL) & _DISABLED:
        return f"disabled ({_CONTROL})"
    if _first(values, _LOCK).startswith(_FOR_EVER):
        return f"disabled ({_LOCK})"
    if locked := next((name for name in _SWITCHES if _first(values, name).upper() == "TRUE"), ""):
        return f"disabled ({locked})"
    expired = (name for name, end in _ends(values) if end <= now)
    return next((f"expired ({name})" for name in expired), "")


def _ends(values: Values) -> Iterator[tuple[str, datetime]]:
    """Yield each attribute that says when the account ends, with that moment."""
    if 0 < (filetime := _number(values, _FILETIME)) < _NEVER:
        yield _FILETIME, _after(datetime(1601, 1, 1, tzinfo=UTC), microseconds=filetime // 10)
    if (days := _number(values, _DAYS)) > 0:
        yield _DAYS, _after(datetime(1970, 1, 1, tzinfo=UTC), days=days)
    for name in _ENDS:
        if text := _first(values, name):
            yield name, _moment(name, text)


def _after(begin: datetime, **time: int) -> datetime:
    try:
        return begin + timedelta(**time)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _moment(name: str, text: str) -> datetime:
    """Return a generalized time."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise _unknown(name, "time")
    *clock, sign, hours, minutes = found.groups(default="0")
    year, month, day, hour, minute, second = map(int, clock)
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        zone = timezone(-offset if sign == "-" else offset)
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)  # 60 is a leap second
    except ValueError:
        raise _unknown(name, "time") from None


def _number(values: Values, name: str) -> int:
    text = _first(values, name)
    try:
        return int(text or 0)
    except ValueError:
        raise _unknown(name, "number") from None


def _unknown(name: str, what: str) -> Failure:
    return Failure(
        f"An account's {name} is not a {what}, so nobody knows whether it is open. Nothing was written.",
        "Correct it in the directory, or leave the account out by --filter.",
    )


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
