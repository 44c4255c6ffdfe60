"""Post many events of one day fast: what an event makes of a license is the same for members who are alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from seatsync.domain.action import Action, Event, Grants
from seatsync.domain.letters import letter_for
from seatsync.domain.license import ABSENT, License
from seatsync.domain.posting.post import post
from seatsync.domain.snapshot import Snapshot

_OF_LICENSES = (Action.GRANT, Action.REVOKE, Action.UPGRADE, Action.LICENSE_UPDATE, Action.RESEND)
"""The actions whose result follows from the license before, the event's detail, the library, and four facts about the member."""


class Alike:
    """Posts events to ``books``, and says which letter each causes. Libraries must not change between events of licenses."""

    def __init__(self, books: Snapshot) -> None:
        self.books = books
        self._known: dict[tuple[Any, ...], tuple[License, str, License]] = {}
        """What decides about a license after an event → the license before, so that no other gets its id, the letter, and the one after."""

    def post(self, event: Event | Grants, members: Sequence[int] = ()) -> Iterator[tuple[str, Sequence[int]]]:
        """Post an event, many grants, or one event for each of several ``members``; yield each letter (empty for none), with the members
        for whom it is.

        Raises:
            IllegalTransition: the event is not allowed in this state.
        """
        if isinstance(event, Grants):
            members, event = event.members, Event(Action.GRANT, event.library, 0, event.detail)
        said, letters = repr(event.detail), dict[str, list[int]]()
        for number in members or [event.member]:
            letters.setdefault(self._post(event, number, said), []).append(number)
        yield from letters.items()

    def _post(self, event: Event, number: int, said: str) -> str:
        """Post the event for this member; ``said`` is its detail."""
        books, key = self.books, None
        old = books.licenses.get(event.library, {}).get(number, ABSENT)
        if event.action in _OF_LICENSES and (member := books.members.get(number)) is not None:
            facts = (member.is_listed, bool(member.account), bool(member.key), bool(member.left_on))
            key = (event.action, event.library, id(old), said, facts)
            if (known := self._known.get(key)) is not None:
                _, letter, license = known
                books.put(event.library, number, license)
                return letter
        event = event._replace(member=number)
        letter = letter_for(books, event)
        post(books, event)
        if key is not None:
            self._known[key] = old, letter, books.licenses[event.library][number]
        return letter
