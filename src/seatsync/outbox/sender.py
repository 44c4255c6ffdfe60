"""Sending: a batch of letters is held, each is handed in, and what became of it is noted at once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import TypeVar

from sqlalchemy import Connection as Database

from seatsync.domain.letters import LINKED
from seatsync.ledger.database import Ledger
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.queries import links, outbox
from seatsync.ledger.queries.outbox import HELD, LetterState, Mark, iso
from seatsync.ledger.queries.owed import Owed
from seatsync.outbox.message import Sender, Unwritable, compose, wire_address
from seatsync.outbox.rendering import BadTemplate, Templates, with_links
from seatsync.outbox.smtp import Connection, Outcome, Unsent

BATCH = 50
_SPARE = timedelta(minutes=10)
"""What must be left of the time that a letter is held for when it is begun: more than all the waiting it can come to."""

_PAUSES = (1, 2, 4, 8, 16)
"""Seconds between the tries to note what became of a letter, while the ledger is out of reach."""

Result = TypeVar("Result")


@dataclass
class Office:
    """What sending needs. ``now`` is the clock, ``rate`` the most letters a minute (0: no limit), ``stop`` is set when it is
    to end after the letter it is at, ``heard`` is told of each letter: its serial, and what became of it."""

    ledger: Ledger
    institution: str
    actor: str
    templates: Templates
    sender: Sender
    portal: str
    connection: Connection
    now: Callable[[], datetime]
    rate: int = 0
    stop: Event = field(default_factory=Event)
    heard: Callable[[Owed, str], None] = lambda letter, said: None
    _turn: float = 0

    def send(self, letters: Collection[str], tally: Counter[str], limit: int | None = None) -> None:
        """Send what is due of these kinds of letters, at most ``limit``. ``tally`` counts how many came to which state, and
        as ``deferred`` those that are to be tried again.

        Raises:
            Unsent: the mail server takes none; what it has not taken waits.
            LedgerError: the ledger can't be used.
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
        """As the rate asks for."""
        self.stop.wait(max(0.0, self._turn - time.monotonic()))
        if self.rate:
            self._turn = time.monotonic() + 60 / self.rate

    def write(self, step: Callable[[Database], Result]) -> Result:
        """Write to the ledger, in a short transaction of its own."""
        return self.ledger.write(self.institution, self.actor, "", step)

    def _size(self) -> int:
        """How many letters can be sent while they are held."""
        minutes = (HELD - _SPARE) // timedelta(minutes=1)
        return min(BATCH, self.rate * minutes) if self.rate else BATCH


def _left(limit: int | None, tally: Counter[str]) -> int:
    tried = tally[LetterState.SENT] + tally[LetterState.BOUNCED] + tally["deferred"]
    return BATCH if limit is None else max(0, limit - tried)


class _Batch:
    """Letters that nobody else sends until ``until``. ``made`` are their links."""

    def __init__(self, office: Office, letters: Collection[str], size: int) -> None:
        self.office = office
        now = office.now()
        self.until = now + HELD - _SPARE
        self.marks: list[Mark] = []

        def step(database: Database) -> tuple[list[Owed], int, links.Made]:
            held, cancelled = outbox.claim(database, office.institution, now, size, letters)
            linked = [letter for letter in held if letter.letter in LINKED]
            return held, cancelled, links.make(database, office.institution, linked, iso(now))

        self.letters, self.cancelled, self.made = office.write(step)

    def send(self, tally: Counter[str]) -> None:
        """Send one after another; whatever ends it, what was not tried is free again."""
        office, left = self.office, list(self.letters)
        try:
            while left and office.now() < self.until:
                office.wait_for_turn()
                if office.stop.is_set():
                    break
                letter = left.pop(0)  # if this is interrupted, nobody knows whether it was sent: it stays held
                try:
                    outcome = self._handed_in(letter)
                except Unsent:
                    left.append(letter)
                    raise
                self._note(letter, outcome, tally)
        finally:
            if self.marks or left:
                self._write(left)

    def _handed_in(self, letter: Owed) -> Outcome:
        office = self.office
        try:
            message = self._written(letter)
        except BadTemplate as bad:
            return Outcome(LetterState.BOUNCED, bad.brief)
        except Unwritable as unwritable:
            return Outcome(LetterState.BOUNCED, str(unwritable))
        return office.connection.send(wire_address(office.sender.address), wire_address(letter.address), message)

    def _written(self, letter: Owed) -> bytes:
        office, token = self.office, self.made.tokens.get(letter.serial, "")
        values = with_links(letter.values, office.portal, office.institution, token, office.sender.reply_to)
        words = office.templates.render(letter.letter, values)
        return compose(letter, values, words, office.sender, office.now())

    def _note(self, letter: Owed, outcome: Outcome, tally: Counter[str]) -> None:
        now, (state, reply) = self.office.now(), outcome
        due = outbox.next_attempt(letter.attempts + 1, now) if state is LetterState.PENDING else ""
        if state is LetterState.PENDING and not due:
            state, reply = LetterState.BOUNCED, f"given up after {letter.attempts + 1} attempts: {reply}"
        told = "deferred" if state is LetterState.PENDING else state.value
        tally[told] += 1
        self.marks.append(Mark(letter.serial, state, iso(now), reply, due))
        if not self.office.ledger.is_pushed:
            self._write([])
        self.office.heard(letter, told)

    def _write(self, left: Sequence[Owed]) -> None:
        """Note what is to be noted, and let go of what is ``left``, with patience: a letter that was sent must be known as
        sent, or it is sent twice."""
        office, marks = self.office, self.marks
        serials = [letter.serial for letter in left]

        def step(database: Database) -> None:
            outbox.mark(database, office.institution, marks)
            outbox.let_go(database, office.institution, serials)
            if serials:
                links.withdraw(database, office.institution, self.made, serials)

        for pause in _PAUSES:
            try:
                office.write(step)
                break
            except LedgerError:
                time.sleep(pause)
        else:
            office.write(step)
        self.marks = []
