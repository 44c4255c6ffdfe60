"""Find the grants that reach a member: why they hold what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from seatsync.domain.desired import Desired, Grant
from seatsync.domain.license import ABSENT
from seatsync.domain.person import RosterMember
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.due import away, due_on
from seatsync.planning.entitlements import RosterIndex, resolve_grants
from seatsync.planning.matching import who_is_who
from seatsync.planning.reasons.words import conditions


class MatchingGrant(NamedTuple):
    """A grant that reaches the member. Of several for one library only the strongest ``counts``; one that ``has_ended``, or
    that ``is_coming`` on a later day, does not.

    ``due_on`` is the day (ISO) on which the member gets it by a grant with ``after``; empty if they have had no license yet.
    """

    grant: Grant
    counts: bool
    due_on: str = ""
    is_coming: bool = False
    has_ended: bool = False


class LeavingOut(NamedTuple):
    """A grant that is ``to`` the member (in words), but leaves them out because they have these ``tags``."""

    grant: Grant
    to: str
    tags: tuple[str, ...]


class Found(NamedTuple):
    """The member's row on a roster, the grants that reach them, and those that leave them out by a tag."""

    row: RosterMember | None
    reaching: list[MatchingGrant]
    leaving_out: list[LeavingOut]


def why(desired: Desired, snapshot: Snapshot, today: date, number: int, key: str) -> Found:
    """What the files say of the member with this number (or, if new, this e-mail key)."""
    records = who_is_who(desired, snapshot, today).records
    pairs = enumerate(zip(desired.members, records, strict=True))
    position = next((at for at, (row, record) in pairs if (record == number if number else row.key == key)), None)
    if position is None:
        return Found(None, [], [])
    index = RosterIndex(desired.members, records, snapshot, today)
    entitlements = resolve_grants(desired, records, snapshot, today)
    wanted, coming = entitlements.wanted, {part.rule or part for part in entitlements.coming}
    reaching = [
        part
        for grant in desired.grants
        if position in index.reached(grant.to)
        for part, some in index.by_end(grant, {position})
        if some
    ]
    found = [
        MatchingGrant(
            grant,
            _is(wanted[grant.library].get(position), grant),
            _due_on(grant, snapshot, records[position], today),
            (grant.rule or grant) in coming and grant.is_ever,
            grant.expired(today),
        )
        for grant in reaching
    ]
    open_to = [grant for grant in desired.grants if grant.to.not_tags and not grant.expired(today)]
    return Found(desired.members[position], found, [*_leaving_out(open_to, index, position)])


def _leaving_out(grants: Iterable[Grant], index: RosterIndex, position: int) -> Iterator[LeavingOut]:
    """Those of the grants that would reach the member without their ``not_tags``."""
    for grant in grants:
        to = replace(grant.to, not_tags=())
        if position not in index.reached(to) - index.reached(grant.to):
            continue
        tags = tuple(tag for tag in grant.to.not_tags if position not in index.reached(replace(to, not_tags=(tag,))))
        yield LeavingOut(grant, "them by name" if to.emails or to.selection is not None else conditions(to), tags)


def _is(wanted: Grant | None, grant: Grant) -> bool:
    """Whether both are the same grant of the files, or the same part of it."""
    return wanted is not None and (wanted.rule or wanted) is (grant.rule or grant)


def _due_on(grant: Grant, snapshot: Snapshot, record: int, today: date) -> str:
    license = snapshot.licenses.get(grant.library, {}).get(record, ABSENT)
    return due_on(grant, license, away(grant, snapshot, record, today)) if grant.after else ""
