"""Warnings and notices about a plan. They never block it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from seatsync.domain.desired import Desired
from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.license import Kind
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.tags import IMPORTED
from seatsync.planning.diff import resolve
from seatsync.refusals.case import Case
from seatsync.refusals.warnings import (
    approvals,
    coming,
    ends,
    exports,
    freezes,
    grants,
    institution,
    lapses,
    leavers,
    members,
    places,
    purchases,
    seats,
    tags,
    tenure,
    terms,
)


def warnings(case: Case) -> Iterator[Diagnostic]:
    """Yield all warnings, then all notices."""
    later = coming.Later(case)
    yield from grants.past_ends(case)
    yield from institution.declining_over(case)
    yield from grants.ended_tags(case)
    yield from grants.reaching_nobody(case)
    yield from tenure.never_due(case)
    yield from (warning for _, warning in grants.naming_unknown(case))
    yield from grants.leaving_out_unknown(case)
    yield from grants.naming_two(case)
    yield from tags.suspicious(case)
    yield from members.garbled_names(case)
    yield from members.zeros_lost(case)
    yield from members.same_person(case)
    yield from seats.without_invitation(case)
    yield from later.too_few()
    yield from places.moved(case)
    yield from places.addresses_taken(case)
    yield from approvals.without_effect(case)
    yield from purchases.run_short(case)
    yield from (warning for warning in purchases.contracts(case) if warning.severity is Severity.WARNING)
    yield from purchases.low(case)
    yield from exports.not_believed(case)
    yield from exports.drift(case)
    yield from institution.ends(case)
    yield from freezes.held_back(case)
    yield from ends.near(case)
    yield from leavers.keeping_seats(case)
    yield from lapses.begin(case)
    yield from tenure.coming_due(case)
    yield from later.begin()
    yield from purchases.coming(case)
    yield from purchases.costs(case)
    yield from (notice for notice in purchases.contracts(case) if notice.severity is Severity.NOTICE)
    yield from seats.redelivered(case)
    yield from seats.declined(case)
    yield from seats.kept(case)
    yield from seats.waiting_for_good(case)
    yield from exports.overtaken(case)
    yield from exports.granted_again(case)
    yield from exports.by_hand(case)
    yield from terms.unused(case)
    yield from (notice for notice in grants.no_timezone(case) if grants.ends_changed(case) or later.is_told)


def warnings_of_files(desired: Desired, today: date) -> Iterator[Diagnostic]:
    """Yield the warnings that need no ledger.

    Grants by date tags are left out, because those tags come from the ledger. Unknown members of permanent grants are only
    a notice: they may be owners who have left, which only the ledger knows. So is an end date that has passed: the grant may
    have been in force until then.
    """
    case = Case(resolve(desired, Snapshot(), today), {})
    by_day = {
        rule.origin
        for rule in case.desired.grants
        if any(t.startswith(IMPORTED) for t in (*rule.to.tags, *rule.to.any_tags))
    }
    ended = (*grants.past_ends(case), *institution.declining_over(case), *grants.ended_tags(case))
    yield from (replace(warning, severity=Severity.NOTICE) for warning in ended)
    yield from (warning for warning in grants.reaching_nobody(case) if warning.origin not in by_day)
    for rule, warning in grants.naming_unknown(case):
        yield replace(warning, severity=Severity.NOTICE) if rule.kind is Kind.PERMANENT else warning
    yield from (replace(warning, severity=Severity.NOTICE) for warning in grants.leaving_out_unknown(case))
    yield from grants.naming_two(case)
    yield from tags.suspicious(case)
    yield from members.garbled_names(case)
    yield from terms.unused(case)
    yield from grants.no_timezone(case)
