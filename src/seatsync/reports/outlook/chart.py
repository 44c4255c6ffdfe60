"""A library's used seats over time, drawn as SVG: so far as a line, ahead as a dashed one, and the total."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from markupsafe import Markup

from seatsync.domain.money.purchases import turns
from seatsync.ledger.queries.outlook.outlook import Outlook
from seatsync.ledger.queries.outlook.past import DayUsed
from seatsync.reports.drawing import HEIGHT, WIDTH, Scale

_BACK, _AHEAD, _FURTHEST, _AFTER = (timedelta(days=days) for days in (365, 90, 730, 30))

_SVG = Markup(
    '<svg class="over-time" viewBox="-2 -2 {width} {height}" preserveAspectRatio="none" role="img" aria-label="{words}">'
    '<path class="so-far" d="{past} V{bottom} H{left} Z"/><path class="total" d="{total}"/><path class="line" d="{past}"/>'
    '<path class="line ahead" d="{ahead}"/><path class="today" d="M{today} 0 V{bottom}"/></svg>'
)


class Chart(NamedTuple):
    """The drawing, the days (ISO) at its ends, and its points for a table: (day, seats used), ``ahead`` those to come.

    ``most`` is the number of seats at its upper edge, ``now`` where the day today is, in percent from the left.
    """

    svg: Markup
    first: str
    last: str
    past: Sequence[DayUsed]
    ahead: Sequence[DayUsed]
    most: int
    now: int

    @property
    def has_past(self) -> bool:
        """Whether a line is drawn up to today. On the first day there is only a point."""
        return len(self.past) > 1


def chart(outlook: Outlook, today: date, words: str, course: Sequence[DayUsed] | None = None) -> Chart:
    """Draw the last year, and what is to come until a month after the last seat ends, at least 90 days.

    Ends more than two years ahead are left out. ``words`` say the same for readers who can't see it. ``course`` are the seats used after
    the coming days, if more than end dates is known of them. The total changes where purchases begin and end.
    """
    now = DayUsed(today.isoformat(), outlook.slots.used)
    first = max(today - _BACK, min([today, *(date.fromisoformat(one.day) for one in outlook.past[:1])]))
    ahead = [
        one
        for one in (outlook.ahead(today) if course is None else course)
        if one.day <= (today + _FURTHEST).isoformat()
    ]
    last = max([today + _AHEAD, *(date.fromisoformat(one.day) + _AFTER for one in ahead)])
    past = _until(now, outlook.past, first)
    totals = _totals(outlook, now.day, first.isoformat(), last.isoformat())
    scale = Scale(first, last, max(1, *(number for _, number in (*totals, *past, *ahead))))
    svg = _SVG.format(
        width=WIDTH + 4,
        height=HEIGHT + 4,
        words=words,
        past=scale.steps(past),
        ahead=scale.steps([now, *ahead, DayUsed(last.isoformat(), ahead[-1].used if ahead else now.used)], late=1),
        bottom=HEIGHT,
        left=scale.x(past[0].day),
        total=scale.steps(totals),
        today=scale.x(now.day),
    )
    return Chart(
        svg, first.isoformat(), last.isoformat(), past, ahead, scale.most, round(100 * scale.x(now.day) / WIDTH)
    )


def _totals(outlook: Outlook, today: str, first: str, last: str) -> list[tuple[str, int]]:
    """The number of all seats from the first to the last day: today's, and from then on what was bought."""
    coming = [turn for turn in turns(outlook.library.purchases, today) if turn.on <= last]
    return [(first, outlook.slots.total), *coming, (last, coming[-1].total if coming else outlook.slots.total)]


def _until(now: DayUsed, past: Sequence[DayUsed], first: date) -> list[DayUsed]:
    """The days from ``first`` until today, each once; at the beginning the seats used before."""
    begin, today = first.isoformat(), now.day
    earlier = [DayUsed(begin, one.used) for one in past if one.day < begin][-1:]
    used = dict([*earlier, *(one for one in past if begin <= one.day < today), now])
    return [DayUsed(*one) for one in used.items()]
