"""Tell of terms that nobody uses."""

from __future__ import annotations

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.refusals.case import Case


def unused(case: Case) -> Iterator[Diagnostic]:
    """Tell of each term that no grant names, with a change of seatsync.yaml. If a grant counts terms, all are used."""
    if any(rule.after is not None and rule.after.terms for rule in case.desired.grants):
        return
    named = {rule.term for rule in case.desired.grants}
    for id in case.desired.terms:
        where = case.desired.place("terms", id)
        if id not in named and not case.at_hand.is_as_applied(where.file):
            help = f"Write `term: {id}` on a grant, or delete the term."
            yield Diagnostic("term-unused", f"No grant is of the term {id}.", help, where, Severity.NOTICE)
