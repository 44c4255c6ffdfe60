"""What the vendors' portals have otherwise than the ledger: the facts from which the work list is computed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum

from seatsync.domain.library import Library
from seatsync.domain.person import Member


class There(StrEnum):
    """What the vendor's portal has in place of a license of the ledger. Empty (``SAME``) means the same."""

    SAME = ""
    NONE = "none"
    """No license yet: a grant is to be done."""
    TEMPORARY = "temporary"
    """Still a temporary one: a revoke is to be done, or a grant of a permanent one."""
    RESEND = "resend"
    """The same, but its invitation is to be sent again there."""
    BY_HAND = "by-hand"
    """A permanent license that was given there by hand. Nothing is to be done; it is kept, although the files ask for less."""


PORTAL_OF: Mapping[str, str] = {"logos-subscription": "logos", "logos-library": "logos", "jamworks": "jamworks"}
"""The portal of each system: libraries of one portal share its list of users."""


def portal_of(library: Library) -> str:
    """The name of the portal in which the library's seats live; empty if they live in seatsync."""
    return PORTAL_OF.get(library.system, library.system) if library.is_at_vendor else ""


Users = dict[str, dict[str, str]]
"""The portals that list a member among their users, and the fields of ``Person`` that each still has as before."""


def users_there(member: Member) -> Users:
    """The portals that are known to list the member. One where the member has a license need not be among them."""
    return dict(json.loads(member.there)) if member.there else {}


def with_users_there(member: Member, users: Users) -> Member:
    """The member with these portals."""
    text = json.dumps(users, ensure_ascii=False, sort_keys=True, separators=(",", ":")) if users else ""
    return member._replace(there=text)


def is_to_do(member: Member) -> bool:
    """Whether something may be to be done about the person in a portal's list of users: an edit, or a removal.

    Who owns a permanent license is not removed; the licenses say so.
    """
    if not member.there:
        return False
    return not member.on_roster or any(users_there(member).values())
