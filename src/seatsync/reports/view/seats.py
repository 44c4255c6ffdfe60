"""The seats of libraries before and after a plan, for a table."""

from __future__ import annotations

from seatsync.domain.library import FIGURES
from seatsync.planning.seats import SlotChange
from seatsync.reports.view.escaping import escape_controls

HEADERS = ("library", *FIGURES.values())


def slot_row(called: str, change: SlotChange) -> tuple[str, ...]:
    """Return the row of a library that is ``called`` so under ``HEADERS``; each figure as ``3`` or ``3 → 5``."""
    before, after = change.before.as_dict(), change.after.as_dict()
    figures = (
        f"{before[name]:,} → {after[name]:,}" if before[name] != after[name] else f"{after[name]:,}" for name in FIGURES
    )
    return (escape_controls(called), *figures)
