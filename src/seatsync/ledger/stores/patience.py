"""Do work on a ledger again while that can help: after a lost race, and while a server has no room or no primary."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from seatsync.ledger.failures import Cure, Meaning, Overtaken

RACES = 8
"""How often work is done that loses one race after the other."""

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 3.0

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try again: ``server`` seconds for a server that is down or failing over, ``room`` for a free connection.

    ``notice`` is called once with a line that says what is waited for.
    """

    server: float
    room: float
    notice: Callable[[str], None]

    def until_done(
        self,
        ledger: object,
        work: Callable[[], Result],
        meaning: Callable[[Exception], Meaning],
        disconnect: Callable[[], None],
        races: int = 1,
    ) -> Result:
        """Return the result of ``work``, which is repeated as long as its errors can pass and there is time.

        ``disconnect`` closes kept connections: another server may have taken over. Work that can lose ``races`` is done that often.

        Raises:
            DBAPIError, Overtaken: the last error of ``work``.
        """
        failures = _Failures(self, str(ledger), races)
        while True:
            try:
                result = work()
            except (DBAPIError, Overtaken) as error:
                means = _OVERTAKEN if isinstance(error, Overtaken) else meaning(error)
                pause = failures.pause(means.cure)
                if pause is None:
                    raise
            else:
                _in_vain.discard(str(ledger))
                return result
            if failures.are_worth_a_notice(pause):
                self.notice(f"Waiting: the ledger {ledger} {means.fact}")
            if means.cure is Cure.SERVER:
                disconnect()
            time.sleep(pause)


_in_vain: set[str] = set()
"""Ledgers whose server did not come: the next one of thousands of institutions in this process does not wait again."""


@dataclass(slots=True)
class _Failures:
    """The failures of some work on a ledger so far."""

    patience: Patience
    ledger: str
    races: int
    lost: int = 0
    failed: int = 0
    began: float = 0
    has_noticed: bool = False

    def pause(self, cure: Cure) -> float | None:
        """Seconds until the next try after one more failure, or None for no other."""
        if cure is Cure.RETRY:
            self.lost += 1
            return random.uniform(0.5, 1) * 0.02 * 2.0**self.lost if self.lost < self.races else None  # noqa: S311
        most = {Cure.SERVER: self.patience.server, Cure.ROOM: max(self.patience.server, self.patience.room)}.get(
            cure, 0
        )
        if not most or (cure is Cure.SERVER and self.ledger in _in_vain):
            return None
        self.failed += 1
        self.began = self.began or time.monotonic()
        left = most - (time.monotonic() - self.began)
        if left <= 0:
            if cure is Cure.SERVER:
                _in_vain.add(self.ledger)
            return None
        pause = min(_FIRST_PAUSE * 2.0 ** min(self.failed, 10), _LONGEST_PAUSE)
        return min(random.uniform(0.5, 1) * pause, left)  # noqa: S311

    def are_worth_a_notice(self, pause: float) -> bool:
        """Whether they last for more than a second, and this is the first time."""
        if self.has_noticed or not self.began or time.monotonic() - self.began + pause <= 1:
            return False
        self.has_noticed = True
        return True


_OVERTAKEN = Meaning("", "", Cure.RETRY)
