"""The institution, its administrators and its contacts."""

from __future__ import annotations

from dataclasses import dataclass


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
    means UTC.
    """

    id: str
    name: str
    contacts: tuple[Contact, ...] = ()
    opt_out: bool = False
    timezone: str = ""
