"""Sends letters: holds a batch of them, hands each to the mail server, and records each result immediately."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import TypeVar

from sqlalchemy import Connection as Database

from seatsync.domain.letters import LINKED, LetterState
from seatsync.ledger.database import Ledger
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.queries import links, outbox
from seatsync.ledger.queries.outbox import HELD, Mark, iso
from seatsync.ledger.queries.outgoing import OutgoingLetter
from seatsync.outbox.message import Sender, Unwritable, compose, wire_address
from seatsync.outbox.rendering import BadTemplate, Templates, with_links
from seatsync.outbox.smtp import Connection, Outcome, Unsent

BATCH = 50
_SPARE = timedelta(minutes=10)
"""The hold on a letter must last at least this long when its sending starts. This is longer than sending can ever take."""

_PAUSES = (1, 2, 4, 8, 16)
"""Seconds between attempts to record a result while the ledger cannot be reached."""

Result = TypeVar("Result")


@dataclass
class LetterSender:
    """Sends the letters of one institution.

    Attributes:
        now: the clock.
        rate: the most letters a minute; 0 for no limit.
        stop: set it to end after the current letter.
        report: called after each letter, with the letter and its result.
    """

    ledger: Ledger
    institution: str
    actor: str
    templates: Templates
    mail_from: Sender
    portal: str
    connection: Connection
    now: Callable[[], datetime]
    rate: int = 0
    stop: Event = field(default_factory=Event)
    report: Callable[[OutgoingLetter, str], None] = lambda letter, result: None
    _next_turn: float = 0

    def send(self, letters: Collection[str], tally: Counter[str], limit: int | None = None) -> None:
        """Send the due letters of these kinds, at most ``limit``. ``tally`` counts the letters by their new state, and as
        ``deferred`` those that will be tried again.

        Raises:
            Unsent: the mail server accepts no letters. Those that it has not accepted wait.
            LedgerError: the ledger cannot be used.
        """
        try:
            while not self.stop.is_set() and (left := _left(limit, tally)):
                batch = _Batch(self, letters, min(self._size(), left))
                tally[LetterState.CANCELLED] += batch.cancelled
                if not batch.letters:
                    break
                batch.send(tally)
        finally:
            self.connection.close()

    def wait_for_turn(self) -> None:
        """Wait as long as the rate requires."""
        self.stop.wait(max(0.0, self._next_turn - time.monotonic()))
        if self.rate:
            self._next_turn = time.monotonic() + 60 / self.rate

    def write(self, step: Callable[[Database], Result]) -> Result:
        """Write to the ledger in a short transaction."""
        return self.ledger.write(self.institution, self.actor, "", step)

    def _size(self) -> int:
        """Return how many letters can be sent while they are held."""
        minutes = (HELD - _SPARE) // timedelta(minutes=1)
        return min(BATCH, self.rate * minutes) if self.rate else BATCH


def _left(limit: int | None, tally: Counter[str]) -> int:
    tried = tally[LetterState.SENT] + tally[LetterState.BOUNCED] + tally["deferred"]
    return BATCH if limit is None else max(0, limit - tried)


class _Batch:
    """Letters that no other sender takes before ``until``. ``links`` are their personal links."""

    def __init__(self, sender: LetterSender, letters: Collection[str], size: int) -> None:
        self.sender = sender
        now = sender.now()
        self.until = now + HELD - _SPARE
        self.marks: list[Mark] = []

        def step(database: Database) -> tuple[list[OutgoingLetter], int, links.LinkBatch]:
            held, cancelled = outbox.take_due(database, sender.institution, now, size, letters)
            linked = [letter for letter in held if letter.letter in LINKED]
            return held, cancelled, links.make(database, sender.institution, linked, iso(now))

        self.letters, self.cancelled, self.links = sender.write(step)

    def send(self, tally: Counter[str]) -> None:
        """Send one letter after another. However this ends, letters that were not tried are released."""
        sender, left = self.sender, list(self.letters)
        try:
            while left and sender.now() < self.until:
                sender.wait_for_turn()
                if sender.stop.is_set():
                    break
                letter = left.pop(0)  # if interrupted now, it stays held, because it may have been sent
                try:
                    outcome = self._send(letter)
                except Unsent:
                    left.append(letter)
                    raise
                self._record(letter, outcome, tally)
        finally:
            if self.marks or left:
                self._write(left)

    def _send(self, letter: OutgoingLetter) -> Outcome:
        sender = self.sender
        try:
            message = self._message(letter)
        except BadTemplate as bad:
            return Outcome(LetterState.BOUNCED, bad.brief)
        except Unwritable as unwritable:
            return Outcome(LetterState.BOUNCED, str(unwritable))
        return sender.connection.send(wire_address(sender.mail_from.address), wire_address(letter.address), message)

    def _message(self, letter: OutgoingLetter) -> bytes:
        sender, token = self.sender, self.links.tokens.get(letter.serial, "")
        values = with_links(letter.values, sender.portal, sender.institution, token, sender.mail_from.reply_to)
        rendered = sender.templates.render(letter.letter, values)
        return compose(letter, values, rendered, sender.mail_from, sender.now())

    def _record(self, letter: OutgoingLetter, outcome: Outcome, tally: Counter[str]) -> None:
        now, (state, reply) = self.sender.now(), outcome
        due = outbox.next_attempt(letter.attempts + 1, now) if state is LetterState.PENDING else ""
        if state is LetterState.PENDING and not due:
            state, reply = LetterState.BOUNCED, f"given up after {letter.attempts + 1} attempts: {reply}"
        result = "deferred" if state is LetterState.PENDING else state.value
        tally[result] += 1
        self.marks.append(Mark(letter.serial, state, iso(now), reply, due, letter.address))
        if not self.sender.ledger.is_pushed:
            self._write([])
        self.sender.report(letter, result)

    def _write(self, left: Sequence[OutgoingLetter]) -> None:
        """Record the results, and release the letters that are ``left``.

        This retries while the ledger cannot be reached, because a sent letter that is not recorded would be sent again.
        """
        sender, marks = self.sender, self.marks
        serials = [letter.serial for letter in left]

        def step(database: Database) -> None:
            outbox.mark(database, sender.institution, marks)
            outbox.release(database, sender.institution, serials)
            if serials:
                links.withdraw(database, sender.institution, self.links, serials)

        for pause in _PAUSES:
            try:
                sender.write(step)
                break
            except LedgerError:
                time.sleep(pause)
        else:
            sender.write(step)
        self.marks = []
