"""No spreadsheet makes a formula of a CSV that seatsync writes, whatever its separator; and seatsync reads back the original."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seatsync.domain.text.formulas import defused, has_defused, restored
from seatsync.reports import spreadsheet

SIGNS = tuple("=+-@＝＋－＠")
SKIPPED = ' \t\r\n\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u2028\u2029\u3000"'
"""Characters that some spreadsheets remove first: white space, and an unpaired quote."""

cells = st.text(alphabet="ab;,\t\n\r\x0b\x85\u2028\xa0 \"'=+-@＝＠", max_size=12)
rows = st.lists(st.lists(cells, min_size=1, max_size=4), min_size=1, max_size=4)


@given(rows)
@example([["a", "b;=c"]])
@example([['a;"', "=b"], ["=c"]])
@example([["a", 'x;"=b']])
@example([["a", "x\n=b"]])
@example([["a", "x;'=b", "x; ＝b"]])
@example([["a", "x;"], ["=b"]])
def test_no_cell_of_any_reading_is_a_formula(table: list[list[str]]) -> None:
    text = spreadsheet.text(table)
    for delimiter in ",;\t":
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
            read = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)
            found = [cell for row in read for cell in row]
            assert not [cell for cell in found if cell.strip(SKIPPED).startswith(SIGNS)]


@given(rows)
@example([["'=a", "''=b", "a;'=b", "'", "O'Neil"]])
def test_what_was_written_is_read_as_it_was(table: list[list[str]]) -> None:
    read = [*csv.reader(io.StringIO(spreadsheet.text(table), newline=""))]
    assert [[restored(cell) for cell in row] for row in read] == table


@pytest.mark.parametrize("cell", ["Anna", "O'Neil", "", "'t Hooft", "a-b@c.example", "faculty;m.div", "x = y", "1;2"])
def test_what_is_no_formula_is_left_alone(cell: str) -> None:
    assert [*defused([cell])] == [cell]
    assert restored(cell) == cell


@given(cells)
def test_a_file_that_has_defused_cells_is_known(cell: str) -> None:
    [written] = defused([cell])
    assert written == cell or has_defused(written)


def test_a_long_run_of_anything_is_looked_through_once() -> None:
    for piece in ("\t", " ", "'", ";", "; ", ";'", '"'):
        cell = piece * (1_000_000 // len(piece))
        assert restored(defused([cell])[0]) == cell
