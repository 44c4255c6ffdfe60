"""Properties that hold for any input, tested with Hypothesis."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from unicodedata import normalize
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.person import Person
from seatsync.domain.text.characters import clean, forbidden, printable
from seatsync.domain.text.emails import email_fault, email_key
from seatsync.domain.text.guesses import one_letter_off
from seatsync.domain.text.tags import join_tags, split_tags
from seatsync.reports.terminal import Terminal
from seatsync.reports.writer import Pipe
from seatsync.sources import yaml_tree
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import load
from seatsync.sources.rosters import table_reader
from seatsync.sources.rosters.members import RosterReader
from seatsync.sources.rosters.read import read_rows
from seatsync.sources.rosters.yaml_members import read_yaml

CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 9}}
rosters: [{path: members.csv}, {path: members.yaml}]
grants: [{library: books, kind: temporary, to: {everyone: true}}, {path: grants.csv}]
"""
names = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=12).filter(
    lambda name: not forbidden(name)
)


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text(max_size=10))
@example("STRASSE@GRACE.EXAMPLE")
@example("İ@grace.example")
@example("ΝΊΚΟΣ@grace.example")
def test_an_email_key_is_its_own_key_and_keeps_no_case_and_no_spelling(text: str) -> None:
    key = email_key(text)
    assert email_key(key) == key == key.lower()
    assert email_key(text.lower()) == email_key(normalize("NFD", text)) == key
    assert email_key(text.upper()) == key or not text.isascii()


def test_an_email_key_tells_letters_apart_that_only_sound_alike() -> None:
    assert email_key("straße@grace.example") != email_key("strasse@grace.example")


@given(st.text())
def test_what_is_shown_obeys_no_terminal(text: str) -> None:
    assert not forbidden(printable(text, len(text)))
    assert "\n" not in printable(text, len(text))


@given(st.text("abé1", min_size=4, max_size=8), st.integers(0, 6), st.sampled_from(["dropped", "changed", "swapped"]))
def test_being_one_letter_off_goes_both_ways(one: str, at: int, how: str) -> None:
    at %= len(one) - 1
    two = one[at : at + 2]
    other = one[:at] + {"dropped": two[1:], "changed": "x" + two[1:], "swapped": two[::-1]}[how] + one[at + 2 :]
    assert one_letter_off(one, other) == one_letter_off(other, one)
    assert one_letter_off(one, other) or one == other or "1" in one
    assert not one_letter_off(one, one)


@given(st.sets(names.map(clean).filter(lambda tag: tag and ";" not in tag)))
def test_tags_come_apart_as_they_were_joined(tags: set[str]) -> None:
    assert set(split_tags(join_tags(tags))) == tags


@given(
    st.lists(st.tuples(names, names, names).filter(lambda row: all(map(clean, row[:2]))), max_size=6),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_members_are_read_from_a_csv_as_they_were_written(
    rows: list[tuple[str, str, str]], delimiter: str, newline: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=newline)
    writer.writerow(["email", "given_name", "family_name", "role"])
    for number, (first, last, role) in enumerate(rows):
        writer.writerow([f"m{number}@grace.example", first, last, role])
    reader = RosterReader("members.csv", [], [])
    read_rows(text.getvalue(), reader)
    assert reader.found == []
    assert [(m.given_name, m.family_name, m.role) for m in reader.members] == [tuple(map(clean, row)) for row in rows]


SOUND = ["a@g.example", "b@g.example", "C@g.example", "Ann", "S1", "S2", "x;y", ""]
FAULTY = [
    "c@G.example",
    "a@@g.example",
    "a..b@g.example",
    "é@g.example",
    "Zoë",
    " Ann",
    "1.2E+11",
    "#REF!",
    "Ann|",
    "imported:x",
]
FAULTY += ["e\u202em", "two\nlines", "two  blanks", "x;;y", '"', "ChloÃ©", "|"]


@given(
    st.lists(
        st.lists(st.one_of(st.sampled_from(SOUND), st.sampled_from(SOUND + FAULTY)), min_size=1, max_size=6), max_size=9
    ),
    st.sampled_from([("participant", "Participant", ""), ("participant",), ()]),
    st.sampled_from([1, 2, 5_000]),
)
@example([["a@g.example", "Ann", "Lee", "1.2E+11"]], (), 5_000)
@example([["a@g.example", "Ann", "Lee", "S1", "", "imported:x"]], (), 5_000)
@example([["a@g.example", "Ann", "Lee", "S1"], ["b@g.example", "Ann", "Lee", "S1"]], (), 1)
@example([["a@g.example", "Ann", "Lee", "S1"], ["A@g.example", "Ann", "Lee", "S2"]], (), 1)
@settings(max_examples=500)
def test_rows_are_read_at_once_as_they_are_read_one_by_one(
    table: list[list[str]], types: tuple[str, ...], at_a_time: int
) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["email", "First name", "Last name", "type"] if types else Person._fields)
    width = 3 if types else len(Person._fields)
    for number, row in enumerate(table):
        sound = [f"m{number}@grace.example", "Ann", "Lee", "", "", ""]
        writer.writerow([*(row + sound[len(row) :])[:width], *types[number % len(types or "-") :][:1]])
    at_once, one_by_one = (RosterReader("members.csv", ["here"], []) for _ in range(2))
    with mock.patch.object(table_reader, "_AT_ONCE", at_a_time):
        read_rows(text.getvalue(), at_once)
    with mock.patch.object(RosterReader, "take_plain", return_value=False):
        read_rows(text.getvalue(), one_by_one)
    assert vars(at_once) == vars(one_by_one)


@pytest.mark.parametrize(
    "wrong",
    [
        "email: ann@@grace.example, given_name: Ann, family_name: Lee",
        "email: ann@grace.example, given_name: Ann, family_name: ''",
        "email: ann@grace.example, given_name: [Ann], family_name: Lee",
        "email: ann@grace.example, given_name: Ann, familynam: Lee",
        "email: ann@grace.example, given_name: Ann, family_name: Lee, student_id: '#REF!'",
        "email: ann@grace.example, given_name: Ann, family_name: Lee, tags: ['imported:x']",
        "email: ann@grace.example, given_name: Ann, family_name: Lee, tags: [[a]]",
    ],
)
def test_who_has_a_mistake_is_among_the_members_of_no_file(wrong: str) -> None:
    reader = RosterReader("members.yaml", [], [])
    read_yaml(f"- {{{wrong}}}\n- {{email: ben@grace.example, given_name: Ben, family_name: Ode}}\n", reader)
    assert [member.email for member in reader.members] == ["ben@grace.example"]
    assert reader.found


@pytest.mark.parametrize(
    ("text", "is_too_much"),
    [
        ("[" * 60 + "]" * 60, False),
        ("[" * 61 + "]" * 61, True),
        (f"- &a [{'x, ' * 999}]\n" + "- *a\n" * 1_000, False),  # a million values through aliases
        (f"- &a [{'x, ' * 999}]\n" + "- *a\n" * 1_000 + "- &b x\n- *b\n", True),
        (f"- &a {{k: [{'x, ' * 998}]}}\n" + "- *a\n" * 1_000, False),
        (f"- &a {{k: [{'x, ' * 998}]}}\n" + "- *a\n" * 1_001, True),
    ],
    ids=["60 deep", "61 deep", "aliases of a list", "and one", "aliases of a mapping", "one more of them"],
)
def test_yaml_may_be_as_deep_and_stand_for_as_much_as_is_said_and_no_more(text: str, is_too_much: bool) -> None:
    found: list[Diagnostic] = []
    assert (yaml_tree.parse(text, "members.yaml", found) is None) == is_too_much
    assert [one.code for one in found] == ["yaml-unsupported"] * is_too_much


@given(st.text(st.sampled_from("email,given_name;\n\r\"' :-{}[]&*<#|>!%@\t\\0123é"), max_size=200))
@settings(max_examples=300)
def test_no_text_makes_a_roster_reader_fail(text: str) -> None:
    for read in (read_rows, read_yaml):
        reader = RosterReader("members", [], [])
        read(text, reader)
        assert all(diagnostic.origin is not None and diagnostic.help for diagnostic in reader.found)


@given(
    st.sampled_from(["seatsync.yaml", "members.csv", "members.yaml", "grants.csv"]),
    st.integers(0, 400),
    st.binary(max_size=12),
)
@settings(max_examples=200)
def test_no_damage_to_a_file_makes_loading_fail(name: str, position: int, damage: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = {
            "seatsync.yaml": CONFIG,
            "members.csv": "email,given_name,family_name\nann@grace.example,Ann,Lee\n",
            "members.yaml": "- {email: bo@grace.example, given_name: Bo, family_name: Ek, tags: [a, b]}\n",
            "grants.csv": "library,email,kind,until\nbooks,ann@grace.example,permanent,\n",
        }
        for path, text in files.items():
            (Path(folder) / path).write_text(text, encoding="utf-8")
        data = files[name].encode()
        (Path(folder) / name).write_bytes(data[:position] + damage + data[position + len(damage) :])
        loaded = load(InstitutionFolder.open(Path(folder)), datetime(2026, 9, 1, tzinfo=UTC))
        assert (loaded.desired is None) == any(d.severity is Severity.ERROR for d in loaded.found)


@given(st.emails(domains=st.sampled_from(["grace.example", "sub.grace.example"])))
def test_plain_addresses_are_taken(email: str) -> None:
    assert email_fault(email) is None or any(sign in email for sign in '()[]<>\\,;:"') or ".." in email


CELLS = st.text(st.sampled_from("ab é漢字🙂-→1,\t\x1b"), max_size=8).map(str.strip)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=5), st.booleans(), st.sampled_from([0, 4]))
@settings(max_examples=200)
@example([("", "", ""), ("a", "", "")], False, 0)
def test_a_pipe_has_the_same_table_as_a_terminal(rows: list[tuple[str, str, str]], headed: bool, indent: int) -> None:
    headers, right = (("email", "slots", "tags"), ("slots",)) if headed else ((), ())
    pipe, terminal = io.StringIO(), io.StringIO()
    Pipe(pipe).table(rows, headers, right, indent=indent)
    Terminal(terminal, no_color=True).table(rows, headers, right, ("", "", ""), indent=indent)
    assert pipe.getvalue() == terminal.getvalue()
