"""Grants that have begun since the last apply, or that a freeze held back then: what they give is by the calendar, not by a change of
the files."""

from __future__ import annotations

from functools import cached_property

from seatsync.domain.action import Action
from seatsync.domain.calendar.freezes import hold_on
from seatsync.domain.desired import Grant
from seatsync.domain.license import Kind
from seatsync.planning.draft import Draft


class Begun:
    """Notes the changes of a library that the files of the last apply make too (``Draft.by_calendar``)."""

    def __init__(self, draft: Draft, library: str) -> None:
        self.draft = draft
        self.library = library
        self.rules: dict[Grant, bool] = {}

    def note(self, action: Action, rule: Grant, record: int) -> None:
        """Note a change if its grant has begun since the last apply, or may have been held back then, and the member is the same."""
        if rule not in self.rules:
            since = self.draft.snapshot.applied_on
            is_new = rule.starts is not None and "" < since < rule.starts.isoformat()
            is_new |= hold_on(self.draft.desired.institution.freezes, since) is not None
            self.rules[rule] = is_new and rule.kind is Kind.TEMPORARY and self.draft.rosters_alone_differ(rule)
        if self.rules[rule] and record and record not in self._changed:
            self.draft.by_calendar[action, self.library].add(record)

    @cached_property
    def _changed(self) -> set[int]:
        """The members whom this plan changes."""
        return {change.record for change in self.draft.changes if not change.library}
