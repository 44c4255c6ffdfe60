"""Where a portal differs from the ledger, as text."""

from __future__ import annotations

from itertools import groupby

from seatsync.reports.drift.view import DriftView, Row, words
from seatsync.reports.tables.shortening import first_of
from seatsync.reports.view.escaping import escape_controls
from seatsync.reports.writer import Writer

MOST = 200
"""The differences shown of a kind, without ``--verbose``."""


def drift(out: Writer, view: DriftView, everything: bool) -> None:
    """Write the seats, the counts, then each difference with its place in the file and what to do."""
    out.line((view.verdict, "bold" if not view.rows else "bold yellow"))
    for notice in view.notices:
        out.line()
        out.line((notice, "yellow"))
    if view.seats:
        out.line()
        headers = ("library", "here", "to grant there", "to revoke there", "in the file")
        rows = [(library, *(f"{figure:,}" for figure in figures)) for library, *figures in view.seats]
        out.table(rows, headers, headers[1:])
    if view.rows:
        out.line()
        out.table([(f"{number:,}", words(code)) for code, number in view.counts.items()])
    for (title, to_do), group in groupby(view.rows, key=lambda row: (words(row.code), row.to_do)):
        _group(out, title, to_do, [*group], None if everything else MOST)


def _group(out: Writer, title: str, to_do: str, rows: list[Row], most: int | None) -> None:
    out.line()
    out.line((f"{title[0].upper()}{title[1:]} ({len(rows):,})", "bold"))
    out.paragraph(f"To fix: {to_do}")
    shown = first_of(len(rows), most)
    out.table(map(_parts, rows[:shown]), indent=4)
    if left := len(rows) - shown:
        out.line((f"    … and {left:,} more (--verbose or --format json shows all)", "dim"))


def _parts(row: Row) -> tuple[str, ...]:
    here, there = row.in_words
    told = (row.who, row.library, f"here: {here}" if here else "", f"there: {there}" if there else "")
    return (f"line {row.line:,}" if row.line else "", *map(escape_controls, told))
