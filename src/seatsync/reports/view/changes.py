"""One change of a plan in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, assert_never

from seatsync.domain.action import Action, Subject
from seatsync.domain.calendar.freezes import freezes_in_words, freezes_of
from seatsync.domain.diagnostic import counted
from seatsync.domain.library import DEFAULT_DELIVERY, DeliveredBy, Delivery
from seatsync.domain.license import Kind, Status
from seatsync.domain.money.purchases import purchases_in_words, purchases_of
from seatsync.domain.person import REQUIRED, Person, spoken
from seatsync.domain.portal.at_vendor import There
from seatsync.domain.portal.progress import status_in_words
from seatsync.planning.change import Change, moves_in_line
from seatsync.reports.view.escaping import escape_controls
from seatsync.reports.view.places import address_of


class Line(NamedTuple):
    """One change in words: who or what changes, the change, the reason, and the file and line that ask for it.

    ``address`` is where a code host shows that line; empty if that is not known.
    """

    subject: str
    what: str
    why: str
    where: str
    address: str = ""


_CONFIG = "seatsync.yaml"  # the place where it is not known where somebody stood


def line(change: Change, called: str = "", has_left: bool = False, files_at: str = "") -> Line:
    """Return a change in words. ``called`` is whom or what it is about, as people know it, ``files_at`` the files' address.

    Who ``has_left`` is no longer at the place: there they stood last.
    """
    subject = called or _subject(change)
    is_past = has_left and change.origin.file != _CONFIG
    where = f"was {change.origin}" if is_past else str(change.origin)
    who, what, why, there = map(escape_controls, (subject, _what(change), change.reason, where))
    return Line(who, what, why, there, "" if is_past else address_of(change.origin, files_at))


def seen_in_words(changes: Iterable[Change]) -> str:
    """Return what was seen at the vendor, counted: ``1,204 claimed, 12 declined, 3 revoked``."""
    counts = Counter(change.reason.removesuffix(" at the vendor").lower() for change in changes)
    return escape_controls(", ".join(f"{number:,} {seen}" for seen, number in counts.most_common()))


def _subject(change: Change) -> str:
    fields = change.after or change.before or {}
    return str(fields.get("email", "")) if change.action.facts.subject is Subject.ADMIN else "institution"


def _what(change: Change) -> str:  # noqa: C901 (a table)
    before, after = change.before or {}, change.after or {}
    match change.action:
        case Action.GRANT:
            until = f", until {after['until']}" if "until" in after else ""
            again = f" (was {status_in_words(before['status'])})" if "status" in before else ""
            return f"{change.kind}{_delivery(change)}{until}{again}"
        case Action.REVOKE:
            return f"{change.kind}, {status_in_words(before.get('status', ''))}"
        case Action.UPGRADE:
            return f"temporary → permanent, {status_in_words(change.status)}"
        case Action.LICENSE_UPDATE:
            return f"{ends_on(after['until'])} (was: {end_words(before['until'])})"
        case Action.OBSERVE:
            return _observed(change)
        case Action.RESEND:
            return _repeated(after)
        case Action.WAIT if moves_in_line(change):
            return "; ".join(_difference(name, before[name], after[name]) for name in after)
        case Action.WAIT:
            again = f" (was {status_in_words(before['status'])})" if "status" in before else ""
            return f"{change.kind}, waits{again}"
        case Action.UNWAIT:
            return "no longer waits"
        case Action.MEMBER_ADD if before:
            was = (_difference(name, before[name], after.get(name, "")) for name in before if name != "email")
            emails = [f"e-mail {before['email']} → {change.member}"] if "email" in before else []
            return "; ".join([_person(after), *emails, *was])
        case Action.MEMBER_ADD | Action.MEMBER_REMOVE | Action.ADMIN_ADD | Action.ADMIN_REMOVE:
            return _person(after or before)
        case Action.LIBRARY_ADD:
            is_there, writes = after.get("delivered_by") == DeliveredBy.VENDOR, after.get("sends_letters", True)
            where = ", at the vendor" if is_there else ""
            letters = "" if writes != is_there else ", with letters of seatsync" if writes else ", sends no letters"
            return f"{counted(after['slots'], 'seat')}{where}{letters}"
        case Action.LIBRARY_REMOVE:
            return ""  # its title is what the change is about
        case Action.INSTITUTION_UPDATE | Action.LIBRARY_UPDATE | Action.MEMBER_UPDATE | Action.ADMIN_UPDATE:
            changed = (name for name in after if before.get(name) != after[name])
            return "; ".join(_difference(name, before.get(name), after[name]) for name in changed)
        case never:
            assert_never(never)


def _observed(change: Change) -> str:
    """A license before and after, or what the portal has otherwise."""
    before, after = change.before or {}, change.after or {}
    if not change.library:
        return "in the portal's list of users"
    now = _license_in_words(change.kind, change.status)
    was = _license_in_words(before.get("kind", change.kind), before.get("status", change.status))
    until = f", until {after['until']}" if after.get("until") else ""
    there = f"; {_THERE[after['there']]}" if after.get("there") in _THERE else ""
    return f"{was} → {now}{until}{there}" if was != now else f"{now}{there}"


def _license_in_words(kind: str, status: str) -> str:
    """A license as people read it."""
    if status == Status.NONE:
        return "no license"
    return status_in_words(status) if kind == Kind.NONE else f"{kind}, {status_in_words(status)}"


_THERE: Mapping[str, str] = {
    There.NONE: "not yet granted in the portal",
    There.TEMPORARY: "still temporary in the portal",
    There.RESEND: "to be invited again in the portal",
    There.BY_HAND: "given by hand",
}


def _repeated(after: Mapping[str, Any]) -> str:
    if "delivery" in after:
        return _ASKED[after["delivery"]].removeprefix(", ") or "new invitation with a claim link"
    if "new_address" in after:
        return "invitation to the new e-mail"
    return "reminder" if "resend" not in after else "invitation again"


def end_words(until: str) -> str:
    """Return an end date in words."""
    return until or "no end"


def ends_on(until: str, number: int = 1) -> str:
    """What a seat, or a number of them, does."""
    ends = "ends" if number == 1 else "end"
    return f"{ends} on {until}" if until else f"no longer {ends}"


def _delivery(change: Change) -> str:
    """Return how the member gets a granted seat, if not by an invitation."""
    if change.status == Status.DELIVERED:
        return ", in the account at once"
    return _ASKED[(change.after or {}).get("delivery", DEFAULT_DELIVERY)]


def _asked(delivery: Delivery) -> str:
    match delivery:
        case Delivery.CLAIM:
            return ""
        case Delivery.ACCOUNT:
            return ", asked to set a password"
        case _:
            assert_never(delivery)


_ASKED: Mapping[str, str] = {delivery: _asked(delivery) for delivery in Delivery}


def _person(fields: Mapping[str, Any]) -> str:
    name = f"{fields.get('given_name', '')} {fields.get('family_name', '')}".strip()
    more = [f"{_LABEL_OF.get(key, '')}{fields[key]}" for key in _BESIDE_NAME if fields.get(key)]
    if tags := fields.get("tags"):
        more.append(f"{'tag' if len(tags) == 1 else 'tags'} {', '.join(tags)}")
    return ", ".join(filter(None, [name, *more]))


_BESIDE_NAME = tuple(name for name in Person._fields if name not in (*REQUIRED, "tags"))
_LABEL_OF = {"student_id": "student id "}  # a number alone could be anything


_LABELS = {
    "slots": "seats",
    "timezone": "time zone",
    "retire": "last day",
    "opt_out_until": "last day to decline",
    "reclaim_after": "unclaimed seats lapse:",
    "warn_below": "warned below",
    "briefed": "gets briefings:",
    "freezes": "frozen days",
}


def _difference(name: str, before: Any, after: Any) -> str:
    if name == "replaced":
        return "no longer known by this e-mail"
    if name == "purchases":
        was, now = (purchases_in_words(purchases_of(one or ())) or "no purchases" for one in (before, after))
        return f"{was} → {now}"
    if name == "freezes":
        was, now = (freezes_in_words(freezes_of(one or ())) or "none" for one in (before, after))
        return f"{_LABELS[name]} {was} → {now}"
    if name == "left_on":
        return f"on no roster since {after}" if after else "on a roster again"
    if name == "tags":
        after = after or []
        removed, added = [t for t in before if t not in after], [t for t in after if t not in before]
        differing = [*(f"+{tag}" for tag in added), *(f"-{tag}" for tag in removed)]
        return f"{'tag' if len(differing) == 1 else 'tags'} {' '.join(differing)}"
    label = _LABELS.get(name) or spoken(name)
    if name == "until":
        return f"{ends_on(after)} (was: {end_words(before)})"
    if name == "reclaim_after":
        return f"{label} {_days(before)} → {_days(after)}"
    if name == "help":
        return f"help {_helper(before)} → {_helper(after)}"
    if name == "logo":
        return f"logo {'changed' if before and after else 'added' if after else 'removed'}"
    if isinstance(after, list) and after and isinstance(after[0], dict):
        return f"{label} changed"
    return f"{label} {_value(before)} → {_value(after)}"


def _days(days: int) -> str:
    return f"after {counted(days, 'day')}" if days else "never"


def _helper(value: Mapping[str, str] | None) -> str:
    return f"{value['name']}, {value['email'] or value['url']}" if value else "none"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in ("", None) else str(value)
