"""The changes of a plan in groups, each with a title in words: "5 people leave", "3 people get books permanently"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from seatsync.domain.action import Action, Sign
from seatsync.domain.diagnostic import counted
from seatsync.domain.license import Kind, Status
from seatsync.planning.change import Change, is_impossible, leaves_for_now, moves_in_line
from seatsync.reports.view.changes import Line, line, seen_in_words
from seatsync.reports.view.counting import actions_in_words, words_for
from seatsync.reports.view.escaping import escape_controls
from seatsync.reports.view.names import Names


class Group(NamedTuple):
    """The changes with the same action in one ``library``, given by its title (or without a library), and the ``names`` of all.

    ``is_of_leavers``: the seats of people who leave. ``leave_for_now``: people who leave and keep seats for a grace period. ``files_at``
    is the address of the files at a code host, if known.
    """

    sign: Sign
    action: Action
    library: str
    changes: Sequence[Change]
    names: Names
    is_of_leavers: bool = False
    leave_for_now: bool = False
    files_at: str = ""

    @property
    def title(self) -> str:
        if self.leave_for_now:
            number = len(self.changes)
            return f"{counted(number, 'person leaves', 'people leave')}, and {'keeps' if number == 1 else 'keep'} seats for now"
        return escape_controls(_title(self.action, self.library, self.changes, self.is_of_leavers))

    @property
    def kind(self) -> str:
        """What such changes do, in words without a number: ``people join``."""
        return words_for(self.action)[1]

    @property
    def size(self) -> int:
        return len(self.changes)

    @property
    def reason(self) -> str:
        """The reason of all changes; empty if they have several."""
        reasons = {change.reason for change in self.changes}
        return escape_controls(reasons.pop()) if len(reasons) == 1 else ""

    @property
    def seen(self) -> str:
        """What was seen at the vendor, counted; empty for other changes."""
        return seen_in_words(self.changes) if self.action is Action.OBSERVE else ""

    def lines(self, most: int | None = None) -> Iterator[Line]:
        """Yield the first ``most`` changes in words."""
        left = self.is_of_leavers or self.leave_for_now or self.action is Action.MEMBER_REMOVE
        return (line(change, self.names.beside(change), left, self.files_at) for change in self.changes[:most])


def groups_of(changes: Iterable[Change], names: Names, files_at: str = "") -> list[Group]:
    """Return changes by action and library, each once, in the order in which these first occur: people who leave, then their seats."""
    changes = [*changes]
    leavers = {one.record for one in changes if one.action is Action.MEMBER_REMOVE or leaves_for_now(one)}
    found: dict[tuple[Action, str, bool, bool, bool], list[Change]] = {}
    for change in changes:
        theirs = change.action in (Action.REVOKE, Action.LICENSE_UPDATE) and change.record in leavers
        key = (
            change.action,
            change.library if change.member else "",
            theirs,
            leaves_for_now(change),
            change.status == Status.LAPSED,
        )
        found.setdefault(key, []).append(change)
    called = {library: names.titles.of(library) for _, library, *_ in found if library}
    groups = [
        Group(
            action.facts.sign, action, escape_controls(called.get(library, "")), alike, names, theirs, for_now, files_at
        )
        for (action, library, theirs, for_now, _), alike in found.items()
    ]
    of_leavers = [group for group in groups if group.is_of_leavers]
    last = [group for group in groups if group.leave_for_now or group.action is Action.MEMBER_REMOVE][-1:]
    return [
        one
        for group in groups
        if not group.is_of_leavers
        for one in (group, *(of_leavers if last and group is last[0] else ()))
    ]


def _title(action: Action, library: str, changes: Sequence[Change], is_of_leavers: bool) -> str:
    """What happens to how many people. Other changes are only counted."""
    number = len(changes)
    people = counted(number, "person", "people")
    who = f" who {'leaves' if number == 1 else 'leave'}" if is_of_leavers else ""
    match action:
        case Action.GRANT:
            for_good = " permanently" if all(change.kind == Kind.PERMANENT for change in changes) else ""
            return f"{people} {'gets' if number == 1 else 'get'} {library}{for_good}"
        case Action.REVOKE if all(change.status == Status.LAPSED for change in changes):
            return f"{people} did not claim {library} in time"
        case Action.REVOKE:
            if is_impossible(changes[0]):
                return f"{people} would lose {library}, but {'owns' if number == 1 else 'own'} it permanently"
            return f"{people}{who} {'loses' if number == 1 else 'lose'} {library}"
        case Action.UPGRADE:
            return f"{people} {'keeps' if number == 1 else 'keep'} {library} permanently"
        case Action.LICENSE_UPDATE:
            return f"{people}{who} {'gets' if number == 1 else 'get'} another end date in {library}"
        case Action.RESEND:
            return f"{people} invited again to {library}"
        case Action.WAIT if all(map(moves_in_line, changes)):
            return f"{people} {'waits' if number == 1 else 'wait'} for {library} with another priority or end date"
        case Action.WAIT:
            return f"{people} {'waits' if number == 1 else 'wait'} for {library}"
        case Action.UNWAIT:
            return f"{people} no longer {'waits' if number == 1 else 'wait'} for {library}"
        case Action.OBSERVE:
            return f"{number:,} seen at the vendor in {library}" if library else f"{number:,} seen at the vendor"
        case _:
            return actions_in_words({action: number})
