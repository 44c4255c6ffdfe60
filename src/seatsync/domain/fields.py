"""What may be written down of an institution, a library, a person or a license: the types of all fields, in one place.

Journal and plans come from files that anybody may have touched; what is posted or shown of them is checked here first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seatsync.domain.library import Delivery
from seatsync.domain.license import Kind, Status
from seatsync.domain.person import Person
from seatsync.domain.text.characters import forbidden
from seatsync.domain.text.days import parse_day

MOST = 2**31 - 1
"""The largest number that every database holds."""

_KINDS, _STATUSES, _DELIVERIES = ({member.value for member in words} for words in (Kind, Status, Delivery))


def is_text(value: Any) -> bool:
    """Text without controls, signs of direction, or halves of characters."""
    return isinstance(value, str) and forbidden(value) is None


def is_texts(value: Any) -> bool:
    """A list of such texts."""
    return isinstance(value, list | tuple) and all(map(is_text, value))


def is_number(value: Any) -> bool:
    """A whole number that is not negative."""
    return type(value) is int and 0 <= value <= MOST


def _is_day(value: Any) -> bool:
    return isinstance(value, str) and parse_day(value) is not None


def _is_contact(value: Any) -> bool:
    return (
        isinstance(value, Mapping) and value.keys() == {"name", "email", "role"} and all(map(is_text, value.values()))
    )


_OF_LICENSES: dict[str, Callable[[Any], bool]] = {
    "kind": lambda value: isinstance(value, str) and value in _KINDS,
    "status": lambda value: isinstance(value, str) and value in _STATUSES,
    "until": _is_day,
    "resend": is_texts,
    "reminders": is_number,
}
_OF_ALL_ELSE: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("name", "title", *Person._fields), is_text),
    "email": lambda value: is_text(value) and len(value) <= 254,
    "system": lambda value: is_text(value) and len(value) <= 63,
    "kinds": lambda value: is_texts(value) and {*value} <= _KINDS,
    "delivery": lambda value: isinstance(value, str) and value in _DELIVERIES,
    "slots": is_number,
    "opt_out": lambda value: isinstance(value, bool),
    "contacts": lambda value: isinstance(value, list | tuple) and all(map(_is_contact, value)),
}

OF_PLANS: Mapping[str, Callable[[Any], bool]] = {**_OF_LICENSES, **_OF_ALL_ELSE, "tags": is_texts}
"""The fields of a change in a plan."""

OF_EVENTS: Mapping[str, Callable[[Any], bool]] = {
    **OF_PLANS,
    "tags": is_text,  # joined, as in ``tags.join_tags``
    "id": is_text,
    "account": _OF_ALL_ELSE["email"],
    "claimed_with": _OF_ALL_ELSE["email"],  # another account than the member's own, to which a letter was passed on
    "on": _is_day,
    "from": is_text,  # the file and line that asks for a license, as in ``str(Origin)``
}
"""The fields of an event in the journal."""


def misfit(values: Any, known: Mapping[str, Callable[[Any], bool]]) -> str | None:
    """The first field in ``values`` that is unknown or of another kind, or None where all is well."""
    if not isinstance(values, Mapping):
        return "what stands in place of the fields"
    for name, value in values.items():
        check = known.get(name)
        if check is None or not check(value):
            return str(name)
    return None
