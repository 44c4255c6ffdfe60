"""The fields of institutions, libraries, members and licenses, with a check of each field's value.

Journals and plans come from files that anybody may have edited, so their fields are checked here before use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from seatsync.domain.brand.colors import is_color
from seatsync.domain.brand.logo import is_logo
from seatsync.domain.calendar.freezes import is_freezes
from seatsync.domain.calendar.rhythm import RHYTHMS
from seatsync.domain.library import MOST_ABOUT, DeliveredBy, Delivery
from seatsync.domain.license import Kind, Status
from seatsync.domain.line import is_place, is_priority
from seatsync.domain.money.purchases import is_purchases
from seatsync.domain.person import Person
from seatsync.domain.text.characters import forbidden, is_slug
from seatsync.domain.text.days import parse_day
from seatsync.domain.text.emails import MAX_EMAIL
from seatsync.domain.text.languages import LANGUAGES
from seatsync.domain.text.web_addresses import web_address_fault

MAX_NUMBER = 2**31 - 1
"""The largest number that fits into every database."""


_KINDS, _STATUSES, _DELIVERIES, _PLACES = (
    {member.value for member in words} for words in (Kind, Status, Delivery, DeliveredBy)
)


def is_text(value: Any) -> bool:
    """Whether this is text without control characters, direction marks or lone surrogates."""
    return isinstance(value, str) and forbidden(value) is None


def is_texts(value: Any) -> bool:
    """Whether this is a list of such texts."""
    return isinstance(value, list | tuple) and all(map(is_text, value))


def is_number(value: Any) -> bool:
    """Whether this is a whole number from 0 to ``MAX_NUMBER``."""
    return type(value) is int and 0 <= value <= MAX_NUMBER


def _is_day(value: Any) -> bool:
    return isinstance(value, str) and parse_day(value) is not None


def _is_days(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[1-9][0-9]{0,3}d", value) is not None


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and (not value or not web_address_fault(value))


def _is_contact(value: Any) -> bool:
    return (
        isinstance(value, Mapping) and value.keys() == {"name", "email", "role"} and all(map(is_text, value.values()))
    )


def _is_helper(value: Any) -> bool:
    if not isinstance(value, Mapping) or value.keys() != {"name", "email", "url"}:
        return False
    return is_text(value["name"]) and is_text(value["email"]) and _is_address(value["url"])


_LICENSE_FIELDS: dict[str, Callable[[Any], bool]] = {
    "kind": lambda value: isinstance(value, str) and value in _KINDS,
    "status": lambda value: isinstance(value, str) and value in _STATUSES,
    "until": lambda value: value == "" or _is_day(value),
    "resend": is_texts,
    "reminders": is_number,
    "new_address": lambda value: value is True,
}
_OTHER_FIELDS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("name", "title", *Person._fields), is_text),
    **dict.fromkeys(("id", "was"), lambda value: isinstance(value, str) and is_slug(value)),
    "email": lambda value: is_text(value) and len(value) <= MAX_EMAIL,
    "system": lambda value: is_text(value) and len(value) <= 63,
    "kinds": lambda value: is_texts(value) and {*value} <= _KINDS,
    "delivery": lambda value: isinstance(value, str) and value in _DELIVERIES,
    "slots": is_number,
    **dict.fromkeys(("reclaim_after", "warn_below"), is_number),
    "briefing": lambda value: isinstance(value, str) and value in ("", *RHYTHMS),
    "freezes": is_freezes,
    "purchases": is_purchases,
    "delivered_by": lambda value: isinstance(value, str) and value in _PLACES,
    **dict.fromkeys(("claim_url", "open_url"), _is_address),
    **dict.fromkeys(("opt_out", "replaced", "sends_letters", "briefed"), lambda value: isinstance(value, bool)),
    "there": is_text,  # of a license a word of ``There``, of a person the text of ``Member.there``: posting reads both
    "opt_out_until": lambda value: value == "" or _is_day(value) or _is_days(value),
    "timezone": lambda value: is_text(value) and len(value) <= 64,
    **dict.fromkeys(("retire", "left_on"), lambda value: value == "" or _is_day(value)),
    "contacts": lambda value: isinstance(value, list | tuple) and all(map(_is_contact, value)),
    "help": lambda value: value is None or _is_helper(value),
    "language": lambda value: isinstance(value, str) and value in ("", *LANGUAGES),
    "about": lambda value: is_text(value) and len(value) <= MOST_ABOUT,
    "color": lambda value: value == "" or is_color(value),
    "logo": lambda value: value == "" or is_logo(value),
}

PLAN_FIELDS: Mapping[str, Callable[[Any], bool]] = {
    **_LICENSE_FIELDS,
    **_OTHER_FIELDS,
    "tags": is_texts,
    "priority": is_priority,
}
"""The fields of a change in a plan."""

EVENT_FIELDS: Mapping[str, Callable[[Any], bool]] = {
    **_LICENSE_FIELDS,
    **_OTHER_FIELDS,
    "tags": is_text,  # joined by ``tags.join_tags``
    "account": _OTHER_FIELDS["email"],
    "claimed_with": _OTHER_FIELDS["email"],  # another account than the member's own: the personal link was passed on
    "on": _is_day,
    "place": lambda value: isinstance(value, str) and is_place(value),
    "from": is_text,  # the file and line that asks for a license, or has the member, as ``str(Origin)``
}
"""The fields of an event in the journal."""


def bad_field(values: Any, known: Mapping[str, Callable[[Any], bool]]) -> str | None:
    """The name of the first field that is unknown or has a wrong value, or None if all are good."""
    if not isinstance(values, Mapping):
        return "the value in place of the fields"
    for name, value in values.items():
        check = known.get(name)
        if check is None or not check(value):
            return str(name)
    return None
