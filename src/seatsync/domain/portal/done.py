"""The events by which a step is done: what the portal then no longer has otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from seatsync.domain.action import Action, Event
from seatsync.domain.portal.at_vendor import There, text_of, users_there
from seatsync.domain.portal.steps import Step, StepName
from seatsync.domain.portal.users import held_at, lists_holders
from seatsync.domain.snapshot import Snapshot

_SAME = {"there": There.SAME.value}


def events_of_done(books: Snapshot, step: Step) -> Iterator[Event]:
    """The events of a step that is to be done and now is."""
    if step.library:
        yield Event(Action.OBSERVE, step.library, step.member, _SAME)
        return
    users = users_there(books.members[step.member])
    match step.step:
        case StepName.REMOVE:
            for library, license in held_at(books, step.member, step.portal):
                if license.there:
                    yield Event(Action.OBSERVE, library.id, step.member, _SAME)
            users.pop(step.portal, None)
        case _ if lists_holders(books, step.portal):
            users.pop(step.portal, None)
        case _:
            users[step.portal] = {}
    yield Event(Action.OBSERVE, "", step.member, person={"there": text_of(users)})
