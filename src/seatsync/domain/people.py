"""Administrators and contacts, and the institution they belong to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Admin:
    """Who may sign in to the institution's pages. All administrators are equal."""

    email: str
    given_name: str
    family_name: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody at the vendor."""

    name: str
    email: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Institution:
    """Who buys the seats. ``id`` is the ledger's key and never reused."""

    id: str
    name: str
    contacts: tuple[Contact, ...] = ()
    opt_out: bool = False
