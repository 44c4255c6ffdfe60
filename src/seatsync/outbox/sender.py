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

from seatsync.domain.action import Letter
from seatsync.domain.letters import LetterState
from seatsync.ledger.database import Ledger
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.queries import links, outbox
from seatsync.ledger.queries.briefing.contents import with_briefings
from seatsync.ledger.queries.outbox import HELD, Mark, iso
from seatsync.ledger.queries.outgoing import OutgoingLetter
from seatsync.outbox.briefing import brief
from seatsync.outbox.message import Sender, Unwritable, compose, wire_address
from seatsync.outbox.outage import Outage
from seatsync.outbox.rendering import BadTemplate, Templates, with_links
from seatsync.outbox.smtp import Connection, Outcome, Unsent

BATCH = 50
_SPARE = timedelta(minutes=10)
"""The hold on a letter must last at least this long when its sending starts. This is longer than sending can ever take."""

Result = TypeVar("Result")


class NotNoted(LedgerError):
    """Letters were sent, but the ledger could not be told before the sender had to end."""

    def __init__(self, institution: str, serials: Sequence[int], error: LedgerError) -> None:
        numbers = " ".join(map(str, serials))
        letters = (
            f"Letter {numbers} of {institution} was"
            if len(serials) == 1
            else f"Letters {numbers} of {institution} were"
        )
        minutes = HELD // timedelta(minutes=1)
        super().__init__(
            f"{letters} tried, but the result is not noted. {error}",
            f"{error.help} The next sender repeats what was sent, under the same Message-ID, in {minutes} minutes at the"
            f" earliest. To prevent that, cancel it then, before a sender runs: `seatsync outbox cancel {numbers}`.",
        )


@dataclass
class Sending:
    """What all letters of a run share.

    Attributes:
        now: the clock.
        outage: says that the ledger is away, and how long to wait for it.
        rate: the most letters a minute; 0 for no limit.
        stop: set it to end after the current letter.
        report: called after each letter, with the institution, the letter and its result.
    """

    ledger: Ledger
    actor: str
    portal: str
    connection: Connection
    now: Callable[[], datetime]
    outage: Outage
    rate: int = 0
    stop: Event = field(default_factory=Event)
    report: Callable[[str, OutgoingLetter, str], None] = lambda institution, letter, result: None
    _next_turn: float = 0

    def wait_for_turn(self) -> None:
        """Wait as long as the rate requires."""
        self.stop.wait(max(0.0, self._next_turn - time.monotonic()))
        if self.rate:
            self._next_turn = time.monotonic() + 60 / self.rate


@dataclass
class LetterSender:
    """Sends the letters of one institution."""

    sending: Sending
    institution: str
    templates: Templates
    mail_from: Sender

    def send_batch(self, letters: Collection[str], tally: Counter[str], most: int = BATCH) -> bool:
        """Send the next due letters of these kinds, at most ``most``; return whether there were any.

        ``tally`` counts the letters by their new state, and as ``deferred`` those that will be tried again.

        Raises:
            Unsent: the mail server accepts no letters. Those that it has not accepted wait.
            LedgerError: the ledger cannot be used. NotNoted: and it does not know which letters were sent.
        """
        batch = _Batch(self, letters, min(self._size(), most))
        tally[LetterState.CANCELLED] += batch.cancelled
        batch.send(tally)
        return bool(batch.letters)

    def write(self, step: Callable[[Database], Result]) -> Result:
        """Write to the ledger in a short transaction."""
        return self.sending.ledger.write(self.institution, self.sending.actor, "", step)

    def _size(self) -> int:
        """Return how many letters can be sent while they are held."""
        minutes = (HELD - _SPARE) // timedelta(minutes=1)
        return min(BATCH, self.sending.rate * minutes) if self.sending.rate else BATCH


class _Batch:
    """Letters that no other sender takes before ``until``. ``links`` are their personal links."""

    def __init__(self, sender: LetterSender, letters: Collection[str], size: int) -> None:
        self.sender, self.sending = sender, sender.sending
        now = self.sending.now()
        self.held_until = iso(now + HELD)
        self.until = now + HELD - _SPARE
        self.marks: list[Mark] = []

        def step(database: Database) -> tuple[list[OutgoingLetter], int, links.LinkBatch]:
            superseded = brief(database, sender.institution, now, self.sending.actor)
            held, cancelled = outbox.take_due(database, sender.institution, now, size, letters)
            linked = [letter for letter in held if letter.needs_link]
            return held, cancelled + superseded, links.make(database, sender.institution, linked, iso(now))

        self.letters, self.cancelled, self.links = sender.write(step)

    def send(self, tally: Counter[str]) -> None:
        """Send one letter after another. However this ends, letters that were not tried are released."""
        sending, left = self.sending, list(self.letters)
        try:
            left = self._with_briefings(left)
            while left and sending.now() < self.until:
                sending.wait_for_turn()
                if sending.stop.is_set():
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

    def _with_briefings(self, letters: list[OutgoingLetter]) -> list[OutgoingLetter]:
        """The letters, briefings with what they say. That may be read from many events, so nobody waits for it."""
        if not any(letter.letter == Letter.BRIEFING for letter in letters):
            return letters
        with self.sending.ledger.reading() as database:
            assert database is not None  # the letters came from it
            return with_briefings(database, self.sender.institution, letters, iso(self.sending.now()))

    def _send(self, letter: OutgoingLetter) -> Outcome:
        try:
            message = self._message(letter)
        except BadTemplate as bad:
            return Outcome(LetterState.BOUNCED, bad.brief)
        except Unwritable as unwritable:
            return Outcome(LetterState.BOUNCED, str(unwritable))
        sender, to = wire_address(self.sender.mail_from.address), wire_address(letter.address)
        return self.sending.connection.send(sender, to, message)

    def _message(self, letter: OutgoingLetter) -> bytes:
        sender, token = self.sender, self.links.tokens.get(letter.serial, "")
        values = with_links(letter.values, self.sending.portal, sender.institution, token, sender.mail_from.reply_to)
        rendered = sender.templates.render(letter.letter, values)
        return compose(letter, values, rendered, sender.mail_from, self.sending.now())

    def _record(self, letter: OutgoingLetter, outcome: Outcome, tally: Counter[str]) -> None:
        now, (state, reply) = self.sending.now(), outcome
        due = outbox.next_attempt(letter.attempts + 1, now) if state is LetterState.PENDING else ""
        if state is LetterState.PENDING and not due:
            state, reply = LetterState.BOUNCED, f"given up after {letter.attempts + 1} attempts: {reply}"
        result = "deferred" if state is LetterState.PENDING else state.value
        tally[result] += 1
        self.marks.append(Mark(letter.serial, state, iso(now), reply, due, letter.address))
        if not self.sending.ledger.is_pushed:
            self._write([])
        self.sending.report(self.sender.institution, letter, result)

    def _write(self, left: Sequence[OutgoingLetter]) -> None:
        """Record the results, and release the letters that are ``left``.

        A sent letter that is not recorded would be sent again, so this waits for the ledger as long as it takes, and sends
        nothing meanwhile. When the sender is stopped it tries a last time.

        Raises:
            LedgerError: the ledger can't be used at all, or not yet when the sender is stopped.
        """
        sender, marks = self.sender, self.marks
        serials = [letter.serial for letter in left]

        def step(database: Database) -> None:
            outbox.mark(database, sender.institution, marks, self.held_until)
            outbox.release(database, sender.institution, serials, self.held_until)
            if serials:
                links.withdraw(database, sender.institution, self.links, serials)

        while True:
            is_last = self.sending.stop.is_set()
            try:
                sender.write(step)
                break
            except LedgerError as error:
                if is_last or not error.is_temporary:
                    raise self._not_noted(error) from error
                self.sending.stop.wait(self.sending.outage.pause(error))
        self.sending.outage.end()
        self.marks = []

    def _not_noted(self, error: LedgerError) -> LedgerError:
        serials = [mark.serial for mark in self.marks]
        return NotNoted(self.sender.institution, serials, error) if serials else error
