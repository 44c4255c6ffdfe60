"""Libraries, their systems, and the slots they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from seatsync.domain.license import Kind, Status


class Delivery(StrEnum):
    """How a seat reaches its member: by claiming an invitation, or at once to who has an account."""

    CLAIM = "claim"
    ACCOUNT = "account"


class System(NamedTuple):
    """What a portal can do."""

    kinds: tuple[Kind, ...]
    delivery: Delivery


SYSTEMS: Mapping[str, System] = {
    "logos-subscription": System((Kind.TEMPORARY,), Delivery.CLAIM),
    "logos-library": System((Kind.TEMPORARY, Kind.PERMANENT), Delivery.CLAIM),
    "jamworks": System((Kind.TEMPORARY,), Delivery.ACCOUNT),
}
"""The three portals. "A Logos subscription cannot be granted to students for permanent ownership"; Jamworks knows
no ownership at all, and "for the existing user, they'll see the uni plan assigned to them right away"."""


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
