"""What keeps a member from a seat, and what brings one: the words of their page for administrators and of their story."""

from __future__ import annotations

from seatsync.domain.library import Library
from seatsync.domain.license import License, Status
from seatsync.domain.portal.progress import Words

LEFT = Words("They are on no roster any more, and grants are for people on rosters.")
WAITS = Words("All its seats are taken. They get one when it is their turn.")
LAPSED = Words(
    "They did not claim their seat in time. A new value of resend: on the grant, regrant: true there, or another grant offers it again."
)
DECLINED = Words("A grant with regrant: true invites them again.")


def barrier(license: License, on_roster: bool) -> str:
    """What keeps a member without a seat from a new one, or the only thing that brings it; empty for nothing."""
    if not on_roster:
        return LEFT.words
    match license.status:
        case Status.OPTED_OUT:
            return DECLINED.words
        case Status.WAITING:
            return WAITS.words
        case Status.LAPSED:
            return LAPSED.words
        case _:
            return ""


def to_grant(library: Library, whom: str) -> str:
    """The command that grants a seat to ``whom``, as a shell takes it: a quoted e-mail, or options."""
    kind = f" --kind {library.kinds[0]}" if len(library.kinds) > 1 else ""
    return f"seatsync edit grant {library.id}{kind} {whom}"
