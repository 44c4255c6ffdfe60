"""Judge a draft by all rules, and return it as a plan."""

from __future__ import annotations

from datetime import datetime
from types import ModuleType

from seatsync.domain.diagnostic import Diagnostic
from seatsync.planning.draft import Draft
from seatsync.planning.letters import letter_counts
from seatsync.planning.line.drawing import drawn_lines
from seatsync.planning.plan import Plan, build_plan
from seatsync.planning.seats import slot_changes
from seatsync.planning.work import work_added
from seatsync.refusals import (
    empty_roster,
    identity_changed,
    institution_mismatch,
    kind_not_allowed,
    library_in_use,
    permanent_downgrade,
    permanent_revoke,
    slots_below_used,
    slots_exceeded,
    too_many_revokes,
)
from seatsync.refusals.case import Case
from seatsync.refusals.warn import warnings

RULES: tuple[ModuleType, ...] = (
    institution_mismatch,
    empty_roster,
    identity_changed,
    permanent_downgrade,
    permanent_revoke,
    kind_not_allowed,
    library_in_use,
    slots_below_used,
    slots_exceeded,
    too_many_revokes,
)
"""Every rule, in the order in which refusals are listed."""


def refusals_of(case: Case) -> list[Diagnostic]:
    """The refusals of all rules, in their order."""
    return [refusal for rule in RULES for refusal in rule.check(case)]


def judge(draft: Draft, created_at: datetime, loading: list[Diagnostic], is_part: bool = False) -> Plan:
    """Return the draft as a plan, with its refusals and warnings.

    ``loading`` are the warnings found while reading the files. In a draft that ``is_part``, only some members are loaded.

    Raises:
        NotWhole: a rule needs all members, but the draft has only some.
    """
    desired, snapshot = draft.desired, draft.snapshot
    case = Case(draft, slot_changes(snapshot, draft.groups), is_part)
    refusals = refusals_of(case)
    warned = [*loading, *warnings(case)]
    at_vendor = any(library.is_at_vendor for library in (*snapshot.libraries.values(), *desired.libraries.values()))
    work = {}
    if at_vendor and draft.changes and not refusals:
        work = work_added(draft.changes, snapshot, desired.institution, draft.today.isoformat())
    return build_plan(
        desired.institution,
        snapshot,
        created_at,
        draft.today,
        desired_digest=desired.digest,
        rosters=dict(sorted((roster.path, roster.count) for roster in desired.rosters)),
        changes=draft.changes,
        groups=draft.groups,
        slots=case.slots,
        refusals=refusals,
        warnings=warned,
        letters=letter_counts(draft.groups, {**snapshot.libraries, **desired.libraries}),
        libraries=desired.libraries,
        work=work,
        begun={group: some for group, some in draft.by_calendar.items() if group[1] not in draft.lines},
        invited=draft.invited,
        approvals=case.passed,
        exports={export.key: snapshot.exports.get(export.key, 0) for export in desired.exports},
        exports_read={library: export.taken for export, found in draft.read for library in found.read},
        drift=[*draft.drift],
        lines=drawn_lines(case.draft),
    )
