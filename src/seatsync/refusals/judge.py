"""Judging a draft by all rules: what comes out is a plan."""

from __future__ import annotations

from datetime import datetime
from types import ModuleType

from seatsync.domain.diagnostic import Diagnostic
from seatsync.planning.draft import Draft
from seatsync.planning.plan import Plan, planned, slot_changes
from seatsync.refusals import (
    empty_roster,
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
    permanent_downgrade,
    permanent_revoke,
    kind_not_allowed,
    library_in_use,
    slots_below_used,
    slots_exceeded,
    too_many_revokes,
)
"""Every rule, in the order in which refusals are told."""


def judge(draft: Draft, created_at: datetime, loading: list[Diagnostic], is_part: bool = False) -> Plan:
    """The plan that comes of a draft. ``loading`` are the warnings met when the files were read; in a draft that
    ``is_part`` not all members are at hand.

    Raises:
        NotWhole: of a part, where a rule looks at all members.
    """
    desired, snapshot = draft.desired, draft.snapshot
    case = Case(draft, slot_changes(snapshot, draft.groups), is_part)
    refusals = [refusal for rule in RULES for refusal in rule.check(case)]
    warned = [*loading, *warnings(case)]
    return planned(
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
    )
