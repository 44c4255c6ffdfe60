"""Convert a list's filters from and to the parameters of an address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from seatsync.domain.filters import CHOICES, Filters
from seatsync.domain.text.characters import clean
from seatsync.domain.text.days import parse_day
from seatsync.domain.text.tags import TAG_SEPARATOR
from seatsync.portal.web.errors import BadAddress

NAMES = ("library", "licensed", "role", "roster", "search", "at_vendor", "ends")
"""The parameters with one value."""
SEVERAL = ("kind", "status", "tag")
"""The parameters that can have several."""

_MAX_LENGTH = 254
_MAX_TAGS = 20


def filters_of(query: MultiDict[str, str], libraries: Sequence[str], roster: str) -> Filters:
    """Return the filters in an address; ``roster`` is used if the address has none.

    Raises:
        BadAddress: a choice or library is unknown, the end date is none, or there are too many tags.
    """
    values = {name: clean(query.get(name, ""))[:_MAX_LENGTH] for name in NAMES}
    chosen: dict[str, Any] = {
        name: tuple(dict.fromkeys(filter(None, query.getlist(name)))) for name in ("kind", "status")
    }
    for name, allowed in {**CHOICES, "library": libraries}.items():
        given = chosen[name] if name in chosen else filter(None, [values[name]])
        if any(value not in allowed for value in given):
            raise BadAddress(name)
    if values["ends"] and parse_day(values["ends"]) is None:
        raise BadAddress("ends")
    values["roster"] = values["roster"] or roster
    tags = (clean(tag) for joined in query.getlist("tag") for tag in joined.split(TAG_SEPARATOR))
    unique_tags = tuple(dict.fromkeys(filter(None, tags)))
    if len(unique_tags) > _MAX_TAGS:
        raise BadAddress("tag")
    return Filters(**{**values, **chosen}, tag=unique_tags)


def query_of(filters: Filters) -> dict[str, str | list[str]]:
    """Return the parameters of an address that ``filters_of`` turns into these filters."""
    values: dict[str, str | list[str]] = {name: getattr(filters, name) for name in NAMES if getattr(filters, name)}
    return values | {name: list(several) for name in SEVERAL if (several := getattr(filters, name))}
