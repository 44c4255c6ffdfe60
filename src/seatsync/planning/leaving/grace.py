"""The grace period of leavers (``leavers.grace``): until which day they keep their temporary seats, and what a freeze adds to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from seatsync.domain.action import Action
from seatsync.domain.calendar.freezes import last_day
from seatsync.domain.diagnostic import counted
from seatsync.domain.license import NEVER, Kind, License
from seatsync.domain.person import Member
from seatsync.planning.change import Change
from seatsync.planning.draft import Draft, Leaver


def leavers(draft: Draft) -> dict[int, Leaver]:
    """The members who leave or are in their grace period, by number.

    There is none for whose e-mail or student id somebody new has: letters would reach that person.
    """
    if not draft.matching.leaving:
        return {}
    today, taken = draft.today.isoformat(), {row.key for row in draft.desired.members}
    found: dict[int, Leaver] = {}
    for record in draft.matching.leaving:
        known = draft.snapshot.members[record]
        left_on = known.left_on or today
        is_somebody_new = record in draft.matching.replaced or known.key in taken or not known.key
        own_ends = {} if is_somebody_new else _own_ends(draft, record, known, left_on)
        found[record] = _leaver(draft, left_on, own_ends)
        for library in found[record].ends:
            if own_ends[library] < today:
                draft.held[Action.REVOKE, library].append(known.email)
    return found


def _leaver(draft: Draft, left_on: str, own_ends: Mapping[str, str]) -> Leaver:
    """The leaver with the seats that they still have today, of those that end on these days but for freezes."""
    today, freezes = draft.today.isoformat(), draft.desired.institution.freezes
    ends = {library: last_day(freezes, own, today) for library, own in own_ends.items()}
    ends = {library: end for library, end in ends.items() if end >= today}
    return Leaver(left_on, ends, {library: own_ends[library] for library in ends})


def changes(draft: Draft) -> Iterator[Change]:
    """The changes of members who leave: removed, or in their grace period from now on. Who is in it already has none."""
    for record, leaver in draft.leavers.items():
        known = draft.snapshot.members[record]
        if not leaver.ends:
            yield _removed(draft, record, known)
        elif not known.left_on:
            seats = counted(len(leaver.ends), "temporary seat stays", "temporary seats stay")
            last = max(leaver.ends.values())
            yield Change(
                Action.MEMBER_UPDATE,
                f"No longer on any roster; {seats} until {last}",
                draft.last_row(record),
                member=known.email,
                before={"left_on": ""},
                after={"left_on": leaver.left_on},
                record=record,
            )


def last_days(draft: Draft) -> Iterator[date]:
    """The last days of the temporary seats of leavers, with and without freezes."""
    lasts = ((*leaver.ends.values(), *leaver.own_ends.values()) for leaver in draft.leavers.values())
    return (date.fromisoformat(last) for some in lasts for last in some)


def _own_ends(draft: Draft, record: int, known: Member, left_on: str) -> Mapping[str, str]:
    """The last day of each temporary seat of the member, but for freezes: without a grace period, and of a library that is dropped,
    the day before they lose it."""
    desired, retire, freezes = draft.desired, draft.desired.institution.retire, draft.desired.institution.freezes
    if not desired.grace and not freezes:
        return {}
    last = min(_later(left_on, desired.grace or -1), retire or NEVER)
    held = (
        (library, draft.licenses.get(library, {}).get(record))
        for library in {**desired.libraries, **draft.snapshot.libraries}
    )
    return {
        library: min(last, _own_end(license, known))
        if library in desired.libraries
        else _later(draft.today.isoformat(), -1)
        for library, license in held
        if license and _is_temporary(license)
    }


def _is_temporary(license: License) -> bool:
    return license.kind is Kind.TEMPORARY


def _own_end(license: License, known: Member) -> str:
    """The day on which the license would end but for the grace period."""
    return (license.own_end if known.left_on else "") or license.until or NEVER


def _later(day: str, days: int) -> str:
    try:
        return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
    except OverflowError:
        return NEVER


def _removed(draft: Draft, record: int, known: Member) -> Change:
    names = [name for name in ("given_name", "family_name", "student_id") if getattr(known, name)]
    return Change(
        Action.MEMBER_REMOVE,
        f"On no roster since {known.left_on}; no temporary seat is left"
        if known.left_on
        else "No longer on any roster",
        draft.last_row(record),
        member=known.email,
        before={name: getattr(known, name) for name in names},
        record=record,
    )
