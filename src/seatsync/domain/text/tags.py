"""Tags of members: check them, join them into one string, and split it."""

from __future__ import annotations

from collections.abc import Iterable

IMPORTED = "imported:"
"""Prefix of the date tag ``imported:YYYY-MM-DD``, which only the ledger sets."""
TAG_SEPARATOR = ";"


def tag_fault(tag: str) -> str | None:
    """Why ``tag`` is not allowed, or None."""
    if not tag:
        return "it is empty"
    if TAG_SEPARATOR in tag:
        return "it contains a ;, which separates tags in CSV files"
    if tag.startswith(IMPORTED):
        return f"tags that start with {IMPORTED} are set by the ledger"
    return None


def join_tags(tags: Iterable[str]) -> str:
    """Join tags into one string, sorted, each once. Rosters and ledger keep and compare them so."""
    return TAG_SEPARATOR.join(sorted(set(tags)))


def split_tags(joined: str) -> tuple[str, ...]:
    """Split the string of ``join_tags``."""
    return tuple(joined.split(TAG_SEPARATOR)) if joined else ()
