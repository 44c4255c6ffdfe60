"""Count the letters that a plan causes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from seatsync.domain.action import Action, Letter
from seatsync.domain.letters import letter_of
from seatsync.domain.library import Library
from seatsync.domain.license import Status
from seatsync.planning.change import Change, Groups, is_impossible, moves_in_line


def letter_counts(groups: Groups, libraries: Mapping[str, Library]) -> dict[str, int]:
    """The number of letters of each kind that these changes put into the outbox; kinds without letters are left out.

    ``libraries`` are those before and after the plan, as they are after it. What has been sent does not matter.
    """
    counts: Counter[str] = Counter()
    updates = groups.get((Action.MEMBER_UPDATE, ""), ())
    replaced = {change.record for change in updates if (change.after or {}).get("replaced")}
    for (action, library), changes in groups.items():
        if action.facts.letter is not None:
            known = libraries.get(library)
            told = [change for change in changes if change.record not in replaced] if replaced else changes
            told = [change for change in told if not is_impossible(change)] if action is Action.REVOKE else told
            for case, number in Counter(map(_case, told)).items():
                counts[letter_of(action, known, *case)] += number
    return {letter.value: counts[letter] for letter in Letter if counts[letter]}


def _case(change: Change) -> tuple[str, str, tuple[str, ...]]:
    """The values that decide about the letter of a change: kind and status as ``letter_of`` needs them, and its fields."""
    before = change.before or {}
    status = change.status if change.action is Action.GRANT else before.get("status", change.status)
    if change.action is Action.WAIT and not moves_in_line(change):
        status = before.get("status", Status.NONE)
    return change.kind, status, tuple(change.after or ())
