"""Real-looking exports of the vendors' portals in ``exports/``, and word for word how each is read.

A file's name ends with ``--ID`` if it is read with ``--library ID``. ``exports.golden`` has under each name the findings, then the
people and their licenses. ``SEATSYNC_TEST_GOLDEN=write`` writes it again: read the differences as the registrar would.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.library import Delivery, Library
from seatsync.domain.license import Kind
from seatsync.domain.portal.export import Export
from seatsync.sources.files import Folder
from seatsync.sources.portal.columns import titles_in
from seatsync.sources.portal.export import read_export
from seatsync.sources.rosters.meaning.meanings import fields_of
from seatsync.sources.rosters.meaning.spellings import SPELLINGS
from seatsync.sources.tables.table import squeezed
from seatsync.systems.registry import TEMPLATES
from tests.support.paths import TESTS

EXPORTS = TESTS / "sources" / "exports"
GOLDEN = TESTS / "sources" / "exports.golden"
FILES = sorted(EXPORTS.iterdir())
BOTH, TEMPORARY = (Kind.TEMPORARY, Kind.PERMANENT), (Kind.TEMPORARY,)
LIBRARIES = {
    library.id: library
    for library in (
        Library("books", "Biblical Studies", "logos-library", BOTH, Delivery.CLAIM, 40),
        Library("logos", "Logos Subscription", "logos-subscription", TEMPORARY, Delivery.CLAIM, 50),
        Library("jamworks", "Jamworks", "jamworks", TEMPORARY, Delivery.ACCOUNT, 10),
        Library("twin-1", "Twins", "logos-library", BOTH, Delivery.CLAIM, 40),
        Library("twin-2", "Twins", "logos-library", BOTH, Delivery.CLAIM, 40),
    )
}


def read(file: Path) -> tuple[Export | None, list[Diagnostic]]:
    folder = Folder(EXPORTS)
    text = folder.read(file.name)
    assert text is not None
    _, _, library = file.stem.partition("--")
    libraries = {id: LIBRARIES[id] for id in LIBRARIES if not ("without" in file.stem and id == "jamworks")}
    return read_export(text, file.name, libraries, library or None, folder.found), folder.found


def page(file: Path) -> str:
    export, found = read(file)
    lines = [f"{d.severity} {d.code} {d.origin} {d.message} → {d.help}" for d in found]
    if export is not None:
        whom = "holders" if export.lists_holders else "everybody"
        lines.append(f"{whom} of {export.portal or 'several portals'}; {', '.join(sorted(export.fields))}")
        for member in export.members:
            held = [
                f"{id} {' '.join(holdings[member.key])} {export.ends.get(id, {}).get(member.key, '')}".rstrip()
                for id, holdings in export.holdings.items()
            ]
            left = " (on no roster)" if member.key in export.left else ""
            person = " ".join(filter(None, member[:6]))
            lines.append(f"{member.line}: {person}{left}: {'; '.join(held) or 'says nothing of licenses'}")
    return "\n    ".join([file.name, *lines]) + "\n"


def test_every_export_is_read_as_its_page_says() -> None:
    said = "".join(map(page, FILES))
    if os.environ.get("SEATSYNC_TEST_GOLDEN") == "write":
        GOLDEN.write_text(said, encoding="utf-8", newline="\n")
    assert said == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_export_is_read_if_and_only_if_nothing_is_wrong(file: Path) -> None:
    export, found = read(file)
    assert (export is None) == any(diagnostic.severity is Severity.ERROR for diagnostic in found)
    for diagnostic in found:
        assert diagnostic.message.endswith(".")
        assert diagnostic.help.endswith((".", ".csv"))
        assert diagnostic.origin is not None


def test_the_order_of_columns_and_rows_does_not_matter() -> None:
    header, *rows = (EXPORTS / "logos-several-libraries.csv").read_text().splitlines()
    swapped = "\n".join(
        ";".join(reversed(line.replace(", ", "|").replace(";", "").split(","))) for line in (header, *rows[::-1])
    )
    export = read_export(swapped.replace("|", ", "), "x.csv", LIBRARIES, None, [])
    expected, _ = read(EXPORTS / "logos-several-libraries.csv")
    assert export is not None
    assert expected is not None
    assert export.holdings == expected.holdings
    assert {member.key for member in export.members} == {member.key for member in expected.members}


def test_many_plain_rows_are_read_as_one_by_one() -> None:
    rows = [
        f"Ann{n},Lee,a{n}@grace.example,{n},Temporary,{'Delivered' if n % 2 else 'Unclaimed'}" for n in range(12_000)
    ]
    header = "First Name,Last Name,Email,User ID,License Kind,License Status"
    plain = read_export("\n".join([header, *rows]), "x.csv", LIBRARIES, "books", [])
    quoted = read_export(
        "\n".join([header, *(row.replace("Lee", "Lée") for row in rows)]), "x.csv", LIBRARIES, "books", []
    )
    assert plain is not None
    assert quoted is not None
    assert plain.holdings == quoted.holdings
    assert [member.line for member in plain.members] == [member.line for member in quoted.members]
    assert len(plain.members) == 12_000


def test_every_column_of_a_template_is_a_known_spelling() -> None:
    for column in (column for template in TEMPLATES for column in template.columns if column.field in SPELLINGS):
        for name in (column.name, *column.other_names):
            assert [found for found, _, _ in fields_of([squeezed(name)])] == [column.field]


def test_the_titles_of_libraries_are_found_before_any_library_is_known() -> None:
    header = "First Name,Last Name,Email,Biblical Studies License Kind,License Status (Biblical Studies),Greek: License Kind,License Kind"
    assert titles_in(header, "x.csv", []) == ["Biblical Studies", "Greek", ""]
    assert titles_in("First Name,Last Name,Email", "x.csv", []) == []
    found: list[Diagnostic] = []
    assert titles_in("a,b\n1,2", "x.csv", found) is None
    assert [diagnostic.code for diagnostic in found] == ["csv-header"]
