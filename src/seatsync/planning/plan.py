"""A plan: judged changes, bound to the state of the ledger that they were made for."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NewType

from seatsync.domain.action import ORDER, Action
from seatsync.domain.approval import PassedLimit
from seatsync.domain.calendar.distances import TOLD_ONCE
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.institution import Institution
from seatsync.domain.library import Library, titles_of
from seatsync.domain.person import Member
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.days import instant_in, iso
from seatsync.planning.asked import Begun, Invited, asked_for
from seatsync.planning.change import Change, Groups, is_impossible
from seatsync.planning.seats import SlotChange

if TYPE_CHECKING:
    from seatsync.planning.line.drawing import DrawnLine
    from seatsync.planning.portal.found import Drift


@dataclass(frozen=True, slots=True)
class Plan:
    """A judged plan.

    ``now`` is the day that it was made for, ``created_at`` the time when it was made, both ISO. ``rosters`` counts the members
    of each roster. ``serial`` and ``head`` are the last journal entry at that time. ``approvals`` are the limits that it passes
    by an approval. ``baseline`` becomes the ledger's baseline when the plan is applied (``ledger.baseline``). ``letters`` counts
    the letters of each kind that an apply puts into the outbox; None in a plan file of before, which does not say. ``work`` says by
    how many people each step of the work list grows (or shrinks) by an apply. A
    ``redacted`` plan names nobody and can't be applied. ``fingerprint`` is that of all changes, ``asked`` that of the changes
    that the files ask for (``planning.asked``); it is empty if they ask for none. ``files_commit`` is the last commit that
    touched the files; empty if not known. ``exports`` has the keys of the exports in the files, with the serial of the journal
    entry that took each, 0 for this plan; ``drift`` is what those that this plan takes show otherwise, ``exports_read`` when the
    newest of these was taken, by library. ``names`` are those of members whose changes do not say them, by number. ``files_at`` is
    the address of the files at a code host, with a slash; empty if not known. ``lines`` are the lines of full libraries that the
    plan changes. ``titles`` are those of the libraries in ``slots`` as the plan leaves them, by id; none in a plan file of before.
    ``at_once`` are the libraries of which it revokes seats and which gives seats to accounts without a claim.
    """

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
    asked: str
    baseline: Mapping[str, Any]
    letters: Mapping[str, int] | None
    redacted: bool = False
    approvals: Sequence[PassedLimit] = ()
    files_commit: str = ""
    work: Mapping[str, int] = field(default_factory=dict)
    exports: Mapping[str, int] = field(default_factory=dict)
    exports_read: Mapping[str, str] = field(default_factory=dict)
    drift: Sequence[Drift] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    files_at: str = ""
    lines: Mapping[str, DrawnLine] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    at_once: Sequence[str] = ()

    @property
    def reads_otherwise(self) -> bool:
        """Whether a new version of the program reads the files otherwise than that of the last apply."""
        return any(warning.code == "read-otherwise" for warning in self.warnings)

    @property
    def told_once(self) -> Sequence[Diagnostic]:
        """What it tells because a day has come nearer. Once the ledger has noted that, the next plan does not tell it again."""
        return [warning for warning in self.warnings if warning.code in TOLD_ONCE]

    @property
    def timezone(self) -> str:
        """The institution's time zone after the plan; empty for UTC."""
        return str(self.settings.get("timezone", ""))

    @property
    def was(self) -> str:
        """The institution's id in the ledger, if the plan changes it; else empty."""
        first = self.changes[0] if self.changes else None
        return str((first.before or {}).get("id", "")) if first and first.action is Action.INSTITUTION_UPDATE else ""

    @property
    def places(self) -> set[str]:
        """The files that the plan names as the place of something."""
        found = {one.origin.file for one in (*self.refusals, *self.warnings) if one.origin is not None}
        return found | {change.origin.file for change in self.changes} | {one.origin.file for one in self.drift}

    @property
    def summary(self) -> dict[str, int]:
        """The number of changes of each action, in the order of application; actions without changes are left out."""
        counts = Counter(change.action for change in self.changes)
        return {action.value: counts[action] for action in sorted(counts, key=ORDER.__getitem__)}

    @property
    def possible(self) -> dict[str, int]:
        """The ``summary`` without what is only there to be refused: what an apply could do at most."""
        refused = Counter(change.action.value for change in self.changes if is_impossible(change))
        return dict(Counter(self.summary) - refused)

    @property
    def irreversible(self) -> list[Change]:
        """The changes that can't be undone."""
        return [change for change in self.changes if change.kind in change.action.facts.irreversible]

    def covers(self, other: Plan) -> bool:
        """Whether this plan changes everything that ``other`` changes, and irreversibly what ``other`` changes irreversibly."""
        return _subjects(other.changes) <= _subjects(self.changes) and _subjects(other.irreversible) <= _subjects(
            self.irreversible
        )

    @property
    def lasting(self) -> list[Change]:
        """What must not be done by mistake: the changes that can't be undone, and new administrators."""
        return [*self.irreversible, *(change for change in self.changes if change.action is Action.ADMIN_ADD)]

    def leaves_out(self, other: Plan) -> bool:
        """Whether ``other`` has lasting changes that this plan does not have."""
        return not _subjects(other.lasting) <= _subjects(self.lasting)


AcceptedPlan = NewType("AcceptedPlan", Plan)
"""A plan without refusals. Only such a plan can be applied."""


def accept(plan: Plan) -> AcceptedPlan | None:
    """The plan, ready to be applied, or None if it has refusals or is redacted."""
    return None if plan.refusals or plan.redacted else AcceptedPlan(plan)


def build_plan(
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
    letters: Mapping[str, int],
    libraries: Mapping[str, Library] = MappingProxyType({}),
    baseline: Mapping[str, Any] | None = None,
    approvals: Sequence[PassedLimit] = (),
    exports: Mapping[str, int] | None = None,
    exports_read: Mapping[str, str] | None = None,
    drift: Sequence[Drift] = (),
    work: Mapping[str, int] | None = None,
    lines: Mapping[str, DrawnLine] | None = None,
    begun: Begun = MappingProxyType({}),
    invited: Invited = MappingProxyType({}),
) -> Plan:
    """Build a plan for the ledger's state ``snapshot``, made ``now`` for the day ``today``; ``groups`` are the ``changes``,
    ``libraries`` those of the files, ``begun`` and ``invited`` are as for ``asked_for``."""
    settings = settings_of(institution)
    first = None if snapshot.serial else settings
    whole, asked = fingerprint(groups, first), asked_for(groups, snapshot, today, begun, invited)
    return Plan(
        institution=institution.id,
        name=institution.name,
        created_at=iso(instant_in(now, institution.timezone)),
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
        fingerprint=whole,
        asked=_fingerprint_asked(asked, first) if asked is not groups else whole if changes or first else "",
        baseline=baseline or {},
        letters=letters,
        approvals=approvals,
        exports=exports or {},
        exports_read=exports_read or {},
        drift=drift,
        work=work or {},
        names=_names(groups, snapshot, lines or {}),
        lines=lines or {},
        titles=titles_of(snapshot.libraries.values(), libraries.values()),
        at_once=_at_once(groups, snapshot),
    )


def _at_once(groups: Groups, snapshot: Snapshot) -> Sequence[str]:
    """The libraries of which seats are revoked that give seats to accounts without a claim, as the ledger knows them."""
    known = {library: snapshot.libraries.get(library) for action, library in groups if action is Action.REVOKE}
    return sorted(id for id, library in known.items() if library is not None and library.delivery.facts.at_once)


def _names(groups: Groups, snapshot: Snapshot, lines: Mapping[str, DrawnLine]) -> dict[int, str]:
    """The names, as the plan leaves them, of the known members in these changes and lines, except where a change says them whole."""
    said = {change.record for group in groups for change in groups[group] if group[0] in _SAY_NAMES}
    records = {change.record for group in groups for change in groups[group] if change.record} - said
    records |= {place.record for line in lines.values() for place in line.first if place.record} - said
    known = ((record, snapshot.members.get(record)) for record in sorted(records))
    new = {change.record: change.after or {} for change in groups.get((Action.MEMBER_UPDATE, ""), ())}
    named = {record: _full_name(one, new.get(record, {})) for record, one in known if one is not None}
    return {record: name for record, name in named.items() if name}


def _full_name(had: Member, new: Mapping[str, Any]) -> str:
    return f"{new.get('given_name', had.given_name)} {new.get('family_name', had.family_name)}".strip()


_SAY_NAMES = (Action.MEMBER_ADD, Action.MEMBER_REMOVE)


def fingerprint(groups: Groups, settings: Mapping[str, object] | None = None) -> str:
    """SHA-256 (hex) of the changes. Their reasons, places and order in the files don't matter.

    It is the hash of the JSON of [action, library, member, kind, status, before, after] of each change, sorted. For a new
    ledger ``settings`` are included, because the first apply writes them.
    """
    digest = hashlib.sha256(f"[{json.dumps(settings, sort_keys=True)}, [".encode() if settings else b"[")
    between = b""
    for group in sorted(groups):
        ordered = sorted(groups[group], key=lambda c: (c.member or _admin(c), c.kind, c.status))
        for start in range(0, len(ordered), _AT_ONCE):
            rows = [(*c[:1], *c[3:9]) for c in ordered[start : start + _AT_ONCE]]
            digest.update(between + json.dumps(rows, sort_keys=True)[1:-1].encode())
            between = b", "
    digest.update(b"]]" if settings else b"]")
    return digest.hexdigest()


def _fingerprint_asked(asked: Groups, settings: Mapping[str, object] | None) -> str:
    return fingerprint(asked, settings) if any(asked.values()) or settings else ""


_AT_ONCE = 5_000


def keyed(secret: bytes, digest: str) -> str:
    """Key a fingerprint or a digest of files for publication: a plain one could be guessed from a list of names."""
    return hmac.new(secret, f"digest:{digest}".encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def _subjects(changes: Sequence[Change]) -> set[tuple[str, str, str]]:
    """Whom and what the changes are about, whatever they do with it."""
    return {(str(one.action.facts.subject), one.library, one.member or _admin(one)) for one in changes}


def _admin(change: Change) -> str:
    return str((change.after or change.before or {}).get("email", ""))


def settings_of(institution: Institution) -> dict[str, object]:
    """The institution's settings, as plans and the journal write them. What is not set among the later ones has no key."""
    fields = {**asdict(institution), "freezes": [one.as_dict() for one in institution.freezes]}
    later = ("reclaim_after", "briefing", "freezes")
    optional = ("opt_out_until", "timezone", "retire", "help", "language", "color", "logo", *later)
    names = ("name", "contacts", "opt_out", *optional)
    return {name: fields[name] for name in names if name not in optional or fields[name]}
