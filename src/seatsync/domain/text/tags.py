"""Tags of a member: which can be given, and how they are joined into one string."""

from __future__ import annotations

from collections.abc import Iterable

IMPORTED = "imported:"
"""Prefix of the automatic date tag, ``imported:YYYY-MM-DD``: the ledger's own."""
TAG_SEPARATOR = ";"


def tag_fault(tag: str) -> str | None:
    """Why ``tag`` can't be given to a member, or None."""
    if not tag:
        return "it is empty"
    if TAG_SEPARATOR in tag:
        return "it has a ; in it, which separates tags in CSV files"
    if tag.startswith(IMPORTED):
        return f"tags that start with {IMPORTED} are given by the ledger itself"
    return None


def join_tags(tags: Iterable[str]) -> str:
    """Tags as one string, sorted, each once: how rosters and ledger hold and compare them."""
    return TAG_SEPARATOR.join(sorted(set(tags)))


def split_tags(joined: str) -> tuple[str, ...]:
    """The tags of ``join_tags``."""
    return tuple(joined.split(TAG_SEPARATOR)) if joined else ()
