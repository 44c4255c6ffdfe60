"""Answers that cost a look at all members or events, kept until the journal's next entry (how many match a filter, which tags there
are), or for a day (what was).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar, cast

from flask import current_app

from seatsync.domain.snapshot import Snapshot

Answer = TypeVar("Answer")
MOST = 500
"""Answers that are kept; those asked for longest ago go first."""


class Remembered:
    """The answers of one server."""

    def __init__(self) -> None:
        self._answers: OrderedDict[Hashable, object] = OrderedDict()
        self._lock = Lock()

    def answer(self, institution: str, books: Snapshot, question: Hashable, find: Callable[[], Answer]) -> Answer:
        """Return what ``find`` finds, or found before in the same state of the ledger. Its head says which state that is."""
        return self._kept((institution, books.serial, books.head, question), find)

    def answer_of_day(self, institution: str, today: str, question: Hashable, find: Callable[[], Answer]) -> Answer:
        """Return what ``find`` finds about the days before ``today``, or found before on the same day."""
        return self._kept((institution, today, question), find)

    def _kept(self, key: Hashable, find: Callable[[], Answer]) -> Answer:
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return cast(Answer, self._answers[key])
        found = find()
        with self._lock:
            self._answers[key] = found
            while len(self._answers) > MOST:
                self._answers.popitem(last=False)
        return found


def remembered() -> Remembered:
    """The answers of the server that answers this request."""
    return cast(Remembered, current_app.extensions.setdefault("seatsync-remembered", Remembered()))
