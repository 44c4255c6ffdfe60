"""The drift in a plan: what exports show otherwise and the plan does not take."""

from __future__ import annotations

from seatsync.planning.plan import Plan
from seatsync.planning.portal.found import Drift
from seatsync.reports.drift.view import in_words
from seatsync.reports.view.changes import Line
from seatsync.reports.view.escaping import escape_controls
from seatsync.reports.view.names import Names
from seatsync.reports.view.places import address_of

TITLE = "What exports from the portal show otherwise, and this plan does not take."


def lines(plan: Plan, names: Names) -> list[Line]:
    """Return each difference: who, what, in which library, and the row of the export."""
    return [_line(one, names, address_of(one.origin, plan.files_at)) for one in plan.drift]


def _line(drift: Drift, names: Names, address: str) -> Line:
    one = drift.difference
    called = names.titles.of(one.library)
    who, what, library, where = map(escape_controls, (one.email, in_words(one), called, str(drift.origin)))
    return Line(who, what, library, where, address)
