"""Untrusted text never becomes a header: files with such text are rejected, and letters make it harmless."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path

import pytest

from seatsync.domain.text.characters import text_fault
from seatsync.outbox.message import Sender, Unwritable, as_sender, new_message
from seatsync.outbox.smtp import Server
from seatsync.portal.web.mailer import Mailer
from tests.cli.test_lists import write_csv
from tests.outbox.test_outbox import overriding
from tests.support import letters
from tests.support.databases import opened
from tests.support.letters import ANN, BEN, CONFIG, CY, HEADER, applied, listed, part, ran, sent
from tests.support.mail_server import Mailroom

pytestmark = pytest.mark.slow

school, room = letters.school, letters.room

CODE = "=?utf-8?q?X=0D=0AReply-To:_evil=40evil.example=0D=0A=0D=0ABody?="
BASE64 = "=?UTF-8?B?WA0KQmNjOiBldmlsQGV2aWwuZXhhbXBsZQ==?="
ENCODED = {
    "quoted": CODE,
    "base64": BASE64,
    "in the middle": f"Bible {CODE} Study",
    "glued": f"Bible{CODE}Study",
    "with a language": "=?us-ascii*en?Q?X=0D=0ABcc:_e?=",
    "an unknown charset": "=?x?q?X=0D=0ABcc:_e?=",
    "no charset": "=??q?X=0D=0ABcc:_e?=",
    "never closed": "=?utf-8?q?X=0D=0ABcc:_e",
    "folded": "=?utf-8?q?X=0D=0A\n Bcc:_e?=",
    "split over words": "=?utf-8 ?q ?X=0D=0ABcc:_e?=",
}
OURS = {
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Auto-Submitted",
    "Date",
    "Message-ID",
    "List-Unsubscribe",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
}


def shown(raw: bytes, header: str) -> str:
    """Return a header of the sent mail as a mail program shows it."""
    return str(make_header(decode_header(" ".join(message_from_bytes(raw)[header].split("\r\n ")))))


# ── Refused in the files ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", ENCODED)
def test_an_encoded_word_is_found_in_whatever_form(how: str) -> None:
    assert text_fault(" ".join(ENCODED[how].split())) is not None


@pytest.mark.parametrize("text", ["What is 1+1=?", "a=?b", "Who=?What?", "Is it =? q?", "Çağla", "Dr. Ann Lee"])
def test_what_only_looks_a_little_like_one_is_a_name(text: str) -> None:
    assert text_fault(text) is None


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x9f", "\u061c", "\u200e", "\u202e", "\u2066"])
def test_a_control_or_a_sign_of_direction_is_found(character: str) -> None:
    assert text_fault(f"Ann{character}Lee") is not None


IN_CONFIG = {
    "name: Grace Seminary": ("name: %s", "institution.name"),
    "title: Biblical Studies": ("title: %s", "libraries.books.title"),
    "name: Dana Fox": ("name: %s", "institution.contacts.name"),
    "role: Customer Success": ("role: %s", "institution.contacts.role"),
    "given_name: Ruth": ("given_name: %s", "institution.admins.given_name"),
    "family_name: Abel": ("family_name: %s", "institution.admins.family_name"),
    "limits: {": ("mail: {name: %s}\nlimits: {", "mail.name"),
}


@pytest.mark.parametrize("place", IN_CONFIG)
@pytest.mark.sqlite_only("it is about files")
def test_seatsync_yaml_with_an_encoded_word_is_refused_at_its_place(place: str, school: Path) -> None:
    hostile = CONFIG.replace(place, IN_CONFIG[place][0] % json.dumps(CODE))
    (school / "seatsync.yaml").write_text(hostile)
    write_csv(school / "members.csv", HEADER, ANN)
    found = json.loads(ran(school, "validate", "--format", "json", code=3).out)
    (finding,) = [one for one in found if one["severity"] == "error"]
    line = next(number for number, text in enumerate(hostile.splitlines(), 1) if "=?" in text)
    assert (finding["source"]["file"], finding["source"]["line"]) == ("seatsync.yaml", line)
    assert "=?utf-8?q?" in finding["message"]
    assert "mail programs" in finding["message"]


ROSTERS = {
    "given name": [["eve@grace.example", CODE, "Fox", "student"]],
    "family name": [["eve@grace.example", "Eve", BASE64, "student"]],
    "over two names": [["eve@grace.example", "=?utf-8?q", "?X=0D=0ABcc:_e?=", "student"]],
    "not plain": [["eve@grace.example", "Évé", CODE, "student"]],
    "among many": [*letters.crowd(300), ["eve@grace.example", CODE, "Fox", "student"], *letters.crowd(300)[:0]],
}


@pytest.mark.parametrize("how", ROSTERS)
@pytest.mark.parametrize("kind", ["csv", "yaml"])
@pytest.mark.sqlite_only("it is about files")
def test_a_roster_with_an_encoded_word_is_refused_at_its_place(how: str, kind: str, school: Path) -> None:
    if kind == "csv":
        write_csv(school / "members.csv", HEADER, *ROSTERS[how])
        line = len(ROSTERS[how]) + 1
    else:
        rows = [dict(zip(HEADER, [*row[:3], [row[3]]], strict=True)) for row in ROSTERS[how]]
        (school / "members.yaml").write_text("".join(f"- {json.dumps(row)}\n" for row in rows))
        (school / "seatsync.yaml").write_text(CONFIG.replace("members.csv", "members.yaml"))
        line = len(rows)
    found = json.loads(ran(school, "validate", "--format", "json", code=3).out)
    (finding,) = [one for one in found if one["severity"] == "error"]
    assert (finding["source"]["file"], finding["source"]["line"]) == (f"members.{kind}", line)
    assert "mail programs" in finding["message"]
    ran(school, "plan", code=3)


def test_a_row_that_is_added_later_is_refused_as_well(school: Path) -> None:
    applied(school, *letters.crowd(50))
    write_csv(school / "members.csv", HEADER, *letters.crowd(50), ["eve@grace.example", CODE, "Fox", "student"])
    assert "members.csv:52" in ran(school, "plan", code=3).err


@pytest.mark.sqlite_only("it is about files")
def test_a_new_folder_and_a_sender_are_given_no_such_name(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran(school, "init", "new", "--name", CODE, code=64)
    ran(school, "init", "new", "--admin", f"Ruth {CODE} <ruth@grace.example>", code=64)
    for name in (CODE, "Grace\x1b[2J", "Grace\u202e"):
        assert isinstance(as_sender(f"{name} <library@grace.example>"), str)
    applied(school, ANN)
    monkeypatch.setenv("SEATSYNC_MAIL_FROM", f"{CODE} <library@grace.example>")
    monkeypatch.setenv("SEATSYNC_SMTP_URL", "smtp://127.0.0.1:9")
    assert "SEATSYNC_MAIL_FROM" in ran(school, "outbox", "send", code=64).err
    monkeypatch.setenv("SEATSYNC_MAIL_FROM", "Grace <library@grace.example>")
    for url in ("https://seats.grace.example/=?", "https://seats.grace.example/a>,<b", "https://bücher.example"):
        monkeypatch.setenv("SEATSYNC_PORTAL_URL", url)
        assert "SEATSYNC_PORTAL_URL" in ran(school, "outbox", "send", code=64).err


# ── Harmless in a letter ────────────────────────────────────────────────────────────────────────────────────────────


def planted(folder: Path, text: str) -> None:
    """Write ``text`` to every place in the ledger that gets into a header, as an older version might have done."""
    with opened(folder) as ledger:
        for table, column in (
            ("library", "title"),
            ("institution", "name"),
            ("member", "given_name"),
            ("member", "family_name"),
            ("admin", "given_name"),
            ("admin", "family_name"),
        ):
            literal = text.replace("'", "''").replace("%", "%%")
            ledger.exec_driver_sql(f"UPDATE {table} SET {column} = '{literal}'")


LITERAL = {how: text for how, text in ENCODED.items() if how != "folded"} | {
    "long": f"{'a' * 60} {CODE} {'b' * 60} {CODE}",
    "twice": f"{CODE} {CODE}",
    "beyond ASCII": f"Çağla {CODE}",
    "in quotes": f'"{CODE}" <evil@evil.example>, x: y;',
}


@pytest.mark.parametrize("how", LITERAL)
@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_an_encoded_word_in_the_ledger_arrives_as_the_text_that_it_is(how: str, school: Path, room: Mailroom) -> None:
    text = LITERAL[how]
    applied(school, ANN)
    planted(school, text)
    assert sent(school) == {"sent": 2}
    assert room.to == ["ruth@grace.example", "ann@grace.example"]
    welcome, invitation = room.letters
    for letter, raw, to in zip(room.letters, room.raw, room.to, strict=True):
        assert set(letter.keys()) <= OURS
        assert len(letter.keys()) == len(set(letter.keys()))
        assert letter["Reply-To"] is None
        assert str(letter["From"]) == "Grace Library <library@grace.example>"
        assert [address.addr_spec for address in letter["To"].addresses] == [to]
        assert shown(raw, "To") == f"{text} {text} <{to}>"
        assert max(map(len, raw.split(b"\r\n"))) < 200
        assert part(letter, "plain").strip()
    assert welcome["Subject"] == f"You are now an administrator of {text}"
    assert invitation["Subject"] == f"{text} has a seat for you: {text}"
    assert shown(room.raw[1], "Subject") == f"{text} has a seat for you: {text}"
    assert invitation["List-Unsubscribe"].startswith(f"<{letters.PORTAL}/l/grace/")


@pytest.mark.parametrize(
    "character", ["\x85", "\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\n", "\r\n", "\u202e", "\x1b"]
)
@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_a_control_in_the_ledger_neither_ends_a_header_nor_is_in_one(
    character: str, school: Path, room: Mailroom
) -> None:
    applied(school, ANN)
    planted(school, f"A{character}Bcc: evil@evil.example")
    assert sent(school) == {"sent": 2}
    for letter in room.letters:
        assert set(letter.keys()) <= OURS
        headers = letter["Subject"] + str(letter["To"])
        assert "A" in headers
        assert headers.isprintable()


SUBJECTS = {
    "as it is": CODE,
    "put together": "{{ '=' }}{{ '?utf-8' }}{{ '?q?X=0D=0ABcc:_e?' }}{{ '=' }}",
    "with what it is given": "=?utf-8?q?{{ given_name }}?=",
    "with controls": "A{{ '\\x0b\\x85\\u2028Bcc: e@evil.example' }}{{ '\\u202e\\x00' }}B",
    "very long": "{% for i in range(900) %}=?utf-8?q?X?={% endfor %}",
}


@pytest.mark.parametrize("how", SUBJECTS)
@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_a_template_s_subject_arrives_as_the_text_that_it_is(how: str, school: Path, room: Mailroom) -> None:
    overriding(school, "invitation.txt.jinja", f"{SUBJECTS[how]}\n\nHallo\n{{{{ link }}}}")
    applied(school, ANN)
    assert sent(school) == {"sent": 2}
    letter = room.letters[1]
    assert set(letter.keys()) <= OURS
    assert letter["Subject"].isprintable()
    assert "Hallo" in part(letter, "plain")
    assert {
        "as it is": CODE,
        "put together": "=?utf-8?q?X=0D=0ABcc:_e?=",
        "with what it is given": "=?utf-8?q?Ann?=",
        "with controls": "A Bcc: e@evil.example\\u202e\\u0000B",
    }.get(how, letter["Subject"]) == letter["Subject"]


def test_a_mail_of_the_pages_is_built_by_the_same(room: Mailroom) -> None:
    mailer = Mailer(Server.parse(f"smtp://127.0.0.1:{room.port}"), Sender(f"Grace {CODE}", "library@grace.example"))
    mailer.start()
    mailer.send("ann@home.example", f"{CODE} is your code\r\nBcc: e@evil.example", "Text")
    mailer.send("ann@@home.example", "no address", "Text")
    mailer.send("ben@home.example", "half a character", "\ud800")
    mailer.send("cy@home.example", "0000 0000 is your code", "Text")
    mailer.stop()
    assert room.to == ["ann@home.example", "cy@home.example"]
    letter = room.letters[0]
    assert set(letter.keys()) <= OURS
    assert letter["Subject"] == f"{CODE} is your code Bcc: e@evil.example"
    assert shown(room.raw[0], "From") == f"Grace {CODE} <library@grace.example>"


@pytest.mark.parametrize(
    "address", ["", "ann", "ann@@x", "a b@x.example", "<a@x.example>", "a@x.example\nBcc: e@x", f"{CODE}@x.example"]
)
def test_to_what_is_no_address_no_message_is_made(address: str) -> None:
    with pytest.raises(Unwritable):
        new_message(Sender("Grace", "library@grace.example"), "Ann", address, "Hallo")
    with pytest.raises(Unwritable):
        new_message(Sender("Grace", "library@grace.example", address or "x"), "Ann", "ann@grace.example", "Hallo")


# ── One letter stops no other ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{{ contacts[7].name }}", "UndefinedError"),
        ("{{ '\\ud800' }}", "UnicodeEncodeError"),
        ("{% for i in range(99999) %}{{ 'x' * 99999 }}{% endfor %}", "characters"),
        ("{% for i in range(99999) %}{% for i in range(99999) %}{% endfor %}{% endfor %}", "seconds"),
    ],
)
@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_a_letter_that_a_template_can_not_write_holds_no_other_up(
    fault: str, said: str, school: Path, room: Mailroom
) -> None:
    faulty = "Hallo\n\n{{ link }}\n{% if given_name == 'Ben' %}\n" + fault + "\n{% endif %}"
    overriding(school, "invitation.txt.jinja", faulty)
    applied(school, ["a@grace.example", "Ada", "B", "student"], BEN, ["z@grace.example", "Zoe", "B", "student"], CY)
    assert "letters/invitation.txt.jinja:5" in ran(school, "outbox", "preview", "--limit", "9", code=3).err
    assert sent(school, code=1) == {"sent": 4, "bounced": 1}
    assert "ben@grace.example" not in room.to
    (bounced,) = listed(school, "--state", "bounced")
    assert bounced["to"] == "ben@grace.example"
    assert "letters/invitation.txt.jinja:5" in bounced["reply"]
    assert said in bounced["reply"]
    overriding(school, "invitation.txt.jinja", "Hallo\n\n{{ link }}")
    ran(school, "outbox", "retry")
    assert sent(school) == {"sent": 1}
    ran(school, "verify")


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_a_preview_shows_the_others_as_well(school: Path) -> None:
    faulty = "Hallo {{ given_name }}\n\n{{ link }}\n{% if given_name == 'Ben' %}{{ 1 / 0 }}{% endif %}"
    overriding(school, "invitation.txt.jinja", faulty)
    applied(school, BEN, ["z@grace.example", "Zoe", "B", "student"])
    with opened(school) as ledger:
        ledger.exec_driver_sql("UPDATE admin SET email = 'ruth@@grace', key = 'ruth@@grace'")
        ledger.exec_driver_sql("UPDATE outbox SET address = 'ruth@@grace' WHERE member = 0")
    shown = ran(school, "outbox", "preview", "--limit", "9", "--format", "eml", code=3)
    assert "Subject: Hallo Zoe" in shown.out
    assert "letters/invitation.txt.jinja:4" in shown.err
    assert "cannot be used in an e-mail" in shown.err


@pytest.mark.sqlite_only("it is about letters and servers, not about the ledger")
def test_a_server_that_refuses_an_international_address_at_once_is_no_refusal_of_the_sender(
    school: Path, room: Mailroom
) -> None:
    room.at_smtputf8 = "553 5.6.7 not here"
    applied(school, ["jürgen@grace.example", "Jürgen", "Ö", "student"], BEN)
    assert sent(school, code=1) == {"sent": 2, "bounced": 1}
    assert listed(school, "--state", "bounced")[0]["reply"] == "553 5.6.7 not here"
