"""Why a member shall hold what they hold: the rules of the files that reach them."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from seatsync.domain.desired import Desired, Grant
from seatsync.domain.person import RosterMember
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.matching import match
from seatsync.planning.wishes import People, work_out


class Asking(NamedTuple):
    """A rule that reaches the member. Of several for one library the strongest ``counts``; one that has ended does not."""

    grant: Grant
    counts: bool


def why(
    desired: Desired, snapshot: Snapshot, today: date, number: int, key: str
) -> tuple[RosterMember | None, list[Asking]]:
    """The row of the rosters for the member with this number (or, if new, this e-mail key), and the rules that reach it."""
    records = match(desired.members, snapshot).records
    pairs = enumerate(zip(desired.members, records, strict=True))
    position = next((at for at, (row, record) in pairs if (record == number if number else row.key == key)), None)
    if position is None:
        return None, []
    people = People(desired.members, records, snapshot, today)
    wanted = work_out(desired, records, snapshot, today).wanted
    rules = [grant for grant in desired.grants if position in people.reached(grant.to)]
    askings = [Asking(grant, wanted[grant.library].get(position) is grant) for grant in rules]
    return desired.members[position], askings
