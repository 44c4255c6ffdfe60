"""The seats of libraries before and after a plan, for a table."""

from __future__ import annotations

from typing import NamedTuple

from seatsync.planning.seats import SlotChange
from seatsync.reports.view.escaping import escape_controls


class SlotRow(NamedTuple):
    """A library's seats for a table; each figure as ``3`` or ``3 → 5``."""

    library: str
    total: str
    used: str
    available: str
    reserved: str
    temporary: str
    permanent: str


def slot_row(library: str, change: SlotChange) -> SlotRow:
    """Return the row of a library."""
    before, after = change.before.as_dict(), change.after.as_dict()
    figures = {
        name: f"{before[name]:,} → {after[name]:,}" if before[name] != after[name] else f"{after[name]:,}"
        for name in SlotRow._fields[1:]
    }
    return SlotRow(escape_controls(library), **figures)
