"""A plan as one self-contained HTML page. It loads nothing, and only its own script may run (allowed by its hash)."""

from __future__ import annotations

import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from importlib.resources import files
from itertools import chain, islice
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from seatsync.domain.action import Sign
from seatsync.domain.diagnostic import Diagnostic, counted
from seatsync.domain.library import BY_KIND, Slots
from seatsync.domain.text.languages import spelled
from seatsync.planning.seats import SlotChange
from seatsync.reports.drift import of_plan
from seatsync.reports.view.changes import Line
from seatsync.reports.view.findings import advice, by_code
from seatsync.reports.view.groups import Group
from seatsync.reports.view.lines import HEADERS as LINE_HEADERS
from seatsync.reports.view.lines import LineView
from seatsync.reports.view.plan import PlanView
from seatsync.reports.view.seats import HEADERS

CHUNK = 200
"""Rows in one ``<tbody>``: a browser lays out only the bodies in view, and the search hides whole bodies."""


class BarSegment(NamedTuple):
    """A segment of a bar; ``start`` and ``width`` in percent of the bar's full width, ``name`` is its CSS class."""

    name: str
    start: float
    width: float


class Bar(NamedTuple):
    """The seats of a library before or after the plan: as ``segments``, in words, and how many are used beyond the total."""

    when: str
    segments: Sequence[BarSegment]
    words: str
    over: int


def environment() -> Environment:
    """The templates of pages. What they show is escaped."""
    return Environment(
        loader=PackageLoader("seatsync.reports", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def without_script(template: str, *styles: str, **values: object) -> str:
    """Return the page of a template with these style sheets, one after the other. It loads nothing and has no script."""
    pages = environment()
    pages.filters |= {"with_code": with_code, "with_commands": with_commands, "counted": counted, "spelled": spelled}
    style = Markup("").join(map(_source, styles))
    policy = f"default-src 'none'; style-src {csp_hash(style)}; base-uri 'none'; form-action 'none'"
    return pages.get_template(template).render(values, policy=policy, style=style)


def plans(views: Sequence[PlanView], found: Sequence[Diagnostic] = ()) -> Iterator[str]:
    """Yield the page in pieces. ``found`` are the findings in files, whose institutions may have no plan."""
    pages = environment()
    pages.filters |= {
        "zip": zip,
        "rows": rows,
        "drift": drift,
        "places": places,
        "bars": bars,
        "with_id": with_id,
        "in_order": in_order,
        "sentence": sentence,
        "signs": signs,
        "by_code": by_code,
        "with_code": with_code,
        "advice": advice,
    }
    style, script = _source("plan.css"), _source("plan.js")
    allowed = f"style-src {csp_hash(style)}; script-src {csp_hash(script)}"
    return pages.get_template("plan.html.jinja").generate(
        views=views,
        found=found,
        headers=HEADERS,
        line_headers=LINE_HEADERS,
        outcomes=outcomes(views),
        policy=f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'",
        style=style,
        script=script,
    )


def outcomes(views: Sequence[PlanView]) -> str:
    """Return the outcome of a single plan, or for several plans how many had which outcome."""
    if len(views) == 1:
        return views[0].panel.word
    kinds = ("blocked" if v.refused else "with changes" if v.plan.changes else "without changes" for v in views)
    return ", ".join(f"{number:,} {kind}" for kind, number in Counter(kinds).items())


def rows(group: Group) -> Iterator[Markup]:
    """Yield the rows of a group's table, one chunk at a time.

    A chunk is escaped as a whole, and an e-mail may break behind its @: no link's address has one. Tabs and newlines separate its
    cells, and other controls mark its links: the view allows none of them in a text.
    """
    has_reason = bool(group.reason)
    return _rows(
        (told.subject, told.what, _place(told)) if has_reason else (*told[:3], _place(told)) for told in group.lines()
    )


def signs(groups: Iterable[Group]) -> str:
    """What the signs before these groups mean, each once."""
    used = {group.sign for group in groups}
    return ", ".join(f"{sign} {words}" for sign, words in _SIGNS.items() if sign in used)


_SIGNS = {
    Sign.ADD: "is added",
    Sign.REMOVE: "is taken away",
    Sign.CHANGE: "changes",
    Sign.RAISE: "becomes permanent",
    Sign.REPEAT: "is sent again",
}


def drift(view: PlanView) -> Iterator[Markup]:
    """Yield the rows of the table of drift, in the same way."""
    return _rows((*told[:3], _place(told)) for told in of_plan.lines(view.plan, view.names))


def places(line: LineView) -> Iterator[Markup]:
    """Yield the rows of the table of a line, in the same way."""
    return _rows((*row[:5], _linked(row.where, row.address)) for row in line.rows)


def _rows(lines: Iterable[tuple[str, ...]]) -> Iterator[Markup]:
    left = iter(lines)
    while chunk := list(islice(left, CHUNK)):
        escaped = _in_order(str(escape("\n".join(map("\t".join, chunk)))).replace("@", "@<wbr>"))
        linked = escaped.replace(_LINK, '<a href="').replace(_SHOWN, '">').replace(_END, "</a>")
        cells = linked.replace("\t", "</td><td>").replace("\n", "</td></tr>\n<tr><td>")
        yield Markup(f"<tr><td>{cells}</td></tr>")  # noqa: S704 (escaped above)


_RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc](?:[^\x00-\u058f]|[ '’.-](?=[^\x00-\u058f]))*")
"""Words of a script that is written from right to left, with what joins them."""


def in_order(text: str) -> Markup:
    """Return a sentence in which words from right to left stand where they belong, a date and a short e-mail break nowhere, and a long
    e-mail behind its @."""
    return Markup(_in_order(_KEPT.sub(_kept, str(escape(text)))))  # noqa: S704 (escaped)


def _kept(found: re.Match[str]) -> str:
    return f"{found[0]}<wbr>" if found["long"] else f'<span class="whole">{found[0]}</span>'


def sentence(text: str) -> Markup:
    """Return a sentence of ours as ``in_order`` does, with everything between backticks shown as code."""
    return Markup(_coded(str(in_order(text))))  # noqa: S704 (escaped)


_KEPT = re.compile(
    r"(?P<long>(?=[^\s(),;]{30})[^\s(),;@]{1,254}@)"
    r"|(?<![\w@.&-])(?:\d{4}-\d\d-\d\d(?!\w)|[^\s(),;:`@&<>]{1,29}@[^\s(),;:`@&<>]{1,29}\w)(?![\w@])"
)
"""The beginning of an e-mail that may be longer than a line of a phone; or a shorter one, or a date."""


def _in_order(escaped: str) -> str:
    return _RIGHT_TO_LEFT.sub(r"<bdi>\g<0></bdi>", escaped) if _RIGHT_TO_LEFT.search(escaped) else escaped


_LINK, _SHOWN, _END = "\x01", "\x02", "\x03"  # around a link's address and words


def _place(told: Line) -> str:
    """A place with the marks of a link, if a code host shows it. What is before the file stays beside it."""
    where = told.where.replace(" ", "\N{NO-BREAK SPACE}", 1) if told.where.startswith("was ") else told.where
    return _linked(where, told.address)


def _linked(where: str, address: str) -> str:
    return f"{_LINK}{address}{_SHOWN}{where}{_END}" if address else where


def with_id(called: str) -> Markup:
    """Return a library's title, and its id in brackets as a word of its own."""
    title, bracket, id = called.rpartition(" (")
    return (
        escape(title) + Markup(' <span class="id">({})</span>').format(id.removesuffix(")"))
        if bracket
        else escape(called)
    )


def bars(change: SlotChange) -> list[Bar]:
    """Return one bar for the seats before and one for after, on the same scale; none for a library that is not there then."""
    scale = max(1, *chain.from_iterable((slots.total, slots.used) for slots in change))
    times = [*zip(("before", "after"), change, strict=True)]
    return [_bar(when, slots, 100 / scale) for when, slots in times if slots.total or slots.used]


def _bar(when: str, slots: Slots, percent: float) -> Bar:
    over = max(0, slots.used - slots.total)
    segments, start = [BarSegment("track", 0, round(slots.total * percent, 2))], 0
    for figure in _DRAWN:
        number = getattr(slots, figure)
        segments.append(BarSegment(_class_of(figure), round(start * percent, 2), round(number * percent, 2)))
        start += number
    segments.append(BarSegment("over", round(slots.total * percent, 2), round(over * percent, 2)))
    figures = ", ".join(f"{getattr(slots, figure):,} {BY_KIND[figure]}" for figure in _DRAWN)
    words = f"{when}: {slots.used:,} of {counted(slots.total, 'seat')} used: {figures}"
    return Bar(when, [segment for segment in segments if segment.width], words, over)


_DRAWN = ("permanent", "permanent_reserved", "temporary", "temporary_reserved")
"""The parts of a bar from its start: unclaimed seats are hatched."""


def _class_of(figure: str) -> str:
    """Return the class of a figure's part of the bar."""
    return BY_KIND[figure].removesuffix(" claimed").replace(" ", "-")


def with_code(text: str) -> Markup:
    """Return text in which everything between backticks is shown as code."""
    return Markup(_coded(str(escape(text))))  # noqa: S704 (escaped)


def with_commands(text: str) -> Markup:
    """Return text in which everything between backticks is a command. Its lines break between words only, not after a hyphen."""

    def command(found: re.Match[str]) -> str:
        return "<code>" + " ".join(f"<span>{word}</span>" for word in found[1].split()) + "</code>"

    return Markup(re.sub(r"<code>([^<]*)</code>", command, with_code(text)))  # noqa: S704 (escaped by with_code)


def _coded(escaped: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)


def _source(name: str) -> Markup:
    """Return one of our own style sheets or scripts."""
    return Markup((files("seatsync.reports") / "templates" / name).read_text(encoding="utf-8"))  # noqa: S704


def csp_hash(source: str) -> str:
    """Return the source expression by which a Content-Security-Policy allows this style or script."""
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"
