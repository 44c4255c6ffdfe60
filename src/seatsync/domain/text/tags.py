"""Tags of members, and the last days of those that end: check them, join them into one string, and split it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seatsync.domain.text.languages import LANGUAGE_TAG, LANGUAGES

IMPORTED = "imported:"
"""Prefix of the date tag ``imported:YYYY-MM-DD``, which only the ledger sets."""
TAG_SEPARATOR = ";"
EVERYTHING = ""
"""Stands for all tags where last days are told: somebody leaves on that day, and is no member after it."""


def tag_fault(tag: str) -> str | None:
    """Why ``tag`` is not allowed, or None."""
    if not tag:
        return "it is empty"
    if TAG_SEPARATOR in tag:
        return "it contains a ;, which separates tags in CSV files"
    if tag.startswith(IMPORTED):
        return f"tags that start with {IMPORTED} are set by the ledger"
    if tag.startswith(LANGUAGE_TAG) and tag.removeprefix(LANGUAGE_TAG) not in LANGUAGES:
        return f"letters have no such language; {LANGUAGE_TAG} is followed by one of {', '.join(LANGUAGES)}"
    return None


def join_tags(tags: Iterable[str]) -> str:
    """Join tags into one string, sorted, each once. Rosters and ledger keep and compare them so."""
    return TAG_SEPARATOR.join(sorted(set(tags)))


def split_tags(joined: str) -> tuple[str, ...]:
    """Split the string of ``join_tags``."""
    return tuple(joined.split(TAG_SEPARATOR)) if joined else ()


def tags_with_day(joined: str, imported_on: str) -> list[str]:
    """A member's tags as lists show them: those of ``join_tags``, and the date tag of the day of their first apply."""
    return [*split_tags(joined), *([IMPORTED + imported_on] if imported_on else [])]


def join_ends(ends: Mapping[str, str]) -> str:
    """Join tags with their last days (ISO) into one string: equal for equal mappings."""
    return TAG_SEPARATOR.join(sorted(f"{day} {tag}" for tag, day in ends.items()))


def split_ends(joined: str) -> dict[str, str]:
    """Split the string of ``join_ends`` into tag → last day (ISO)."""
    pairs = (pair.partition(" ") for pair in joined.split(TAG_SEPARATOR) if pair)
    return {tag: day for day, _, tag in pairs}


def later_ends(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, str]:
    """The last days of tags that somebody has from two places: the later one, none if a tag does not end in one of them.

    Both map each tag to its last day, or to an empty text if it does not end.
    """
    both = {tag: max(one[tag], other[tag]) if one[tag] and other[tag] else "" for tag in one.keys() & other.keys()}
    return {tag: day for tag, day in {**one, **other, **both}.items() if day}
