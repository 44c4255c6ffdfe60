"""How often one address or one e-mail may try. Kept in this process: a restart forgets, several servers count each for itself.

What must not be forgotten, the tries of a code, is counted in the ledger.
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

_PLACES = 2**19
"""Of a counter. Where twenty thousand ask for codes at once, none of them is likely to be counted with three others."""

_PARTS = 10
"""Of the time that a limit speaks of, by which it is forgotten: a tenth of it late, never early."""


class Limit(NamedTuple):
    """At most so many tries in any time of so many seconds."""

    most: int
    seconds: int


PER_ADDRESS = (Limit(60, 60), Limit(600, 3_600))
"""Forms sent from one address (``network``): a whole school may share one."""

SIGN_IN = (Limit(10, 15 * 60), Limit(30, 24 * 3_600))
"""Passwords tried for one e-mail."""

CODES = (Limit(3, 10 * 60), Limit(10, 24 * 3_600))
"""Codes sent to one e-mail, known or not: nobody's mailbox is to be flooded."""

_EXPORT = 30
"""Seconds after which an export may be tried again while others are taken."""


def mailbox(email: str) -> str:
    """What tries for one mailbox are counted by: its ``email_key``, but the domain in ASCII, which is another spelling of the same,
    and without what stands behind a ``+``, which most servers deliver to one mailbox."""
    local, _, domain = wire_address(email_key(email)).rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def network(address: str) -> str:
    """What forms from one address are counted by: of IPv6 the /64, since whoever has one address there has all of that."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv4Address):
        return str(known)
    return str(known.ipv4_mapped or IPv6Network((int(known), 64), strict=False))


class TooMany(Exception):
    """Somebody has tried too often; ``seconds`` until they may again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many tries; again in {seconds} s")
        self.seconds = seconds


class Limits:
    """The counters of one server. Whoever tries, and however many different ones do, they take the same memory: what is counted
    has one of a fixed number of places, by a hash that nobody outside can foretell. Two that share one are counted together.
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
            TooMany: there were enough; this one is not counted.
        """
        named = f"{what}:{whose}".encode("utf-8", "surrogatepass")
        place = int.from_bytes(blake2b(named, key=self.secret, digest_size=8).digest()) % _PLACES
        with self.lock:
            now, counters = self.clock(), [self.counters[limit] for limit in limits]
            for counter in counters:
                if wait := counter.wait(place, now):
                    raise TooMany(wait)
            for counter in counters:
                counter.count(place)

    def begin_export(self, account: str) -> None:
        """An account takes a list whole, until ``end_export``. Each takes a thread for as long as it is read.

        Raises:
            TooMany: it takes one already, or as many others do as may at once.
        """
        with self.lock:
            if account in self.exporting or len(self.exporting) >= self.exports:
                raise TooMany(_EXPORT)
            self.exporting.add(account)

    def end_export(self, account: str) -> None:
        """It has it, or has gone away."""
        with self.lock:
            self.exporting.discard(account)


class _Counter:
    """How often there was a try at each place, in parts of the time that the limit speaks of."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.seconds = limit.seconds / _PARTS
        self.parts: dict[int, array[int]] = {}

    def wait(self, place: int, now: float) -> int:
        """Seconds until another try is allowed; 0 for now."""
        number = int(now // self.seconds)
        self.parts = {at: counts for at, counts in self.parts.items() if at >= number - _PARTS}
        if number not in self.parts:
            self.parts[number] = array("H", bytes(2 * _PLACES))
        if sum(counts[place] for counts in self.parts.values()) < self.limit.most:
            return 0
        oldest = min(at for at, counts in self.parts.items() if counts[place])
        return max(1, round((oldest + _PARTS + 1) * self.seconds - now))

    def count(self, place: int) -> None:
        """There was one, now."""
        self.parts[max(self.parts)][place] += 1
