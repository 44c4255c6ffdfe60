"""The filters of a list out of the parameters of an address, and back."""

from __future__ import annotations

from collections.abc import Sequence

from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from seatsync.domain.filters import CHOICES, Filters
from seatsync.domain.text.characters import clean
from seatsync.domain.text.tags import TAG_SEPARATOR

NAMES = ("library", "licensed", "kind", "status", "role", "roster", "search")
"""The parameters that have one value; ``tag`` may have several."""

_LONGEST = 254
_MOST_TAGS = 20


class BadFilter(BadRequest):
    """An address asks for what no link or form of ours would."""


def filters_of(query: MultiDict[str, str], libraries: Sequence[str], roster: str) -> Filters:
    """What an address asks for; of those on the roster, or left, or of ``any``, unless it says which.

    Raises:
        BadFilter: it names a word or a library that is none, or more tags than anybody would.
    """
    given = {name: clean(query.get(name, ""))[:_LONGEST] for name in NAMES}
    given["roster"] = given["roster"] or roster
    for name, words in {**CHOICES, "library": libraries}.items():
        if given[name] and given[name] not in words:
            raise BadFilter(name)
    tags = (clean(tag) for joined in query.getlist("tag") for tag in joined.split(TAG_SEPARATOR))
    different = tuple(dict.fromkeys(filter(None, tags)))
    if len(different) > _MOST_TAGS:
        raise BadFilter("tag")
    return Filters(**given, tag=different)


def query_of(filters: Filters) -> dict[str, str | list[str]]:
    """The parameters of an address, of which ``filters_of`` makes the same."""
    given: dict[str, str | list[str]] = {name: getattr(filters, name) for name in NAMES if getattr(filters, name)}
    return {**given, "tag": list(filters.tag)} if filters.tag else given
