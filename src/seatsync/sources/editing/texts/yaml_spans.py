"""The nodes of a YAML text with the range of characters that each takes, to change the text and nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from seatsync.sources.yaml_tree import LOADER


class Span:
    """A node: a scalar (``value``), a list (``items``), a mapping (``pairs`` of key and value), or an alias.

    ``start`` includes an anchor before the node; ``end`` is behind its last character that is not white space or a comment.
    ``quote`` is ``'``, ``"``, ``|``, ``>`` or empty. ``flow`` is True for ``[a, b]`` and ``{a: b}``.
    """

    __slots__ = ("column", "end", "flow", "is_alias", "items", "kind", "pairs", "quote", "start", "value")

    def __init__(self, kind: str, start: int, column: int) -> None:
        self.kind = kind
        self.start = self.end = start
        self.column = column
        self.flow = False
        self.is_alias = False
        self.quote = ""
        self.value = ""
        self.items: list[Span] = []
        self.pairs: list[tuple[Span, Span]] = []

    @property
    def parts(self) -> list[Span]:
        """The items of a list; of a mapping, a span from each key to the end of its value."""
        return self.items if self.kind == "list" else [*map(_together, self.pairs)]

    def get(self, key: str) -> Span | None:
        """Return the value written under ``key``, None where no such key is written."""
        return next((value for name, value in self.pairs if name.value == key), None)


def _together(pair: tuple[Span, Span]) -> Span:
    key, value = pair
    both = Span("pair", key.start, key.column)
    both.end = max(key.end, value.end)
    return both


def spans(text: str) -> Span | None:
    """Return the tree of the one document in ``text``; None where it is empty.

    Raises:
        yaml.YAMLError: it is not valid.
    """
    events: Iterator[Any] = yaml.parse(text, Loader=LOADER)
    for event in events:
        if not isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
            return None if isinstance(event, yaml.StreamEndEvent) else _node(event, events, text)
    return None


def _node(event: Any, events: Iterator[Any], text: str) -> Span:
    """Return the node that begins with ``event``. Deep nesting was refused when the tree was read."""
    start, column = event.start_mark.index, event.start_mark.column
    if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
        is_list = isinstance(event, yaml.SequenceStartEvent)
        span = Span("list" if is_list else "mapping", start, column)
        span.flow = bool(event.flow_style)
        closing: Any = None
        for closing in events:
            if isinstance(closing, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                break
            node = _node(closing, events, text)
            if is_list:
                span.items.append(node)
            else:
                span.pairs.append((node, _node(next(events), events, text)))
        last = span.parts[-1].end if span.parts else start
        span.end = closing.end_mark.index if span.flow else last
        return span
    span = Span("scalar", start, column)
    span.end = event.end_mark.index
    if isinstance(event, yaml.AliasEvent):
        span.is_alias = True
    else:
        span.value, span.quote = event.value, event.style or ""
    if span.quote in ("|", ">"):
        span.end = start + len(text[start : span.end].rstrip())
    return span
