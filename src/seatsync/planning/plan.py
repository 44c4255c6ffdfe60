"""A plan: what will happen, judged, and bound to the ledger it was made for."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import Any, NamedTuple, NewType, assert_never

from seatsync.domain.action import ORDER, Sign, Subject
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.library import Slots, seat_of
from seatsync.domain.license import Effect, From, Kind, Status
from seatsync.domain.people import Institution
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.change import Change, Groups


class SlotChange(NamedTuple):
    """The slots of a library before and after a plan."""

    before: Slots
    after: Slots


@dataclass(frozen=True, slots=True)
class Plan:
    """A judged plan. ``now`` is the day it was made for, ``created_at`` the instant, both ISO; ``rosters`` counts the
    members of each roster file; ``serial`` and ``head`` are the ledger's when it was made; ``settled`` is what holds once
    it is applied (see there). One that is ``redacted`` names nobody, and can only be looked at."""

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
    redacted: bool = False

    @property
    def summary(self) -> dict[str, int]:
        """How many changes of each action, in the order of application; actions without any are left out."""
        counts = Counter(change.action for change in self.changes)
        return {action.value: counts[action] for action in sorted(counts, key=ORDER.__getitem__)}

    @property
    def irreversible(self) -> list[Change]:
        """What can't be undone."""
        return [change for change in self.changes if change.kind in change.action.facts.irreversible]


AcceptedPlan = NewType("AcceptedPlan", Plan)
"""A plan without refusals: the only thing that can be applied."""


def accept(plan: Plan) -> AcceptedPlan | None:
    """The plan, to be applied, or None where something is refused, or nobody is named."""
    return None if plan.refusals or plan.redacted else AcceptedPlan(plan)


def planned(
    institution: Institution,
    snapshot: Snapshot,
    now: datetime,
    today: date,
    *,
    desired_digest: str,
    rosters: Mapping[str, int],
    changes: Sequence[Change],
    groups: Groups,
    slots: Mapping[str, SlotChange],
    refusals: Sequence[Diagnostic],
    warnings: Sequence[Diagnostic],
    settled: Mapping[str, Any] | None = None,
) -> Plan:
    """A plan for the ledger as ``snapshot`` has it, made ``now`` for the day ``today``; ``groups`` are the ``changes``."""
    settings = settings_of(institution)
    return Plan(
        institution=institution.id,
        name=institution.name,
        created_at=instant(now),
        now=today.isoformat(),
        desired_digest=desired_digest,
        serial=snapshot.serial,
        head=snapshot.head,
        changes=changes,
        slots=slots,
        rosters=rosters,
        settings=settings,
        refusals=refusals,
        warnings=warnings,
        fingerprint=fingerprint(groups, None if snapshot.serial else settings),
        settled=settled or {},
    )


def fingerprint(groups: Groups, settings: Mapping[str, object] | None = None) -> str:
    """SHA-256 (hex) of what changes, whoever asks for it and in whatever order the files stand.

    It is that of the JSON of [action, library, member, kind, status, before, after] of each, sorted. ``settings`` are the
    institution's own, given for a new ledger only: the first apply brings them.
    """
    digest = hashlib.sha256(f"[{json.dumps(settings, sort_keys=True)}, [".encode() if settings else b"[")
    between = b""
    for group in sorted(groups):
        ordered = sorted(groups[group], key=lambda c: (c.member or _admin(c), c.kind, c.status))
        for start in range(0, len(ordered), _AT_ONCE):
            told = [(*c[:1], *c[3:9]) for c in ordered[start : start + _AT_ONCE]]
            digest.update(between + json.dumps(told, sort_keys=True)[1:-1].encode())
            between = b", "
    digest.update(b"]]" if settings else b"]")
    return digest.hexdigest()


_AT_ONCE = 5_000


def keyed(secret: bytes, digest: str) -> str:
    """A fingerprint, or a digest of files, as it may be public: a bare one could be guessed from a list of names."""
    return hmac.new(secret, f"digest:{digest}".encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def _admin(change: Change) -> str:
    return str((change.after or change.before or {}).get("email", ""))


def slot_changes(snapshot: Snapshot, groups: Groups) -> dict[str, SlotChange]:
    """The slots of every library that is or will be there."""
    before = {library: snapshot.slots(library) for library in snapshot.libraries}
    figures = {library: _figures(slots) for library, slots in before.items()}
    for (action, library), changes in groups.items():
        facts = action.facts
        match facts.subject:
            case Subject.LIBRARY:
                before.setdefault(library, snapshot.slots(library))
                total = 0 if facts.sign is Sign.REMOVE else (changes[-1].after or {}).get("slots")
                if total is not None:
                    figures.setdefault(library, _figures(before[library]))["total"] = total
            case Subject.LICENSE:
                _move_seats(figures[library], facts.license, changes)
            case Subject.INSTITUTION | Subject.ADMIN | Subject.MEMBER:
                pass
            case never:
                assert_never(never)
    return {library: SlotChange(before[library], _slots(figures[library])) for library in sorted(before)}


def _move_seats(figures: dict[str, int], effect: Effect | None, changes: Sequence[Change]) -> None:
    """Count the licenses that change into the figures: out of the seat each was in, into the one it is in afterwards."""
    if effect is None:
        return
    is_new = effect.start is From.FREE
    for (kind, status), number in Counter(map(itemgetter(5, 6), changes) if is_new else map(_look, changes)).items():
        old, new = "" if is_new else seat_of(kind, status), seat_of(*effect.look(kind, status))
        if old:
            figures[old] -= number
        if new:
            figures[new] += number


def _look(change: Change) -> tuple[Kind, Status]:
    """Kind and status before; a change says only what differs."""
    before = change.before or {}
    return before.get("kind", change.kind), before.get("status", change.status)


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
