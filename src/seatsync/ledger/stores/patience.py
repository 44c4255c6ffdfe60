"""Do work on a ledger again while that can help: after a lost race, and while a server has no room or no primary."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from sqlalchemy.exc import DBAPIError

from seatsync.ledger.failures import Cure, Meaning, Overtaken

_TRIES = 8
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

    _in_vain: ClassVar[set[str]] = set()
    """Ledgers whose server did not come: the next one of thousands of institutions in this process does not wait again."""

    def until_done(
        self,
        ledger: object,
        work: Callable[[], Result],
        meaning: Callable[[Exception], Meaning],
        disconnect: Callable[[], None],
    ) -> Result:
        """Return the result of ``work``, which is repeated as long as its errors can pass and there is time.

        ``disconnect`` closes kept connections: another server may have taken over.

        Raises:
            DBAPIError, Overtaken: the last error of ``work``.
        """
        began, tries, has_noticed = time.monotonic(), 0, False
        while True:
            try:
                result = work()
            except (DBAPIError, Overtaken) as error:
                means = _overtaken if isinstance(error, Overtaken) else meaning(error)
                waited = time.monotonic() - began
                pause = self._pause(str(ledger), means.cure, tries, waited)
                if pause is None:
                    raise
                if waited + pause > 1 and means.cure is not Cure.RETRY and not has_noticed:
                    has_noticed = True
                    self.notice(f"Waiting: the ledger {ledger} {means.fact}")
            else:
                self._in_vain.discard(str(ledger))
                return result
            if means.cure is Cure.SERVER:
                disconnect()
            time.sleep(pause)
            tries += 1

    def _pause(self, ledger: str, cure: Cure, tries: int, waited: float) -> float | None:
        """Seconds until the next try, or None for no other."""
        if cure in (Cure.PERSON, Cure.TIME):
            return None
        if cure is Cure.RETRY:
            return random.uniform(0.5, 1) * 0.02 * 2 ** (tries + 1) if tries < _TRIES - 1 else None  # noqa: S311
        left = (self.server if cure is Cure.SERVER else max(self.server, self.room)) - waited
        if cure is Cure.SERVER and self.server and (left <= 0 or ledger in self._in_vain):
            self._in_vain.add(ledger)
            return None
        pause = random.uniform(0.5, 1) * min(_FIRST_PAUSE * 2 ** min(tries, 10), _LONGEST_PAUSE)  # noqa: S311
        return min(pause, left) if left > 0 else None


_overtaken = Meaning("", "", Cure.RETRY)
