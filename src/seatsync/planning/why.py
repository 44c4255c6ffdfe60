"""Find the grants that reach a member: why they hold what they hold."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from seatsync.domain.desired import Desired, Grant
from seatsync.domain.license import ABSENT
from seatsync.domain.person import RosterMember
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.due import away, due_on
from seatsync.planning.entitlements import RosterIndex, resolve_grants
from seatsync.planning.matching import who_is_who


class MatchingGrant(NamedTuple):
    """A grant that reaches the member. Of several for one library only the strongest ``counts``; one that has ended, or that
    ``is_coming`` on a later day, does not.

    ``due_on`` is the day (ISO) on which the member gets it by a grant with ``after``; empty if they have had no license yet.
    """

    grant: Grant
    counts: bool
    due_on: str = ""
    is_coming: bool = False


def why(
    desired: Desired, snapshot: Snapshot, today: date, number: int, key: str
) -> tuple[RosterMember | None, list[MatchingGrant]]:
    """The roster row of the member with this number (or, if new, this e-mail key), and the grants that reach them."""
    records = who_is_who(desired, snapshot, today).records
    pairs = enumerate(zip(desired.members, records, strict=True))
    position = next((at for at, (row, record) in pairs if (record == number if number else row.key == key)), None)
    if position is None:
        return None, []
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
        )
        for grant in reaching
    ]
    return desired.members[position], found


def _is(wanted: Grant | None, grant: Grant) -> bool:
    """Whether both are the same grant of the files, or the same part of it."""
    return wanted is not None and (wanted.rule or wanted) is (grant.rule or grant)


def _due_on(grant: Grant, snapshot: Snapshot, record: int, today: date) -> str:
    license = snapshot.licenses.get(grant.library, {}).get(record, ABSENT)
    return due_on(grant, license, away(grant, snapshot, record, today)) if grant.after else ""
