"""How often one address or one e-mail may try. Kept in this process: a restart forgets, several servers count each for itself.

What must not be forgotten, the tries of a code, is counted in the ledger.
"""

from __future__ import annotations

import time
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Network, ip_address

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from seatsync.domain.names import email_key
from seatsync.outbox.message import wire_address

PER_ADDRESS = (RateLimitItemPerMinute(60), RateLimitItemPerHour(600))
"""Forms sent from one address (``network``): a whole school may share one."""

SIGN_IN = (RateLimitItemPerMinute(10, 15), RateLimitItemPerHour(30, 24))
"""Passwords tried for one e-mail."""

CODES = (RateLimitItemPerMinute(3, 10), RateLimitItemPerHour(10, 24))
"""Codes sent to one e-mail, known or not: nobody's mailbox is to be flooded."""


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
    """The counters of one server."""

    def __init__(self) -> None:
        self.limiter = MovingWindowRateLimiter(MemoryStorage())

    def spend(self, limits: tuple[RateLimitItem, ...], what: str, whose: str) -> None:
        """Count one try.

        Raises:
            TooMany: there were enough; this one is not counted.
        """
        key = (what, sha256(whose.encode("utf-8", "surrogatepass")).hexdigest())
        for limit in limits:
            if not self.limiter.test(limit, *key):
                raise TooMany(max(1, round(self.limiter.get_window_stats(limit, *key).reset_time - time.time())))
        for limit in limits:
            self.limiter.hit(limit, *key)
