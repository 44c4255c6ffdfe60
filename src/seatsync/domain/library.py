"""Libraries, their systems, and the slots they have."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple, assert_never

from seatsync.domain.license import Kind, Status


class DeliveryFacts(NamedTuple):
    """What a way of delivery means.

    Attributes:
        in_short: how it is called in a list of systems.
        at_once: a granted seat is delivered at once to who has an account.
        outlasts_revoke: the account is still there after the seat was revoked.
    """

    in_short: str
    at_once: bool
    outlasts_revoke: bool


class Delivery(StrEnum):
    """How a seat reaches its member: by claiming an invitation, or at once to who has an account."""

    CLAIM = "claim"
    ACCOUNT = "account"

    @cached_property
    def facts(self) -> DeliveryFacts:
        """The facts by which everybody else decides, except for words and letters."""
        match self:
            case Delivery.CLAIM:
                return DeliveryFacts("claimed", at_once=False, outlasts_revoke=False)
            case Delivery.ACCOUNT:
                return DeliveryFacts("at once for who has an account", at_once=True, outlasts_revoke=True)
            case _:
                assert_never(self)


USUAL = Delivery.CLAIM
"""How seats are delivered where a plan's grant does not say."""


@dataclass(frozen=True, slots=True)
class Library:
    """A pool of ``slots`` seats handed out as one. ``system`` is empty where kinds and delivery are spelled out."""

    id: str
    title: str
    system: str
    kinds: tuple[Kind, ...]
    delivery: Delivery
    slots: int


@dataclass(frozen=True, slots=True)
class Slots:
    """The seats of one library, counted as the portals do."""

    total: int = 0
    reserved: int = 0
    temporary: int = 0
    permanent: int = 0

    @property
    def used(self) -> int:
        return self.reserved + self.temporary + self.permanent

    @property
    def available(self) -> int:
        """Seats left to grant; negative where the plan asks for too many."""
        return self.total - self.used

    def as_dict(self) -> dict[str, int]:
        """The portals' five figures, in the contract's order."""
        return {
            "total": self.total,
            "used": self.used,
            "available": self.available,
            "reserved": self.reserved,
            "temporary": self.temporary,
            "permanent": self.permanent,
        }


SEATS = ("reserved", "temporary", "permanent")
"""The figures that used seats are counted in."""


def seat_of(kind: str, status: str) -> str:
    """Which of ``SEATS`` a license counts in; empty for none."""
    if kind == Kind.NONE:
        return ""
    return "reserved" if status == Status.UNCLAIMED else kind
