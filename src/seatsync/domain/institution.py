"""The institution, its administrators and its contacts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

PERSONAL = ("contacts", "help")
"""The settings that name people. An event has both or neither, apart from the others, so that people can be erased."""


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
class Helper:
    """Whom members may ask: a name, and an e-mail or the address of a page (``url``); the other one is empty."""

    name: str
    email: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Institution:
    """The organization that buys the seats.

    ``id`` is its key in the ledger and is never reused. ``timezone`` decides when a day begins there (``text.days``); empty
    means UTC. ``retire`` is its last day (ISO); empty for no end. ``help`` is whom its members may ask, ``language`` the language
    of its letters (``text.languages``); empty means English. ``color`` (``#1d4f91``) and ``logo`` (``brand.logo``) are those of its
    pages; empty for none.
    """

    id: str
    name: str
    contacts: tuple[Contact, ...] = ()
    opt_out: bool = False
    timezone: str = ""
    retire: str = ""
    help: Helper | None = None
    language: str = ""
    color: str = ""
    logo: str = ""

    def is_over(self, today: date) -> bool:
        """Whether its last day has passed: temporary seats end, and nobody gets a new seat."""
        return "" < self.retire < today.isoformat()
