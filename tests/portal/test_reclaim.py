"""Unclaimed seats lapse after `invites: {reclaim_after}`, counted from the day on which the invitation was really sent."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from seatsync.ledger.database import Ledger
from seatsync.plans.since import since_apply
from tests.cli.test_lists import write_csv
from tests.support import letters
from tests.support.databases import location
from tests.support.letters import CONFIG, DAY, part, ran, sent
from tests.support.letters import HEADER as COLUMNS
from tests.support.mail_server import Mailroom
from tests.support.pages import pages_of

pytestmark = pytest.mark.slow

school, room = letters.school, letters.room

MEMBERS = [[f"{name}@grace.example", name.title(), "Lee", "student"] for name in ("ann", "ben", "cy")]


def configured(folder: Path, line: str = ", when_full: wait", more: str = "", grant: str = "") -> None:
    config = CONFIG.replace("system: logos-subscription, slots: 1000", f"system: logos-subscription, slots: 1{line}")
    config = config.replace("remind_after: [3d]", f"remind_after: [3d], reclaim_after: 10d{more}")
    config = config.replace("max_revokes: 100%", "max_revokes: 0")
    config = config.replace(
        "to: {tags: [student]}, until: 2027-06-30", f"to: {{tags: [student]}}, until: 2027-06-30{grant}"
    )
    (folder / "seatsync.yaml").write_text(config, encoding="utf-8")


def applied(folder: Path, now: str = DAY) -> None:
    write_csv(folder / "members.csv", COLUMNS, *MEMBERS)
    ran(folder, "apply", "--yes", now=now)
    again = json.loads(ran(folder, "plan", "--format", "json", now=now).out)
    assert again["changes"] == []


def planned(folder: Path, now: str) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(ran(folder, "plan", "--format", "json", now=now).out)
    return plan


def statuses(folder: Path) -> dict[str, str]:
    rows = json.loads(ran(folder, "licenses", "--all", "--library", "logos", "--format", "json").out)
    return {row["email"].partition("@")[0]: row["status"] for row in rows}


def test_a_seat_that_nobody_claims_lapses_and_the_next_in_line_gets_it_in_the_same_plan(
    school: Path, room: Mailroom
) -> None:
    configured(school)
    applied(school)
    sent(school)
    assert planned(school, "2026-09-10")["summary"] == {"resend": 1}
    plan = planned(school, "2026-09-11")
    assert plan["summary"] == {"revoke": 1, "grant": 1}
    lapse, grant = plan["changes"]
    assert (lapse["member"], lapse["status"]) == ("ann@grace.example", "lapsed")
    assert lapse["reason"] == "Not claimed within 10 days after the invitation of 2026-09-01"
    assert lapse["source"] == {"file": "seatsync.yaml", "line": 17}
    assert (grant["member"], grant["status"]) == ("ben@grace.example", "unclaimed")
    assert plan["refusals"] == []  # the limit of revokes is 0
    applied(school, "2026-09-11")
    assert statuses(school) == {"ann": "lapsed", "ben": "unclaimed", "cy": "waiting"}
    sent(school, now="2026-09-11")
    applied(school, "2026-09-21")
    assert statuses(school) == {"ann": "lapsed", "ben": "lapsed", "cy": "unclaimed"}


def test_letters_and_pages_say_by_when_the_seat_must_be_claimed(school: Path, room: Mailroom) -> None:
    configured(school)
    applied(school)
    sent(school)
    by = "Please claim it by 10 September 2026. After that day, somebody else can have it."
    (invitation,) = [one for one in room.letters if "ann@" in one["To"]]
    assert by in _lines(part(invitation, "plain"))
    room.letters.clear()
    applied(school, "2026-09-04")
    sent(school, now="2026-09-04")
    (reminder,) = room.letters
    assert by in _lines(part(reminder, "plain"))
    with pages_of(school, room, room.port) as pages:
        pages.now = datetime.fromisoformat("2026-09-10T12:00:00Z")
        ann = pages.account("ann@grace.example")
        assert "Claim it by 10 September 2026. After that day, somebody else can have it." in ann.page.text
        assert "Claim it by" not in pages.account("ben@grace.example").page.text
        applied(school, "2026-09-11")
        pages.now = datetime.fromisoformat("2026-09-11T12:00:00Z")
        link = re.search(r"/l/grace/[\w-]+", part(reminder, "plain"))
        assert link is not None
        assert "This seat is no longer kept for you" in pages.browser().open(link[0]).text
        assert (
            "Logos Grace Seminary It was not claimed in time, and ended on 11 September 2026."
            in pages.signed_in("ann@grace.example").page.text
        )


def test_pages_say_by_when_a_seat_at_the_vendor_must_be_claimed_where_it_lapses(school: Path, room: Mailroom) -> None:
    claim_url = "https://claim.vendor.example/grace"
    configured(school, f", delivered_by: vendor, sends_letters: true, claim_url: {claim_url}")
    (school / "seatsync.yaml").write_text((school / "seatsync.yaml").read_text().replace("slots: 1,", "slots: 9,"))
    applied(school)
    with pages_of(school, room, room.port) as pages:
        by = "Claim it by 10 September 2026."
        assert by not in pages.account("ann@grace.example").page.text, "nothing was sent"
        ran(school, "worklist", "done", "--yes")
        sent(school)
        assert by in pages.account("ben@grace.example").page.text
        found = pages.browser()
        found.open("/claim/grace")
        found.press("Send me a code", email="cy@grace.example")
        assert by in found.press("Continue", code=pages.code("cy@grace.example")).text
    assert planned(school, "2026-09-11")["summary"] == {"revoke": 3}


def _lines(text: str) -> str:
    return " ".join(text.split())


def test_without_a_line_the_seat_is_free(school: Path, room: Mailroom) -> None:
    configured(school, line="0")
    applied(school)
    sent(school)
    applied(school, "2026-09-11")
    assert statuses(school) == dict.fromkeys(["ann", "ben", "cy"], "lapsed")


def test_a_seat_never_lapses_where_no_invitation_was_sent(school: Path, room: Mailroom) -> None:
    configured(school)
    applied(school)
    assert planned(school, "2026-12-01")["summary"] == {}
    sent(school, now="2026-12-01")
    assert planned(school, "2026-12-10")["summary"] == {"resend": 1}
    assert planned(school, "2026-12-11")["summary"] == {"revoke": 1, "grant": 1}


def test_a_seat_never_lapses_whose_invitation_came_back(school: Path, room: Mailroom) -> None:
    configured(school)
    applied(school)
    room.at_rcpt = lambda to: "550 5.1.1 no such user" if to.startswith("ann@") else ""
    sent(school, code=1)
    assert planned(school, "2026-12-01")["summary"] == {}


def test_a_claim_at_the_last_minute_keeps_the_seat(school: Path, room: Mailroom) -> None:
    configured(school)
    applied(school)
    sent(school)
    ran(school, "plan", "--out", "plan.json", now="2026-09-11")
    ran(school, "ledger", "claim", "logos", "ann@grace.example", now="2026-09-11")
    ran(school, "apply", "plan.json", code=5, now="2026-09-11")
    assert planned(school, "2026-12-01")["summary"] == {}


def test_what_was_invited_before_counts_from_the_day_on_which_the_days_were_set(school: Path, room: Mailroom) -> None:
    configured(school)
    (school / "seatsync.yaml").write_text(
        (school / "seatsync.yaml").read_text(encoding="utf-8").replace(", reclaim_after: 10d", ""), encoding="utf-8"
    )
    applied(school)
    sent(school)
    configured(school)
    assert planned(school, "2026-10-01")["summary"] == {"institution-update": 1, "resend": 1}
    applied(school, "2026-10-01")
    assert planned(school, "2026-10-10")["summary"] == {}
    assert planned(school, "2026-10-11")["summary"] == {"revoke": 1, "grant": 1}


@pytest.mark.parametrize(
    "grant", [", resend: once", ", regrant: true", ", until: 2028-06-30"], ids=["resend", "regrant", "another term"]
)
def test_who_did_not_claim_in_time_is_asked_again_only_on_purpose(grant: str, school: Path, room: Mailroom) -> None:
    configured(school, line="0")
    applied(school)
    sent(school)
    applied(school, "2026-09-11")
    configured(school, line="0", grant=grant)
    if "until" in grant:
        config = (school / "seatsync.yaml").read_text(encoding="utf-8")
        (school / "seatsync.yaml").write_text(config.replace("until: 2027-06-30, ", ""), encoding="utf-8")
    assert planned(school, "2026-09-12")["summary"] == {"grant": 3}
    applied(school, "2026-09-12")
    assert set(statuses(school).values()) == {"unclaimed"}


def test_a_grant_that_asks_again_keeps_the_seat_beyond_the_day_that_letters_and_pages_say(
    school: Path, room: Mailroom
) -> None:
    """As long as it says so. After that the seat lapses at once, so the letter has to say the day; a day that is over is not said."""
    configured(school, grant=", regrant: true")
    applied(school)
    sent(school)
    (invitation,) = [one for one in room.letters if "ann@" in one["To"]]
    assert "Please claim it by 10 September 2026." in _lines(part(invitation, "plain"))
    assert planned(school, "2026-09-15")["summary"] == {"resend": 1}
    applied(school, "2026-09-15")
    room.letters.clear()
    sent(school, now="2026-09-15")
    (reminder,) = room.letters
    assert "It is still reserved for you" in _lines(part(reminder, "plain"))
    assert "claim it by" not in _lines(part(reminder, "plain"))
    with pages_of(school, room, room.port) as pages:
        pages.now = datetime.fromisoformat("2026-09-10T12:00:00Z")
        ann = pages.account("ann@grace.example")
        assert "Claim it by 10 September 2026." in ann.page.text
        pages.now = datetime.fromisoformat("2026-09-15T12:00:00Z")
        page = pages.signed_in("ann@grace.example").page.text
        assert "Logos" in page
        assert "Claim it by" not in page
    configured(school)
    assert planned(school, "2026-09-16")["summary"] == {"revoke": 1, "grant": 1}


def test_what_was_reviewed_still_fits_after_a_night_in_which_seats_lapsed(school: Path, room: Mailroom) -> None:
    configured(school)
    applied(school)
    sent(school)
    MEMBERS.append(["dee@grace.example", "Dee", "Lee", "owner"])
    try:
        write_csv(school / "members.csv", COLUMNS, *MEMBERS)
        before = planned(school, "2026-09-10")
        after = planned(school, "2026-09-11")
    finally:
        MEMBERS.pop()
    assert before["asked"] == after["asked"] != after["fingerprint"]


def test_a_leaver_s_seat_calls_for_no_reading_night_after_night(school: Path, room: Mailroom) -> None:
    """It ends with the grace period, and does not lapse before."""
    configured(school, more="}\nleavers: {grace: 60d")
    config = (school / "seatsync.yaml").read_text(encoding="utf-8")
    (school / "seatsync.yaml").write_text(config.replace("max_revokes: 0", "max_revokes: 100%"), encoding="utf-8")
    applied(school)
    sent(school)
    write_csv(school / "members.csv", COLUMNS, *MEMBERS[1:])
    ran(school, "apply", "--yes", now="2026-09-02")
    with Ledger(location(school)).reading() as connection:
        assert connection is not None
        since = since_apply(connection, "grace", datetime.fromisoformat("2026-09-20T12:00:00Z"))
    assert since is not None
    assert since.calling == set()
    assert planned(school, "2026-09-20")["changes"] == []


def test_a_freeze_keeps_a_seat_that_was_not_claimed_in_time_and_letters_say_its_day(
    school: Path, room: Mailroom
) -> None:
    configured(school, more="}\nfreeze: [{from: 2026-09-08, until: 2026-09-20, reason: finals}]\nleavers: {grace: 60d")
    applied(school)
    sent(school)
    by = "Please claim it by 20 September 2026. After that day, somebody else can have it."
    (invitation,) = [one for one in room.letters if "ann@" in one["To"]]
    assert by in _lines(part(invitation, "plain"))
    applied(school, "2026-09-04")
    plan = planned(school, "2026-09-11")
    assert plan["changes"] == []
    (notice,) = [warning for warning in plan["warnings"] if warning["code"] == "held-back"]
    assert notice["members"] == ["ann@grace.example"]
    applied(school, "2026-09-11")
    with pages_of(school, room, room.port) as pages:
        pages.now = datetime.fromisoformat("2026-09-15T12:00:00Z")
        assert "Claim it by 20 September 2026." in pages.account("ann@grace.example").page.text
    lapse, grant = planned(school, "2026-09-21")["changes"]
    assert (lapse["member"], lapse["status"]) == ("ann@grace.example", "lapsed")
    assert grant["member"] == "ben@grace.example"
