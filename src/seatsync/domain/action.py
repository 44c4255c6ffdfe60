"""The words of plans and of the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple


class Action(StrEnum):
    """What a plan can do, in the order in which it is applied."""

    INSTITUTION_UPDATE = "institution-update"
    LIBRARY_ADD = "library-add"
    LIBRARY_UPDATE = "library-update"
    ADMIN_REMOVE = "admin-remove"
    ADMIN_UPDATE = "admin-update"
    ADMIN_ADD = "admin-add"
    MEMBER_ADD = "member-add"
    MEMBER_UPDATE = "member-update"
    REVOKE = "revoke"
    MEMBER_REMOVE = "member-remove"
    UPGRADE = "upgrade"
    GRANT = "grant"
    RESEND = "resend"
    LIBRARY_REMOVE = "library-remove"


ORDER = {action: position for position, action in enumerate(Action)}

INSTITUTION_ADD = "institution-add"
CLAIM = "claim"
OPT_OUT = "opt-out"
IMPORT = "import"
ACCOUNT = "account"
ERASE = "erase"
"""What the journal knows besides: the first apply, the member's own doing, what a portal reported, that a member whom an
apply delivers a seat to has an account, and forgetting."""


class Event(NamedTuple):
    """One line of the journal: ``action`` happened to ``member`` (the ledger's number) and ``library``.

    ``detail`` names nobody; whatever names a person is in ``person``, which can be erased without breaking the chain.
    """

    action: str
    library: str = ""
    member: int = 0
    detail: Mapping[str, Any] = {}
    person: Mapping[str, Any] | None = None


class Grants(NamedTuple):
    """One and the same grant to each of many ``members``: as many events, told at once."""

    library: str
    members: Sequence[int]
    detail: Mapping[str, Any]
