"""Print the journal for people: each journal entry once, with what it did below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from seatsync.domain.action import ON_PAGES
from seatsync.reports.tables.shortening import shortened
from seatsync.reports.writer import Writer

Event = Mapping[str, Any]
_DIGITS = 10
"""The digits shown of a commit or a fingerprint."""


def print_events(out: Writer, events: Iterable[Event]) -> None:
    """Print events, whose times are local ones, under the journal entries they belong to."""
    for number, (_, group) in enumerate(groupby(events, _entry)):
        found = [*group]
        if number:
            out.line()
        out.line((f"{_serials(found)}  {shortened(found[0]['at'])}  {by_whom(found[0])}", "bold"))
        out.table(
            [[event[name] for name in ("what", "library", "member", "detail")] for event in found],
            styles=("", "", "", "dim"),
            indent=4,
        )


def by_whom(event: Event) -> str:
    """Who did it, and from which commit and plan."""
    who = "the member, on the pages" if event["actor"] == ON_PAGES else event["actor"]
    sources = [f"by {who}"] if who else []
    sources += [f"{name} {event[name][:_DIGITS]}" for name in ("commit", "plan") if event[name]]
    return ", ".join(sources)


def _entry(event: Event) -> tuple[str, ...]:
    return tuple(event[name] for name in ("at", "actor", "commit", "plan"))


def _serials(found: Sequence[Event]) -> str:
    first, last = found[-1]["serial"], found[0]["serial"]
    return f"{first}" if first == last else f"{first}-{last}"
