"""Answers that cost a look at all members, kept until the journal's next entry: how many match a filter, and which tags there are."""

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
        key = (institution, books.serial, books.head, question)
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
