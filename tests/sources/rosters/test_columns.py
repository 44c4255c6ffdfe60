"""Every case of ``columns.yaml``: the text of a file, what its entry says, and who is read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seatsync.domain.person import Person, person_of
from seatsync.domain.text.characters import clean, decoded_twice
from seatsync.formats.roster_entry import RosterEntry
from seatsync.sources.files import NAME, Folder
from seatsync.sources.one_roster import read_one
from seatsync.sources.rosters.files import RosterFile, how_to_read, read_content
from seatsync.sources.rosters.how import PLAIN
from seatsync.sources.rosters.meaning.presence_words import ACTIVE, BLOCKED, GONE, HERE, LEFT, NO, YES
from seatsync.sources.rosters.meaning.spellings import SPELLINGS
from seatsync.sources.rosters.members import RosterReader
from seatsync.sources.rosters.read import read_rows
from seatsync.sources.rosters.told import in_detail, left_out, notices
from tests.sources.tables.workbooks import rows, text, xlsx
from tests.support.command_line import seatsync

CASES = yaml.load((Path(__file__).parent / "columns.yaml").read_text(encoding="utf-8"), yaml.SafeLoader)

DAY = datetime(2026, 9, 1, tzinfo=UTC)


def read(text: str, entry: dict[str, Any]) -> RosterReader:
    """Read a text as the roster of this entry."""
    model = RosterEntry.model_validate({"path": "r.csv", **entry})
    folder = Folder(Path())
    reader = RosterReader("r.csv", [], folder.found, how_to_read(model, PLAIN.place, DAY.date()))
    read_content(text, RosterFile(folder, reader, None, PLAIN.place(), model.sheet))
    return reader


def says(wanted: str, said: str) -> bool:
    return wanted[1:] in said if wanted.startswith("~") else wanted == said


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_a_roster_as_schools_have_it(case: dict[str, Any]) -> None:
    reader = read(case["text"], case.get("entry", {}))
    found = [(one.severity.value, one.code, one.message, one.help) for one in reader.found]
    wanted = case.get("found", [])
    assert len(found) == len(wanted), found
    for (severity, code, fact), (is_severe, has_code, message, help) in zip(wanted, found, strict=True):
        assert (severity, code) == (is_severe, has_code)
        assert says(fact, f"{message} {help}")
    if not wanted:
        assert [[*person_of(member)] for member in reader.members] == case["members"]
    if "help" in case:
        assert says(case["help"], found[0][3])
    if "places" in case:
        assert [one.origin.file for one in reader.found if one.origin] == case["places"]
    assert reader.left.because == case.get("left", {})
    assert {member.email: member.ends for member in reader.members if member.ends} == case.get("ends", {})
    if "unread" in case:
        assert [line.split()[0] for line in in_detail(reader) if line.endswith("  not read")] == case["unread"]
    if "never_said" in case:
        told = [*reader.found, *left_out(reader), *notices(reader)]
        assert not any(case["never_said"] in f"{one.message} {one.help}" for one in told)


# ── Any table in any spelling ─────────────────────────────────────────────────────────────────────────────────────────

_VALUE = {
    "email": st.integers(0, 999_999).map(lambda number: f"m{number}@g.example"),
    "student_id": st.integers(1, 999_999).map(lambda number: f"S{number:06}"),
    "tags": st.sampled_from(["", "x", "x;y", "mdiv"]),
}
_ANYHOW: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.lower,
    lambda name: name.replace(" ", "_"),
    lambda name: f" {name} ",
)
_ENCODINGS = {
    "utf-8": None,
    "utf-8-sig": None,
    "utf-16": None,
    "utf-16-le": "utf-16-le",
    **{name: name for name in ("windows-1252", "windows-1250", "windows-1251", "mac_roman", "koi8_u")},
    **{name: name for name in ("shift_jis", "gb18030", "euc_kr", "big5")},
}
"""How a file is encoded → what its entry says of that."""


_NOT_BACK = "\u3164"
"""A letter that EUC-KR has, but Python does not read back."""


class _File(NamedTuple):
    """A file as a program writes it, and what it says of each person, in the order of ``fields``."""

    data: bytes
    encoding: str | None
    fields: list[str]
    rows: list[list[str]]


@st.composite
def _files(draw: st.DrawFn) -> _File:
    codec = draw(st.sampled_from([*_ENCODINGS]))
    fields = ["email", "given_name", "family_name", *draw(st.sets(st.sampled_from(["student_id", "role", "tags"])))]
    fields = draw(st.permutations(fields))
    header = [draw(st.sampled_from(_ANYHOW))(draw(st.sampled_from(_spellings(field, codec)))) for field in fields]
    letters = st.characters(codec=codec, categories=["L", "Nd"], max_codepoint=0xFFFF, exclude_characters=_NOT_BACK)
    text = st.text(letters, min_size=1, max_size=8)
    words = {"given_name": text.map("A{}".format), "family_name": text.map("B{}".format), "role": text | st.just("")}
    key = st.tuples(*((_VALUE | words)[field] for field in fields)).map(list)
    unique = tuple(itemgetter(fields.index(field)) for field in ("email", "student_id") if field in fields)
    rows = draw(st.lists(key, min_size=1, max_size=5, unique_by=unique))
    written = io.StringIO(newline="")
    csv.writer(
        written,
        delimiter=draw(st.sampled_from(",;\t|")),
        lineterminator=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
    ).writerows([header, *rows])
    data = written.getvalue().encode(codec)
    assume(_ENCODINGS[codec] is None or data.isascii() or not _is_valid(data))  # such a file is read as UTF-8, and told
    return _File(data, _ENCODINGS[codec], fields, rows)


@cache
def _spellings(field: str, codec: str) -> list[str]:
    """The names of a field's columns that can be written in the encoding, in capitals too."""
    return [
        name
        for ranks in SPELLINGS[field]
        for name in ranks
        if name.upper().encode(codec, "replace").decode(codec) == name.upper()
        and name.encode(codec, "replace").decode(codec) == name
    ]


def _is_valid(data: bytes) -> bool:
    try:
        return bool(data.decode())
    except UnicodeDecodeError:
        return False


@given(_files())
@settings(max_examples=300)
def test_any_table_is_read_back_equal_in_any_encoding_order_language_and_dialect(file: _File) -> None:
    folder = Folder(Path())
    reader = RosterReader("r.csv", [], folder.found)
    read_rows(folder.text_of(file.data, "r.csv", file.encoding) or "", reader)
    blank = dict.fromkeys(Person._fields, "")
    people = [Person(**blank | dict(zip(file.fields, map(clean, row), strict=True))) for row in file.rows]
    errors = [one for one in reader.found if one.severity.value == "error"]
    assert (errors, [Person(*person_of(member)) for member in reader.members]) == ([], people)


# ── Who has left, in the languages of schools ──────────────────────────────────────────────────────────────────────────

ASKED = [
    ("Austrittsgrund", "Umzug"),
    ("Verstorben", "ja"),
    ("Gesperrt bis heute", "ja"),
    ("Noch aktiv", "nein"),
    ("Motif de sortie", "déménagement"),
    ("Élève radié", "oui"),
    ("Compte bloqué", "oui"),
    ("Motivo de baja", "traslado"),
    ("Alumno retirado", "sí"),
    ("Cuenta bloqueada", "sí"),
    ("Motivo da saída", "mudança"),
    ("Aluno desistente", "sim"),
    ("Conta suspensa", "sim"),
    ("Reden van vertrek", "verhuisd"),
    ("Leerling uitgeschreven", "ja"),
    ("Account geblokkeerd", "ja"),
    ("퇴학사유", "이사"),
    ("회원 탈퇴", "예"),
    ("재학여부", "아니오"),
]


@pytest.mark.parametrize(("column", "value"), ASKED, ids=[column for column, _ in ASKED])
def test_a_column_that_may_say_who_has_left_is_asked_about_in_each_language(column: str, value: str) -> None:
    reader = read(f"email,First Name,Last Name,{column}\na@g.example,A,B,{value}\nb@g.example,C,D,\n", {})
    [found] = reader.found
    assert (found.code, column in found.message, "`map: {" in found.help) == ("unknown-status", True, True)
    field = found.help.split("{")[1].split(":")[0]
    assert not read(f"email,First Name,Last Name,{column}\na@g.example,A,B,{value}\n", {"map": {field: None}}).found


GONE_WORDS = ["Abgegangen", "décédée", "suspendida", "desligado", "vertrokken", "퇴학", "제적", "비활성"]


@pytest.mark.parametrize("word", GONE_WORDS)
def test_whoever_has_left_is_no_member_whatever_the_language(word: str) -> None:
    reader = read(f"email,First Name,Last Name,Status\na@g.example,A,B,{word}\nb@g.example,C,D,active\n", {})
    assert ([member.email for member in reader.members], reader.found) == (["b@g.example"], [])


def test_no_word_says_both_that_somebody_is_a_member_and_that_they_are_none() -> None:
    assert not HERE & GONE.keys()
    assert not {*YES} & {*NO}
    assert not ACTIVE & (LEFT | BLOCKED)


# ── validate FILE ─────────────────────────────────────────────────────────────────────────────────────────────────────

CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]}
libraries: {books: {title: Books, system: logos-subscription, slots: 3}}
rosters: [{path: r.csv, map: {email: "{Login}@g.example"}}]
grants: [{library: books, to: {everyone: true}}, {path: extra.csv}]
"""
ROSTER = "Login,First Name,Last Name,Status,Phone\nann,Ann,Lee,active,1\nbo,Bo,Ek,deleted,2\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / NAME).write_text(CONFIG)
    (tmp_path / "r.csv").write_text(ROSTER)
    (tmp_path / "extra.csv").write_text("library,email\nbooks,ann@g.example\n")
    return tmp_path


def test_one_file_alone_is_told_how_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(ROSTER.replace("Login", "E-Mail").replace("ann,", "ann@g.example,"))
    done = seatsync("validate", "list.csv", folder=tmp_path)
    assert done.code == 0, done.err
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert lines[0] == "list.csv: 1 member, read as a list of people"
    assert "E-Mail e-mail" in lines
    assert "Phone not read" in lines
    assert "left out, deleted: 1 row (line 3)" in lines


def test_a_file_of_an_institution_is_read_as_its_entry_says(place: Path) -> None:
    read_file = read_one(place / "r.csv", DAY)
    assert [member.email for member in read_file.reader.members] == ["ann@g.example"]
    done = seatsync("validate", "r.csv", folder=place)
    assert done.code == 0, done.out
    assert "Login" in done.out


def test_another_file_of_an_institution_is_no_roster(place: Path) -> None:
    done = seatsync("validate", "extra.csv", folder=place)
    assert done.code == 64
    assert "extra.csv is a file of grants, not a roster" in done.err


GARBLED = [
    ("Bo MÃ¼ller", "Bo Müller"),
    ("Bo M√ºller", "Bo Müller"),
    ("Zoë MÃ¼ller", "Zoë Müller"),
    ("VoilÃ\xa0 Lee", "Voilà Lee"),
    ("Bo GonÃ\xa0lves", "Bo Gonàlves"),
    ("Bo Å\xa0imon", "Bo Šimon"),
]


@pytest.mark.parametrize(("name", "was"), GARBLED, ids=[was for _, was in GARBLED])
def test_a_name_that_a_program_garbled_is_told_with_what_it_was(tmp_path: Path, name: str, was: str) -> None:
    given_name, family_name = name.split(" ")
    (tmp_path / "list.csv").write_text(
        f"email,first name,surname\na@g.example,Ann,Lee\nb@g.example,{given_name},{family_name}\n", encoding="utf-8"
    )
    done = seatsync("validate", "list.csv", folder=tmp_path)
    assert "list.csv:3:1  warning garbled-names" in done.out
    assert f'was "{was}")' in " ".join(done.out.split())


@pytest.mark.parametrize("name", ["IRMÃ", "JOÃO", "Å Berg", "Ângela", "Ærø", "Ã"])
def test_a_right_name_is_not_taken_for_a_garbled_one(name: str) -> None:
    assert decoded_twice(name) is None


def test_a_mistake_of_one_file_is_told_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("email,first name,surname\nann,Ann,Lee\n")
    done = seatsync("validate", "list.csv", folder=tmp_path)
    assert (done.code, "list.csv:2:1  error invalid-email" in done.out) == (3, True)


def test_validate_verbose_tells_how_each_roster_is_read(place: Path) -> None:
    plain, verbose = (seatsync("validate", *words, folder=place) for words in ((), ("--verbose",)))
    assert "left out, deleted: 1 row (line 3)" in verbose.out
    assert "1 row is no member: 1 deleted." in plain.out
    assert "r.csv: 1 member" not in plain.out


def test_a_roster_that_nobody_names_is_a_warning(place: Path) -> None:
    (place / "new").mkdir()
    (place / "new/students.csv").write_text("Vorname;Nachname;E-Mail\nBo;Ek;bo@g.example\n", encoding="utf-8")
    (place / "notes.txt").write_text("Call the registrar.\n")
    (place / "export.csv").write_text("First Name,Last Name,Email,License Kind,License Status\n")
    other = place / "other"
    other.mkdir()
    (other / NAME).write_text(CONFIG)
    (other / "r.csv").write_text("email,first name,surname\n")
    done = seatsync("validate", folder=place)
    assert "warning unnamed-roster" in done.out
    assert "new/students.csv looks like a roster" in done.out
    for name in ("notes.txt", "export.csv", "other/r.csv", "extra.csv"):
        assert name not in done.out
    assert seatsync("validate", "--strict", folder=place).code == 3


MORE = "- {E-Mail: bo@g.example, Vorname: Bo, Nachname: Ek}\n"


@pytest.mark.parametrize("more", ["", MORE * 2_000], ids=["short", "long"])
def test_a_forgotten_list_in_yaml_is_told_and_other_yaml_is_none(place: Path, more: str) -> None:
    (place / "staff.yml").write_text(MORE + more, encoding="utf-8")
    (place / "ci.yaml").write_text("- {name: build, run: make}\n")
    done = seatsync("validate", folder=place)
    assert "staff.yml looks like a roster" in done.out
    assert "ci.yaml" not in done.out


def test_a_forgotten_sheet_is_told(place: Path) -> None:
    (place / "staff.xlsx").write_bytes(xlsx({"A": rows([[*map(text, ("Email", "First Name", "Last Name"))]])}))
    (place / "rooms.xlsx").write_bytes(xlsx({"A": rows([[*map(text, ("Room", "Seats"))]])}))
    done = seatsync("validate", folder=place)
    assert "staff.xlsx looks like a roster" in done.out
    assert "rooms.xlsx" not in done.out


def test_of_a_forgotten_set_its_folder_is_told(place: Path) -> None:
    (place / "rosters" / "sis").mkdir(parents=True)
    users = "sourcedId,enabledUser,role,givenName,familyName,email\nu1,true,student,Bo,Ek,bo@g.example\n"
    (place / "rosters" / "sis" / "users.csv").write_text(users)
    (place / "rosters" / "sis" / "orgs.csv").write_text("sourcedId,name,type\no1,Grace,school\n")
    done = seatsync("validate", folder=place)
    assert "rosters/sis looks like a roster" in done.out
    assert "`- path: rosters/sis`" in done.out
    assert "users.csv" not in done.out
