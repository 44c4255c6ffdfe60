"""Limit how often one address or one e-mail can try. The counts are kept in this process: a restart clears them, and each
server counts for itself.

The tries of a code must not be forgotten, so the ledger counts them.
"""

from __future__ import annotations

import secrets
import time
from array import array
from collections.abc import Callable
from hashlib import blake2b
from ipaddress import IPv4Address, IPv6Network, ip_address
from threading import Lock
from typing import NamedTuple

from seatsync.domain.text.emails import email_key
from seatsync.outbox.message import wire_address

_SLOTS_PER_COUNTER = 2**19
"""Slots per counter. If twenty thousand people ask for codes at once, hardly any of them shares a slot with three others."""

_PERIODS = 10
"""Each limit's time is split into this many periods. So a try is forgotten up to a tenth late, but never early."""


class Limit(NamedTuple):
    """At most ``most`` tries within any ``seconds``."""

    most: int
    seconds: int


PER_ADDRESS = (Limit(60, 60), Limit(600, 3_600))
"""Forms sent from one address (see ``network``). A whole school may share one address."""

SIGN_IN = (Limit(10, 15 * 60), Limit(30, 24 * 3_600))
"""Passwords tried for one e-mail."""

CODES = (Limit(3, 10 * 60), Limit(10, 24 * 3_600))
"""Codes sent to one e-mail, known or not, so that nobody can flood a mailbox."""

_EXPORT_RETRY_SECONDS = 30
"""Seconds after which to try an export again while others are running."""


def mailbox(email: str) -> str:
    """Return the key under which tries for one mailbox are counted.

    It is the ``email_key`` with the domain in ASCII, so that both spellings count together, and without the part after a
    ``+``, which most servers deliver to the same mailbox.
    """
    local, _, domain = wire_address(email_key(email)).rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def network(address: str) -> str:
    """Return the key under which forms from one address are counted. For IPv6 it is the /64, since one customer has all of it."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv4Address):
        return str(known)
    return str(known.ipv4_mapped or IPv6Network((int(known), 64), strict=False))


class TooManyTries(Exception):
    """Someone has tried too often; ``seconds`` until the next try is allowed."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many tries; again in {seconds} s")
        self.seconds = seconds


class RateLimits:
    """The counters of one server.

    They use the same memory however many people try. Each person is counted in one of a fixed number of slots, chosen by a
    keyed hash that outsiders cannot predict. People in the same slot are counted together.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, exports: int = 4) -> None:
        self.clock = clock
        self.secret = secrets.token_bytes(16)
        self.counters = {limit: _Counter(limit) for limit in (*PER_ADDRESS, *SIGN_IN, *CODES)}
        self.lock = Lock()
        self.exports, self.exporting = exports, set[str]()

    def spend(self, limits: tuple[Limit, ...], what: str, whose: str) -> None:
        """Count one try.

        Raises:
            TooManyTries: a limit is reached; this try is not counted.
        """
        named = f"{what}:{whose}".encode("utf-8", "surrogatepass")
        place = int.from_bytes(blake2b(named, key=self.secret, digest_size=8).digest()) % _SLOTS_PER_COUNTER
        with self.lock:
            now, counters = self.clock(), [self.counters[limit] for limit in limits]
            for counter in counters:
                if wait := counter.wait(place, now):
                    raise TooManyTries(wait)
            for counter in counters:
                counter.count(place)

    def begin_export(self, account: str) -> None:
        """Note that the account starts an export, which takes a thread until ``end_export``.

        Raises:
            TooManyTries: the account has an export running, or the most exports at once are running.
        """
        with self.lock:
            if account in self.exporting or len(self.exporting) >= self.exports:
                raise TooManyTries(_EXPORT_RETRY_SECONDS)
            self.exporting.add(account)

    def end_export(self, account: str) -> None:
        """Note that the account's export is finished or cancelled."""
        with self.lock:
            self.exporting.discard(account)


class _Counter:
    """Counts the tries per slot, in periods of the limit's time."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.seconds = limit.seconds / _PERIODS
        self.parts: dict[int, array[int]] = {}

    def wait(self, place: int, now: float) -> int:
        """Return the seconds until another try is allowed; 0 means now."""
        number = int(now // self.seconds)
        self.parts = {at: counts for at, counts in self.parts.items() if at >= number - _PERIODS}
        if number not in self.parts:
            self.parts[number] = array("H", bytes(2 * _SLOTS_PER_COUNTER))
        if sum(counts[place] for counts in self.parts.values()) < self.limit.most:
            return 0
        oldest = min(at for at, counts in self.parts.items() if counts[place])
        return max(1, round((oldest + _PERIODS + 1) * self.seconds - now))

    def count(self, place: int) -> None:
        """Count one try now."""
        self.parts[max(self.parts)][place] += 1
