"""The course of the days: each day's plan is made from the files as they are read on it, judged, and posted to the books."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain

from seatsync.domain.action import Action, Arrivals, Event, Grants, Subject
from seatsync.domain.approval import with_uses
from seatsync.domain.calendar.freezes import is_frozen
from seatsync.domain.desired import Desired
from seatsync.domain.posting import Alike, post
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.tags import split_tags
from seatsync.planning.change import Change
from seatsync.planning.diff import compare, resolve, resolve_again, settle, settle_again
from seatsync.planning.draft import Draft
from seatsync.planning.events import event_of, events_of, first_event, newly_delivered
from seatsync.planning.observed import observe, unread
from seatsync.planning.plan import settings_of
from seatsync.planning.seats import slot_changes
from seatsync.plans.rules_digest import rules_digest
from seatsync.plans.year.day import Day
from seatsync.plans.year.letters import Letters
from seatsync.plans.year.outside import Outside
from seatsync.plans.year.touched import touched
from seatsync.refusals.case import Case
from seatsync.refusals.judge import refusals_of


class Course:
    """An institution as the days pass. ``books`` are as the days so far have left them, ``last`` is the day before."""

    def __init__(self, desired: Desired, books: Snapshot, outside: Outside, first: date) -> None:
        self.books = books
        self.outside = outside
        self.letters = Letters(outside.invitations(books, first))
        self.last: Day | None = None
        self._tags = outside.tags_over_time(desired, books)
        self._asks_of_tags = any(grant.after is not None and grant.after.leave for grant in desired.grants)
        books.tags_over_time = self._tags

    def live(self, desired: Desired, today: date) -> Day:
        """Make the day's plan and post it, unless it is blocked."""
        books, before = self.books, self._before(desired, today)
        again = before is not None and settle_again(resolve_again(before, desired, today))
        draft = again or settle(resolve(desired, books, today))
        if unread(draft):
            observe(draft, self.outside.changed_since)
        draft.invited = self.letters.due(books, desired.remind_after, today)
        draft.accounts = self.outside.accounts(draft)
        compare(draft, None if before is None else touched(before, draft))
        case = Case(draft, slot_changes(books, draft.groups))
        day = Day(draft, case, refusals_of(case))
        if not day.refusals:
            day.letters = self._post(draft)
            self._note(day)
        self.last = day
        return day

    def _before(self, desired: Desired, today: date) -> Draft | None:
        """The draft of the day before, if it has left every member as the files wanted, and the files have the same members. On a frozen
        day, and after one, something may be left to do for anybody."""
        day = self.last
        if day is None or day.refusals or day.draft.desired.members is not desired.members:
            return None
        if any(is_frozen(desired.institution.freezes, one.isoformat()) for one in (day.draft.today, today)):
            return None
        is_settled = not any(action.facts.subject is not Subject.LICENSE for action, _ in day.draft.groups)
        return day.draft if is_settled and not desired.institution.retire else None

    def _post(self, draft: Draft) -> dict[str, Counter[str]]:
        """Post the changes, as ``apply`` records them, and return the letters that they cause, by library."""
        books, found, events = self.books, defaultdict[str, Counter[str]](Counter), 0
        institution, today = draft.desired.institution, draft.today
        if not books.serial:
            post(books, first_event(institution.id, settings_of(institution)))
        alike = Alike(books)
        for event, members in chain(self._events(draft), _resends(draft)):
            for letter, numbers in alike.post(event, members):
                self.letters.note(books, event, letter, numbers, today)
                events += len(numbers)
                if letter:
                    found[event.library][letter] += len(numbers)
            self._note_tags(event, today)
        books.serial += events + (not books.serial)
        return found

    def _events(self, draft: Draft) -> Iterator[tuple[Event | Grants, Sequence[int]]]:
        """The events of a draft's changes without resends, those of new members one by one."""
        accounts = newly_delivered(draft.changes, self.books)
        changes = (change for change in draft.changes if change.action is not Action.RESEND)
        for event in events_of(changes, self.books, draft.today.isoformat(), accounts):
            for one in event.one_by_one() if isinstance(event, Arrivals) else (event,):
                yield one, ()

    def _note_tags(self, event: Event | Grants, today: date) -> None:
        """Note the tags that a member has from now on, if a grant asks for those of the past."""
        if self._asks_of_tags and isinstance(event, Event) and event.member and "tags" in (event.person or {}):
            now = (today.isoformat(), split_tags((event.person or {})["tags"]))
            self._tags.setdefault(event.member, []).append(now)

    def _note(self, day: Day) -> None:
        """Note in the books what an apply notes of its files."""
        books, desired, today = self.books, day.draft.desired, day.draft.today.isoformat()
        books.rosters = {roster.path: roster.count for roster in desired.rosters}
        books.applied_on = books.told_on = today
        books.approvals = with_uses(books.approvals, [one.as_dict() for one in day.case.passed], books.serial, today)
        books.exports = {export.key: books.exports.get(export.key, books.serial) for export in desired.exports}
        books.baseline = {
            "rules": rules_digest(),
            "files": desired.files,
            "meaning": "",
            "due": "",
            "remind": [*desired.remind_after],
            "serial": books.serial,
        }


def _resends(draft: Draft) -> Iterator[tuple[Event, Sequence[int]]]:
    """The events of a draft's resends, which come after all that moves a seat: one for all members for whom it says the same."""
    alike: dict[tuple[str, str, str], list[Change]] = {}
    for (action, library), changes in draft.groups.items():
        for change in changes if action is Action.RESEND else ():
            alike.setdefault((library, change.kind, repr(change.after)), []).append(change)
    for some in alike.values():
        yield event_of(some[0], 0, {"on": draft.today.isoformat()}), [change.record for change in some]
