"""The state of institutions as one page that loads nothing and has no script."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from seatsync.domain.diagnostic import counted
from seatsync.domain.text.languages import spelled
from seatsync.ledger.queries.outlook.outlook import Outlook
from seatsync.ledger.queries.outlook.past import DayUsed
from seatsync.planning.year.curve import Curve
from seatsync.reports.html import without_script
from seatsync.reports.outlook.chart import Chart, chart
from seatsync.reports.view.findings import run_in
from seatsync.reports.year.words import in_short

LATE = 14
"""Days after which an unclaimed seat is worth a look."""


@dataclass(frozen=True, slots=True)
class State:
    """An institution on the day ``today``: its ``libraries``, when its files were ``applied`` last (a day, ISO; empty for never),
    and what ``waits`` for somebody, each a sentence with the command that shows it. ``curves`` are those of the coming year, if it was run
    ahead. The commands on the page name the ``folder``; empty for the current one."""

    id: str
    name: str
    today: date
    applied: str
    libraries: Sequence[Outlook]
    waits: Sequence[str]
    curves: Mapping[str, Curve] = field(default_factory=dict)
    folder: str = ""

    def ahead(self, one: Outlook) -> Sequence[DayUsed]:
        """The seats of a library used after the coming days on which they change, if nothing else happens."""
        return one.ahead(self.today, self.curves.get(one.library.id))


class Figure(NamedTuple):
    """A number of seats with its name, and the command that lists them."""

    name: str
    number: int
    command: str


def html(states: Sequence[State]) -> str:
    """Return the page."""
    return without_script(
        "outlook.html.jinja",
        "plan.css",
        "outlook.css",
        states=states,
        run_in=run_in,
        coming=coming,
        drawn=drawn,
        seats=seats,
        figures=figures,
        ends=ends,
        in_line=in_line,
        full=full,
        bought=bought,
    )


def coming(one: Outlook, state: State) -> str:
    """What the year run ahead says of the library, in short; empty if nothing is to be done."""
    curve = state.curves.get(one.library.id)
    return in_short(curve) if curve is not None else ""


def drawn(one: Outlook, state: State) -> Chart:
    """The library's chart."""
    words = [seats(one), full(one, state.today), *(sentence for sentence, _ in _ends(one, state.today))]
    return chart(one, state.today, " ".join(words), state.ahead(one))


def seats(one: Outlook) -> str:
    """How many seats are used, and how many are left, as a sentence."""
    slots = one.slots
    left = f"{slots.available:,} available" if slots.available > 0 else "none is available"
    if slots.available < 0:
        left = f"{counted(-slots.available, 'seat')} too many"
    return f"{slots.used:,} of {counted(slots.total, 'seat')} used, {left}."


def full(one: Outlook, today: date) -> str:
    """When no seat will be left, as a sentence; empty where nothing tells. The pages say it in the same words."""
    found = one.full_on(today)
    if found is None:
        return ""
    pace = f"At the pace of the last {found.days} days (seats used: +{found.more:,})"
    return f"{pace} it will be full about {spelled(found.day)}."


def bought(one: Outlook, today: date) -> str:
    """What was bought: totals to come, costs, idle seats, contracts; empty if the files do not say it."""
    it = one.library
    return it.bought(one.slots.available, today.isoformat()).in_words(one.slots.total, spelled) if it.purchases else ""


def ends(one: Outlook, today: date) -> Iterator[str]:
    """What ends when, each a sentence with the command that lists who has these seats, soonest first."""
    for sentence, day in _ends(one, today):
        yield f"{sentence} `seatsync licenses --library {one.library.id} --ends {day}`"


def _ends(one: Outlook, today: date) -> Iterator[tuple[str, str]]:
    for day, number, _ in one.ends:
        many = counted(number, "seat ends", "seats end")
        if day < today.isoformat():
            yield f"{counted(number, 'seat', 'seats')} ended on {spelled(day)}; the next apply takes them back.", day
        else:
            yield f"{spelled(day)}: {many}.", day


def in_line(one: Outlook) -> str:
    """Who waits for a seat, since when, and when one is expected, with the command that lists them; empty without a line."""
    if one.line is None:
        return ""
    waits = f"{counted(one.line.waiting, 'person waits', 'people wait')} for a seat, the first since {spelled(one.line.since)}."
    expected = "No end date frees a seat for the first in time."
    if one.line.expected:
        expected = f"By end dates, a seat is expected for the first by {spelled(one.line.expected)}"
        expected += f", for all by {spelled(one.line.all_by)}." if one.line.all_by else ", and not for all."
        if one.line.waiting == 1:
            expected = f"By end dates, a seat is expected by {spelled(one.line.expected)}."
    return f"{waits} {expected} `seatsync licenses --library {one.library.id} --status waiting`"


def figures(one: Outlook, today: date) -> list[Figure]:
    """How far the invitations have come, with the command behind each number. Numbers of zero are left out."""
    invited = one.invited
    list, letters = (f"seatsync {command} --library {one.library.id}" for command in ("licenses", "outbox list"))
    sent = invited.open - invited.waiting - invited.bounced
    rows = [
        Figure("claimed", invited.claimed, f"{list} --status claimed"),
        Figure("unclaimed", invited.open, f"{list} --status unclaimed"),
        Figure("letter sent", sent if one.library.sends_letters else 0, f"{list} --status unclaimed"),
        Figure("letter not sent yet", invited.waiting, f"{letters} --state pending"),
        Figure("letter bounced", invited.bounced, f"{letters} --state bounced"),
        Figure(
            f"unclaimed for more than {LATE} days",
            invited.older_than(LATE, today),
            f"{list} --status unclaimed --sort invited_on",
        ),
        Figure("declined", invited.declined, f"{list} --status opted_out"),
    ]
    return [row for row in rows if row.number]
