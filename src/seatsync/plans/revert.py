"""Say of a plan whose files revert an applied commit what it takes back, and what no revert can."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection

from seatsync.domain.action import ACTIONS, EVENTS, ORDER, Action, Subject
from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.domain.license import Kind, Status
from seatsync.domain.origin import Origin
from seatsync.git.checkout import NotInGit, top_of
from seatsync.git.history import History, Revert, history_of
from seatsync.git.program import Failed, NoGit, TooSlow
from seatsync.ledger.queries.history import AppliedCommit, EventOfApply, applied_commits, events_of_apply, letters_sent
from seatsync.planning.plan import Plan
from seatsync.sources.files import NAME


def revert_notices(folder: Path, plan: Plan, connection: Connection) -> list[Diagnostic]:
    """Return a notice for each commit that the folder's files have reverted since the last apply and that was applied.

    Git is asked once for all folders of a checkout, the ledger only if there is a revert. What can't be known, in a shallow
    checkout for example, is not said.
    """
    if not plan.changes or not plan.serial:
        return []
    try:
        top = top_of(folder)
        if top is None or not (reverts := _reverts(top, _state(top))):
            return []
        with history_of(folder) as history:
            inside = history.path(folder)
            own = [
                one for one in reverts if any(inside == "." or path.startswith(f"{inside}/") for path in one.touched)
            ]
            applied = applied_commits(connection, plan.institution) if own else []
            found = [(one, _apply_of(one, history, applied)) for one in own]
        notices = (_notice(one, apply, plan, connection) for one, apply in found if apply is not None)
        return [notice for notice in notices if notice is not None]
    except (NotInGit, NoGit, Failed, OSError, TooSlow):
        return []


@lru_cache(maxsize=8)
def _reverts(top: Path, state: str) -> Sequence[Revert]:
    with history_of(top) as history:
        return history.reverts()


def _state(top: Path) -> str:
    """What changes with each commit and checkout. Asking Git for HEAD would take a process for each folder."""
    files = (top / ".git" / name for name in ("HEAD", "logs/HEAD"))
    return " ".join(str(file.stat().st_mtime_ns) for file in files if file.exists())


def _apply_of(revert: Revert, history: History, applied: Sequence[AppliedCommit]) -> AppliedCommit | None:
    """The first apply of the reverted commit, or of one that has it; None if there is none, or the revert itself is applied."""
    if not applied or history.is_ancestor(revert.commit, applied[-1].commit) is not False:
        return None
    if same := [one for one in applied if one.commit == revert.reverted]:
        return same[0]
    place = bisect_left(applied, True, key=lambda one: history.is_ancestor(revert.reverted, one.commit) is True)
    return applied[place] if place < len(applied) else None


def _notice(revert: Revert, apply: AppliedCommit, plan: Plan, connection: Connection) -> Diagnostic | None:
    events = events_of_apply(connection, plan.institution, apply)
    if not events:
        return None
    message = " ".join(
        [
            f"The files revert commit {revert.reverted[:12]}, which journal entry {apply.serial:,} applied.",
            *_taken_back(events, plan),
            *_what_stays(events, letters_sent(connection, plan.institution, apply)),
        ]
    )
    help = "Nothing to do if this is what you want. `seatsync explain revert` says what no revert can undo."
    return Diagnostic("revert", message, help, Origin(NAME), Severity.NOTICE)


def _taken_back(events: Sequence[EventOfApply], plan: Plan) -> Iterator[str]:
    """How many of the apply's changes the plan takes back, by action, and how many seats must be claimed again."""
    made = Counter(event.action for event in events)
    back = [*_undone(events, plan)]
    counts = Counter(event.action for event in back)
    told = [f"{number:,} of {made[action]:,} {action}" for action, number in sorted(counts.items(), key=_place)]
    yield f"This plan takes back {', '.join(told)}." if told else "This plan takes back none of its changes."
    revoked = {(event.library, event.member) for event in back if event.action == Action.REVOKE}
    again = [
        change
        for change in plan.changes
        if change.action is Action.GRANT and (change.library, change.record) in revoked
    ]
    if asked := sum(change.status == Status.UNCLAIMED for change in again):
        yield f"{counted(asked, 'seat comes', 'seats come')} back unclaimed, with a new invitation."


def _what_stays(events: Sequence[EventOfApply], sent: Mapping[str, int]) -> Iterator[str]:
    """What neither this plan nor any other takes back."""
    permanent = [event for event in events if event.action == Action.UPGRADE or event.kind == Kind.PERMANENT]
    if permanent:
        yield f"{counted(len(permanent), 'permanent license stays', 'permanent licenses stay')}."
    if sent:
        counts = ", ".join(f"{number:,} {letter}" for letter, number in sent.items())
        yield f"Letters that were sent stay sent: {counts}."


def _undone(events: Sequence[EventOfApply], plan: Plan) -> Iterator[EventOfApply]:
    """The events that a change of the plan takes back: one of the same member and library, else one for each."""
    about_one = {(change.action.value, change.library, change.record) for change in plan.changes if change.record}
    rest = Counter(change.action.value for change in plan.changes if not change.record)
    for event in events:
        undoing = EVENTS[event.action].facts.undone_by
        if EVENTS[event.action].facts.subject in (Subject.LICENSE, Subject.MEMBER):
            if (undoing, event.library, event.member) in about_one:
                yield event
        elif rest[undoing] > 0:
            rest[undoing] -= 1
            yield event


def _place(counted_action: tuple[str, int]) -> int:
    return ORDER[ACTIONS[counted_action[0]]]
