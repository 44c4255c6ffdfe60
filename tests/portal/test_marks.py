"""Combining marks: normalizing thousands of them takes quadratic time, and blocks all threads."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from unicodedata import combining

import pytest

from seatsync.domain.text.characters import clean, text_fault
from seatsync.domain.text.emails import email_fault, email_key
from tests.support import letters
from tests.support.command_line import seatsync
from tests.support.mail_server import Mailroom
from tests.support.pages import pages_of

school, room = letters.school, letters.room

MANY = "a" + "\u0345" * 60_000 + "\u0300" * 60_000 + "\u0323" * 60_000
SECONDS = 10
"""Processor seconds allowed for what used to take minutes."""


def test_no_text_takes_long_to_be_compared() -> None:
    began = time.process_time()
    for text in (MANY, f"{MANY}@x.example", f"x@{MANY}.example", "é" * 300_000, "\u0301" * 300_000):
        clean(text)
        email_key(text)
        assert email_fault(text)
        text_fault(text)
    assert time.process_time() - began < SECONDS


def test_every_mark_that_is_put_in_order_is_counted() -> None:
    marks = [sign for sign in map(chr, range(sys.maxunicode + 1)) if combining(sign)]
    assert [sign for sign in marks if text_fault("a" + sign * 31) is None] == []


def test_names_as_people_write_them_are_composed_and_no_fault() -> None:
    assert clean("Zoe\u0308  d\u2019Aze\u0301") == "Zoë d\u2019Azé"
    assert text_fault(clean("Nguye\u0302\u0303n \u0928\u0947\u0939\u093e \u05e9\u05b8\u05dc\u05d5\u05b9\u05dd")) is None
    assert text_fault("— " + "—" * 40 + "📚" * 40) is None


@pytest.mark.parametrize("column", ["given_name", "student_id", "tags"])
def test_a_roster_with_such_a_value_is_read_at_once(tmp_path: Path, column: str) -> None:
    config = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 9}}
rosters: [{path: members.csv}]
"""
    (tmp_path / "seatsync.yaml").write_text(config, encoding="utf-8")
    row = {
        "email": "a@grace.example",
        "given_name": "A",
        "family_name": "B",
        "student_id": "1",
        "tags": "x",
        column: MANY[:1] + MANY[50_000:70_000] + MANY[-30_000:],
    }
    (tmp_path / "members.csv").write_text(f"{','.join(row)}\n{','.join(row.values())}\n", encoding="utf-8")
    began = time.process_time()
    told = seatsync("validate", folder=tmp_path)
    assert time.process_time() - began < SECONDS
    assert (told.code, "more than 30 accents on one character" in told.out) == (3, True), told


def test_a_form_with_such_a_value_is_answered_at_once(school: Path, room: Mailroom) -> None:
    letters.applied(school, letters.ANN)
    with pages_of(school, room, room.port) as pages:
        browser = pages.browser()
        browser.open("/sign-in")
        began = time.process_time()
        answer = browser.press("Sign in", email=MANY, password="x")
        assert time.process_time() - began < SECONDS
        assert "This is not a valid e-mail address" in answer.text
