"""What the vendors' portals have otherwise than the ledger: the facts from which the work list is computed.

They are a state, not a list of orders: each event keeps them true (``posting``), and the work list is the difference
(``steps``). So nothing is on the list twice, nothing is lost, and a revoke cancels a grant that was never done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from seatsync.domain.library import Library
from seatsync.domain.license import IllegalTransition, Kind, License, Status
from seatsync.domain.person import Member, Person


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


TO_DO = frozenset({There.NONE.value, There.TEMPORARY.value})
"""What the portal has while a grant, a revoke or a permanent license is to be entered there."""


def portal_of(library: Library) -> str:
    """The name of the portal in which the library's seats live; empty if they live in seatsync."""
    return portal_of_system(library.system) if library.is_at_vendor else ""


def portal_of_system(system: str) -> str:
    """The name of the portal of a system. Libraries of one portal share its list of users."""
    return system.partition("-")[0]  # a system's name begins with its portal's


def leaves_portal(old: Library, new: Library) -> bool:
    """Whether the library's seats no longer live in the portal where they were, so that nothing is to be done there for it."""
    return portal_of(old) not in ("", portal_of(new))


# ── Persons ─────────────────────────────────────────────────────────────────────────────────────────────────────────

Users = Mapping[str, Mapping[str, str]]
"""The portals that list a member among their users, and the fields of ``Person`` that each still has as before."""


def users_there(member: Member) -> dict[str, dict[str, str]]:
    """The portals that are known to list the member. One where they have a license need not be among them: ``users.is_listed``."""
    return parsed_users(member.there)


def parsed_users(text: str) -> dict[str, dict[str, str]]:
    """Read the text of ``Member.there``.

    Raises:
        ValueError: it is not such a text.
    """
    return {portal: {**fields} for portal, fields in _checked(text).items()} if text else {}


@lru_cache(maxsize=16)  # nearly all members have the same text
def _checked(text: str) -> Users:
    users = json.loads(text)
    if not isinstance(users, dict) or not all(map(_are_old_values, users.values())):
        raise ValueError("not the portals that list a member")
    return users


def _are_old_values(values: object) -> bool:
    return (
        isinstance(values, dict)
        and values.keys() <= {*Person._fields}
        and all(isinstance(v, str) for v in values.values())
    )


def text_of(users: Users) -> str:
    """The text of ``Member.there`` that says this."""
    return _encode(users) if users else ""


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def with_users_there(member: Member, users: Users) -> Member:
    """The member with these portals."""
    return member._replace(there=text_of(users))


def is_to_do(member: Member) -> bool:
    """Whether something may be to be done about the person in a portal's list of users: an edit, or a removal.

    Who owns a permanent license is not removed; the licenses say so.
    """
    if not member.there:
        return False
    return not member.on_roster or any(users_there(member).values())


def to_correct(member: Member, before: Mapping[str, str]) -> Mapping[str, str]:
    """What is to be corrected of a record that the portal has as ``before``. The e-mail of who has left only finds them there."""
    return before if member.on_roster else {name: value for name, value in before.items() if name != "email"}


# ── Licenses ────────────────────────────────────────────────────────────────────────────────────────────────────────


def kind_there(license: License) -> Kind:
    """The kind of license that the portal has."""
    match license.there:
        case There.NONE:
            return Kind.NONE
        case There.TEMPORARY:
            return Kind.TEMPORARY
        case _:
            return license.kind


def after(old: License, new: License, library: Library, *, resends: bool) -> There:
    """What the portal has otherwise once the ledger's license has gone from ``old`` to ``new`` without it.

    ``resends`` says that the event sends the invitation again. Where seatsync writes the letters, or the portal has no such
    button, nothing is to be done there for it.
    """
    there = kind_there(old)
    if there is Kind.PERMANENT and new.kind is not Kind.PERMANENT:
        return There.SAME  # declined here before it was claimed: it can't be taken back there
    if there is not new.kind:
        return There.NONE if there is Kind.NONE else There.TEMPORARY
    if old.there == There.BY_HAND or new.status is not Status.UNCLAIMED or not new.active:
        return There.BY_HAND if old.there == There.BY_HAND else There.SAME
    asks = resends and library.invites_again and not library.invites
    return There.RESEND if asks or old.there == There.RESEND else There.SAME


def must_fit(license: License, library: Library | None) -> None:
    """Check that the portal can have what the license says of it.

    Raises:
        IllegalTransition: it can't.
    """
    if license.there == There.SAME:
        return
    fits = {
        There.NONE: license.active,
        There.TEMPORARY: license.kind is not Kind.TEMPORARY,
        There.RESEND: license.status is Status.UNCLAIMED,
        There.BY_HAND: license.kind is Kind.PERMANENT,
    }
    if library is None or not library.is_at_vendor or not fits[There(license.there)]:
        raise IllegalTransition(f"a license with kind {license.kind} can't be {license.there} at the vendor")


STAND_IN_DOMAIN = "stand-in.invalid"
"""The domain of e-mails that people have for a moment, while two of them exchange theirs. Nobody can own it (RFC 2606)."""


def is_stand_in(email: str) -> bool:
    """Whether it is such an e-mail, and nobody's own."""
    return email.endswith(f"@{STAND_IN_DOMAIN}")
