"""Sending the outbox: the content of letters, the replies of servers, killed and competing senders."""

from __future__ import annotations

import json
import re
import signal
import ssl
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
import trustme
from sqlalchemy import Connection as Database
from sqlalchemy.exc import IntegrityError

from seatsync.domain.action import Letter
from seatsync.domain.letters import LINKED
from seatsync.ledger import tables
from seatsync.ledger.database import Ledger
from seatsync.ledger.queries import links
from seatsync.ledger.queries.links import LinkState
from seatsync.ledger.queries.outbox import bounced
from seatsync.ledger.queries.outgoing import OutgoingLetter, outgoing_letters
from seatsync.outbox.message import Sender
from seatsync.outbox.outage import Outage
from seatsync.outbox.rendering import VARIABLES, Templates
from seatsync.outbox.sender import LetterSender, Sending
from seatsync.outbox.smtp import BadAddress, Connection, Server, without_addresses
from seatsync.outbox.turns import Turns
from tests.cli.test_lists import write_csv
from tests.support import letters
from tests.support.command_line import seatsync
from tests.support.databases import add, location, opened, rows
from tests.support.letters import (
    ANN,
    BEN,
    CONFIG,
    CY,
    DAY,
    HEADER,
    LAST,
    LATER,
    PORTAL,
    applied,
    arrived,
    crowd,
    listed,
    part,
    ran,
    sent,
    started,
)
from tests.support.mail_server import Mailroom, mail_server
from tests.support.paths import ROOT
from tests.support.ports import free_port

pytestmark = pytest.mark.slow

school, room = letters.school, letters.room

# ── What is in the letters ──────────────────────────────────────────────────────────────────────────────────────────


def test_every_letter_of_a_members_life_arrives_once(school: Path, room: Mailroom) -> None:
    applied(school, ANN, BEN, CY, ["dee@grace.example", "Dee", "Fox", "student"])
    assert sent(school) == {"sent": 5}
    assert [(to, subject) for to, subject, _ in arrived(room)] == [
        ("ruth@grace.example", "You are now an administrator of Grace Seminary"),
        ("ann@grace.example", "Grace Seminary has a seat for you: Biblical Studies"),
        ("cy@grace.example", "Set your password for Jamworks"),
        ("ben@grace.example", "Grace Seminary has a seat for you: Logos"),
        ("dee@grace.example", "Grace Seminary has a seat for you: Logos"),
    ]
    ran(school, "ledger", "claim", "books", "ann@grace.example")
    ran(school, "ledger", "claim", "logos", "ben@grace.example")
    applied(school, ANN, [*BEN[:3], "jam"], CY, ["dee@grace.example", "Dee", "Fox", "student"], now=LATER)
    assert sent(school, now=LATER) == {"sent": 5}
    letters = arrived(room)
    assert Counter((to, subject) for to, subject, _ in letters) == Counter(
        [
            ("ann@grace.example", "Biblical Studies is yours permanently"),
            ("ben@grace.example", "Your access to Logos has ended"),
            ("ben@grace.example", "Jamworks is now in your account"),
            ("cy@grace.example", "Set your password for Jamworks"),
            ("dee@grace.example", "Your seat is still waiting: Logos"),
        ]
    )
    (reminder,) = (text for _, subject, text in letters if subject.startswith("Your seat"))
    assert "Dear Dee Fox," in reminder
    assert "until 30 June 2027" in " ".join(reminder.split())
    assert "Dana Fox" not in reminder, "the vendor's people are for administrators"
    assert sent(school, now=LATER) == {}
    unsent = [(letter["letter"], letter["state"]) for letter in listed(school) if letter["state"] != "sent"]
    assert unsent == [("access", "cancelled")]  # Ben's seat ended before he was told of it
    ran(school, "verify")


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_a_letter_is_text_and_html_names_its_sender_and_asks_for_no_automatic_answer(
    school: Path, room: Mailroom
) -> None:
    with (school / "seatsync.yaml").open("a") as config:
        config.write("mail: {reply_to: help@grace.example}\n")
    applied(school, CY)
    sent(school)
    letter = room.letters[-1]
    assert str(letter["From"]) == "Grace Library <library@grace.example>"
    assert str(letter["To"]) == "Çağla Şahin <cy@grace.example>"
    assert str(letter["Reply-To"]) == "help@grace.example"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<\d+\.[0-9a-f]{32}@grace\.example>", letter["Message-ID"])
    assert letter.get_content_type() == "multipart/alternative"
    html = part(letter, "html")
    assert "Set your password" in html
    assert "src=" not in html  # it loads nothing, so it does not reveal who reads it
    assert "prefers-color-scheme: dark" in html
    assert "Dear Çağla Şahin," in part(letter, "plain")


def test_a_personal_link_is_good_once_and_until_the_grant_ends(school: Path, room: Mailroom) -> None:
    applied(school, ANN, BEN)
    sent(school)
    tokens = {}
    for letter in room.letters[1:]:
        (link, decline) = re.findall(r"https:\S+", part(letter, "plain"))
        assert decline == f"{link}/opt-out" == letter["List-Unsubscribe"].strip(" <>")
        assert "List-Unsubscribe-Post" not in letter
        assert link in part(letter, "html")
        tokens[letter["To"].addresses[0].username] = link.removeprefix(f"{PORTAL}/l/grace/")
    assert not any(token in json.dumps(rows(school, "link"), default=bytes.hex) for token in tokens.values())
    with opened(school) as ledger:
        found = links.resolve(ledger, "grace", tokens["ann"])
        assert found is not None
        assert found[:4] == ("invitation", "books", 1, "")
        assert found.state is LinkState.GOOD
        assert links.resolve(ledger, "hope", tokens["ann"]) is None
        assert links.resolve(ledger, "grace", tokens["ann"] + "x") is None
        assert [links.use(ledger, "grace", tokens["ann"], DAY) for _ in range(2)] == [True, False]
        assert [state(ledger, tokens[who]) for who in ("ann", "ben")] == [LinkState.USED, LinkState.GOOD]
    applied(school, ANN)
    with opened(school) as ledger:
        assert state(ledger, tokens["ben"]) is LinkState.ENDED
    ran(school, "ledger", "erase", "ben@grace.example", "--yes")
    assert sorted(row["library"] for row in rows(school, "link")) == ["", "books"]
    ran(school, "ledger", "prune", "--letters-before", LATER, "--yes")
    assert rows(school, "link") == []
    ran(school, "verify")


@pytest.mark.parametrize("number", [0, 10_000, "taken"])
def test_a_personal_link_that_was_put_into_the_ledger_by_hand_opens_nothing(
    number: int | str, school: Path, room: Mailroom
) -> None:
    applied(school, ANN, BEN)
    sent(school)
    like = rows(school, "link")[-1]
    forged = like | {"hash": sha256(b"known").digest()}
    try:
        add(school, "link", forged if number == "taken" else forged | {"number": number})
    except IntegrityError:
        assert number == "taken"
        return
    with opened(school) as ledger:
        assert links.resolve(ledger, "grace", "known") is None
    assert "personal link" in ran(school, "verify", code=1).err


def test_a_personal_link_that_is_not_about_its_letter_opens_nothing(school: Path, room: Mailroom) -> None:
    applied(school, ANN, BEN)
    sent(school)
    tokens = {letter["To"].addresses[0].username: _token(letter) for letter in room.letters}
    of = {row["number"]: row for row in rows(school, "link")}
    changes = [("ann", "member", 2), ("ann", "library", "logos"), ("ann", "serial", 1), ("ruth", "sent_to", "0" * 64)]
    for who, name, value in changes:
        with opened(school) as ledger:
            found = links.resolve(ledger, "grace", tokens[who])
            assert found is not None
            its = tables.link.c.number == found.number
            ledger.execute(tables.link.update().where(its).values({name: value}))
            assert links.resolve(ledger, "grace", tokens[who]) is None
        assert "personal link" in ran(school, "verify", code=1).err
        with opened(school) as ledger:
            ledger.execute(tables.link.update().where(its).values({name: of[found.number][name]}))
    ran(school, "verify")


def test_a_forged_personal_link_that_fits_its_letter_is_found_by_verify(school: Path, room: Mailroom) -> None:
    """The link works, because somebody who can write to the ledger can move the end of the links, but not change the hash over them."""
    applied(school, ANN, BEN)
    sent(school)
    last = max(rows(school, "link"), key=lambda row: int(row["number"]))
    add(school, "link", last | {"hash": sha256(b"known").digest(), "number": last["number"] + 1})
    with opened(school) as ledger:
        ledger.execute(tables.institution.update().values(link_number=last["number"] + 1))
        assert state(ledger, "known") is LinkState.GOOD
    assert "personal links from number 1 on" in ran(school, "verify", code=1).err
    applied(school, ANN)
    ran(school, "verify", code=1)
    for command in (("erase", "ben@grace.example"), ("prune", "--letters-before", LATER)):
        assert "changed the personal links by hand" in ran(school, "ledger", *command, "--yes", code=6).err


def _token(letter: EmailMessage) -> str:
    link = re.search(rf"{PORTAL}/l/grace/([\w-]+)", part(letter, "plain"))
    assert link is not None
    return link[1]


@pytest.mark.parametrize("meanwhile", ["nothing", "a claim", "another sender"])
def test_links_of_letters_that_did_not_go_out_are_withdrawn_if_nothing_came_after_them(
    meanwhile: str, school: Path
) -> None:
    """Links that the journal has recorded, or that have later links, stay; nobody has their tokens."""
    applied(school, ANN, BEN)
    with opened(school) as ledger:
        waiting = [letter for letter in outgoing_letters(ledger, "grace", None) if letter.letter in LINKED]
        made = links.make(ledger, "grace", waiting[:2], DAY)
    if meanwhile == "a claim":
        ran(school, "ledger", "claim", "logos", "ben@grace.example")
    with opened(school) as ledger:
        if meanwhile == "another sender":
            links.make(ledger, "grace", waiting[2:], DAY)
        links.withdraw(ledger, "grace", made, {waiting[1].serial})
    left = [row["number"] for row in sorted(rows(school, "link"), key=lambda row: int(row["number"]))]
    assert left == {"nothing": [1], "a claim": [1, 2], "another sender": [1, 2, 3]}[meanwhile]
    ran(school, "verify")
    with opened(school) as ledger:
        links.make(ledger, "grace", waiting[1:2], DAY)
    ran(school, "verify")


def test_sending_leaves_a_saved_plan_good(school: Path, room: Mailroom) -> None:
    applied(school, ANN)
    write_csv(school / "members.csv", HEADER, ANN, BEN)
    ran(school, "plan", "--out", "plan.json")
    assert sent(school)["sent"] == 2
    ran(school, "apply", "plan.json")
    ran(school, "verify")


def state(ledger: Database, token: str) -> LinkState | None:
    found = links.resolve(ledger, "grace", token)
    return found.state if found else None


def test_an_administrator_is_welcomed_with_a_link_to_set_a_password_as_long_as_they_are_one(
    school: Path, room: Mailroom
) -> None:
    applied(school, ANN)
    sent(school)
    (link, portal) = re.findall(r"https:\S+", part(room.letters[0], "plain"))
    assert portal == PORTAL
    assert "List-Unsubscribe" not in room.letters[0]
    token = link.removeprefix(f"{PORTAL}/l/grace/")
    with opened(school) as ledger:
        found = links.resolve(ledger, "grace", token)
        assert found is not None
        assert found[:4] == ("admin-welcome", "", 0, "ruth@grace.example")
        assert found.state is LinkState.GOOD
    config = (school / "seatsync.yaml").read_text().replace("ruth@grace", "omar@grace")
    (school / "seatsync.yaml").write_text(config)
    ran(school, "apply", "--yes")
    with opened(school) as ledger:
        assert state(ledger, token) is LinkState.ENDED
    ran(school, "ledger", "erase", "ruth@grace.example", "--yes")
    with opened(school) as ledger:
        assert state(ledger, token) is None


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_without_an_opt_out_no_letter_offers_one(school: Path, room: Mailroom) -> None:
    (school / "seatsync.yaml").write_text(CONFIG.replace("opt_out: true", "opt_out: false"))
    applied(school, ANN)
    sent(school)
    assert "List-Unsubscribe" not in room.letters[-1]
    assert "opt-out" not in part(room.letters[-1], "plain") + part(room.letters[-1], "html")


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_a_letter_says_until_when_its_seat_can_be_declined_and_offers_no_decline_afterwards(
    school: Path, room: Mailroom
) -> None:
    (school / "seatsync.yaml").write_text(CONFIG.replace("opt_out: true", "opt_out: {until: 2026-09-04}"))
    applied(school, ANN)
    assert "You can decline until 4 September 2026." in ran(school, "outbox", "preview", "--member", ANN[0]).out
    sent(school, now="2026-09-04")
    for kind in ("plain", "html"):
        assert "You can decline until 4 September 2026." in part(room.letters[-1], kind)
    assert room.letters[-1]["List-Unsubscribe"]
    applied(school, ANN, BEN)
    preview = ran(school, "outbox", "preview", "--member", BEN[0], now="2026-09-05").out
    sent(school, now="2026-09-05")
    late = room.letters[-1]
    assert late["To"].addresses[0].addr_spec == BEN[0]
    assert "List-Unsubscribe" not in late
    assert "decline" not in preview + part(late, "plain") + part(late, "html")


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_without_the_pages_only_letters_are_sent_that_need_no_link(
    school: Path, room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEATSYNC_PORTAL_URL")
    applied(school, ANN, BEN)
    outcome = ran(school, "outbox", "send", code=1)
    assert "3 letters need a personal link" in outcome.err
    assert "SEATSYNC_PORTAL_URL" in outcome.err
    assert room.to == []
    ran(school, "ledger", "claim", "books", ANN[0])
    assert sent(school, code=1) == {"sent": 1, "waiting": 2}
    assert room.to == [ANN[0]]
    assert sent(school, "--portal-url", PORTAL) == {"sent": 2}


def test_an_invitation_that_has_lost_its_object_is_not_sent(school: Path, room: Mailroom) -> None:
    room.at_rcpt = lambda to: "550 nobody here" if to.startswith("ben") else ""
    applied(school, BEN)
    sent(school, code=1)
    ran(school, "ledger", "claim", "logos", "ben@grace.example")
    ran(school, "outbox", "retry")
    room.at_rcpt = lambda to: ""
    assert sent(school) == {"sent": 1}  # the letter about the claimed access


def test_a_letter_to_who_was_erased_goes_nowhere_if_it_is_tried_again(school: Path, room: Mailroom) -> None:
    applied(school, BEN)
    sent(school)
    ran(school, "ledger", "claim", "logos", "ben@grace.example")
    applied(school, ANN, now=LATER)
    room.at_rcpt = lambda to: "" if to == "ann@grace.example" else "550 nobody here"
    assert sent(school, code=1) == {"sent": 1, "bounced": 1}  # the letter that the access has ended
    ran(school, "ledger", "erase", "ben@grace.example", "--yes")
    ran(school, "outbox", "retry")
    assert sent(school) == {"cancelled": 1}


def test_a_letter_says_the_last_day_of_the_last_grant(school: Path, room: Mailroom) -> None:
    applied(school, BEN)
    applied(school, ANN)
    config = (school / "seatsync.yaml").read_text().replace("until: 2027-06-30", "until: 2028-02-29")
    (school / "seatsync.yaml").write_text(config)
    applied(school, ANN, BEN)
    sent(school)
    letters = [
        " ".join(part(letter, "plain").split())
        for letter in room.letters
        if letter["To"].addresses[0].addr_spec == BEN[0]
    ]
    assert ["29 February 2028" in text for text in letters] == [True]
    assert "30 June 2027" not in letters[0]


def test_a_waiting_letter_says_the_last_day_that_was_applied_last(school: Path, room: Mailroom) -> None:
    applied(school, BEN)
    config = (school / "seatsync.yaml").read_text().replace("until: 2027-06-30", "until: 2028-02-29")
    (school / "seatsync.yaml").write_text(config)
    applied(school, BEN)
    sent(school)
    texts = [" ".join(part(letter, "plain").split()) for letter in room.letters]
    assert ["You can use it until 29 February 2028." in text for text in texts] == [False, True]


def test_nobody_is_invited_to_a_seat_that_has_ended(school: Path, room: Mailroom) -> None:
    """The letter waits for the apply that revokes the seat, which cancels it, or extends it."""
    applied(school, BEN)
    assert sent(school, now="2027-07-01") == {"sent": 1, "waiting": 1}, "only the administrator's"
    assert sent(school, now="2027-07-02") == {"waiting": 1}
    config = (school / "seatsync.yaml").read_text()
    (school / "seatsync.yaml").write_text(config.replace("until: 2027-06-30", "until: 2028-02-29"))
    applied(school, BEN, now="2027-07-02")
    assert sent(school, now="2027-07-03") == {"sent": 1}
    assert "until 29 February 2028" in " ".join(part(room.letters[1], "plain").split())


def test_what_names_hold_stays_a_name(school: Path, room: Mailroom) -> None:
    """This holds in HTML and in headers, even for names written into the ledger by hand."""
    applied(school, ["eve@grace.example", "<script>alert(1)</script>", "{{ 7 * 7 }}", "student"])
    with opened(school) as ledger:
        ledger.exec_driver_sql(
            "UPDATE library SET title = 'Lo' || chr(13) || chr(10) || 'Bcc: x@evil.example'"
            if ledger.dialect.name == "postgresql"
            else "UPDATE library SET title = 'Lo' || char(13, 10) || 'Bcc: x@evil.example'"
        )
        ledger.exec_driver_sql("UPDATE member SET family_name = 'A\nBcc: y@evil.example\n\nText'")
    sent(school)
    letter = room.letters[-1]
    assert letter["Bcc"] is None
    assert letter["Subject"].endswith("Lo Bcc: x@evil.example")
    assert room.to == ["ruth@grace.example", "eve@grace.example"]
    html = part(letter, "html")
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "<script>alert(1)</script> A Bcc: y@evil.example Text," in part(letter, "plain").replace("\n", " ")


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_an_address_that_can_not_be_written_holds_no_other_letter_up(school: Path, room: Mailroom) -> None:
    applied(school, ANN, BEN)
    with opened(school) as ledger:
        ledger.exec_driver_sql("UPDATE member SET email = 'ann@@x, \"y' WHERE given_name = 'Ann'")
    assert sent(school, code=1) == {"sent": 2, "bounced": 1}
    assert [letter["library"] for letter in listed(school, "--state", "bounced")] == ["books"]


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_international_addresses_go_where_the_server_takes_them(school: Path, room: Mailroom) -> None:
    people = [["jürgen@grace.example", "Jürgen", "Ö", "student"], ["mia@bücher.example", "Mia", "B", "student"]]
    applied(school, *people)
    assert sent(school) == {"sent": 3}
    assert room.to[1:] == ["jürgen@grace.example", "mia@xn--bcher-kva.example"]


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_a_server_without_smtputf8_bounces_them_with_a_clear_word(
    school: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied(school, ["jürgen@grace.example", "Jürgen", "Ö", "student"])
    with mail_server(Mailroom(), enable_SMTPUTF8=False) as port:
        monkeypatch.setenv("SEATSYNC_SMTP_URL", f"smtp://127.0.0.1:{port}")
        assert sent(school, code=1) == {"sent": 1, "bounced": 1}
    assert "SMTPUTF8" in listed(school, "--state", "bounced")[0]["reply"]


# ── Templates of the institution ────────────────────────────────────────────────────────────────────────────────────


def overriding(folder: Path, name: str, text: str) -> None:
    (folder / "letters").mkdir(exist_ok=True)
    (folder / "letters" / name).write_text(text)


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_an_institution_writes_its_own_letters(school: Path, room: Mailroom) -> None:
    overriding(school, "invitation.txt.jinja", "Hallo {{ given_name }}\n\n{% include '_wer.txt.jinja' %}{{ link }}")
    overriding(school, "_wer.txt.jinja", "Von {{ institution }}: ")
    overriding(
        school,
        "admin-welcome.html.jinja",
        "{% extends 'seatsync/admin-welcome.html.jinja' %}{% block farewell %}Gruß{% endblock %}",
    )
    applied(school, ANN)
    ran(school, "validate")
    sent(school)
    welcome, invitation = room.letters
    assert invitation["Subject"] == "Hallo Ann"
    assert part(invitation, "plain").split()[:3] == ["Von", "Grace", "Seminary:"]
    assert invitation.get_content_type() == "text/plain"  # without our HTML version
    assert "Gruß" in part(welcome, "html")
    assert "Kind regards" not in part(welcome, "html")


BAD = {
    "unknown word": ("invitation.txt.jinja", "Hi\n\n{{ given_nam }}", 3, 'Did you mean "given_name"?'),
    "no Jinja": ("invitation.txt.jinja", "Hi\n{% if %}", 2, "cannot be used"),
    "unknown filter": ("reminder.html.jinja", "{{ link | upperr }}", 1, "upperr"),
    "unknown field": ("invitation.txt.jinja", "Hi\n{% for c in contacts %}\n{{ c.phone }}{% endfor %}", 3, "phone"),
    "no such letter": ("invite.txt.jinja", "Hi", 1, "is not named like a letter"),
    "no such part": ("access.txt.jinja", "Hi\n{% include '../members.csv' %}", 2, "there is no template"),
    "a way out": ("access.txt.jinja", "{{ ''.__class__.__mro__[1].__subclasses__() }}", 1, "unsafe"),
    "no link in one of its forms": (
        "invitation.html.jinja",
        "<p>Hi {{ given_name }}",
        1,
        "no link, but its purpose",
    ),
    "a change of what it is given": ("access.txt.jinja", "Hi\n\n{{ contacts.clear() }}", 3, "unsafe"),
    "division": ("access.txt.jinja", "Hi\n\n{{ 1 / 0 }}", 3, "division"),
}


@pytest.mark.parametrize("how", BAD)
@pytest.mark.sqlite_only("it is about files")
def test_a_template_that_can_not_be_used_is_found_by_validate_and_sends_nothing(
    how: str, school: Path, room: Mailroom
) -> None:
    name, text, line, said = BAD[how]
    applied(school, ANN)
    overriding(school, name, text)
    found = json.loads(ran(school, "validate", "--format", "json", code=3).out)
    (finding,) = [one for one in found if one["severity"] == "error"]
    assert (finding["code"], finding["source"]["file"]) == ("letter-template", f"letters/{name}")
    assert finding["source"]["line"] == line
    assert said in finding["message"]
    assert f"letters/{name}:{line}" in ran(school, "outbox", "send", code=3).err
    assert room.to == []
    assert {letter["state"] for letter in listed(school)} == {"pending"}


def test_every_word_that_a_template_may_speak_of_is_documented() -> None:
    page = (ROOT / "docs" / "letters.md").read_text(encoding="utf-8")
    assert [word for word in VARIABLES if f"`{word}`" not in page] == []


# ── Preview ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_preview_shows_the_next_letter_and_changes_nothing(school: Path) -> None:
    applied(school, ANN, BEN)
    before = rows(school, "outbox"), rows(school, "link")
    shown = ran(school, "outbox", "preview", "--member", "ben@grace.example").out
    assert shown.startswith(
        "To: ben@grace.example\nSubject: Grace Seminary has a seat for you: Logos\n\nDear Ben Okafor,"
    )
    assert f"{PORTAL}/l/grace/PREVIEW" in shown
    assert ran(school, "outbox", "preview", "--letter", "invitation", "--format", "html").out.startswith(
        "<!DOCTYPE html>"
    )
    eml = ran(school, "outbox", "preview", "--limit", "9", "--format", "eml").out
    assert re.findall("^To: .*", eml, re.MULTILINE) == [
        "To: Ruth Abel <ruth@grace.example>",
        "To: Ann Lee <ann@grace.example>",
        "To: Ben Okafor <ben@grace.example>",
    ]
    example = ran(school, "outbox", "preview", "--letter", "removed")
    assert "This is an example" in example.err
    assert "Ann Example" in example.out
    assert (rows(school, "outbox"), rows(school, "link")) == before


@pytest.mark.parametrize("format", ["text", "html", "eml"])
@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_a_preview_where_others_read_along_names_nobody(format: str, school: Path) -> None:
    applied(school, ANN, BEN)
    shown = ran(school, "outbox", "preview", "--limit", "9", "--format", format, "--redact").out
    assert re.search(r"ann|ben\b|ruth|abel|okafor|dana|@grace|@vendor", shown, re.IGNORECASE) is None
    assert "(hidden)" in shown


# ── What servers answer ─────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_refused_for_good_bounces_is_shown_and_tried_again_only_when_asked(
    school: Path, room: Mailroom
) -> None:
    room.at_rcpt = lambda to: f"550 5.1.1 <{to}>: no such user" if to.startswith("ben") else ""
    room.at_data = lambda to: "554 we do not like it" if to.startswith("ann") else ""
    applied(school, ANN, BEN)
    assert sent(school, code=1) == {"sent": 1, "bounced": 2}
    assert sent(school, now=LAST) == {}
    assert {letter["to"]: letter["reply"] for letter in listed(school, "--state", "bounced")} == {
        "ann@grace.example": "554 we do not like it",
        "ben@grace.example": "550 5.1.1 <…>: no such user",
    }
    licenses = json.loads(ran(school, "licenses", "--format", "json").out)
    assert {row["email"]: row["mail"] for row in licenses} == dict.fromkeys(
        ("ann@grace.example", "ben@grace.example"), "bounced"
    )
    members = json.loads(ran(school, "members", "--library", "logos", "--format", "json").out)
    assert [row["mail"] for row in members] == ["", "bounced"]
    ran(school, "verify")

    room.at_rcpt = room.at_data = lambda to: ""
    ran(school, "outbox", "retry", "--member", "ben@grace.example")
    assert sent(school) == {"sent": 1}
    ran(school, "resend", "--library", "books", "--yes")
    assert [row["mail"] for row in json.loads(ran(school, "licenses", "--format", "json").out)] == ["", ""]
    assert sent(school) == {"sent": 1}
    ran(school, "verify")


@pytest.mark.sqlite_only("it is about texts")
@pytest.mark.parametrize(
    ("reply", "address", "kept"),
    [
        ("550 <Ann@Grace.Example>: no ann here", "ann@grace.example", "550 <…>: no … here"),
        ("550 annex of ann", "ann@grace.example", "550 annex of …"),
        ("550 no such user no@grace.example", "no@grace.example", "550 no such user …"),
        ("550 ask postmaster@mx.example, not me", "ann@grace.example", "550 ask …, not me"),
    ],
)
def test_what_is_kept_of_an_answer_names_nobody_and_keeps_its_words(reply: str, address: str, kept: str) -> None:
    assert without_addresses(reply, address) == kept


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_whether_the_invitation_bounced_is_said_whatever_letters_came_after_it(school: Path, room: Mailroom) -> None:
    applied(school, ANN, BEN)
    room.at_rcpt = lambda to: "550 nobody here" if to.startswith("ann") else ""
    sent(school, code=1)
    ran(school, "ledger", "claim", "logos", BEN[0])
    room.at_rcpt = lambda to: "550 nobody here" if to.startswith("ben") else ""
    assert sent(school, code=1) == {"bounced": 1}
    with opened(school) as ledger:
        assert {library for library, _ in bounced(ledger, "grace")} == {"books"}


@pytest.mark.parametrize(("answer", "state"), [("550 no", "cancelled"), ("450 later", "cancelled"), ("", "sent")])
def test_what_is_cancelled_while_it_goes_out_stays_so_unless_it_was_sent(
    answer: str, state: str, school: Path, room: Mailroom
) -> None:
    def cancelled(to: str) -> str:
        with opened(school) as ledger:
            ledger.exec_driver_sql("UPDATE outbox SET state = 'cancelled' WHERE letter = 'invitation'")
        return answer

    applied(school, BEN)
    sent(school, "--limit", "1")
    room.at_rcpt = cancelled
    seatsync("outbox", "send", "--now", DAY, folder=school)
    assert {row["letter"]: row["state"] for row in rows(school, "outbox")} == {
        "admin-welcome": "sent",
        "invitation": state,
    }


def test_what_is_deferred_is_tried_again_at_ever_longer_intervals(school: Path, room: Mailroom) -> None:
    room.at_rcpt = lambda to: "451 4.7.1 greylisted" if to.startswith("ben") else ""
    applied(school, BEN)
    due = []
    for now in ("00:00:00", "00:00:30", "00:01:01", "00:02:00", "00:03:30", "00:20:00"):
        sent(school, code=0 if now in ("00:00:30", "00:02:00") else 1, now=f"{DAY}T{now}Z")
        due.append(listed(school, "--state", "pending")[0]["due_at"][11:16])
    assert due == ["00:01", "00:01", "00:03", "00:03", "00:07", "00:28"]
    room.at_rcpt = lambda to: ""
    assert sent(school, now=f"{DAY}T00:21:00Z") == {"waiting": 1}
    ran(school, "outbox", "retry", "--state", "pending")
    assert sent(school, now=f"{DAY}T00:21:00Z") == {"sent": 1}


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_a_letter_that_no_server_ever_takes_bounces_in_the_end(school: Path, room: Mailroom) -> None:
    room.at_rcpt = lambda to: "451 later" if to.startswith("ben") else ""
    applied(school, BEN)
    with opened(school) as ledger:
        ledger.exec_driver_sql("UPDATE outbox SET attempts = 37")
    assert sent(school, code=1) == {"sent": 1, "bounced": 1}
    assert listed(school, "--state", "bounced")[0]["reply"] == "given up after 38 attempts: 451 later"


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
@pytest.mark.parametrize("when", ["at_rcpt", "at_data", "after"])
@pytest.mark.parametrize("answer", ["421 4.3.2 going down", "break"])
def test_a_connection_that_ends_is_opened_anew_and_the_letter_repeated_under_its_own_name(
    answer: str, when: str, school: Path, room: Mailroom
) -> None:
    troubled = iter(["ann@grace.example"])
    expected = next(troubled)

    def once(to: str) -> str:
        nonlocal expected
        if to != expected:
            return ""
        expected = ""
        return answer

    setattr(room, when, once)
    applied(school, ANN, BEN)
    assert sent(school, code=1) == {"sent": 2, "deferred": 1, "waiting": 1}
    assert sent(school, now=LAST) == {"sent": 1}
    assert Counter(room.to) == {
        "ruth@grace.example": 1,
        "ben@grace.example": 1,
        "ann@grace.example": 1 + (when == "after"),
    }
    assert len(set(room.ids())) == 3
    ran(school, "verify")


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
@pytest.mark.parametrize("when", ["at_rcpt", "at_data"])
@pytest.mark.parametrize(
    "answer",
    ["530 5.7.1 sign in", "534 5.7.9 sign in", "535 5.7.8 no", "538 5.7.11 encrypt", "421 no", "451 no", "break"],
)
def test_a_server_that_fails_for_one_recipient_holds_no_other_letter_up(
    answer: str, when: str, school: Path, room: Mailroom
) -> None:
    setattr(room, when, lambda to: answer if to.startswith("ann") else "")
    applied(school, ANN, BEN)
    assert sent(school, code=1) == {"sent": 2, "deferred": 1, "waiting": 1}
    (held,) = listed(school, "--state", "pending")
    assert (held["to"], held["attempts"], held["due_at"] > held["created_at"]) == ("ann@grace.example", 1, True)
    assert sent(school) == {"waiting": 1}


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
@pytest.mark.parametrize("answer", ["530 5.7.1 sign in", "421 4.3.2 going down", "break"])
def test_a_server_that_fails_for_many_recipients_in_a_row_is_left_alone_and_the_next_run_goes_on_behind_them(
    answer: str, school: Path, room: Mailroom
) -> None:
    room.at_rcpt = lambda to: answer if to.startswith("m") else ""
    applied(school, *crowd(5), BEN)
    first = ran(school, "outbox", "send", code=1)
    assert "fails for one letter after another: " in first.err
    assert Counter(row["attempts"] for row in rows(school, "outbox") if row["state"] == "pending")[1] == 3
    sent(school, code=1)
    assert "ben@grace.example" in room.to
    assert Counter(row["attempts"] for row in rows(school, "outbox") if row["state"] == "pending") == {1: 5}


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_a_server_that_asks_for_a_sign_in_before_any_recipient_stops_the_run(school: Path, room: Mailroom) -> None:
    room.at_mail = "530 5.7.0 Authentication required"
    applied(school, ANN)
    outcome = ran(school, "outbox", "send", code=1)
    assert "530 5.7.0 Authentication required" in outcome.err
    assert "Check user and password in SEATSYNC_SMTP_URL" in outcome.err
    assert {(row["state"], row["attempts"]) for row in rows(school, "outbox")} == {("pending", 0)}


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_one_connection_serves_for_many_letters(school: Path, room: Mailroom) -> None:
    applied(school, *crowd(20))
    sent(school)
    assert (len(room.letters), len(room.sessions)) == (21, 1)


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_a_server_that_is_away_costs_no_letter_an_attempt(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATSYNC_SMTP_URL", f"smtp://127.0.0.1:{free_port()}")
    applied(school, ANN)
    outcome = ran(school, "outbox", "send", code=1)
    assert "cannot be reached" in outcome.err
    assert "2 waiting" in outcome.err
    assert [(row["state"], row["attempts"], row["held_until"]) for row in rows(school, "outbox")] == [
        ("pending", 0, "")
    ] * 2
    assert rows(school, "link") == []


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_a_sender_that_the_server_refuses_stops_the_run_and_no_letter_is_to_blame(school: Path, room: Mailroom) -> None:
    room.at_mail = "553 5.7.1 not yours"
    applied(school, ANN)
    outcome = ran(school, "outbox", "send", code=1)
    assert "accepts no letters from library@grace.example: 553 5.7.1 not yours." in outcome.err
    assert {(row["state"], row["attempts"]) for row in rows(school, "outbox")} == {("pending", 0)}


# ── Encrypted, and signed in ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def served(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


HERE, THERE = "127.0.0.1", "mail.grace.example"


@pytest.mark.sqlite_only("it is about addresses")
@pytest.mark.parametrize(
    ("url", "meant"),
    [
        (f"smtp://{THERE}", (THERE, 25, "starttls", "", "")),
        (f"smtp://{THERE}?starttls=never", (THERE, 25, "none", "", "")),
        (f"smtp://ruth:a%2Fb%40c@{THERE}", (THERE, 587, "starttls", "ruth", "a/b@c")),
        (f"smtp://ruth:a@{THERE}?starttls=never", None),
        (f"smtp://{HERE}:2525", (HERE, 2525, "none", "", "")),
        (f"smtp://{HERE}?starttls=required", (HERE, 25, "starttls", "", "")),
        (f"smtp://ruth:a@{HERE}", (HERE, 587, "starttls", "ruth", "a")),
        (f"smtp://ruth:a@{HERE}?starttls=never", (HERE, 587, "none", "ruth", "a")),
        (f"smtps://ruth:a@{THERE}", (THERE, 465, "tls", "ruth", "a")),
        (f"smtps://ruth:a@{THERE}?starttls=required", None),
        (f"smtp://{THERE}?starttls=maybe", None),
        (f"smtp://{THERE}?tls=required", None),
    ],
)
def test_a_password_goes_over_the_network_only_encrypted(
    url: str, meant: tuple[str, int, str, str, str] | None
) -> None:
    if meant is not None:
        assert Server.parse(url) == Server(*meant)
    else:
        with pytest.raises(BadAddress):
            Server.parse(url)


@pytest.mark.sqlite_only("it is about the mail server")
def test_a_user_signs_in_over_starttls_with_a_certificate_that_is_checked(
    school: Path, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    applied(school, ANN)
    room = Mailroom()

    def failing(url: str, said: str, code: int = 1) -> None:
        monkeypatch.setenv("SEATSYNC_SMTP_URL", url)
        outcome = ran(school, "outbox", "send", code=code)
        assert said in outcome.err
        assert "secret" not in outcome.err
        assert room.letters == []

    with mail_server(room, served(authority, "127.0.0.1")) as port:
        right = f"smtp://ruth:a%20secret%2Fof%20ours@127.0.0.1:{port}"
        failing(right, "The certificate of the mail server")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        failing(right.replace("ours", "theirs"), "rejects the sign-in: 535")
        failing(f"smtp://127.0.0.1:{port}", "530")
        room.at_mail = (
            f"550 {'.' * 285} a secret/of ours"  # a server that repeats the password, where its answer is cut
        )
        failing(right, "... ***")
        room.at_mail = ""
    with mail_server(room, served(authority, "other.example")) as port:
        failing(f"smtp://ruth:secret@127.0.0.1:{port}", "The certificate of the mail server")
    with mail_server(room) as port:
        failing(f"smtp://ruth:secret@127.0.0.1:{port}", "does not offer STARTTLS")
        failing(f"smtps://127.0.0.1:{port}", "cannot be reached")
    failing(
        "smtp://ruth:secret@mail.grace.example?starttls=never", "anybody on the network could read the password", 64
    )
    failing("smtp://ruth:secret@mail.grace.example:x", "SEATSYNC_SMTP_URL", 64)
    failing("imap://ruth:secret@mail.grace.example", "Write SEATSYNC_SMTP_URL as", 64)
    with mail_server(room, served(authority, "127.0.0.1")) as port:
        monkeypatch.setenv("SEATSYNC_SMTP_URL", f"smtp://ruth:a%20secret%2Fof%20ours@127.0.0.1:{port}")
        assert sent(school) == {"sent": 2}
    assert set(room.signed_in) == {b"ruth"}


@pytest.mark.sqlite_only("it is about the command line")
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SEATSYNC_PORTAL_URL", "http://seats.grace.example"),
        ("SEATSYNC_PORTAL_URL", "https://seats.grace.example/?a=b"),
        ("SEATSYNC_MAIL_FROM", "library"),
        ("SEATSYNC_MAIL_FROM", ""),
        ("SEATSYNC_SMTP_URL", ""),
    ],
)
def test_what_is_missing_or_unsafe_is_told_before_anything_is_sent(
    variable: str, value: str, school: Path, room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied(school, ANN)
    monkeypatch.setenv(variable, value)
    assert variable in ran(school, "outbox", "send", code=64).err
    assert room.letters == []


# ── Killed, ended ──────────────────────────────────────────────────────────────────────────────────


def test_what_a_killed_sender_holds_comes_free_after_a_while_or_when_asked(school: Path, room: Mailroom) -> None:
    applied(school, *crowd(5))
    sender = started(school)
    room.victim = sender.pid
    sender.communicate(timeout=60)
    left = Counter(letter["state"] for letter in listed(school))["pending"]
    assert left >= 5
    assert sent(school) == {"waiting": left}
    ran(school, "outbox", "retry", "--state", "pending")
    assert sent(school)["sent"] == left


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_no_more_letters_than_asked_for(school: Path, room: Mailroom) -> None:
    applied(school, *crowd(5))
    assert sent(school, "--limit", "4") == {"sent": 4, "waiting": 2}


class Waits(Event):
    """A stop event that waits without delay and moves the clock instead. ``pauses`` are the requested waits."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.pauses: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.pauses.append(round(timeout, 3))
        self.now += timeout
        return self.is_set()


def send_all(folder: Path, room: Mailroom, tally: Counter[str], limit: int | None = None, **given: Any) -> None:
    """Send a folder's due letters."""
    server = Server.parse(f"smtp://127.0.0.1:{room.port}")
    outage = Outage(0, 0, lambda failure: None, lambda: None)
    shared = {"now": lambda: NOON, "outage": outage, **given}
    sending = Sending(Ledger(location(folder)), "tester", PORTAL, Connection(server), **shared)
    sender = LetterSender(sending, "grace", Templates(folder), Sender("Grace Library", "library@grace.example"))
    Turns(sending, frozenset(Letter), lambda: ["grace"], lambda institution: sender).send(tally, limit)


NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_no_more_letters_a_minute_than_allowed(school: Path, room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    applied(school, *crowd(3))
    stop = Waits()
    monkeypatch.setattr("seatsync.outbox.sender.time", SimpleNamespace(monotonic=lambda: stop.now))

    def slowly(institution: str, letter: OutgoingLetter, said: str) -> None:
        stop.now += 0.3

    send_all(school, room, tally := Counter[str](), rate=150, stop=stop, report=slowly)
    assert (stop.pauses, tally) == ([0.0, 0.1, 0.1, 0.1], {"sent": 4, "cancelled": 0})


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_the_command_is_as_slow_as_it_is_told(school: Path, room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    applied(school, ANN)
    asked = []
    monkeypatch.setattr(Turns, "send", lambda turns, *rest: asked.append(turns.sending.rate))
    ran(school, "outbox", "send", "--rate", "150")
    ran(school, "outbox", "send")
    assert asked == [150, 0]


@pytest.mark.parametrize(("rate", "held"), [(1, 10), (4, 40), (6, 50), (0, 50)])
def test_no_more_letters_are_held_than_can_be_sent_meanwhile(
    rate: int, held: int, school: Path, room: Mailroom
) -> None:
    applied(school, *crowd(55))
    found, stop = [], Event()

    def look(to: str) -> str:
        found.append(sum(row["held_until"] != "" for row in rows(school, "outbox")))
        stop.set()
        return ""

    room.at_rcpt = look
    send_all(school, room, Counter(), limit=60, rate=rate, stop=stop)
    assert found == [held]
    assert {row["held_until"] for row in rows(school, "outbox")} == {""}


def test_a_letter_is_begun_only_if_it_is_held_for_ten_minutes_more(school: Path, room: Mailroom) -> None:
    applied(school, *crowd(4))
    moment, spare = NOON, []

    def look(to: str) -> str:
        nonlocal moment
        until = min(row["held_until"] for row in rows(school, "outbox") if row["held_until"])
        spare.append(datetime.fromisoformat(until) - moment)
        moment += timedelta(minutes=6)
        return ""

    room.at_rcpt = look
    send_all(school, room, tally := Counter[str](), now=lambda: moment)
    assert spare == [timedelta(minutes=minutes) for minutes in (20, 14, 20, 14, 20)]
    assert tally["sent"] == 5


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_a_watching_sender_sends_what_comes_and_ends_at_sigterm_after_the_letter_it_is_at(
    school: Path, room: Mailroom
) -> None:
    applied(school, ANN)
    sender = started(school, "--watch", "--rate", "120")
    _until(lambda: len(room.to) == 2)
    applied(school, ANN, *crowd(30))
    _until(lambda: len(room.to) >= 5)
    sender.send_signal(signal.SIGTERM)
    _, err = sender.communicate(timeout=20)
    assert sender.returncode == 0, err
    states = Counter(letter["state"] for letter in listed(school))
    assert states["sent"] == len(room.to) < 32
    assert {row["held_until"] for row in rows(school, "outbox")} == {""}
    assert re.search("@|Given|Ann", err) is None
    assert sent(school)["sent"] == states["pending"]


def _until(is_so: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


# ── The ledger ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_became_of_letters_and_their_links_moves_with_a_dump(school: Path, room: Mailroom, tmp_path: Path) -> None:
    room.at_rcpt = lambda to: "550 no" if to.startswith("ben") else "451 later" if to.startswith("cy") else ""
    applied(school, ANN, BEN, CY)
    assert sent(school, code=1) == {"sent": 2, "bounced": 1, "deferred": 1, "waiting": 1}
    ran(school, "ledger", "claim", "books", "ann@grace.example")  # the journal records the links
    ran(school, "ledger", "dump", "--out", "grace.jsonl")
    before = rows(school, "outbox"), rows(school, "link")
    ran(school, "ledger", "load", "grace.jsonl", "--ledger", str(tmp_path / "other.db"))
    other = json.loads(ran(school, "outbox", "list", "--format", "json", "--ledger", str(tmp_path / "other.db")).out)
    assert other == listed(school)
    ran(school, "ledger", "dump", "--out", "again.jsonl", "--ledger", str(tmp_path / "other.db"))
    assert (school / "again.jsonl").read_text() == (school / "grace.jsonl").read_text()
    assert (rows(school, "outbox"), rows(school, "link")) == before


def test_links_that_no_entry_of_the_journal_vouches_for_are_not_loaded_and_their_letters_can_be_sent_anew(
    school: Path, room: Mailroom, tmp_path: Path
) -> None:
    """Somebody with a dump could add a link whose token they know, and rebuild the chain of links."""
    applied(school, ANN, BEN)
    sent(school)
    ran(school, "ledger", "claim", "books", "ann@grace.example")
    applied(school, ANN, BEN, CY)
    ran(school, "ledger", "dump", "--out", "grace.jsonl")
    first, *lines = (school / "grace.jsonl").read_text().splitlines()
    number = json.loads(first)["links"]
    forged = json.loads(lines[-1]) | {"hash": "ff" * 32, "number": number + 1}
    (school / "forged.jsonl").write_text(
        "\n".join([json.dumps(json.loads(first) | {"links": number + 1}), *lines, json.dumps(forged), ""])
    )
    other, honest = ("--ledger", str(tmp_path / "other.db")), ("--ledger", str(tmp_path / "honest.db"))
    said = ran(school, "ledger", "load", "forged.jsonl", *other).err
    assert "the personal links of 1 letter were left out" in said
    assert "ff" * 32 not in ran(school, "ledger", "dump", *other).out
    ran(school, "verify", *other)
    assert "left out" not in ran(school, "ledger", "load", "grace.jsonl", *honest).err

    sent(school)  # Cy's invitation, which the journal has not recorded yet
    ran(school, "ledger", "dump", "--out", "later.jsonl")
    later = ("--ledger", str(tmp_path / "later.db"))
    assert "of 1 letter were left out" in ran(school, "ledger", "load", "later.jsonl", *later).err
    ran(school, "verify", *later)
    back = json.loads(ran(school, "outbox", "list", "--state", "bounced", "--format", "json", *later).out)
    assert [letter["to"] for letter in back] == [CY[0]]
    assert "Ready to be sent: 1 letter" in ran(school, "outbox", "retry", *later).err
    ran(school, "outbox", "send", *later)
    assert len({_token(letter) for letter in room.letters if letter["To"].addresses[0].addr_spec == CY[0]}) == 2
    ran(school, "verify", *later)
