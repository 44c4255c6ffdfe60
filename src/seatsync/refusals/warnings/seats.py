"""Tell of seats without a letter, delivered in another way, declined or kept."""

from __future__ import annotations

from collections.abc import Iterator

from seatsync.domain.action import Action
from seatsync.domain.diagnostic import Diagnostic, Severity, counted, named
from seatsync.domain.license import Kind, Status
from seatsync.domain.portal.at_vendor import There
from seatsync.refusals.case import Case, by_rule


def without_invitation(case: Case) -> Iterator[Diagnostic]:
    """Libraries without letters in which this plan leaves seats that somebody must claim, and libraries that send letters again:
    that alone invites nobody who has a seat already."""
    for id, library in case.desired.libraries.items():
        if library.is_at_vendor:  # its portal writes to them
            continue
        changed = {name for change in case.of(Action.LIBRARY_UPDATE, id) for name in change.after or {}}
        switches = not changed.isdisjoint({"sends_letters", "delivered_by"})
        offers = sum(change.status == Status.UNCLAIMED for change in case.of(Action.GRANT, id))
        waiting = case.slots[id].after.reserved
        if not library.sends_letters and waiting and (switches or offers):
            message = (
                f"{case.title(id)} sends no letters, and {counted(waiting, 'seat waits', 'seats wait')} to be claimed."
            )
            help = "Tell these members yourself where to claim, or delete `sends_letters: false`."
        elif library.sends_letters and switches and (untold := waiting - offers - len(case.of(Action.RESEND, id))) > 0:
            message = (
                f"{case.title(id)} sends letters again, but that sends no invitation to members who have a seat already: "
                f"{counted(untold, 'seat waits', 'seats wait')} to be claimed."
            )
            help = f"To invite them (again), write `resend: {case.draft.today}` on the grant."
        else:
            continue
        where = case.desired.place("libraries", id)
        yield Diagnostic("no-invitation", message, help, where, Severity.WARNING, id)


def redelivered(case: Case) -> Iterator[Diagnostic]:
    """What a change of ``system`` or ``delivery`` does to the members who hold a seat."""
    for id, library in case.desired.libraries.items():
        known = case.draft.snapshot.libraries.get(id)
        if known is None or known.delivery is library.delivery or library.is_at_vendor:
            continue
        at_once = len(case.of(Action.GRANT, id)) - len(case.new_seats(id))
        asked = sum("delivery" in (change.after or {}) for change in case.of(Action.RESEND, id))
        if case.slots[id].before.used:
            facts = library.delivery.facts
            does = [counted(asked, *facts.asked)]
            if facts.at_once:
                at_once_words = ("member with an account gets it at once", "members with an account get it at once")
                does.insert(0, counted(at_once, *at_once_words))
            message = (
                f"{case.title(id)} is now {facts.in_words}. Of those who have not claimed their seat, {' and '.join(does)}. "
                "Claimed seats stay as they are."
            )
            help = "Nothing to do. Earlier invitations and their links no longer fit; the new letters replace them."
            where = case.desired.place("libraries", id)
            yield Diagnostic("delivery-changed", message, help, where, Severity.NOTICE, id)


def declined(case: Case) -> Iterator[Diagnostic]:
    """Tell of members who opted out and are still granted the library."""
    for library, rule, members in by_rule(case.draft.declined):
        message = f"{counted(len(members), 'member')} opted out of {case.title(library)} and will not be invited again: {named(members)}."
        help = "Nothing to do. To invite them again, write `regrant: true` on the grant, apply, and delete it again."
        where = rule.origin if rule else None
        yield Diagnostic("opted-out", message, help, where, Severity.NOTICE, library, members)


def kept(case: Case) -> Iterator[Diagnostic]:
    """Tell of permanent licenses that stay: of members who leave, and those no longer granted."""
    for library, _, members in by_rule(case.draft.kept):
        who = counted(len(members), "member who leaves owns", "members who leave own")
        keep = "keeps the seat" if len(members) == 1 else "keep their seats"
        message = f"{who} {case.title(library)} permanently, and so {keep}: {named(members)}."
        yield Diagnostic(
            "permanent-kept",
            message,
            _open_grants(case, library) or "Nothing to do.",
            case.desired.place("rosters"),
            Severity.NOTICE,
            library,
            members,
        )
    for library, rule, members in by_rule(case.draft.retained):
        message = (
            f"{counted(len(members), 'permanent license')} of {case.title(library)} "
            f"{'is' if len(members) == 1 else 'are'} no longer granted, but kept (`limits.permanent: retain`): {named(members)}."
        )
        where = rule.origin if rule else case.desired.place("grants")
        help = "Nothing to do. To show it in the files, add a permanent grant for them."
        yield Diagnostic("permanent-retained", message, help, where, Severity.NOTICE, library, members)


def waiting_for_good(case: Case) -> Iterator[Diagnostic]:
    """Tell, where the files have changed, of members who go on waiting, and get a seat permanently when it is their turn. No change of the
    plan says so: what kind of seat somebody waits for is only decided then."""
    desired, snapshot = case.desired, case.draft.snapshot
    if desired.files == snapshot.baseline.get("files"):
        return
    for library, line in case.at_hand.lines.items():
        told = {change.record for change in case.of(Action.WAIT, library)}
        grants = [
            one.grant for one in line.waiting if one.grant.kind == Kind.PERMANENT and one.grant.record not in told
        ]
        for where in dict.fromkeys(grant.origin for grant in grants):
            members = [grant.member for grant in grants if grant.origin == where]
            number, each = counted(len(members), "member waits", "members wait"), "get" if members[1:] else "gets"
            message = f"{number} for a seat of {case.title(library)}, and {each} it permanently in their turn: {named(members)}."
            help = (
                "Nothing to do now. When a seat is free for them, the nightly run gives it, and that can't be undone."
            )
            yield Diagnostic("permanent-waits", message, help, where, Severity.NOTICE, library, members)


def _open_grants(case: Case, library: str) -> str:
    """What to do about the permanent licenses of leavers that the vendor's portal does not have yet; empty if it has all."""
    licenses = case.draft.licenses.get(library, {})
    number = sum(
        license.library == library and licenses[license.record].there in (There.NONE, There.TEMPORARY)
        for license in case.draft.kept
    )
    grants = counted(number, "grant is", "grants are")
    return (
        f"Nothing to do in the files. At the vendor, {grants} still to be done, as the work list says."
        if number
        else ""
    )
