"""What the roster's entry in seatsync.yaml says of a set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from seatsync.domain.origin import Origin
from seatsync.sources.rosters.sets.words import word


@dataclass(frozen=True)
class SetOptions:
    """``map`` gives a member's field a column or template, ``tags_from`` a prefix a template, or None for no such tags.

    Of ``roles``, ``orgs`` and ``terms``, None means the default. ``statuses`` are words that mean here. ``format`` is a format's
    name or empty. ``where`` is the entry's place.
    """

    where: Origin
    map: Mapping[str, str] = field(default_factory=dict)
    tags_from: Mapping[str, str | None] = field(default_factory=dict)
    roles: frozenset[str] | None = None
    orgs: frozenset[str] | None = None
    terms: frozenset[str] | None = None
    statuses: frozenset[str] = frozenset()
    format: str = ""


def options_of(entry: Any, where: Origin) -> SetOptions:
    """The options of a roster's entry (``formats.config.RosterEntry``)."""
    take = getattr(entry, "take", None)

    def words(name: str) -> frozenset[str] | None:
        named = getattr(take, name, None)
        return None if named is None else frozenset(map(word, named))

    tags_from = getattr(entry, "tags_from", None) or {}
    return SetOptions(
        where,
        {field: text for field, text in (getattr(entry, "map", None) or {}).items() if text},
        {prefix: text or None for prefix, text in tags_from.items()},
        words("roles"),
        words("orgs"),
        words("terms"),
        words("status") or frozenset(),
        getattr(entry, "format", None) or "",
    )
