"""Only the characters that an edit means change in a YAML file."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seatsync.sources.editing.texts.splices import ChangedLines, changed_lines, spliced
from seatsync.sources.editing.texts.yaml_edits import YamlEdits
from seatsync.sources.editing.texts.yaml_file import Unusual
from seatsync.sources.editing.texts.yaml_values import flow

Edit = Callable[[YamlEdits], None]


def append(*values: str) -> Edit:
    def edit(edits: YamlEdits) -> None:
        for value in values:
            edits.append(("a",), value)

    return edit


def remove(*positions: int) -> Edit:
    def edit(edits: YamlEdits) -> None:
        for position in positions:
            edits.remove(("a",), position)

    return edit


CASES: dict[str, tuple[str, Edit, str]] = {
    "no such list": ("b: 1\n", append("x"), "b: 1\na:\n  - x\n"),
    "no such list, no last line end": ("b: 1", append("x", "y"), "b: 1\na:\n  - x\n  - y"),
    "nothing behind the key": ("a:   # none\nb: 1\n", append("x"), "a:   # none\n- x\nb: 1\n"),
    "empty brackets": ("a: [ ] # none\n", append("x", "y"), "a: [x, y ] # none\n"),
    "quotes as before": ("a: ['k']\n", append("it's"), "a: ['k', 'it''s']\n"),
    "a comma at the end": ("a: [k, ]\n", append("x"), "a: [k, x, ]\n"),
    "names below each other": ("a: [\n  k,\n  l  # two\n]\n", append("x"), "a: [\n  k,\n  l,\n  x  # two\n]\n"),
    "lines": ("a:\r\n    - k   # one\r\n\r\nb: 1\r\n", append("x"), "a:\r\n    - k   # one\r\n    - x\r\n\r\nb: 1\r\n"),
    "the last line without its end": ("a:\n- k", append("x", "y"), "a:\n- k\n- x\n- y"),
    "a text of several lines above": (
        "a:\n  - |\n    k\n    l\n\nb: 1\n",
        append("x"),
        "a:\n  - |\n    k\n    l\n  - x\n\nb: 1\n",
    ),
    "the first in brackets": ("a: [k, l, m]\n", remove(0), "a: [l, m]\n"),
    "neighbours in brackets": ("a: [k, l, m, n]\n", remove(1, 2), "a: [k, n]\n"),
    "all in brackets": ("a: [ k, l, ] # all\n", remove(0, 1), "a: [  ] # all\n"),
    "lines next to each other": ("a:\n  - k\n  # l\n  - l\n  - m\n", remove(0, 2), "a:\n  # l\n  - l\n"),
    "the last lines of a file without a line end": ("a:\n  - k\n  - l\n  - m", remove(1, 2), "a:\n  - k"),
    "all lines": ("b: 1\na:\n  - k\n  - l  # last\nc: 2\n", remove(0, 1), "b: 1\na:\n  []  # last\nc: 2\n"),
    "all lines of the last list": ("b: 1\na:\n  - k\n  - l\n", remove(0, 1), "b: 1\n"),
    "empty brackets in a line of their own": (
        "a:\n  []  # none\nc: 2\n",
        append("x", "y"),
        "a:\n  - x\n  - y  # none\nc: 2\n",
    ),
    "the first pair": ("a:\n  {}\n", lambda edits: edits.add_key(("a",), "k", {"b": "1"}), 'a:\n  k: {b: "1"}\n'),
    "the last pair": ("a:\n  k: {b: 1}\n", lambda edits: edits.drop_key(("a",), "k"), "a:\n  {}\n"),
    "a pair like the one above": (
        "a:\n  k:\n    b: 1\n    c: x\nd: 2\n",
        lambda edits: edits.add_key(("a",), "l", {"b": "z", "c": None}),
        "a:\n  k:\n    b: 1\n    c: x\n  l:\n    b: z\n    c: ~\nd: 2\n",
    ),
    "a list in lines, like that of the entry above": (
        "- b: 1\n  t:\n    - x\n- b: 2\n",
        lambda edits: edits.add_key((1,), "t", ["y", "z"]),
        "- b: 1\n  t:\n    - x\n- b: 2\n  t:\n    - y\n    - z\n",
    ),
    "a list in lines whose hyphens are not indented": (
        "- b: 1\r\n  t:\r\n  - x\r\n- b: 2",
        lambda edits: edits.append((), {"b": "k", "t": ["y"]}),
        "- b: 1\r\n  t:\r\n  - x\r\n- b: 2\r\n- b: k\r\n  t:\r\n  - y",
    ),
    "a list in brackets, like that of the entry below": (
        "- b: 1\n- {b: 2, t: [x]}\n",
        lambda edits: edits.add_key((0,), "t", ["y"]),
        "- b: 1\n  t: [y]\n- {b: 2, t: [x]}\n",
    ),
    "another value": ("a: {k: 'x'} # one\n", lambda edits: edits.give(("a", "k"), "y"), "a: {k: 'y'} # one\n"),
    "a value where there was none": (
        "a:\n  k: # none\n",
        lambda edits: edits.give(("a", "k"), "x"),
        "a:\n  k: x # none\n",
    ),
    "no value any more": ("a:\n  k: x\n", lambda edits: edits.give(("a", "k"), None), "a:\n  k: ~\n"),
    "all lines that are not indented": ("a:\n- k\nc: 2\n", remove(0), "a:\nc: 2\n"),
    "a key more in brackets": ("{b: 1}\n", lambda edits: edits.add_key((), "c", ["x"]), "{b: 1, c: [x]}\n"),
    "the first key goes": ("d:\n  - b: 1\n    c: 2\n", lambda edits: edits.drop_key(("d", 0), "b"), "d:\n  - c: 2\n"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_only_what_is_meant_changes(case: tuple[str, Edit, str]) -> None:
    text, edit, expected = case
    edits = YamlEdits(text)
    edit(edits)
    assert spliced(text, edits.splices()) == expected


REFUSED: dict[str, tuple[str, Edit]] = {
    "a value that is no list": ("a: x\n", append("y")),
    "a mapping": ("a: {k: l}\n", append("y")),
    "an alias": ("b: &b [k]\na: *b\n", append("x")),
    "an anchor that others use": ("a: &a [k]\nb: *a\n", append("x")),
    "an anchor that would go": ("a: [&k k, l]\nb: *k\n", remove(0)),
    "an end mark": ("b: 1\n...\n", append("x")),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_would_change_more_is_refused(case: tuple[str, Edit]) -> None:
    text, edit = case
    edits = YamlEdits(text)
    edit(edits)
    with pytest.raises(Unusual):
        edits.splices()


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("ann@grace.example", "ann@grace.example"),
        ("van der Berg", "van der Berg"),
        ("Müller", "Müller"),
        ("0012", '"0012"'),
        ("1e3", '"1e3"'),
        ("No", '"No"'),
        ("null", '"null"'),
        ("", '""'),
        ("a: b", '"a: b"'),
        ("a #b", '"a #b"'),
        ("*x", '"*x"'),
        ("2027-06-30", '"2027-06-30"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("a\u2028b", '"a\\U00002028b"'),
        (["a", {"b": "c, d"}], '[a, {b: "c, d"}]'),
    ],
)
def test_a_value_is_read_as_the_same_text_by_every_program(value: object, written: str) -> None:
    assert flow(value) == written


def test_changed_lines_have_their_numbers_in_the_new_file() -> None:
    text = "a:\n  - k\n  - l\nb: 1\n"
    edits = YamlEdits(text)
    edits.remove(("a",), 0)
    edits.append(("a",), "x")
    edits.add_key((), "c", "x")
    assert changed_lines(text, edits.splices()) == [
        ChangedLines(2, ("  - k",), ()),
        ChangedLines(3, (), ("  - x",)),
        ChangedLines(5, (), ("c: x",)),
    ]
