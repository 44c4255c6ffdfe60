"""Grants end with the tags of their members: compared with asking on each day who still has which tag."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from seatsync.domain.desired import Desired, Grant, Selector
from seatsync.domain.institution import Institution
from seatsync.domain.library import DEFAULT_DELIVERY, Library
from seatsync.domain.license import Kind
from seatsync.domain.origin import Origin
from seatsync.domain.person import Person, RosterMember
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.tags import join_ends, join_tags, later_ends, split_ends
from seatsync.planning.entitlements import resolve_grants

TODAY = date(2026, 9, 1)
DAYS = [TODAY + timedelta(days=days) for days in range(-2, 6)]
TAGS = ("class:A", "class:B", "term:C")
_NOT_HELD = date.min
HELD = st.tuples(*(st.sampled_from([*DAYS, None, _NOT_HELD]) for _ in TAGS)).map(
    lambda days: {tag: day for tag, day in zip(TAGS, days, strict=True) if day != _NOT_HELD}
)
"""A member's tags, each with its last day or None."""
SOME = st.sampled_from([(), (TAGS[0],), TAGS[:2], TAGS[1:]])


def _member(number: int, held: Mapping[str, date | None]) -> RosterMember:
    person = Person(f"m{number}@grace.example", "M", str(number), "", "", join_tags(held))
    ends = join_ends({tag: day.isoformat() for tag, day in held.items() if day is not None})
    return RosterMember(*person, person.email, "rosters/sis/users.csv", number + 2, ends)


def _desired(members: list[Mapping[str, date | None]], *grants: Grant) -> Desired:
    library = Library("books", "Books", "", (Kind.TEMPORARY, Kind.PERMANENT), DEFAULT_DELIVERY, 9)
    rows = [_member(number, held) for number, held in enumerate(members)]
    return Desired(Institution("grace", "Grace"), [], {"books": library}, rows, grants)


def _has(held: Mapping[str, date | None], to: Selector, day: date) -> bool:
    still = {tag for tag, last in held.items() if last is None or day <= last}
    return (
        still.issuperset(to.tags) and (not to.any_tags or bool(still & {*to.any_tags})) and not still & {*to.not_tags}
    )


@given(st.lists(HELD, min_size=1, max_size=4), SOME, SOME, SOME)
def test_a_seat_is_held_as_long_as_the_member_has_the_tags(
    members: list[Mapping[str, date | None]],
    tags: tuple[str, ...],
    any_tags: tuple[str, ...],
    not_tags: tuple[str, ...],
) -> None:
    to = Selector(tags=tags, any_tags=any_tags, not_tags=not_tags)
    grant = Grant("books", Kind.TEMPORARY, to, Origin("seatsync.yaml", 9))
    found = resolve_grants(_desired(members, grant), [0] * len(members), Snapshot(), TODAY)
    for position, held in enumerate(members):
        part = found.wanted["books"].get(position)
        assert (part is not None) == _has(held, to, TODAY)
        if part is not None:
            days = [day for day in DAYS if day >= TODAY and not _has(held, Selector(tags=tags, any_tags=any_tags), day)]
            assert part.until == (min(days) - timedelta(days=1) if days else _last(held, to))


def _last(held: Mapping[str, date | None], to: Selector) -> date | None:
    """The end of a member who has the tags on all days looked at: the last of these, or none."""
    last = DAYS[-1]
    return None if _has(held, Selector(tags=to.tags, any_tags=to.any_tags), last + timedelta(days=1)) else last


@given(st.lists(HELD, min_size=1, max_size=4), SOME, SOME)
def test_what_a_grant_gives_changes_only_after_days_that_are_known(
    members: list[Mapping[str, date | None]], tags: tuple[str, ...], not_tags: tuple[str, ...]
) -> None:
    grant = Grant("books", Kind.TEMPORARY, Selector(tags=tags, not_tags=not_tags), Origin("seatsync.yaml", 9))
    desired = _desired(members, grant)
    for day in DAYS:
        found = resolve_grants(desired, [0] * len(members), Snapshot(), day)
        after = resolve_grants(desired, [0] * len(members), Snapshot(), day + timedelta(days=1))
        if found.wanted["books"].keys() != after.wanted["books"].keys():
            assert day in found.last_days


@given(HELD, HELD)
def test_who_has_a_tag_from_two_places_has_it_as_long_as_the_longer(
    one: Mapping[str, date | None], other: Mapping[str, date | None]
) -> None:
    texts = [{tag: day.isoformat() if day else "" for tag, day in held.items()} for held in (one, other)]
    both = later_ends(*texts)
    assert split_ends(join_ends(both)) == both
    for day in map(date.isoformat, DAYS):
        for tag in one.keys() | other.keys():
            has = any(tag in held and (not held[tag] or day <= held[tag]) for held in texts)
            assert has == (tag not in both or day <= both[tag])
