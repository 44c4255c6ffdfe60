"""Post many events of one day fast: what an event makes of a license is the same for members who are alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seatsync.domain.action import Action, Event, Grants
from seatsync.domain.letters import letter_for
from seatsync.domain.license import ABSENT, License
from seatsync.domain.posting.post import post
from seatsync.domain.snapshot import Snapshot

_OF_LICENSES = (Action.GRANT, Action.REVOKE, Action.UPGRADE, Action.LICENSE_UPDATE, Action.RESEND)
"""The actions whose result follows from the license before, the event's detail, the library, and what ``_key`` has of the member."""


class Alike:
    """Posts events to ``books``, and says which letter each causes. Libraries must not change between events of licenses."""

    def __init__(self, books: Snapshot) -> None:
        self.books = books
        self._known: dict[tuple[Any, ...], tuple[License, Mapping[str, Any], str, License]] = {}

    def post(self, event: Event | Grants) -> Iterator[tuple[str, Sequence[int]]]:
        """Post an event, or many grants; yield each letter (empty for none), with the members for whom it is.

        Raises:
            IllegalTransition: the event is not allowed in this state.
        """
        if isinstance(event, Event):
            yield self._post(event), [event.member]
            return
        library, members, detail = event
        letters: dict[str, list[int]] = {}
        for number in members:
            letters.setdefault(self._post(Event(Action.GRANT, library, number, detail)), []).append(number)
        yield from letters.items()

    def _post(self, event: Event) -> str:
        books, key = self.books, None
        old = books.licenses.get(event.library, {}).get(event.member, ABSENT)
        if event.action in _OF_LICENSES and event.member in books.members:
            key = self._key(event, old)
            if (known := self._known.get(key)) is not None:
                *_, letter, license = known
                books.put(event.library, event.member, license)
                return letter
        letter = letter_for(books, event)
        post(books, event)
        if key is not None:
            self._known[key] = old, event.detail, letter, books.licenses[event.library][event.member]
        return letter

    def _key(self, event: Event, old: License) -> tuple[Any, ...]:
        """What decides about the license after the event. ``_known`` keeps ``old`` and the detail, so that no others get their ids; many
        grants share one detail."""
        member = self.books.members[event.member]
        detail = id(event.detail) if event.action is Action.GRANT else repr(event.detail)
        facts = (member.is_listed, bool(member.account), bool(member.key), bool(member.left_on))
        return event.action, event.library, id(old), detail, facts
