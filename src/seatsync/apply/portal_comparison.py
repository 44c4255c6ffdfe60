"""Compare a portal's export with files and ledger: what moves forward is taken, the rest is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from seatsync.apply.members import Impossible
from seatsync.domain.desired import Desired
from seatsync.domain.diagnostic import named
from seatsync.domain.license import ABSENT, Kind, License, Status, forward
from seatsync.domain.person import RosterMember
from seatsync.domain.portal.export import Export, Holding
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.matching import match


class Difference(NamedTuple):
    """What the export says otherwise and an import does not take.

    Without a ``library``, it is about the member, who has left the rosters but is in the export.
    """

    library: str
    member: str
    here: Holding
    there: Holding


@dataclass
class Comparison:
    """The result of a comparison. Members are given as e-mail keys.

    ``new`` are the members that neither rosters nor ledger know. ``numbers`` has the ledger's numbers of all members in rosters
    and export, 0 for those it does not know. ``taken`` has the licenses that move forward, as they are then, by library.
    """

    new: list[RosterMember]
    numbers: dict[str, int] = field(default_factory=dict)
    taken: dict[str, dict[str, Holding]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)


def with_roster_emails(portal: Export, desired: Desired, books: Snapshot) -> Export:
    """The portal's data under the e-mails of the rosters. A member is known by student id, else by e-mail, also an earlier one."""
    by_id = {member.student_id: member for member in desired.members if member.student_id}
    known = [by_id.get(member.student_id, member) if member.student_id else member for member in portal.members]
    on_rosters = {member.key for member in desired.members}
    strangers = [member for member in known if member.key not in on_rosters]
    if strangers and books.members:
        by_record = dict(zip(match(desired.members, books).records, desired.members, strict=True))
        records = match(strangers, books).sure
        renamed = {
            stranger.key: by_record.get(record or -1, stranger)
            for stranger, record in zip(strangers, records, strict=True)
        }
        known = [renamed.get(member.key, member) for member in known]
    keys = {member.key: here.key for member, here in zip(portal.members, known, strict=True)}
    holdings = {
        library: {keys[key]: holding for key, holding in held.items()} for library, held in portal.holdings.items()
    }
    return replace(portal, members=known, holdings=holdings)


def compare(portal: Export, desired: Desired, books: Snapshot) -> Comparison:
    """Compare the portal's data, under the e-mails of the rosters, with the ledger.

    Raises:
        Impossible: a member of the files and the export may be another person than the record in the ledger.
    """
    records, _, doubts, *_ = match(desired.members, books)
    _must_be_sure([desired.members[doubt.position] for doubt in doubts], portal)
    on_rosters = {member.key: number for member, number in zip(desired.members, records, strict=True)}
    others = [member for member in portal.members if member.key not in on_rosters]
    known = match(others, books).sure if others else []
    left = {member.key: number for member, number in zip(others, known, strict=True) if number}
    found = Comparison([member for member in others if member.key not in left])
    found.numbers = {**dict.fromkeys((member.key for member in found.new), 0), **left, **on_rosters}
    owners = {number for held in books.licenses.values() for number in left.values() if held.get(number, ABSENT).active}
    found.differences = [
        Difference("", key, _NOTHING, _NOTHING) for key, number in left.items() if number not in owners
    ]
    for library, holdings in portal.holdings.items():
        held, taken = books.licenses.get(library, {}), found.taken.setdefault(library, {})
        for key, there in holdings.items():
            old = held.get(found.numbers[key], ABSENT)
            now = _now(old, there, key in left)
            if now != old[:2]:
                taken[key] = now
            if now != there and (old.active or there != _NOTHING):
                found.differences.append(Difference(library, key, (old.kind, old.status), there))
    return found


def _must_be_sure(doubtful: Sequence[RosterMember], portal: Export) -> None:
    keys = {member.key for member in portal.members}
    if found := [member.email for member in doubtful if member.key in keys]:
        fact = f"{named(found)} may be another person than the ledger's record of the same student id or e-mail"
        help = "Run `seatsync plan`, do what it says about identity-changed, apply, and import again."
        raise Impossible(f"identity-changed: {fact}.", help)


_NOTHING: Holding = (Kind.NONE, Status.NONE)


def _now(old: License, there: Holding, has_left: bool) -> Holding:
    """The kind and status that an import gives the license. Who has left the rosters gets no temporary seat."""
    now = forward(old, *there)
    gets_seat = now[0] is Kind.TEMPORARY and not old.active
    return (old.kind, old.status) if has_left and gets_seat else now
