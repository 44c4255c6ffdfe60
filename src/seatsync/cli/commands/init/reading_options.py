"""How ``init --roster`` is told to read its files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import click


class Reading(NamedTuple):
    """How the rosters are to be read, as ``KEY=VALUE`` for each key of `map:`, `take:` and `tags_from:`."""

    map: Sequence[str] = ()
    take: Sequence[str] = ()
    tags_from: Sequence[str] = ()

    def keys(self, encoding: str | None) -> dict[str, object]:
        """Return the keys of a roster's entry in seatsync.yaml."""
        take = {key: [word.strip() for word in words.split(",")] for key, words in _pairs("--take", self.take)}
        map = {key: value or None for key, value in _pairs("--map", self.map)}
        tags = {key: value or False for key, value in _pairs("--tags-from", self.tags_from)}
        keys = {"encoding": encoding, "map": map, "take": take, "tags_from": tags}
        return {key: value for key, value in keys.items() if value}


def _pairs(option: str, texts: Iterable[str]) -> list[tuple[str, str]]:
    """Take ``KEY=VALUE`` apart.

    Raises:
        BadParameter: there is no `=`.
    """
    pairs = [text.partition("=") for text in texts]
    for text, (key, equals, _) in zip(texts, pairs, strict=True):
        if not key.strip() or not equals:
            raise click.BadParameter(f'"{text}" can\'t be read. Write KEY=VALUE.', param_hint=option)
    return [(key.strip(), value.strip()) for key, _, value in pairs]
