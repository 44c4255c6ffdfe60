"""The lines of full libraries, as every report draws them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from seatsync.domain.diagnostic import counted
from seatsync.planning.plan import Plan
from seatsync.reports.view.escaping import escape_controls
from seatsync.reports.view.findings import run_in
from seatsync.reports.view.names import Names
from seatsync.reports.view.places import address_of

if TYPE_CHECKING:
    from seatsync.planning.line import DrawnLine

HEADERS = ("place", "who", "since", "why", "seat expected", "where")


class Row(NamedTuple):
    """One place of a line in words; ``address`` is where a code host shows the line of the file that asks for the member."""

    place: str
    who: str
    since: str
    why: str
    expected: str
    where: str
    address: str


class LineView(NamedTuple):
    """The line of a library: what the plan does to it in a sentence, the first places, and how many more there are."""

    library: str
    title: str
    sentence: str
    rows: list[Row]
    more: int
    commands_in: str = ""

    @property
    def rest(self) -> str:
        """How many more wait, and where they are listed; empty for none."""
        if not self.more:
            return ""
        listed = run_in(f"`seatsync licenses --status waiting --library {self.library}`", self.commands_in)
        return f"… and {self.more:,} more: {listed}"


def line_views(plan: Plan, names: Names, commands_in: str = "") -> list[LineView]:
    """The lines that the plan changes. The commands that they name run in a folder, or where they are read."""
    return [_view(plan, library, line, names, commands_in) for library, line in plan.lines.items()]


def _view(plan: Plan, library: str, line: DrawnLine, names: Names, commands_in: str) -> LineView:
    id, title = map(escape_controls, (library, names.titles.of(library)))
    more = line.waiting - len(line.first)
    return LineView(id, title, _sentence(line), [*_rows(plan, line, names)], more, commands_in)


def _sentence(line: DrawnLine) -> str:
    """``2 people get a seat in their turn. 12 wait, 3 of them from now on. …``"""
    told = []
    if line.seated:
        told.append(f"{counted(line.seated, 'person gets', 'people get')} a seat in their turn.")
    new = f", {line.joined:,} of them from now on" if line.joined and line.joined < line.waiting else ""
    told.append(f"{counted(line.waiting, 'person waits', 'people wait')}{new}." if line.waiting else "Nobody waits.")
    if line.waiting:
        told.append(f"{counted(line.waiting, 'more seat', 'more seats')} would clear the line.")
        told += [f"End dates free {_frees(line)}."] if line.frees else ["No end date frees a seat."]
    return " ".join(told)


def _frees(line: DrawnLine) -> str:
    first, number = next(iter(line.frees.items()))
    rest = sum(line.frees.values()) - number
    later = f", and {rest:,} later" if rest else ""
    return f"{counted(number, 'seat', 'seats')} on {first}{later}"


def _rows(plan: Plan, line: DrawnLine, names: Names) -> Iterator[Row]:
    for number, place in enumerate(line.first, 1):
        name = names.of(place.record, place.member)
        who, why, where = map(escape_controls, (name, place.reason, str(place.origin)))
        yield Row(str(number), who, place.since, why, place.expected, where, address_of(place.origin, plan.files_at))
