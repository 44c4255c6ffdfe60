"""What is to be corrected by hand in a portal's list of people, in an order in which no two people ever have the same e-mail or id."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from seatsync.domain.person import Member
from seatsync.domain.portal.at_vendor import STAND_IN_DOMAIN
from seatsync.domain.text.emails import email_key

_UNIQUE = ("student_id", "email")
"""Fields that two people in a portal never share: "each user must have a unique ID number". The e-mail comes last, because it
finds the person."""


class Edit(NamedTuple):
    """One value to type in: the ``member`` and how they are ``there`` in the portal at this moment, the ``field``, its value
    there and the new one."""

    member: Member
    there: Member
    field: str
    old: str
    new: str


def edits(people: Iterable[tuple[Member, Mapping[str, str]]]) -> Sequence[Edit]:
    """Return all edits of these people, each with the fields that the portal still has as before.

    Whose new e-mail or id another person still has there comes after that person. Where people exchange theirs in a circle, one
    of them gets a stand-in first.
    """
    return [*_Order(people).edits()]


class _Order:
    def __init__(self, people: Iterable[tuple[Member, Mapping[str, str]]]) -> None:
        self.waiting = [_Person(member, dict(there)) for member, there in people]
        self.stand_ins = 0

    def edits(self) -> Iterator[Edit]:
        holders = {
            (field, _key(field, one.there[field])): one
            for one in self.waiting
            for field in _UNIQUE
            if field in one.there
        }
        followers: dict[tuple[str, str], _Person] = {}
        for one in self.waiting:
            for value in one.wanted():
                if value in holders and holders[value] is not one:
                    one.lacks.add(value)
                    followers[value] = one
        ready = deque(one for one in self.waiting if not one.lacks)
        for next_one in self.waiting:  # if nobody is ready, the next one waits in a circle
            while ready:
                yield from self._done(ready.popleft(), followers, ready)
            if not next_one.is_done:
                yield from self._stand_ins(next_one, followers, ready)
        while ready:
            yield from self._done(ready.popleft(), followers, ready)

    def _done(
        self, one: _Person, followers: Mapping[tuple[str, str], _Person], ready: deque[_Person]
    ) -> Iterator[Edit]:
        one.is_done = True
        held = one.held()
        yield from one.edits()
        _free(held, followers, ready)

    def _stand_ins(
        self, one: _Person, followers: Mapping[tuple[str, str], _Person], ready: deque[_Person]
    ) -> Iterator[Edit]:
        """Free what this person has and others wait for. The person's own turn comes later."""
        for value in one.held():
            if value in followers:
                field = value[0]
                self.stand_ins += 1
                name = f"stand-in-{self.stand_ins}"
                new = f"{name}@{STAND_IN_DOMAIN}" if field == "email" else name
                yield one.edit(field, new)
                _free([value], followers, ready)


class _Person:
    """A person with the values that the portal has now."""

    def __init__(self, member: Member, there: dict[str, str]) -> None:
        self.member, self.there = member, there
        self.lacks: set[tuple[str, str]] = set()
        self.is_done = False

    def held(self) -> list[tuple[str, str]]:
        """The unique values that the person gives up."""
        return [(field, _key(field, self.there[field])) for field in _UNIQUE if self.there.get(field)]

    def wanted(self) -> list[tuple[str, str]]:
        """The unique values that the person gets."""
        new = {field: getattr(self.member, field) for field in _UNIQUE if field in self.there}
        return [(field, _key(field, value)) for field, value in new.items() if value]

    def edits(self) -> Iterator[Edit]:
        fields = [field for field in self.there if field not in _UNIQUE]
        for field in (*fields, *(field for field in _UNIQUE if field in self.there)):
            yield self.edit(field, getattr(self.member, field))

    def edit(self, field: str, new: str) -> Edit:
        """The edit of a field, after which the portal has the new value."""
        values: dict[str, Any] = {**self.there}
        made = Edit(self.member, self.member._replace(**values), field, self.there[field], new)
        self.there[field] = new
        return made


def _free(
    values: Iterable[tuple[str, str]], followers: Mapping[tuple[str, str], _Person], ready: deque[_Person]
) -> None:
    for value in values:
        follower = followers.get(value)
        if follower is not None and value in follower.lacks:
            follower.lacks.remove(value)
            if not follower.lacks:
                ready.append(follower)


def _key(field: str, value: str) -> str:
    return email_key(value) if field == "email" else value
