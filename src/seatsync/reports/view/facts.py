"""The facts of the decision panel, which stands on top of every report of a plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from seatsync.domain.action import Action
from seatsync.domain.approval import PassedLimit
from seatsync.domain.diagnostic import counted, named
from seatsync.domain.library import Titles
from seatsync.planning.change import Change, is_impossible, moves_in_line, takes_seat
from seatsync.planning.plan import Plan
from seatsync.reports.view.changes import end_words, ends_on, seen_in_words
from seatsync.reports.view.counting import actions_in_words, letters_in_words, seats_left
from seatsync.reports.view.decision import Panel
from seatsync.reports.view.names import Names
from seatsync.reports.view.removed_rows import removed_rows
from seatsync.reports.view.undoing import how_to_undo

_FEW = 5  # people named where a report names them again below
_MANY = 10  # people named who get what cannot be taken back
_DATES = 10  # end dates, each in its library
_NAMED_LIBRARIES = 2  # libraries named of a person


class Fact(NamedTuple):
    """One fact: what it is about, and the fact in words."""

    label: str
    words: str


def facts(plan: Plan, panel: Panel, names: Names) -> list[Fact]:
    """Return what a reviewer decides by; nothing if the plan neither changes anything nor uses an approval."""
    return [
        *_people(plan, panel, names),
        *_consequences(plan, names.titles),
        *_ends(plan, names.titles),
        *(Fact("To undo", how) for how in (how_to_undo(plan),) if how),
    ]


def _people(plan: Plan, panel: Panel, names: Names) -> Iterator[Fact]:
    """Who is affected, and how."""
    if seen := [change for change in plan.changes if change.action is Action.OBSERVE]:
        yield Fact("Seen at the vendor", f"{len(seen):,}: {seen_in_words(seen)}")
    if plan.changes:
        is_of_one = len({*plan.slots, *(id for ids in (*panel.gain.values(), *panel.lose.values()) for id in ids)}) < 2
        gain, lose = (
            ("Would gain", "Would lose") if plan.refusals else ("Gain", "Lose")
        )  # nothing of a blocked plan is applied
        yield Fact(f"{gain} access", _access(panel.gain, names, is_of_one))
        yield Fact(f"{lose} access", _access(panel.lose, names, is_of_one))
    if rows := removed_rows(plan):
        yield Fact("Rows removed", "; ".join(rows))
    if waiting := [one for one in plan.changes if one.action is Action.WAIT and not moves_in_line(one)]:
        yield Fact(
            "In line" if not plan.refusals else "Would wait", _persons([one.member for one in waiting], _FEW, names)
        )
    for label, emails, most in (
        ("Permanent", panel.permanent, _MANY),
        ("New administrators", panel.new_admins, _FEW),
        ("Administrators removed", panel.lost_admins, _FEW),
    ):
        if emails:
            yield Fact(label, _persons(emails, most, names))
    if moved := [f"{old} → {names.person(new)}" for old, new in panel.moved]:
        yield Fact("New address", f"{counted(len(moved), 'person', 'people')}: {named(moved, _MANY)}")


def _access(people: Mapping[str, Sequence[str]], names: Names, is_of_one: bool) -> str:
    """Who gains or loses access, and to what: said once if it is the same for all, not at all if there is only one library."""
    if is_of_one or not people:
        return _persons([*people], _FEW, names)
    first, *others = {tuple(sorted(libraries)) for libraries in people.values()}
    emails = [*people]
    if others and len(emails) > _FEW:  # what each of so many gets stands below
        return f"{counted(len(emails), 'person', 'people')} ({_by_library(people, names.titles)}): {_named(emails, _FEW, names)}"
    shown = [
        names.person(email) + (_to(sorted(people[email]), names.titles) if others else "") for email in emails[:_FEW]
    ]
    to_all = "" if others else _to(first, names.titles)
    return f"{counted(len(emails), 'person', 'people')}{to_all}: {named([*shown, *emails[_FEW:]], _FEW)}"


def _to(libraries: Sequence[str], titles: Titles) -> str:
    """``to Books``, ``to Books and Maps``, ``to 4 libraries``."""
    few = len(libraries) <= _NAMED_LIBRARIES
    return f" to {' and '.join(map(titles.of, libraries)) if few else counted(len(libraries), 'library', 'libraries')}"


def _by_library(people: Mapping[str, Sequence[str]], titles: Titles) -> str:
    """``Books 190, Maps 20``."""
    counts = Counter(library for libraries in people.values() for library in libraries)
    told = [f"{titles.of(library)} {number:,}" for library, number in sorted(counts.items())]
    rest = len(told) - _FEW
    more = [counted(rest, "more library", "more libraries")] if rest > 0 else []
    return ", ".join([*told[:_FEW], *more])


def _persons(emails: Sequence[str], most: int, names: Names) -> str:
    return f"{counted(len(emails), 'person', 'people')}: {_named(emails, most, names)}" if emails else "nobody"


def _named(emails: Sequence[str], most: int, names: Names) -> str:
    return named([*map(names.person, emails[:most]), *emails[most:]], most)


def _consequences(plan: Plan, titles: Titles) -> Iterator[Fact]:
    """What else follows from the plan: letters, seats, approvals, and the work of people at the vendor."""
    if plan.changes and plan.letters is not None:
        yield Fact("Letters", letters_in_words(plan.letters) or "no letters go out")
    if plan.slots and (plan.changes or plan.refusals):
        yield Fact("Seats left", seats_left(plan.slots, titles))
    for passed in plan.approvals:
        yield Fact("Approval used", _passes(passed, titles))
    if plan.work:
        from seatsync.planning.work import in_words  # imports much, and most plans have none

        steps = ", ".join(f"{in_words(step, titles)} {number:+,}" for step, number in plan.work.items())
        yield Fact("Work list at the vendor", steps)
    if plan.changes:
        yield Fact("In all", _in_all(plan))


def _in_all(plan: Plan) -> str:
    """What the plan does, counted; with the number of people and of changes where these differ and something is done."""
    told, number = actions_in_words(plan.possible), sum(plan.possible.values())
    people = len({one.record or one.member for one in plan.changes if one.member and not is_impossible(one)})
    both = (
        f"{counted(people, 'person', 'people')}, {counted(number, 'change')}: "
        if 0 < people < number and not plan.refusals
        else ""
    )
    return f"{both}{told}" or "nothing"


def _passes(passed: PassedLimit, titles: Titles) -> str:
    """Return which limit the plan passes by an approval, and where that is."""
    approval = passed.approval
    if approval.library:
        what = f"passes limit {passed.limit:,} of {titles.of(approval.library)}"
    elif approval.answer:
        what = f"says who {counted(passed.needed, 'member is', 'members are')}"
    else:
        what = f"lets {approval.roster or 'the rosters'} be empty"
    return f"{what} by the approval at {approval.origin}"


def _ends(plan: Plan, titles: Titles) -> Iterator[Fact]:
    """How many seats get which end date: ``Books: 46 seats end on 2026-11-27 (was: no end)``, ``Books: of 5 new seats, 1 ends on …``."""
    new = Counter(change.library for change in plan.changes if _is_new(change))
    counts = Counter(
        (change.library, _is_new(change), (change.after or {})["until"] or _NEVER, (change.before or {}).get("until"))
        for change in plan.changes
        if "until" in (change.after or {}) and change.action in _WITH_ENDS
    )
    ordered = sorted(counts.items(), key=lambda item: (*item[0][:3], item[0][3] or ""))
    for (library, is_new), dates in groupby(ordered[:_DATES], key=lambda item: item[0][:2]):
        told = [(number, until.removesuffix(_NEVER), was) for (*_, until, was), number in dates]
        first = told[0][0]
        seats = counted(first, "new seat" if is_new else "seat")
        if is_new and first < new[library]:
            seats = f"of {new[library]:,} new seats, {first:,}"
        words = ", ".join(_end(*one, is_first=position == 0) for position, one in enumerate(told))
        yield Fact("End dates", f"{titles.of(library)}: {seats} {words}")
    if rest := sum(number for _, number in ordered[_DATES:]):
        yield Fact("End dates", f"{counted(rest, 'more seat')} with other dates")


_NEVER = "~"  # sorts behind every date


def _end(number: int, until: str, was: str | None, is_first: bool) -> str:
    """What so many seats do; after the ``first`` words, only how many and on which day."""
    ends = (
        ends_on(until, number)
        if is_first
        else f"{number:,} on {until}"
        if until
        else f"{number:,} {ends_on(until, number)}"
    )
    return f"{ends} (was: {end_words(was)})" if was is not None else ends


_WITH_ENDS = (Action.GRANT, Action.LICENSE_UPDATE, Action.OBSERVE)


def _is_new(change: Change) -> bool:
    return change.action is Action.GRANT and takes_seat(change)
