"""What a portal and a spreadsheet read in the files of a bundle."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from seatsync.domain.library import DeliveredBy, Library
from seatsync.domain.person import Member, Person
from seatsync.domain.portal.steps import Step, StepName
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.characters import clean
from seatsync.domain.text.emails import email_key
from seatsync.reports.worklist.sheets import MOST_IMPORTS, Sheet, sheets
from seatsync.sources.selections import read_selection
from seatsync.systems.registry import PORTALS, SYSTEMS
from tests.support.long_form import times
from tests.support.vendors import jamworks, logos, template

LIBRARIES = {
    id: Library(
        id, id.title(), system, SYSTEMS[system].kinds, SYSTEMS[system].delivery, 1000, False, DeliveredBy.VENDOR
    )
    for id, system in (("books", "logos-library"), ("loans", "logos-subscription"), ("jam", "jamworks"))
}
EXAMPLES = settings(max_examples=times(short=30, long=1_000))
TEMPLATES = {"logos": (logos.TEMPLATE, logos.REQUIRED), "jamworks": (jamworks.TEMPLATE, jamworks.REQUIRED)}

names = (
    st.one_of(
        st.sampled_from(
            [
                "=1+1",
                "-Ann",
                "+1",
                "@x",
                "O'Neil",
                'The "Rock"',
                "Lee, Jr.",
                "a;=b",
                "\t=1",
                "'=1",
                "Ín",
                "学生",
                "　＝1",
            ]
        ),
        st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=8),
    )
    .map(clean)
    .filter(bool)
)
emails = st.one_of(
    st.sampled_from(["+a", "-a", "=a", "a+b", "o'neil"]), st.from_regex("[a-z0-9+]{1,6}", fullmatch=True)
)
ids = st.one_of(
    st.just(""), st.sampled_from(["007", "-7", "=7", "1e5"]), st.from_regex("[A-Z0-9-]{1,5}", fullmatch=True)
)
people = st.lists(
    st.builds(
        lambda email, *more: Person(f"{email}@grace.example", *more),
        emails,
        names,
        names,
        ids,
        st.one_of(st.just(""), names),
        st.sampled_from(["", "student", "faculty", "faculty;student"]),
    ),
    min_size=1,
    max_size=6,
    unique_by=(lambda p: email_key(p.email), lambda p: p.student_id or p.email),
)


def all_steps(everybody: list[Person]) -> tuple[Snapshot, list[Sheet]]:
    """Everybody in each step of each portal that is not worked by hand."""
    books = Snapshot(libraries=LIBRARIES)
    books.members = {number: Member(*one, email_key(one.email)) for number, one in enumerate(everybody, 1)}
    of = {"logos": ("books", "loans"), "jamworks": ("jam",)}
    steps = [
        Step(portal.name, StepName(task.name), library, number)
        for portal in PORTALS.values()
        for task in portal.tasks
        for library in (of[portal.name] if task.per_library else ["jam" if portal.name == "jamworks" else ""])
        for number in books.members
        if task.name != "edit"
    ]
    return books, sheets(steps, books)


@EXAMPLES
@given(people)
def test_each_file_is_the_portals_template_and_says_what_the_ledger_says(everybody: list[Person]) -> None:
    books, found = all_steps(everybody)
    for sheet in found:
        columns = {column.name: column.field for column in sheet.portal.template.columns if not column.must_say}
        rows: list[Mapping[str, str]] = [dict(zip(sheet.columns, row, strict=True)) for row in sheet.by_hand]
        if sheet.rows:
            rows += template.filled(sheet.text.encode(), *TEMPLATES[sheet.portal.name])
        said = sorted(tuple(row[name] for name in columns) for row in rows)
        assert said == sorted(
            tuple(getattr(books.members[n], field) for field in columns.values()) for n in sheet.members
        )


@EXAMPLES
@given(people)
def test_no_spreadsheet_finds_a_formula_wherever_it_splits(everybody: list[Person]) -> None:
    _, found = all_steps(everybody)
    for sheet in found:
        for path, text in sheet.files.items():
            around = ' "\u3000\xa0' + ("" if ".by-hand" in path else "'")  # there an apostrophe is the guard
            for cell in re.split(r"[,;\t\r\n]", text):
                assert cell.strip(around)[:1] not in {*"=+-@＝＋－＠"}, cell


@EXAMPLES
@given(people)
def test_a_file_selects_its_people_here_too(everybody: list[Person]) -> None:
    books, found = all_steps(everybody)
    for sheet in found:
        diagnostics: list[Any] = []
        keys = set()
        for path, text in sheet.files.items():
            selection = read_selection(text, path, diagnostics)
            assert selection is not None
            keys |= selection.keys
        assert not diagnostics
        assert keys == {books.members[number].key for number in sheet.members}


@EXAMPLES
@given(people)
def test_every_file_has_a_name_of_its_own_that_any_system_takes(everybody: list[Person]) -> None:
    _, found = all_steps(everybody)
    paths = [path for sheet in found for path in sheet.files]
    assert len({*paths}) == len(paths)
    assert all(re.fullmatch(r"(logos|jamworks)/\d-[a-z0-9-]{1,90}(\.by-hand)?\.csv", path) for path in paths)


def test_people_with_very_many_sets_of_tags_are_imported_at_once_with_the_tags_that_all_have() -> None:
    def people_of(sets: int) -> list[Person]:
        return [Person(f"p{n}@grace.example", "Ann", "Lee", tags=f"class:{n};student") for n in range(sets)]

    few, many = (
        [sheet for sheet in all_steps(people_of(sets))[1] if sheet.task.name == "import"]
        for sets in (MOST_IMPORTS, MOST_IMPORTS + 1)
    )
    assert len(few) == MOST_IMPORTS
    assert [(sheet.name, [*sheet.tags], len(sheet.rows)) for sheet in many] == [
        ("3-import", ["student"], MOST_IMPORTS + 1)
    ]


def test_a_file_is_utf_8_without_a_mark_and_has_the_lines_of_rfc_4180() -> None:
    """A byte-order mark would be part of the first column's name for a reader that does not know it."""
    _, found = all_steps([Person("zoe@grace.example", "Zoë", "Lee")])
    (sheet,) = (sheet for sheet in found if sheet.name == "3-import")
    assert (
        sheet.text
        == "Role,Institution Student ID,Given Name,Family Name,Institution Email Address\r\n,,Zoë,Lee,zoe@grace.example\r\n"
    )
