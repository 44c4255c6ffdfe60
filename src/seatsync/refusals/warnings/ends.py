"""Tell some days before grants of seatsync.yaml end how many seats end with them."""

from __future__ import annotations

from collections.abc import Iterator

from seatsync.domain.action import Action
from seatsync.domain.calendar.distances import how_far
from seatsync.domain.desired import Grant
from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.planning.dates.coming import ahead
from seatsync.refusals.case import Case


def near(case: Case) -> Iterator[Diagnostic]:
    """Tell how many seats of each library end soon. Who has a grant that goes on is not counted.

    Rows of grants files have days of their own, too many to tell each of them.
    """
    told: dict[tuple[str, str], Grant] = {}
    settings = case.desired.place("grants").file
    for rule in case.desired.grants:
        day = (
            case.at_hand.ends(rule)
            if rule.origin.file == settings and not rule.begins_after(case.at_hand.today)
            else ""
        )
        if day and day != case.desired.institution.retire and case.is_nearer(day):
            told.setdefault((rule.library, day), rule)
    for (library, day), rule in told.items():
        if number := _ending_on(case, library, day):
            what = f"{counted(number, 'seat')} of {case.title(library)} {'ends' if number == 1 else 'end'}"
            message = f"{what} on {day}, {how_far(day, case.today)}."
            help = "Nothing to do if that is meant. Otherwise write a later `until`, or a grant that goes on."
            yield Diagnostic("seats-end", message, help, rule.origin, Severity.NOTICE, library)


def _ending_on(case: Case, library: str, day: str) -> int:
    """How many seats that are in use after the plan have this last day (ISO), without those that a later grant keeps. (Whom this plan
    adds has no number yet, and is counted.)
    """
    draft = case.draft
    ends = {number: it.ends for number, it in draft.snapshot.licenses.get(library, {}).items() if it.ends}
    for change in (*case.of(Action.REVOKE, library), *case.of(Action.UPGRADE, library)):
        ends.pop(change.record, None)
    new = 0
    for change in (*case.of(Action.LICENSE_UPDATE, library), *case.of(Action.GRANT, library)):
        until = (change.after or {}).get("until", "")
        if change.record:
            ends[change.record] = until
        else:
            new += until == day
    going_on = {draft.numbers[position] for _, kept in ahead(draft, library).begins.values() for position in kept}
    return new + sum(end == day and number not in going_on for number, end in ends.items())
