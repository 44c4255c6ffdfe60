"""Workbooks: their cells as the sheet shows them, the sheet that is meant, and what nobody should send."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatsync.domain.diagnostic import Diagnostic
from seatsync.sources.files import Folder
from seatsync.sources.tables import workbook
from seatsync.sources.tables.content import Workbook
from seatsync.sources.tables.header import HeaderSpec
from seatsync.sources.tables.read import read_table
from tests.sources.tables.workbooks import (
    DATE,
    SIX_DIGITS,
    THREE_AND_THREE,
    number,
    ods,
    ods_row,
    rows,
    text,
    xlsx,
    zipped,
)
from tests.support.command_line import seatsync

NAMES = ("email", "name", "id")
SPEC = HeaderSpec(lambda given: {"email", "name"} <= {*given}, NAMES, lambda cells: "Write a header.")
HEADER = [*map(text, NAMES)]


class Read(NamedTuple):
    rows: list[tuple[int, list[str]]] | None
    said: list[tuple[str, int, int, str]]


def read(data: bytes, sheet: str | None = None) -> Read:
    found: list[Diagnostic] = []
    table = read_table(Workbook(data), "people.xlsx", SPEC, found, sheet)
    read = [*table.rows()] if table is not None else None
    said = [(one.code, one.origin.line, one.origin.column, f"{one.message} {one.help}") for one in found if one.origin]
    return Read(read, said)


def cell(written: str) -> str:
    """What the id of a person is read as whose cell is written like this."""
    found = read(xlsx({"People": rows([HEADER, [text("a@x.example"), text("Ann"), written]])}))
    assert found.said == []
    assert found.rows is not None
    return found.rows[0][1][2]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (number("123456"), "123456"),
        (number("4.00123456E8"), "400123456"),
        (number("400123456789"), "400123456789"),
        (number("999999999999999"), "999999999999999"),
        (number("1234567890123456"), "1.23457E+15"),  # digits are lost: no id
        (number("-12"), "-12"),
        (number("1.5"), "1.5"),
        (number("0"), "0"),
        (number("123", SIX_DIGITS), "000123"),
        (number("1234567", SIX_DIGITS), "1234567"),
        (number("12345", THREE_AND_THREE), "012-345"),
        (text("0123"), "0123"),
        (text("=1+1"), "=1+1"),
        (text("  Å ü 太郎 "), "  Å ü 太郎 "),
        (text('<&>"'), '<&>"'),
        (number("46266", DATE), "2026-09-01"),
        (number("46266.5", DATE), "2026-09-01T12:00:00"),
        ('t="b"><v>1</v>', "TRUE"),
        ('t="b"><v>0</v>', "FALSE"),
        ('t="e"><v>#N/A</v>', "#N/A"),
        ('t="str"><f>A1</f><v>abc</v>', "abc"),
        ("><f>1+1</f><v>2</v>", "2"),
        ('t="str"><f>IF(1,"")</f><v></v>', ""),
    ],
)
def test_a_cell_is_read_as_the_sheet_shows_it(written: str, shown: str) -> None:
    assert cell(written) == shown


def test_a_place_is_the_row_and_column_of_the_sheet() -> None:
    found = read(
        xlsx({"People": rows([[text("School X")], [], HEADER, [], [text("a@x.example"), text("A")]], first=2)})
    )
    assert found.rows == [(6, ["a@x.example", "A", ""])]
    assert [(code, line) for code, line, _, _ in found.said] == [("csv-title-row", 2)]


PEOPLE, OTHER = rows([HEADER, [text("a@x.example"), text("A")]]), rows([[text("Notes")]])


@pytest.mark.parametrize(
    ("sheets", "sheet", "hidden", "said"),
    [
        ({"People": PEOPLE}, None, [], ""),
        ({"Notes": OTHER, "People": PEOPLE}, None, [], ""),
        ({"People": PEOPLE, "Old": PEOPLE}, "People", [], ""),
        ({"People": PEOPLE, "Old": PEOPLE}, None, ["Old"], ""),
        ({"Other": OTHER, "People": PEOPLE}, "People", ["People"], ""),
        ({"People": PEOPLE, "Old": PEOPLE}, None, [], 'has several sheets with such a header: "People", "Old"'),
        ({"People": PEOPLE, "Old": PEOPLE}, "Peple", [], 'has no sheet "Peple". Did you mean "People"?'),
        ({"Notes": OTHER}, None, [], "no header that seatsync knows"),
        ({"Notes": OTHER, "People": PEOPLE}, "Notes", [], "no header that seatsync knows"),
    ],
)
def test_the_sheet_is_the_one_that_is_named_or_the_only_one_that_fits(
    sheets: dict[str, str], sheet: str | None, hidden: list[str], said: str
) -> None:
    found = read(xlsx(sheets, hidden=hidden), sheet)
    if said:
        assert found.rows is None
        assert [said in words for _, _, _, words in found.said] == [True]
    else:
        assert found == ([(2, ["a@x.example", "A", ""])], [])


def test_sheets_that_are_not_read_are_named(tmp_path: Path) -> None:
    given = [*map(text, ("Email", "Given name", "Family name"))]
    people = rows([given, [*map(text, ("ann@grace.example", "Ann", "Lee"))]])
    sheets = {"People": people, "Notes": OTHER, "Old": people}
    (tmp_path / "people.xlsx").write_bytes(xlsx(sheets, hidden=["Old"]))
    alone = seatsync("validate", "people.xlsx", folder=tmp_path)
    assert (alone.code, 'The sheets "Notes", "Old" (hidden) are not read.' in alone.out) == (0, True)
    head = CONFIG.partition("rosters:")[0]
    (tmp_path / "seatsync.yaml").write_text(f"{head}rosters: [{{path: people.xlsx, sheet: Old}}]\n", encoding="utf-8")
    named = seatsync("validate", folder=tmp_path)
    assert 'The sheets "People", "Notes" are not read.' in named.out


def test_hidden_rows_are_read_and_told() -> None:
    people = rows(
        [HEADER, [text("a@x.example"), text("A")], [text("b@x.example"), text("B")]], attributes={3: 'hidden="1"'}
    )
    found = read(xlsx({"People": people}))
    assert found.rows is not None
    assert [line for line, _ in found.rows] == [2, 3]
    assert [(code, line) for code, line, _, _ in found.said] == [("hidden-rows", 3)]


def test_merged_cells_and_formulas_without_a_result_are_errors_where_they_are() -> None:
    people = rows([HEADER, [text("a@x.example"), text("A"), "><f>B2&amp;1</f>"], [text("b@x.example"), "", text("7")]])
    found = read(xlsx({"People": people}, more='<mergeCells count="1"><mergeCell ref="B2:B3"/></mergeCells>'))
    assert [(code, line, column) for code, line, column, _ in found.said] == [
        ("invalid-value", 2, 2),
        ("invalid-value", 2, 3),
    ]


def test_cells_that_are_merged_above_the_header_are_a_title() -> None:
    people = rows([[text("School X")], [], HEADER, [text("a@x.example"), text("A")]])
    found = read(xlsx({"People": people}, more='<mergeCells count="1"><mergeCell ref="A1:C2"/></mergeCells>'))
    assert [code for code, *_ in found.said] == ["csv-title-row"]


ODS_HEADER = ods_row(NAMES)


def ods_cell(attributes: str, shown: str) -> str:
    return f"<table:table-cell {attributes}><text:p>{shown}</text:p></table:table-cell>"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (ods_cell('office:value-type="float" office:value="123456"', "123.456"), "123456"),
        (ods_cell('office:value-type="float" office:value="123"', "000123"), "000123"),
        (ods_cell('office:value-type="float" office:value="12345"', "012-345"), "012-345"),
        (ods_cell('office:value-type="float" office:value="1234567"', "1 234 567"), "1234567"),
        (ods_cell('office:value-type="float" office:value="400123456789"', "4E+11"), "400123456789"),
        (ods_cell('office:value-type="date" office:date-value="2026-09-01"', "01.09.26"), "2026-09-01"),
        (ods_cell('office:value-type="date" office:date-value="2026-09-01T00:00:00"', "1.9."), "2026-09-01"),
        (ods_cell('office:value-type="boolean" office:boolean-value="true"', "WAHR"), "TRUE"),
        (ods_cell('office:value-type="string"', "0123"), "0123"),
        (ods_cell('office:value-type="string"', "A<text:s text:c='2'/>B"), "A  B"),
        (
            '<table:table-cell office:value-type="string"><office:annotation><text:p>note</text:p></office:annotation>'
            "<text:p>A</text:p><text:p>B</text:p></table:table-cell>",
            "A\nB",
        ),
    ],
)
def test_an_opendocument_cell_is_read_as_it_is_shown(written: str, shown: str) -> None:
    person = ods_row(["a@x.example", "A"]).replace("</table:table-row>", f"{written}</table:table-row>")
    assert read(ods(ODS_HEADER + person)) == ([(2, ["a@x.example", "A", shown])], [])


def test_repeated_rows_and_cells_are_counted_and_empty_ones_cost_nothing() -> None:
    repeated = 'table:number-rows-repeated="1048000"'
    table = (
        ods_row([], 'table:number-rows-repeated="3"')
        + ODS_HEADER
        + ods_row(["a@x.example", "A"])
        + ods_row([], repeated)
    )
    assert read(ods(table)) == ([(5, ["a@x.example", "A", ""])], [])


def test_what_is_hidden_or_merged_in_opendocument_is_told_too() -> None:
    merged = '<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>a@x.example</text:p></table:table-cell>'
    table = ODS_HEADER + ods_row(["b@x.example", "B"], 'table:visibility="filter"') + merged + "</table:table-row>"
    assert [(code, line) for code, line, _, _ in read(ods(table)).said] == [("hidden-rows", 2), ("invalid-value", 3)]


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="￾￿"), max_size=10).map(str.strip)


@settings(max_examples=50)
@given(
    st.lists(st.tuples(TEXTS, TEXTS, TEXTS).filter(lambda row: any(row) and "email" not in row), max_size=4),
    st.booleans(),
)
def test_any_texts_are_read_back_equal(people: list[tuple[str, str, str]], is_ods: bool) -> None:
    if is_ods:
        people = [tuple(" ".join(value.split()) for value in row) for row in people]  # type: ignore[misc]
        data = ods(ODS_HEADER + "".join(map(ods_row, people)))
    else:
        data = xlsx({"People": rows([HEADER, *([text(value) for value in row] for row in people)])})
    assert [row for _, row in read(data).rows or []] == [[*row] for row in people if any(row)]


BOMB = "<row>" * 1_000_000
ENTITY = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def far() -> str:
    return rows([HEADER]) + f'<row r="1048576"><c r="XFD1048576" {text("x")}</c></row>'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (lambda: xlsx({"People": PEOPLE}, parts={"xl/media/big.xml": BOMB}), "unpacks to more than 4 MiB"),
        (lambda: ods(ODS_HEADER, before="<!-- " + BOMB + "-->"), "unpacks to more than 4 MiB"),
        (lambda: xlsx({"People": far()}), "reaches to row 1,048,576 and column 16,384"),
        (lambda: ods(ods_row(["x"] * 9, 'table:number-rows-repeated="9999999"')), "has more than 25,000,000 cells"),
        (
            lambda: xlsx({"People": PEOPLE}, parts={"xl/workbook.xml": ENTITY + "<x>&b;</x>"}),
            "no spreadsheet program writes",
        ),
        (lambda: ods(ODS_HEADER, before=ENTITY), "no spreadsheet program writes"),
        (
            lambda: ods(ODS_HEADER, {"META-INF/manifest.xml": "<manifest:encryption-data/>"}),
            "protected with a password",
        ),
        (lambda: b"PK\x03\x04" + b"junk" * 100, "is damaged, or no workbook"),
        (lambda: xlsx({"People": PEOPLE})[:-40], "is damaged, or no workbook"),
        (lambda: zipped({"users.csv": "email,name\n"}), "is a zip file, but no workbook"),
        (lambda: xlsx({"People": PEOPLE}, parts={"xl/workbook.xml": "<workbook"}), "is damaged"),
        (lambda: zipped({f"{at}": "" for at in range(6_000)}), "has more than 5,000 parts"),
    ],
    ids=[
        "bomb",
        "bomb.ods",
        "far",
        "repeated",
        "entities",
        "entities.ods",
        "locked.ods",
        "junk",
        "cut",
        "zip",
        "xml",
        "parts",
    ],
)
def test_what_nobody_should_send_is_told_in_bounded_time(
    data: object, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MOST_UNPACKED", 4 * 1024**2)
    made = data()  # type: ignore[operator]
    began = time.process_time()
    found = read(made)
    assert found.rows is None
    assert [said in words for _, _, _, words in found.said] == [True]
    assert time.process_time() - began < 20


def test_millions_of_empty_rows_with_a_format_are_no_table() -> None:
    empty = "".join(f'<row r="{at}"><c r="ZZ{at}" s="1"/></row>' for at in range(3, 60_000))
    assert read(xlsx({"People": PEOPLE + empty})) == ([(2, ["a@x.example", "A", ""])], [])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_odd_bytes_in_a_workbook_are_told_and_never_break_it(data: st.DataObject) -> None:
    made = bytearray(data.draw(st.sampled_from([xlsx({"People": PEOPLE}), ods(ODS_HEADER)])))
    for at in data.draw(st.lists(st.integers(0, len(made) - 1), max_size=6)):
        made[at] = data.draw(st.integers(0, 255))
    found = read(bytes(made))
    assert found.rows is not None or found.said


def test_without_the_library_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    found = read(xlsx({"People": PEOPLE}))
    assert found.rows is None
    assert "pip install 'seatsync[sheets]'" in found.said[0][3]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("people.xls", b"\xd0\xcf\x11\xe0" + bytes(600), "Save it as .xlsx"),
        (
            "people.xlsx",
            b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "protected with a password",
        ),
        ("people.csv", xlsx({"People": PEOPLE}), "name it .xlsx"),
        ("people.xlsm", xlsx({"People": PEOPLE}), "name it .xlsx"),
    ],
)
def test_a_file_that_is_no_such_workbook_is_told_what_to_save(name: str, data: bytes, said: str) -> None:
    folder = Folder(Path())
    assert folder.table_of(data, name) is None
    assert said in f"{folder.found[0].message} {folder.found[0].help}"


CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]}
libraries: {books: {title: Books, system: logos-subscription, slots: 9}}
rosters: [{path: people.xlsx, sheet: People}, {path: STAFF.CSV}, {path: more.tsv, encoding: cp1250}, {path: old.text}]
grants:
  - {library: books, to: {file: chosen.ods}}
  - {path: grants.xlsx}
"""


def test_an_institution_of_sheets_and_texts_is_planned_and_applied(tmp_path: Path) -> None:
    given = [*map(text, ("Email", "Given name", "Family name", "Student ID"))]
    person = [text("ann@grace.example"), text("Ann"), text("Lee"), number("7", SIX_DIGITS)]
    (tmp_path / "people.xlsx").write_bytes(xlsx({"People": rows([given, person]), "Old": rows([given])}))
    (tmp_path / "STAFF.CSV").write_bytes(b"email|given_name|family_name\r\nbo@grace.example|Bo|Ek\r\n")
    (tmp_path / "more.tsv").write_bytes(
        "email\tgiven_name\tfamily_name\nlech@grace.example\tLech\tWałęsa\n".encode("cp1250")
    )
    (tmp_path / "old.text").write_bytes(b"email\tgiven_name\tfamily_name\rcy@grace.example\tCy\tRoe\r")
    (tmp_path / "chosen.ods").write_bytes(ods(ods_row(["email"]) + ods_row(["ann@grace.example"])))
    grants = rows(
        [[*map(text, ("library", "email", "until"))], [text("books"), text("bo@grace.example"), number("46266", DATE)]]
    )
    (tmp_path / "grants.xlsx").write_bytes(xlsx({"Grants": grants}))
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    now = ("--now", "2026-08-01")
    applied = seatsync("apply", "--yes", *now, folder=tmp_path)
    assert applied.code == 0, applied.out + applied.err
    members = seatsync("members", "--format", "json", *now, folder=tmp_path).out
    assert "Wałęsa" in members
    assert '"000007"' in members
    licenses = seatsync("licenses", "--format", "json", *now, folder=tmp_path).out
    assert "2026-09-01" in licenses
    assert seatsync("why", "ann@grace.example", *now, folder=tmp_path).code == 0
    again = seatsync("plan", *now, folder=tmp_path)
    assert again.code == 0, again.out
