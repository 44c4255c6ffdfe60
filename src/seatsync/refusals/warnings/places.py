"""Warn of what stands in the way in a vendor's portal, and of what is lost where seats no longer live in the same one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from seatsync.domain.action import Action
from seatsync.domain.diagnostic import Diagnostic, Severity, counted, named
from seatsync.domain.library import Library
from seatsync.domain.license import Kind, License
from seatsync.domain.portal.at_vendor import leaves_portal, portal_of
from seatsync.domain.portal.progress import WORDS, Progress, progress
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.ids import plain_id
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


def addresses_taken(case: Case) -> Iterator[Diagnostic]:
    """Tell of e-mails and student ids of this plan that somebody who has left still has in the portal, by a license they own there."""
    changes = [
        *case.of(Action.MEMBER_ADD),
        *(change for change in case.of(Action.MEMBER_UPDATE) if {"email", "student_id"} & (change.after or {}).keys()),
    ]
    owners = _owners_who_left(case) if changes else {}
    taken = {}
    for change in changes if owners else ():
        for name in (email_key(change.member), plain_id(str((change.after or {}).get("student_id", "")))):
            if name and owners.get(name, change.record) != change.record:
                taken[change.member] = change
    if taken:
        who = named([*taken])
        message = (
            f"{counted(len(taken), 'member needs', 'members need')} an e-mail or student id that an earlier member still has in the "
            f"vendor's portal, who has left and owns a license there: {who}."
        )
        help = "Before the step that adds them, give the earlier member a made-up e-mail and ID in the portal."
        yield Diagnostic(
            "address-taken", message, help, next(iter(taken.values())).origin, Severity.NOTICE, None, [*taken]
        )


def _owners_who_left(case: Case) -> dict[str, int]:
    """The e-mail keys and student ids of those who own a license at a vendor and are on no roster, with their number.

    Whoever has given them up before is not among them: a partial plan does not know them. Namesakes are always at hand.
    """
    draft = case.at_hand
    at_vendor = [id for id, library in draft.desired.libraries.items() if library.is_at_vendor]
    held = (draft.licenses.get(id, {}) for id in at_vendor)
    numbers = {number for licenses in held for number, license in licenses.items() if license.kind is Kind.PERMANENT}
    here, members = {*draft.matching.records}, draft.snapshot.members
    left = [(number, members[number]) for number in sorted(numbers - here) if number in members]
    return {name: number for number, one in left if one.key for name in (one.key, plain_id(one.student_id)) if name}
