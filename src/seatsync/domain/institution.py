"""The institution, its administrators and its contacts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Admin:
    """A person who may sign in to the administrators' pages. All administrators have the same rights."""

    email: str
    given_name: str
    family_name: str


@dataclass(frozen=True, slots=True)
class Contact:
    """A person at the vendor."""

    name: str
    email: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Institution:
    """The organization that buys the seats.

    ``id`` is its key in the ledger and is never reused. ``timezone`` decides when a day begins there (``text.days``); empty
    means UTC. ``retire`` is its last day (ISO); empty for no end.
    """

    id: str
    name: str
    contacts: tuple[Contact, ...] = ()
    opt_out: bool = False
    timezone: str = ""
    retire: str = ""

    def is_over(self, today: date) -> bool:
        """Whether its last day has passed: temporary seats end, and nobody gets a new seat."""
        return "" < self.retire < today.isoformat()
