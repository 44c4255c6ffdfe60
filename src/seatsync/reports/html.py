"""A plan as one self-contained page: nothing is loaded, and no script runs but its own, known by its hash."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib.resources import files
from itertools import chain, islice
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from seatsync.domain.diagnostic import counted
from seatsync.domain.library import SEATS, Slots
from seatsync.planning.plan import SlotChange
from seatsync.reports.view import Group, PlanView, by_code

CHUNK = 200
"""Rows in one body of a table: a browser lays out only the bodies in view, and the search hides whole ones."""


class Part(NamedTuple):
    """A piece of a bar, in percent of the room there is; ``name`` is its class."""

    name: str
    start: float
    width: float


class Bar(NamedTuple):
    """The slots of a library at one time: drawn (``parts``), in words, and how many seats are used that there are not."""

    when: str
    parts: Sequence[Part]
    words: str
    over: int


def plans(views: Sequence[PlanView]) -> Iterator[str]:
    """The page, in pieces."""
    environment = Environment(
        loader=PackageLoader("seatsync.reports", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"zip": zip, "rows": rows, "bars": bars, "by_code": by_code, "spoken": spoken}
    style, script = _source("plan.css"), _source("plan.js")
    allowed = f"style-src {_hashed(style)}; script-src {_hashed(script)}"
    return environment.get_template("plan.html.jinja").generate(
        views=views,
        outcomes=outcomes(views),
        policy=f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'",
        style=style,
        script=script,
    )


def outcomes(views: Sequence[PlanView]) -> str:
    """What the plans came to: of one its outcome, of several how many came to what."""
    if len(views) == 1:
        return views[0].outcome
    kinds = ("refused" if v.refused else "with changes" if v.plan.changes else "with nothing to do" for v in views)
    return ", ".join(f"{number:,} {kind}" for kind, number in Counter(kinds).items())


def rows(group: Group) -> Iterator[Markup]:
    """The rows of a group's table, a chunk at a time.

    A chunk is escaped as a whole: its cells are parted by tabs and newlines, which the view lets into no text.
    """
    lines = group.lines()
    while chunk := list(islice(lines, CHUNK)):
        told = str(escape("\n".join(map("\t".join, chunk))))
        cells = told.replace("\t", "</td><td>").replace("\n", "</td></tr>\n<tr><td>")
        yield Markup(f"<tr><td>{cells}</td></tr>")  # noqa: S704 (escaped above)


def bars(change: SlotChange) -> list[Bar]:
    """The slots before and after, on one scale."""
    room = max(1, *chain.from_iterable((slots.total, slots.used) for slots in change))
    return [_bar(when, slots, 100 / room) for when, slots in zip(("before", "after"), change, strict=True)]


def _bar(when: str, slots: Slots, percent: float) -> Bar:
    over = max(0, slots.used - slots.total)
    parts, start = [Part("track", 0, round(slots.total * percent, 2))], 0
    for seat in reversed(SEATS):  # what stays longest comes first
        number = getattr(slots, seat)
        parts.append(Part(seat, round(start * percent, 2), round(number * percent, 2)))
        start += number
    parts.append(Part("over", round(slots.total * percent, 2), round(over * percent, 2)))
    told = ", ".join(f"{getattr(slots, seat):,} {seat}" for seat in reversed(SEATS))
    words = f"{when}: {slots.used:,} of {counted(slots.total, 'slot')} used: {told}"
    return Bar(when, [part for part in parts if part.width], words, over)


def spoken(text: str) -> Markup:
    """Text in which `what is to be written` stands as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 (escaped)


def _source(name: str) -> Markup:
    """A style or script of ours."""
    return Markup((files("seatsync.reports") / "templates" / name).read_text(encoding="utf-8"))  # noqa: S704


def _hashed(source: str) -> str:
    """What a Content-Security-Policy calls this style or script."""
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"
