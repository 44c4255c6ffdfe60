"""How far a license has come at the vendor, in words: what a person reads about it everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from seatsync.domain.library import Library
from seatsync.domain.license import Kind, License, Status
from seatsync.domain.portal.at_vendor import There


class Progress(StrEnum):
    """How far a license has come at the vendor; the words of lists and JSON. Empty where the vendor has nothing to do with it."""

    NOWHERE = ""
    TO_GRANT = "to-grant"
    TO_MAKE_PERMANENT = "to-make-permanent"
    TO_REVOKE = "to-revoke"
    TO_RESEND = "to-resend"
    BY_HAND = "by-hand"
    DONE = "done"


OPEN = (There.NONE.value, There.TEMPORARY.value, There.RESEND.value)
"""What the portal has while something is to be done there about the license."""


class Words(NamedTuple):
    """The words for one progress. Translations are collected from the calls below."""

    words: str


WORDS: Mapping[Progress, Words] = {
    Progress.TO_GRANT: Words("granted here, not yet done at the vendor"),
    Progress.TO_MAKE_PERMANENT: Words("still temporary at the vendor, to be made permanent there"),
    Progress.TO_REVOKE: Words("revoked here, not yet at the vendor"),
    Progress.TO_RESEND: Words("unclaimed, to be invited again at the vendor"),
    Progress.BY_HAND: Words("given by hand at the vendor"),
    Progress.DONE: Words("done, unclaimed"),
}
"""``DONE`` has these words while the license is unclaimed; afterwards its status says more."""


def progress(library: Library | None, license: License) -> Progress:
    """How far the license has come at the vendor."""
    if library is None or not library.is_at_vendor or license.status is Status.NONE:
        return Progress.NOWHERE
    match license.there:
        case There.NONE:
            return Progress.TO_GRANT
        case There.TEMPORARY:
            return Progress.TO_MAKE_PERMANENT if license.kind is Kind.PERMANENT else Progress.TO_REVOKE
        case There.RESEND:
            return Progress.TO_RESEND
        case There.BY_HAND:
            return Progress.BY_HAND
        case _:
            return Progress.DONE


def saying_more(status: str, at_vendor: str) -> str:
    """The progress of a license at the vendor if it says more than the license's status; else empty."""
    return at_vendor if at_vendor != Progress.DONE or status == Status.UNCLAIMED else ""


def status_in_words(status: str, at_vendor: str = "") -> str:
    """A license's status as people read it, with its progress at the vendor where that says more."""
    if more := saying_more(status, at_vendor):
        return WORDS[Progress(more)].words
    return "claimed" if status == Status.DELIVERED else status.replace("_", " ")
