"""What a plan says of a line: who gets a seat, who waits at which place, and when seats come free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from seatsync.domain.action import Action
from seatsync.domain.license import Kind
from seatsync.domain.origin import Origin
from seatsync.domain.text.days import next_day
from seatsync.planning.draft import Draft, Waiting

DRAWN = 10
"""The places of a line that a plan draws; `licenses --status waiting` lists all."""


class Place(NamedTuple):
    """A place in a line: the member's e-mail and number (0: new), since when they wait (ISO), the grant that asks for them, and by
    when a seat is expected (ISO), as far as end dates tell; empty if they do not.
    """

    member: str
    record: int
    since: str
    reason: str
    origin: Origin
    expected: str = ""


class DrawnLine(NamedTuple):
    """The line of a library after a plan.

    ``first`` are the first places of ``waiting`` people, of whom ``joined`` begin to wait; ``seated`` get a seat after having
    waited. ``frees`` counts the seats that end dates free, by the first day (ISO) on which they are free.
    """

    seated: int
    joined: int
    waiting: int
    first: Sequence[Place]
    frees: Mapping[str, int]


def drawn_lines(draft: Draft) -> dict[str, DrawnLine]:
    """The lines that a plan changes, by library.

    Raises:
        NotWhole: only some members are loaded.
    """
    found = ((library, line) for library, line in draft.lines.items() if _changes(draft, library))
    return {
        library: DrawnLine(
            len(line.seated),
            line.joined,
            len(line.waiting),
            [*_first(line.waiting[:DRAWN], frees)],
            frees,
        )
        for library, line in found
        for frees in [_frees(draft, library)]
    }


def _changes(draft: Draft, library: str) -> bool:
    """Whether the plan moves somebody in the line, or out of it."""
    is_moved = any((action, library) in draft.groups for action in (Action.WAIT, Action.UNWAIT))
    return is_moved or bool(draft.lines[library].seated)


def _first(waiting: Sequence[Waiting], frees: Mapping[str, int]) -> Iterator[Place]:
    days = iter(sorted(frees))
    free, day = 0, ""
    for position, one in enumerate(waiting, 1):
        while free < position and (day := next(days, "")):
            free += frees[day]
        grant = one.grant
        until = str((grant.after or {}).get("until", ""))
        expected = "" if "" < until < day else day
        yield Place(grant.member, grant.record, one.since, grant.reason, grant.origin, expected)


def _frees(draft: Draft, library: str) -> dict[str, int]:
    """How many seats end dates free on which day (ISO), after the plan."""
    held = draft.snapshot.licenses.get(library, {})
    ends = {number: license.until for number, license in held.items() if license.kind is Kind.TEMPORARY}
    new = Counter[str]()
    for action in (Action.REVOKE, Action.UPGRADE, Action.LICENSE_UPDATE, Action.GRANT):
        for change in draft.groups.get((action, library), ()):
            until = str((change.after or {}).get("until", ""))
            if change.record:
                ends[change.record] = until if action in (Action.LICENSE_UPDATE, Action.GRANT) else ""
            else:
                new[until] += 1
    counts = new + Counter(ends.values())
    return {next_day(day): number for day, number in sorted(counts.items()) if day}
