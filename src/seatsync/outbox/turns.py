"""The institutions whose letters are due, each in turn."""

from __future__ import annotations

import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from seatsync.domain.failure import Failure
from seatsync.domain.letters import LetterState
from seatsync.outbox.sender import BATCH, LetterSender, Sending

LOOK = 2.0
"""Seconds after which a run that goes on looks for institutions whose letters have become due."""


_TURNS_A_MINUTE = 6


@dataclass
class Turns:
    """Sends the due letters of several institutions, a batch of each in turn, so that many letters of one hold up no other.

    Attributes:
        letters: the kinds of letters to send.
        due: returns the institutions that have due letters.
        sender_of: returns the sender of an institution's letters; None if they have to wait.
        put_aside: called with an institution and a failure; returns whether the others can go on.
        is_short: whether a turn lasts only some seconds if there is a rate, because other institutions may come.
    """

    sending: Sending
    letters: Collection[str]
    due: Callable[[], Sequence[str]]
    sender_of: Callable[[str], LetterSender | None]
    put_aside: Callable[[str, Failure], bool] = lambda institution, failure: False
    is_short: bool = False

    def send(self, tally: Counter[str], limit: int | None = None) -> None:
        """Send what is due, at most ``limit`` letters, to which each institution has the same right; any one is the first.

        ``tally`` is counted as in ``LetterSender.send_batch``.

        Raises:
            Unsent: the mail server accepts no letters. Those that it has not accepted wait.
            LedgerError: the ledger cannot be used.
        """
        queue, looked = deque(self.due()), time.monotonic()
        share = BATCH
        if limit is not None and queue:
            queue.rotate(secrets.randbelow(len(queue)))
            share = max(1, limit // len(queue))
        try:
            while queue and not self.sending.stop.is_set() and (left := _left(limit, tally)):
                institution = queue.popleft()
                if self._turn(institution, tally, min(left, share)):
                    queue.append(institution)
                if time.monotonic() - looked > LOOK:
                    queue.extend(one for one in self.due() if one not in queue)
                    looked = time.monotonic()
        finally:
            self.sending.connection.close()

    def _turn(self, institution: str, tally: Counter[str], left: int) -> bool:
        """Send one batch; return whether there may be more."""
        sender, rate = self.sender_of(institution), self.sending.rate
        most = min(left, max(1, rate // _TURNS_A_MINUTE)) if self.is_short and rate else left
        try:
            return sender is not None and sender.send_batch(self.letters, tally, most)
        except Failure as failure:
            if not self.put_aside(institution, failure):
                raise
            return False


def tried(tally: Counter[str]) -> int:
    """How many letters were handed to the mail server, or could not be written."""
    return tally[LetterState.SENT] + tally[LetterState.BOUNCED] + tally["deferred"]


def _left(limit: int | None, tally: Counter[str]) -> int:
    return BATCH if limit is None else max(0, limit - tried(tally))
