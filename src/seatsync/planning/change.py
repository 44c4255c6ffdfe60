"""One change of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from seatsync.domain.action import ORDER, Action
from seatsync.domain.license import Kind
from seatsync.domain.origin import Origin


class Change(NamedTuple):
    """One change, its reason, and the place in the files that asks for it.

    ``member`` is the e-mail (the new one, if it changes). ``kind`` and ``status`` describe the license afterwards; for a
    revoke, ``kind`` is the kind taken back. ``before`` and ``after`` hold only the fields that change. ``record`` is the
    member's number in the ledger, 0 for a new member.
    """

    action: Action
    reason: str
    origin: Origin
    library: str = ""
    member: str = ""
    kind: str = ""
    status: str = ""
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    record: int = 0


def takes_seat(change: Change) -> bool:
    """Whether a grant takes one more seat: not where an unclaimed seat comes into the member's account."""
    before = change.before or {}
    return bool(before.get("kind", Kind.NONE) == Kind.NONE)


def is_impossible(change: Change) -> bool:
    """Whether a change is only there to be refused: a permanent license is never revoked."""
    return change.action is Action.REVOKE and change.kind == Kind.PERMANENT


def leaves_for_now(change: Change) -> bool:
    """Whether a member is on no roster any more by this change, and keeps seats for a grace period."""
    return change.action is Action.MEMBER_UPDATE and bool((change.after or {}).get("left_on"))


def moves_in_line(change: Change) -> bool:
    """Whether the change is about somebody who waits already: another priority, or another end date of what they wait for."""
    return change.action is Action.WAIT and bool(change.before) and "status" not in (change.before or {})


Groups = Mapping[tuple[Action, str], Sequence[Change]]
"""Changes by action and library (empty if none), in the order in which actions are applied."""


def grouped(changes: Iterable[Change]) -> Groups:
    """Group changes by action and library. Groups of one action, and changes of one group, keep their order."""
    groups: dict[tuple[Action, str], list[Change]] = {}
    for key, run in groupby(changes, itemgetter(0, 3)):  # mostly, many changes of a group follow each other
        groups.setdefault(key, []).extend(run)
    return dict(sorted(groups.items(), key=lambda group: ORDER[group[0][0]]))
