"""The drift in a plan: what exports show otherwise and the plan does not take."""

from __future__ import annotations

from seatsync.planning.plan import Plan
from seatsync.reports.drift.view import in_words
from seatsync.reports.view.changes import Line
from seatsync.reports.view.escaping import escape_controls

TITLE = "What exports from the portal show otherwise, and this plan does not take."


def lines(plan: Plan) -> list[Line]:
    """Return each difference: who, what, in which library, and the row of the export."""
    told = [
        (one.difference.email, in_words(one.difference), one.difference.library, str(one.origin)) for one in plan.drift
    ]
    return [Line(*map(escape_controls, one)) for one in told]
