"""Tables fit the terminal they are shown on, and never break a word."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from seatsync.reports.sentences import words_in_lines
from seatsync.reports.tables.layout import lay_out

WORDS = st.text(st.sampled_from("abc漢字שלוםé-@./"), min_size=1, max_size=30)
CELLS = st.lists(WORDS, max_size=5).map(" ".join)
TABLES = st.integers(1, 6).flatmap(
    lambda columns: st.lists(st.lists(CELLS, min_size=columns, max_size=columns), min_size=1, max_size=8)
)


def lines_of(
    rows: list[list[str]], headers: tuple[str, ...] = (), right: tuple[str, ...] = (), width: int | None = None
) -> list[str]:
    return ["".join(text for text, _ in parts) for parts in lay_out(rows, headers, right, width)]


@given(TABLES, st.sampled_from([60, 80, 100, 120]), st.booleans())
def test_no_word_is_broken_or_lost(rows: list[list[str]], width: int, is_headed: bool) -> None:
    headers = ("e-mail", "b", "c", "d", "e", "f")[: len(rows[0])] if is_headed else ()
    lines = lines_of(rows, headers, width=width)
    shown = [word for line in lines for word in line.split()]
    for row in rows:
        for cell in row:
            if re.fullmatch(r"[^@]*/[^@]*/.*", cell) is None:  # long paths are cut in the middle
                assert all(word in shown for word in cell.split())


@given(TABLES, st.sampled_from([60, 80, 100, 120]))
def test_no_line_is_wider_than_the_terminal_but_for_a_word_that_is_wider_alone(
    rows: list[list[str]], width: int
) -> None:
    for line in lines_of(rows, width=width):
        assert cell_len(line) <= width or len(line.split()) == 1


@given(TABLES)
def test_a_pipe_has_one_line_for_each_row(rows: list[list[str]]) -> None:
    assert len(lines_of(rows)) == (len(rows) if any(cell for row in rows for cell in row) else 0)


@given(st.lists(WORDS, min_size=1, max_size=8).map(" ".join), st.integers(1, 40))
def test_lines_of_words_are_the_words(text: str, width: int) -> None:
    assert " ".join(words_in_lines(text, width)) == text


def test_columns_stand_below_each_other_in_every_script() -> None:
    rows = [["ann@a.example", "Ann Lee", "x"], ["wang@a.example", "欣怡 歐陽", "x"], ["e@a.example", "Zoe\u0301", "x"]]
    assert len({cell_len(line[: line.rindex("x")]) for line in lines_of(rows, width=80)}) == 1


def test_columns_without_values_are_left_out() -> None:
    assert lines_of([["a", "", "1"], ["b", "", ""]], ("e-mail", "reply", "tries"), width=60) == [
        "e-mail  tries",
        "a       1",
        "b",
    ]


def test_times_are_shown_to_the_minute_and_stay_in_one_line() -> None:
    rows = [["a" * 30, "2026-09-01T08:30:00-05:00", "many words " * 3], ["b", "2026-09-01T08:30:00Z", ""]]
    lines = lines_of(rows, ("e-mail", "at", "said"), width=60)
    assert all("2026-09-01 08:30" in line for line in (lines[1], lines[-1]))
    assert "-05:00" not in "".join(lines)


def test_days_are_shown_whole() -> None:
    assert lines_of([["2026-09-01"]], width=60) == ["2026-09-01"]


def test_a_long_path_is_cut_in_the_middle_and_keeps_its_line() -> None:
    path = "institutions/grace-seminary/rosters/students-of-2026.csv:17"
    assert lines_of([[path]], width=60) == ["institutions/…/students-of-2026.csv:17"]
    assert lines_of([[path]]) == [path]


@pytest.mark.parametrize("word", ["https://grace.example/a/b/c/d/e/f/g/h/i/j/k", "a/b/c@grace.example/" + "d" * 30])
def test_what_is_no_path_is_whole(word: str) -> None:
    assert lines_of([[word]], width=60) == [word]


def test_one_long_email_leaves_the_others_in_columns() -> None:
    rows = [[f"m{n}@a.example", "temporary", "unclaimed"] for n in range(5)]
    long = "m" * 50 + "@a.example"
    lines = lines_of([*rows, [long, "permanent", "claimed"]], ("e-mail", "kind", "status"), width=60)
    assert lines[0].split() == ["e-mail", "kind", "status"]
    assert lines[-2] == long
    assert lines[-1] == "              permanent  claimed"


def test_what_does_not_fit_as_columns_becomes_blocks() -> None:
    rows = [["ann@grace.example", "x" * 30, "y" * 30], ["ben@grace.example", "", "z " * 40]]
    assert lines_of(rows, ("e-mail", "role", "tags"), width=60) == [
        "ann@grace.example",
        "    role  " + "x" * 30,
        "    tags  " + "y" * 30,
        "ben@grace.example",
        "    tags  " + "z " * 24 + "z",
        "          " + "z " * 14 + "z" + " ",
    ]


def test_blocks_say_what_their_headings_are() -> None:
    lines = lines_of([["books", "1" * 40]], ("my-school", "total"), ("total",), width=40)
    assert lines == ["my-school", "books", "    total  " + "1" * 40]


IDS = st.builds(
    lambda words: "-".join(words)[:63].strip("-"),
    st.lists(st.sampled_from(["logos", "books", "for-all"]), min_size=1, max_size=12),
)
ADDRESSES = st.builds(lambda name, host: f"{'a' * name}@{'b' * host}.example", st.integers(1, 40), st.integers(1, 30))


@given(
    rows=st.lists(
        st.tuples(
            IDS,
            ADDRESSES,
            st.just("Ann Lee"),
            st.sampled_from(["claimed", "granted, not yet at the vendor"]),
            st.just("2026-09-01"),
        ),
        min_size=1,
        max_size=5,
    ),
    width=st.sampled_from([80, 100, 120]),
)
def test_a_list_with_the_longest_ids_and_emails_stays_within_the_terminal(
    rows: list[tuple[str, ...]], width: int
) -> None:
    """An id has at most 63 characters, so nothing has to stand out."""
    headers = ["library", "e-mail", "name", "status", "invited on"]
    for line in lay_out(rows, headers, width=width):
        assert cell_len("".join(text for text, _ in line)) <= width
