"""The events by which a step is done: what the portal then no longer has otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from seatsync.domain.action import Action, Event
from seatsync.domain.portal.at_vendor import There, text_of, users_there
from seatsync.domain.portal.namesakes import Namesakes, own_stand_in
from seatsync.domain.portal.steps import Step, StepName
from seatsync.domain.portal.users import held_at, is_listed, lists_holders
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


def events_of_stand_ins(books: Snapshot, shared: Mapping[str, Namesakes]) -> Iterator[Event]:
    """The events by which people who left have their stand-ins, once steps of those who shared an e-mail with them are done.

    The check list has the stand-ins before the first step, and no two people have the same e-mail in a portal.
    """
    for portal, found in shared.items():
        for number in sorted(found.members):
            member = books.members[number]
            if member.on_roster or not is_listed(books, number, portal):
                continue
            users = users_there(member)
            users[portal] = {**users.get(portal, {}), "email": own_stand_in(number)}
            yield Event(Action.OBSERVE, "", number, person={"there": text_of(users)})
