"""Where a portal differs from the ledger, as Markdown for a pull request or an issue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from seatsync.reports.drift.view import DriftView, Row, words
from seatsync.reports.literal import code, literal, prose
from seatsync.reports.room import MOST, Rows, Section, Turn, fit
from seatsync.reports.view.escaping import escape_controls

_WHOLE = "`seatsync drift --format json` has everything."


def drift(views: Sequence[DriftView], most: int = MOST) -> str:
    """Return the differences of all files in at most ``most`` characters."""
    heads = [*map(_head, views)]
    sections = [section for view in views for section in _sections(view)]
    if len(views) == 1:
        return heads[0] + fit(sections, most - len(heads[0]), _WHOLE)
    head = "".join(heads)
    return head + fit(sections, most - len(head), _WHOLE)


def _head(view: DriftView) -> str:
    """The verdict, why the file is not believed, the seats and the counts."""
    told = [f"## {'⚠️' if view.rows else '✅'} {literal(view.verdict)}\n"]
    told += [f"> {prose(notice)}\n" for notice in view.notices]
    if view.seats:
        told.append(
            "| library | here | to grant there | to revoke there | in the file |\n| --- | ---: | ---: | ---: | ---: |\n"
            + "".join(
                f"| {' | '.join((literal(library), *map(_figure, figures)))} |\n" for library, *figures in view.seats
            )
        )
    if view.counts:
        told.append("".join(f"- {number:,} {words(kind)}\n" for kind, number in view.counts.items()))
    return "\n".join(told) + "\n"


def _figure(number: int) -> str:
    return f"{number:,}"


def _sections(view: DriftView) -> Iterator[Section]:
    """A table for each kind of difference and what to do about it."""
    for (title, to_do), group in groupby(view.rows, key=lambda row: (words(row.code), row.to_do)):
        rows = [*group]
        head = (
            f"### {title[0].upper()}{title[1:]} ({len(rows):,})\n\n**To fix:** {prose(to_do)}\n\n"
            "| member | library | here | there | line |\n| --- | --- | --- | --- | --- |\n"
        )
        texts, kind = (_row(view, row) for row in rows), f"“{title}”"
        yield Section(head, [Rows((kind, kind), len(rows), texts)], "\n", Turn.SECOND)


def _row(view: DriftView, row: Row) -> str:
    where = code(view.where(row)) if row.line else ""
    cells = (*(literal(escape_controls(cell)) for cell in (row.who, row.library, *row.in_words)), where)
    return f"| {' | '.join(cells)} |\n"
