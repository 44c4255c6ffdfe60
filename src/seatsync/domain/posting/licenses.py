"""Events of licenses: each returns what the license becomes, and refuses what its state does not allow."""

from __future__ import annotations

from collections.abc import Callable

from seatsync.domain import license as licenses
from seatsync.domain import line
from seatsync.domain.action import Action, Event
from seatsync.domain.license import ABSENT, IllegalTransition, Kind, License, Status
from seatsync.domain.portal import at_vendor
from seatsync.domain.portal.at_vendor import There, portal_of
from seatsync.domain.portal.users import is_there, note_end
from seatsync.domain.snapshot import Snapshot


def transition(change: Callable[[License, Snapshot, Event], License]) -> Callable[[Snapshot, Event], None]:
    """Return the handler that puts in place of a license what ``change`` makes of it, here and in the vendor's portal."""

    def handler(books: Snapshot, event: Event) -> None:
        old = books.licenses.get(event.library, {}).get(event.member, ABSENT)
        new, library = change(old, books, event), books.libraries.get(event.library)
        if library is not None and library.is_at_vendor:
            there = at_vendor.after(old, new, library, resends=event.action is Action.RESEND)
            new = books.shared(new._replace(there=there.value))
        books.put(event.library, event.member, new)

    return handler


def observe(books: Snapshot, event: Event) -> None:
    """Take what the portal was seen to have, or what was done there: of a license, or of a person in its list of users."""
    if not event.library:
        users = at_vendor.parsed_users((event.person or {}).get("there", ""))
        books.members[event.member] = at_vendor.with_users_there(books.members[event.member], users)
        return
    old, library = books.licenses.get(event.library, {}).get(event.member, ABSENT), books.libraries[event.library]
    new = _observed(old, books, event)
    at_vendor.must_fit(new, library)
    books.put(event.library, event.member, books.shared(new))
    _signs_in(books, event)
    if library.is_at_vendor and is_there(old) and not is_there(new):
        note_end(books, event.member, portal_of(library))


def _observed(old: License, books: Snapshot, event: Event) -> License:
    detail, there = event.detail, There(event.detail.get("there", old.there)).value
    if "kind" not in detail:
        return old._replace(there=there)
    kind, status = Kind(detail["kind"]), Status(detail["status"])
    if kind is not Kind.NONE:
        _must_offer(books, event.library, kind)
    if kind is Kind.TEMPORARY and not old.active and not books.members[event.member].on_roster:
        raise IllegalTransition("a temporary license of a member who is not on the roster")
    return licenses.observed(old, kind, status, detail["on"], detail.get("until"))._replace(there=there)


def changed(old: License, books: Snapshot, event: Event) -> License:
    """Apply the effect of the event's action."""
    effect = event.action.facts.license
    assert effect is not None
    return licenses.changed(old, event.action, effect)


def grant(old: License, books: Snapshot, event: Event) -> License:
    """Grant a license to a member on the roster: offered, or delivered at once to a member with an account."""
    detail, kind = event.detail, Kind(event.detail["kind"])
    _must_offer(books, event.library, kind)
    if not books.members[event.member].is_listed:
        raise IllegalTransition("grant to a member who is not on the roster")
    status, at_once = Status(detail["status"]), books.libraries[event.library].delivery.facts.at_once
    at_once = at_once and not books.libraries[event.library].is_at_vendor
    if status is Status.DELIVERED and not (at_once and books.members[event.member].account):
        raise IllegalTransition("a seat delivered to a member who has not claimed it")
    resent, until = "\n".join(detail.get("resend", ())), detail.get("until", "")
    return books.shared(licenses.granted(old, kind, status, detail["on"], resent, until))


def revoke(old: License, books: Snapshot, event: Event) -> License:
    """Take a temporary license back, or let one lapse that was not claimed in time."""
    if event.detail.get("status") == Status.LAPSED:
        return books.shared(licenses.lapsed(old, event.detail["until"]))
    return changed(old, books, event)


def wait(old: License, books: Snapshot, event: Event) -> License:
    """Put a member on the roster in the library's line, or at another place there."""
    if not books.members[event.member].on_roster:
        raise IllegalTransition("wait for a member who is not on the roster")
    if not line.is_place(event.detail["place"]):
        raise IllegalTransition("a place in no line")
    return books.shared(licenses.waiting(old, event.detail["on"], event.detail["place"], event.detail.get("until")))


def upgrade(old: License, books: Snapshot, event: Event) -> License:
    """Make a license permanent, if the library has permanent ones."""
    _must_offer(books, event.library, Kind.PERMANENT)
    return changed(old, books, event)


def update(old: License, books: Snapshot, event: Event) -> License:
    """Change the last day of a license."""
    of_leaver = bool(books.members[event.member].left_on)
    return books.shared(licenses.ending(changed(old, books, event), event.detail["until"], of_leaver))


def resend(old: License, books: Snapshot, event: Event) -> License:
    """Send an invitation again. One of a new kind begins the reminders anew."""
    values = [*old.resent.splitlines(), *event.detail.get("resend", ())]
    reminders = event.detail.get("reminders", old.reminders)
    new = changed(old, books, event)._replace(reminders=reminders, resent="\n".join(values))
    if "on" in event.detail:  # a new kind of invitation: reminders count from it
        new = new._replace(invited_on=event.detail["on"], reminders=0)
    return books.shared(new)


def _signs_in(books: Snapshot, event: Event) -> None:
    if account := (event.person or {}).get("account"):
        books.members[event.member] = books.members[event.member]._replace(account=account)


def claim(old: License, books: Snapshot, event: Event) -> License:
    """Claim a license with the account that the member signed in with."""
    new = changed(old, books, event)
    _signs_in(books, event)
    return new


def opt_out(old: License, books: Snapshot, event: Event) -> License:
    """Decline a license, where the institution allows it. Who waits can always leave the line."""
    is_allowed = books.institution is not None and books.institution.opt_out
    if not is_allowed and old.status is not Status.WAITING:
        raise IllegalTransition("opt-out, which the institution does not allow")
    return changed(old, books, event)


def import_(old: License, books: Snapshot, event: Event) -> License:
    """Take over a license as another system has it."""
    detail, kind = event.detail, Kind(event.detail["kind"])
    if kind is not Kind.NONE:
        _must_offer(books, event.library, kind)
    if kind is Kind.TEMPORARY and not books.members[event.member].on_roster:
        raise IllegalTransition("a temporary license of a member who is not on the roster")
    new = licenses.imported(old, kind, Status(detail["status"]), detail["on"], detail.get("until"))
    _signs_in(books, event)
    return new


def _must_offer(books: Snapshot, library: str, kind: Kind) -> None:
    if kind not in books.libraries[library].kinds:
        raise IllegalTransition(f"{library} has no {kind} licenses")
