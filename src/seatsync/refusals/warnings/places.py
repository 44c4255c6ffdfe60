"""Warn of what is lost where the seats of a library no longer live in the same vendor's portal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.domain.library import Library
from seatsync.domain.license import License
from seatsync.domain.portal.at_vendor import leaves_portal, portal_of
from seatsync.domain.portal.progress import WORDS, Progress, progress
from seatsync.refusals.case import Case
from seatsync.systems.registry import PORTALS


def moved(case: Case) -> Iterator[Diagnostic]:
    """Warn where open steps are forgotten, or seats count as entered in a portal that they were never entered in."""
    for id, new in case.desired.libraries.items():
        old = case.draft.snapshot.libraries.get(id)
        if old is None or not leaves_portal(old, new):
            continue
        portal = PORTALS[portal_of(old)].title
        facts, helps = [], []
        if forgotten := _open(old, case.draft.snapshot.licenses.get(id, {}).values()):
            steps = ", ".join(f"{number:,} {WORDS[what].words}" for what, number in forgotten.items())
            facts.append(f"What is still to be done there is forgotten: {steps}")
            helps.append(f"Do the open steps in {portal} before you apply: `seatsync worklist bundle DIR`.")
        used = case.slots[id].before.used
        if (to := portal_of(new)) and used:
            there = PORTALS[to].title
            facts.append(f"{counted(used, 'seat counts', 'seats count')} as entered in {there}, without a step")
            helps.append(f"Enter the seats in {there} before you apply; an export from it shows what is missing.")
        if facts:
            now = f"in {PORTALS[to].title}" if to else "in seatsync"
            message = f"The seats of {case.title(id)} no longer live in {portal}, but {now}. {'. '.join(facts)}."
            where = case.desired.place("libraries", id)
            yield Diagnostic("portal-left", message, " ".join(helps), where, Severity.WARNING, id)


def _open(library: Library, licenses: Iterable[License]) -> Counter[Progress]:
    """How many licenses are still to be done at the vendor, in the order of the words."""
    found = Counter(progress(library, license) for license in licenses)
    open_ones = (Progress.TO_GRANT, Progress.TO_MAKE_PERMANENT, Progress.TO_REVOKE, Progress.TO_RESEND)
    return Counter({what: found[what] for what in open_ones if found[what]})
