"""What to do where a plan needs more seats than a library has: only what the other rules allow."""

from __future__ import annotations

from typing import NamedTuple

from seatsync.domain.action import Action
from seatsync.domain.diagnostic import counted
from seatsync.domain.license import Kind
from seatsync.refusals import too_many_revokes
from seatsync.refusals.case import Case


class Room(NamedTuple):
    """How many seats could be made free by taking members out of the grants.

    ``granted`` are members who get a seat by this plan, ``held`` those who hold a temporary one. ``owned`` are the seats of
    permanent licenses, which stay, ``left`` those of leavers in their grace period, ``frozen`` those that a freeze keeps.
    """

    granted: int
    held: int
    owned: int
    left: int = 0
    frozen: int = 0


def room(case: Case, library: str) -> Room:
    """What could be made free in a library after the plan.

    Raises:
        NotWhole: only some members are loaded.
    """
    licenses = case.draft.snapshot.licenses.get(library, {})
    owned = sum(license.kind is Kind.PERMANENT for license in licenses.values())
    granted = len(case.new_seats(library))
    frozen = len(case.draft.held.get((Action.REVOKE, library), ()))
    left = sum(leaver.own_ends.get(library, "") >= case.today for leaver in case.draft.leavers.values())
    return Room(granted, case.slots[library].after.used - owned - granted - left - frozen, owned, left, frozen)


def ways_out(case: Case, library: str, raise_slots: str, instead: str) -> str:
    """The help where seats are missing: ``raise_slots``, and ``instead`` (as in "If not,") whom to take out of the grants."""
    granted, held, owned, left, frozen = room(case, library)
    missing = -case.slots[library].after.available
    of_granted = min(missing, granted)
    of_held = min(missing - of_granted, held)
    if left:
        raise_slots += _of_leavers(case, library, left)
    if frozen and (hold := case.draft.hold) is not None:
        seats = counted(frozen, "seat is", "seats are")
        raise_slots += f" {seats} in use until {hold.last} (`freeze`)."
    if not of_granted and not of_held:
        return f"{raise_slots} Permanent licenses keep their seats."
    if not of_held:
        who = counted(of_granted, "member")
    else:
        who = counted(of_held, "member with a temporary license", "members with a temporary license")
        who = f"{counted(of_granted, 'member')} whom this plan grants it and {who}" if of_granted else who
    known = case.desired.libraries.get(library)
    if of_granted == missing and known is not None and not known.has_line:
        who_waits = "that one waits" if missing == 1 else "those wait"
        wait = f", or write `when_full: wait` under the library: {who_waits} in line then."
        return f"{raise_slots} {instead} take {who} out of the grants{wait}"
    take = f"take {who} out of the grants.{_approval(case, library, of_held)}"
    if of_granted + of_held < missing:
        needed = owned + left + frozen
        return f"{raise_slots} Or raise `slots` to {needed}, which the permanent licenses{_and_others(left, frozen)} need, and {take}"
    return f"{raise_slots} {instead} {take}"


def _of_leavers(case: Case, library: str, left: int) -> str:
    """Say until when seats of leavers are in use."""
    leavers = [one for one in case.draft.leavers.values() if one.own_ends.get(library, "") >= case.today]
    last = max(leaver.ends[library] for leaver in leavers)
    seats = counted(left, "seat of somebody who has left is", "seats of members who have left are")
    return f" {seats} in use until {last} (`leavers.grace`)."


def _and_others(left: int, frozen: int) -> str:
    """What else needs seats that nobody can be taken out of."""
    others = ["the seats of leavers"] * bool(left) + ["those that the freeze keeps"] * bool(frozen)
    return "".join(f" and {one}" for one in others)


def _approval(case: Case, library: str, more: int) -> str:
    """Say that taking ``more`` licenses back needs an approval, where it does."""
    revokes = len(case.draft.revokes.get(library, ())) + more
    limit = too_many_revokes.allowed(case, library)
    if not more or revokes <= limit:
        return ""
    return f" That revokes {counted(revokes, 'license')}, where `limits.max_revokes` allows {limit:,}: it needs an approval too."
