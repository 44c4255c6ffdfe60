"""A plan: what will happen, judged, and bound to the ledger it was made for."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple, NewType

from seatsync.domain.action import ORDER, Action
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.library import Slots, seat_of
from seatsync.domain.license import Kind, Status
from seatsync.domain.people import Institution
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.change import Change


class SlotChange(NamedTuple):
    """The slots of a library before and after a plan."""

    before: Slots
    after: Slots


@dataclass(frozen=True, slots=True)
class Plan:
    """A judged plan. ``now`` is the day it was made for, ``created_at`` the instant, both ISO; ``rosters`` counts the
    members of each roster file; ``serial`` and ``head`` are the ledger's when it was made; ``settled`` is what holds once
    it is applied (see there)."""

    institution: str
    name: str
    created_at: str
    now: str
    desired_digest: str
    serial: int
    head: str
    changes: Sequence[Change]
    slots: Mapping[str, SlotChange]
    rosters: Mapping[str, int]
    settings: Mapping[str, object]
    refusals: Sequence[Diagnostic]
    warnings: Sequence[Diagnostic]
    fingerprint: str
    settled: Mapping[str, Any]

    @property
    def summary(self) -> dict[str, int]:
        """How many changes of each action, in the order of application; actions without any are left out."""
        counts = Counter(change.action for change in self.changes)
        return {action.value: counts[action] for action in sorted(counts, key=ORDER.__getitem__)}

    @property
    def irreversible(self) -> list[Change]:
        """Upgrades and permanent grants: what can't be undone."""
        return [
            change
            for change in self.changes
            if change.action is Action.UPGRADE or (change.action is Action.GRANT and change.kind == Kind.PERMANENT)
        ]


AcceptedPlan = NewType("AcceptedPlan", Plan)
"""A plan without refusals: the only thing that can be applied."""


def accept(plan: Plan) -> AcceptedPlan | None:
    """The plan, to be applied, or None where something is refused."""
    return None if plan.refusals else AcceptedPlan(plan)


def fingerprint(changes: Iterable[Change], settings: Mapping[str, object] | None = None) -> str:
    """SHA-256 (hex) of what changes, whoever asks for it and in whatever order the files stand.

    ``settings`` are the institution's own, given for a new ledger only: the first apply brings them.
    """
    ordered = sorted(changes, key=lambda c: (c.action, c.library, c.member or _admin(c), c.kind, c.status))
    told = [(c.action, c.library, c.member, c.kind, c.status, c.before, c.after) for c in ordered]
    return hashlib.sha256(json.dumps([settings, told] if settings else told, sort_keys=True).encode()).hexdigest()


def _admin(change: Change) -> str:
    return str((change.after or change.before or {}).get("email", ""))


def slot_changes(snapshot: Snapshot, changes: Iterable[Change]) -> dict[str, SlotChange]:
    """The slots of every library that is or will be there."""
    before = {library: snapshot.slots(library) for library in snapshot.libraries}
    figures = {library: _figures(slots) for library, slots in before.items()}
    for change in changes:
        match change.action:
            case Action.LIBRARY_ADD:
                before[change.library] = snapshot.slots(change.library)
                figures[change.library] = _figures(before[change.library])
                figures[change.library]["total"] = (change.after or {})["slots"]
            case Action.LIBRARY_UPDATE if change.after and "slots" in change.after:
                figures[change.library]["total"] = change.after["slots"]
            case Action.LIBRARY_REMOVE:
                figures[change.library]["total"] = 0
            case Action.REVOKE | Action.UPGRADE | Action.GRANT:
                _move(figures[change.library], change)
    return {library: SlotChange(before[library], _slots(figures[library])) for library in sorted(before)}


def _move(figures: dict[str, int], change: Change) -> None:
    old = change.before or {}
    if change.action is Action.REVOKE:
        figures[seat_of(change.kind, old["status"])] -= 1
    elif change.action is Action.GRANT:
        figures[seat_of(change.kind, change.status)] += 1
    elif change.status != Status.UNCLAIMED:
        figures["temporary"] -= 1
        figures["permanent"] += 1


def _figures(slots: Slots) -> dict[str, int]:
    return {
        "total": slots.total,
        "reserved": slots.reserved,
        "temporary": slots.temporary,
        "permanent": slots.permanent,
    }


def _slots(figures: dict[str, int]) -> Slots:
    return Slots(**figures)


def settings_of(institution: Institution) -> dict[str, object]:
    """What a plan says of the institution itself."""
    fields = asdict(institution)
    return {key: fields[key] for key in ("name", "contacts", "opt_out")}


def instant(moment: datetime) -> str:
    """A moment as plans have it (ISO, UTC)."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
