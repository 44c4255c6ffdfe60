"""What an import says of an export: what it takes, and what it leaves."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from seatsync.domain.diagnostic import counted
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from seatsync.planning.portal.found import Differs, Seen
    from seatsync.reports.drift.view import DriftView, Row


def taken_in_words(taken: Counter[Seen | Differs]) -> str:
    """How many of each kind an import takes."""
    from seatsync.reports.drift.view import words_when_taken

    return ", ".join(f"{number:,} {words_when_taken(code)}" for code, number in taken.items())


def list_differences(view: DriftView) -> None:
    """List what the file says otherwise and the import does not take, person by person, even with ``--quiet``."""
    for notice in view.notices:
        say(notice)
    left = [row for row in view.rows if not row.is_taken]
    if left:
        say(f"Not imported: {counted(len(left), 'difference')}.")
    for to_do, rows in groupby(left, lambda row: row.to_do):
        say(f"To fix: {to_do}")
        for row in rows:
            say(f"  {_difference(row, view.where(row))}")


def _difference(row: Row, where: str) -> str:
    from seatsync.reports.drift.view import words

    here, there = row.in_words
    what = f"{here} in the ledger; {there} in the file" if here and row.line else words(row.code)
    return f"{row.library + ': ' if row.library else ''}{row.member}: {what}{f' ({where})' if where else ''}"
