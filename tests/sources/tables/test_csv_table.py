"""CSV as people save it: whatever delimiter, quotes and titles, and what is told of mistakes."""

from __future__ import annotations

import csv
import io
import time
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatsync.domain.diagnostic import Diagnostic
from seatsync.sources.tables import csv_table
from seatsync.sources.tables.csv_records import Lines, RecordReader
from seatsync.sources.tables.header import HeaderSpec
from seatsync.sources.tables.table import Record, squeezed

NAMES = ("email", "given_name", "family_name")
SPEC = HeaderSpec(
    lambda cells: {*map(squeezed, NAMES)} <= {*map(squeezed, cells)},
    NAMES,
    lambda cells: f"Write a header. {cells}",
    ("version:",),
)
HEADER = "email,given_name,family_name\n"


class Read(NamedTuple):
    rows: list[tuple[int, list[str]]] | None
    said: list[tuple[str, int, str]]


def read(text: str) -> Read:
    found: list[Diagnostic] = []
    table = csv_table.read(text, "members.csv", SPEC, found)
    rows = [*table.rows()] if table is not None else None
    return Read(rows, [(one.code, one.origin.line if one.origin else 0, one.message + one.help) for one in found])


A, B = ["a@x.example", "A", "Å b"], ["b@x.example", "B", "C"]


@pytest.mark.parametrize(
    "text",
    [
        "email,given_name,family_name\na@x.example,A,Å b\nb@x.example,B,C\n",
        "email|given_name|family_name\na@x.example|A|Å b\nb@x.example|B|C\n",
        "email:given_name:family_name\na@x.example:A:Å b\nb@x.example:B:C\n",
        "email，given_name，family_name\na@x.example，A，Å b\nb@x.example，B，C\n",
        "email\tgiven_name\tfamily_name\ra@x.example\tA\tÅ b\rb@x.example\tB\tC",
        '"email" ,"given_name" , "family_name"\n"a@x.example" ,"A"\t,"Å b" \n"b@x.example","B","C"\n',
        '"email" \t"given_name"\t"family_name" \na@x.example\tA\tÅ b\n"b@x.example" \t"B" \t"C" ',
    ],
    ids=["commas", "bars", "colons", "wide commas", "tabs and CR", "space after a quote", "the same with tabs"],
)
def test_the_same_table_in_any_form(text: str) -> None:
    assert read(text) == ([(2, A), (3, B)], [])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~", "!", "·", "\x01"])
@pytest.mark.parametrize("quote", ['"', ""])
def test_a_first_line_can_name_the_delimiter(delimiter: str, quote: str) -> None:
    lines = [f"{quote}sep={delimiter}{quote}", *map(delimiter.join, (NAMES, A, B))]
    assert read("\r\n".join(lines)) == ([(3, A), (4, B)], [])


def test_after_a_broken_quote_reading_goes_on_with_the_next_row() -> None:
    rows = [
        'a@x.example,"Mary,Lee',
        "b@x.example,B,C",
        'c@x.example,"D "Dan" D",E',
        'd@x.example,"D',
        "b@x.example,B,C",
    ]
    found = read(HEADER + "\n".join(rows))
    assert found.rows == [(3, B), (6, B)]
    assert [(code, line) for code, line, _ in found.said] == [("csv-quotes", line) for line in (2, 4, 5)]


def test_rows_that_a_quote_made_one_value_are_told_and_the_rows_below_are_read() -> None:
    found = read(HEADER + 'a@x.example,"Mary,Lee\nc@x.example,B,C\nd@x.example,D",E\nb@x.example,B,C\n')
    assert found.rows is not None
    assert (5, B) in found.rows
    assert ("csv-quotes", 2) in [(code, line) for code, line, _ in found.said]
    assert "Mary" not in str(found.said)


PASSWORD = "hunter2!"


@pytest.mark.parametrize(
    "text",
    [
        f"anna@x.example,Email,Given Name,{PASSWORD}\n",
        f"anna,{PASSWORD},email\n",
        f"email,given_name,{PASSWORD},bo@x.example\n",
        f"anna;{PASSWORD};Muster\n{HEADER}",
        f"{HEADER}anna@x.example;{PASSWORD};Muster\n",
        f"{HEADER}anna@x.example,{PASSWORD},Muster\n".replace("\n", "\n,,,x\n", 1),
        f'{HEADER}anna@x.example,"{PASSWORD},M\nbo@x.example,"B",C\n',
        f"{HEADER.strip()},\nanna@x.example,Anna,Muster,{PASSWORD}\n",
        f"email,family_name\nanna@x.example,{PASSWORD}\n",
    ],
)
def test_no_message_quotes_a_password_of_a_row(text: str) -> None:
    assert PASSWORD not in str(read(text).said)


def test_a_row_with_an_email_is_no_header_whatever_else_it_says() -> None:
    found = read("email,given_name,family_name,anna@x.example\n" + HEADER + ",".join(B))
    assert found.rows == [(3, B)]
    assert [(code, line) for code, line, _ in found.said] == [("csv-header", 1)]


@pytest.mark.parametrize(
    "above", ["School X\n", "School X\nReport of today,\n\n", "School X\nAll users,,\nClass:,5a\nBy,me\n"]
)
def test_a_title_of_several_lines_is_skipped_and_told_once(above: str) -> None:
    found = read(above + HEADER + ",".join(B))
    assert found.rows == [(above.count("\n") + 2, B)]
    assert [(code, line) for code, line, _ in found.said] == [("csv-title-row", 1)]


def test_a_line_that_belongs_to_the_format_is_skipped_without_a_word() -> None:
    assert read(f"version:v1.0\n{HEADER}{','.join(B)}\n") == ([(3, B)], [])


def test_a_header_whose_quotes_are_broken_is_told_as_that() -> None:
    assert [(code, line) for code, line, _ in read('email,"given_name,family_name\na@x.example,A,B\n').said] == [
        ("csv-quotes", 1)
    ]


@pytest.mark.parametrize("line", ['a","b\n', '"x\n', 'a,"",""b"\n', '"""x\n', ',"\n,"",\n'])
def test_a_file_made_of_broken_quotes_takes_seconds_at_most(line: str) -> None:
    began = time.process_time()
    assert read(HEADER + line * 50_000).said
    assert time.process_time() - began < 20


CELL = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\x85\u2028\u2029'"), max_size=12
).map(str.strip)
LINES = st.sampled_from(["\n", "\r\n", "\r"])


@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL).filter(lambda row: "".join(row).strip() and row != NAMES), max_size=5),
    delimiter=st.sampled_from(",;\t|^"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=LINES,
    spaces=st.booleans(),
)
def test_any_table_is_read_back_equal(
    rows: list[tuple[str, ...]], delimiter: str, quoting: int, end: str, spaces: bool
) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows([NAMES, *rows])  # type: ignore[arg-type]
    text = written.getvalue()
    if spaces and quoting == csv.QUOTE_ALL and not any('"' in cell for row in rows for cell in row):
        text = text.replace(f'"{delimiter}"', f'" {delimiter}"')
    found = read(text)
    assert [row for _, row in found.rows or []] == [[*row] for row in rows]
    assert [line for line, _ in found.rows or []] == [*range(2, len(rows) + 2)]
    assert found.said == []


@given(st.text(alphabet='"\n,;ab@. \r|', max_size=60))
def test_nothing_is_lost_without_a_word(text: str) -> None:
    """Every line below the header that has a letter is part of a row that was read, or an error stands at or above it."""
    found = read(HEADER + text)
    if found.rows is not None and not found.said:
        assert "".join(c for c in text if c.isalpha()) == "".join(
            c for _, row in found.rows for cell in row for c in cell if c.isalpha()
        )


@given(
    st.lists(st.sampled_from(["a", ",", "\n", "\r\n", "\r", " ", "\t", "'=", "=", "x" * 140_000]), max_size=30).map(
        "".join
    )
)
def test_lines_without_quotes_are_the_records_that_the_parser_makes_of_them(text: str) -> None:
    def records(has_quotes: bool) -> tuple[list[Record], list[tuple[int, str]]]:
        told: list[tuple[int, str]] = []
        reader = RecordReader(Lines(text), ",", 3, lambda line, fact: told.append((line, fact)))
        reader.has_quotes = has_quotes
        return [*reader], told

    assert records(has_quotes=False) == records(has_quotes=True)
