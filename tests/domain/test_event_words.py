"""What an event of the journal says is told in words: no name of a field, no value as Python writes it."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any

import pytest

from seatsync.domain.fields import EVENT_FIELDS
from seatsync.domain.line import place
from seatsync.domain.posting.words import in_words
from tests.support.pictures import png

FREEZE = {"from": "2027-05-20", "until": "2027-06-10", "actions": ["revoke"], "reason": "finals"}
SAID: list[tuple[str, dict[str, Any], str]] = [
    (
        "grant",
        {
            "from": "seatsync.yaml:45",
            "kind": "temporary",
            "on": "2026-09-01",
            "status": "unclaimed",
            "until": "2027-06-30",
        },
        "temporary, unclaimed, until 2027-06-30, from seatsync.yaml:45",
    ),
    (
        "grant",
        {"kind": "permanent", "status": "delivered", "resend": ["2027"]},
        "permanent, claimed, because of resend: 2027",
    ),
    ("license-update", {"until": ""}, "no end date"),
    ("resend", {"reminders": 2}, "2 reminders"),
    ("wait", {"place": place(10, 507, 3), "from": "seatsync.yaml:45"}, "priority 10, from seatsync.yaml:45"),
    ("revoke", {"status": "lapsed", "until": ""}, "lapsed, no end date"),
    ("institution-update", {"reclaim_after": 30}, "unclaimed seats lapse after 30 days"),
    ("institution-update", {"reclaim_after": 0}, "unclaimed seats never lapse"),
    ("institution-update", {"briefing": "first-of-month"}, "briefing on the first of the month"),
    ("institution-update", {"briefing": ""}, "no briefing"),
    ("admin-update", {"briefed": False}, "without briefings"),
    ("admin-update", {"briefed": True}, "with briefings"),
    ("library-update", {"warn_below": 1}, "warned below 1 seat"),
    ("library-update", {"warn_below": 0}, "no warning of few seats"),
    ("briefing", {"email": "ruth@grace.example"}, "e-mail ruth@grace.example"),
    ("institution-update", {"freezes": [FREEZE]}, "frozen from 2027-05-20 to 2027-06-10 (finals)"),
    (
        "institution-update",
        {"freezes": [FREEZE | {"reason": "", "actions": ["revoke", "resend"]}]},
        "frozen from 2027-05-20 to 2027-06-10, takes no seat away and sends no reminders",
    ),
    ("institution-update", {"freezes": []}, "nothing frozen"),
    ("resend", {"new_address": True}, "to the new e-mail"),
    (
        "claim",
        {"account": "a@own.example", "claimed_with": "b@own.example"},
        "account a@own.example, claimed with another account, b@own.example",
    ),
    ("observe", {"there": "none"}, "at the vendor: not done yet"),
    ("observe", {"there": ""}, "at the vendor: done"),
    ("observe", {"there": '{"logos": {}}'}, "in the list of users of logos"),
    (
        "member-add",
        {
            "email": "w@s.example",
            "given_name": "欣怡",
            "family_name": "Wang",
            "student_id": "",
            "role": "Lecturer",
            "tags": "a;b",
        },
        "e-mail w@s.example, 欣怡 Wang, role Lecturer, tags a, b",
    ),
    ("member-update", {"given_name": "Anna", "role": "", "tags": ""}, "given name Anna, no role, no tags"),
    ("member-update", {"left_on": "2026-09-10"}, "on no roster since 2026-09-10, in their grace period"),
    ("member-update", {"left_on": ""}, "on a roster again"),
    ("member-update", {"replaced": True}, "no longer known by this e-mail and id"),
    ("institution-update", {"id": "college", "was": "grace"}, "id college, was grace"),
    (
        "institution-add",
        {
            "name": "Grace",
            "opt_out": True,
            "opt_out_until": "2026-09-07",
            "timezone": "UTC",
            "language": "de",
            "contacts": [
                {"name": "Dana Fox", "email": "d@v.example", "role": "Sales"},
                {"name": "Al", "email": "", "role": ""},
            ],
            "help": {"name": "Library desk", "email": "", "url": "https://desk.example"},
            "retire": "",
        },
        "Grace, members may decline, up to 2026-09-07, time zone UTC, language Deutsch, contacts Dana Fox (Sales) and Al, "
        "members may ask Library desk (https://desk.example)",
    ),
    (
        "institution-update",
        {"opt_out": False, "help": None, "contacts": [], "logo": "", "color": "#aa0000", "retire": "", "claim_url": ""},
        "members may not decline, no last day, no contacts, nobody to ask, no claim page, colour #aa0000, no logo",
    ),
    ("institution-update", {"opt_out_until": "14d"}, "up to 14 days after the invitation"),
    (
        "institution-update",
        {"opt_out_until": "1d", "opt_out": True},
        "members may decline, up to 1 day after the invitation",
    ),
    ("institution-update", {"opt_out_until": ""}, "no last day to decline"),
    ("institution-update", {"logo": b64encode(png(64, 64)).decode()}, "with a logo"),
    (
        "library-add",
        {
            "title": "Books",
            "system": "logos-library",
            "kinds": ["temporary", "permanent"],
            "slots": 1200,
            "delivery": "claim",
            "delivered_by": "vendor",
            "sends_letters": False,
            "about": "",
            "open_url": "https://app.example/",
        },
        "Books, system logos-library, temporary and permanent, 1,200 seats, claimed by the link of an invitation, at the vendor, "
        "sends no letters, opens https://app.example/",
    ),
    (
        "library-update",
        {
            "purchases": [
                {
                    "count": 200,
                    "until": "2027-07-31",
                    "contract": {"until": "2027-07-31", "notice": 60, "order": "PO-1187"},
                },
                {"count": 1, "from": "2027-01-01", "price": "42 USD/year"},
            ]
        },
        "bought as 200 seats until 2027-07-31 (contract PO-1187 until 2027-07-31, notice 60d) and 1 seat from 2027-01-01 (42 USD/year)",
    ),
    ("library-update", {"purchases": [], "slots": 40}, "40 seats, without dates and prices"),
    (
        "library-update",
        {"about": "Forty books", "delivered_by": "seatsync", "sends_letters": True},
        'here, with letters of seatsync, about: "Forty books"',
    ),
]


@pytest.mark.parametrize(("action", "fields", "words"), SAID, ids=lambda value: value if isinstance(value, str) else "")
def test_an_event_is_told_in_words(action: str, fields: dict[str, Any], words: str) -> None:
    assert in_words(action, fields) == words
    assert not re.search(r"\b(True|False|None)\b|[\[{]|[a-z]_[a-z]", words)


def test_every_field_that_an_event_can_have_is_among_these() -> None:
    assert {field for _, fields, _ in SAID for field in fields} == {*EVENT_FIELDS}


@pytest.mark.parametrize(
    ("action", "fields"), [("conquer", {}), ("grant", {"kind": "eternal"}), ("grant", {"by": "me"})]
)
def test_of_a_damaged_event_nothing_is_told(action: str, fields: dict[str, Any]) -> None:
    assert in_words(action, fields) == "damaged: `seatsync verify` says more"
