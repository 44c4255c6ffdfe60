"""What an event says beyond its action, its library and its member, in words: on the pages, in the log, in the story of a member."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from seatsync.domain.action import EVENTS, Sign
from seatsync.domain.calendar.freezes import freezes_in_words, freezes_of
from seatsync.domain.calendar.rhythm import rhythm_in_words
from seatsync.domain.diagnostic import counted
from seatsync.domain.fields import EVENT_FIELDS, bad_field
from seatsync.domain.library import DeliveredBy, Delivery
from seatsync.domain.line import priority_of
from seatsync.domain.money.purchases import purchases_in_words, purchases_of
from seatsync.domain.person import spoken
from seatsync.domain.portal.at_vendor import There
from seatsync.domain.portal.progress import status_in_words
from seatsync.domain.text.languages import LANGUAGES
from seatsync.domain.text.tags import split_tags


def in_words(action: str, fields: Mapping[str, Any]) -> str:
    """The fields of an event in words, the most important first. What something new lacks is not told, what something loses is."""
    if action not in EVENTS or bad_field(fields, EVENT_FIELDS) is not None:
        return "damaged: `seatsync verify` says more"
    if EVENTS[action].facts.sign is Sign.ADD:
        fields = {name: value for name, value in fields.items() if value not in ("", [], None)}
    names = [*filter(fields.__contains__, _FIELDS), *(name for name in fields if name not in _FIELDS)]
    if "given_name" in fields and "family_name" in fields:
        names.remove("family_name")
    said = (_of(name, fields) for name in names)
    return ", ".join(filter(None, said))


def _of(name: str, fields: Mapping[str, Any]) -> str:
    if name == "given_name" and "family_name" in fields:
        return f"{fields['given_name']} {fields['family_name']}".strip()
    return _FIELDS.get(name, _plain(spoken(name)))(fields[name])


def _plain(label: str) -> Callable[[Any], str]:
    """A value behind its label. Where a value was taken away, there is none."""
    return lambda value: f"{label} {value}" if value not in ("", None) else f"no {label}"


def _whether(yes: str, no: str) -> Callable[[Any], str]:
    return lambda value: yes if value else no


def _listed(label: str) -> Callable[[Any], str]:
    """The texts of a list."""
    return lambda values: f"{label} {', '.join(values)}" if values else f"no {label}"


def _at_vendor(there: str) -> str:
    """What was seen there: of a license a word of ``There``, of a person the text of ``Member.there``."""
    if there.startswith("{"):
        return f"in the list of users of {' and '.join(json.loads(there))}"
    return f"at the vendor: {_THERE.get(there, there or 'done')}"


_THERE: Mapping[str, str] = {
    There.NONE: "not done yet",
    There.TEMPORARY: "still temporary",
    There.RESEND: "to be invited again",
    There.BY_HAND: "given by hand",
}


def _contacts(contacts: list[Mapping[str, str]]) -> str:
    who = (f"{one['name']}{f' ({role})' if (role := one['role']) else ''}" for one in contacts)
    return f"contacts {' and '.join(who)}" if contacts else "no contacts"


def _helper(value: Mapping[str, str] | None) -> str:
    return f"members may ask {value['name']} ({value['email'] or value['url']})" if value else "nobody to ask"


def _purchases(written: list[Mapping[str, Any]]) -> str:
    return f"bought as {purchases_in_words(purchases_of(written))}" if written else "without dates and prices"


def _last_to_decline(value: str) -> str:
    if value.endswith("d"):
        return f"up to {counted(int(value[:-1]), 'day')} after the invitation"
    return f"up to {value}" if value else "no last day to decline"


_FIELDS: Mapping[str, Callable[[Any], str]] = {
    "kind": str,
    "status": status_in_words,
    "until": lambda day: f"until {day}" if day else "no end date",
    "there": _at_vendor,
    "reminders": lambda number: counted(number, "reminder") if number else "",
    "resend": _listed("because of resend:"),
    "new_address": _whether("to the new e-mail", ""),
    "account": _plain("account"),
    "claimed_with": lambda email: f"claimed with another account, {email}",
    "email": _plain("e-mail"),
    "given_name": _plain("given name"),
    "family_name": _plain("family name"),
    "student_id": _plain("student id"),
    "role": _plain("role"),
    "tags": lambda tags: _listed("tags")(split_tags(tags)),
    "left_on": lambda day: f"on no roster since {day}, in their grace period" if day else "on a roster again",
    "replaced": _whether("no longer known by this e-mail and id", ""),
    "id": _plain("id"),
    "was": _plain("was"),
    "name": str,
    "title": str,
    "system": _plain("system"),
    "kinds": lambda kinds: " and ".join(kinds),
    "reclaim_after": lambda days: (
        f"unclaimed seats lapse after {counted(days, 'day')}" if days else "unclaimed seats never lapse"
    ),
    "briefed": _whether("with briefings", "without briefings"),
    "briefing": lambda every: f"briefing {rhythm_in_words(every)}" if every else "no briefing",
    "warn_below": lambda number: f"warned below {counted(number, 'seat')}" if number else "no warning of few seats",
    "freezes": lambda freezes: (
        f"frozen from {said}" if (said := freezes_in_words(freezes_of(freezes))) else "nothing frozen"
    ),
    "slots": lambda number: counted(number, "seat"),
    "purchases": _purchases,
    "delivery": lambda way: Delivery(way).facts.in_words,
    "delivered_by": lambda place: "at the vendor" if place == DeliveredBy.VENDOR else "here",
    "sends_letters": _whether("with letters of seatsync", "sends no letters"),
    "opt_out": _whether("members may decline", "members may not decline"),
    "opt_out_until": _last_to_decline,
    "timezone": _plain("time zone"),
    "retire": _plain("last day"),
    "language": lambda tag: f"language {LANGUAGES.get(tag, tag)}" if tag else "no language",
    "contacts": _contacts,
    "help": _helper,
    "claim_url": _plain("claim page"),
    "open_url": lambda address: f"opens {address}" if address else "opens nothing",
    "about": lambda text: f'about: "{text}"' if text else "nothing about it",
    "color": _plain("colour"),
    "logo": _whether("with a logo", "no logo"),
    "place": lambda place: f"priority {priority}" if (priority := priority_of(place)) else "",
    "from": lambda place: f"from {place}",
    "on": lambda day: "",
}
"""A field's words, in the order in which they are told. ``on`` is the day of the event, which stands beside it."""
