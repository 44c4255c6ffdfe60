"""The ledger as it will be after a plan, without writing anything."""

from __future__ import annotations

from seatsync.domain.posting import post
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.events import events_of, first_event, newly_delivered
from seatsync.planning.plan import Plan


def post_plan(plan: Plan, books: Snapshot) -> None:
    """Post the plan's changes to ``books``, which has at least the members that they are about.

    Raises:
        IllegalTransition: the plan breaks a rule.
    """
    if not books.serial:
        post(books, first_event(plan.institution, plan.settings))
    for event in events_of(plan.changes, books, plan.now, newly_delivered(plan.changes, books)):
        post(books, event)
