"""What the roster's entry in seatsync.yaml says of a set."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from seatsync.domain.origin import Origin
from seatsync.sources.rosters.how import HowToRead
from seatsync.sources.rosters.sets.words import word


@dataclass(frozen=True)
class SetOptions:
    """``map`` gives a member's field a column or template, ``tags_from`` a prefix a template; None: no such field or tags.

    Of ``roles``, ``orgs`` and ``terms``, None means the default; they map words, as they are compared, to what is written.
    ``statuses`` are words that mean here. ``format`` is a format's name or empty. ``where`` is the place of the roster's path,
    ``place`` gives that of a key beside it.
    """

    where: Origin
    map: Mapping[str, str | None]
    tags_from: Mapping[str, str | None]
    roles: Mapping[str, str] | None
    orgs: Mapping[str, str] | None
    terms: Mapping[str, str] | None
    statuses: frozenset[str]
    format: str
    place: Callable[..., Origin]


def options_of(how: HowToRead, where: Origin) -> SetOptions:
    """The options that the entry of a set gives; words of ``take`` as they are compared."""
    take = how.take
    roles, orgs, terms = map(_words, (take.roles, take.orgs, take.terms))
    statuses = frozenset(_words(take.status) or ())
    return SetOptions(where, how.map, how.tags_from, roles, orgs, terms, statuses, how.format or "", how.place)


def _words(named: Iterable[str] | None) -> dict[str, str] | None:
    return None if named is None else {word(one): one for one in named}
