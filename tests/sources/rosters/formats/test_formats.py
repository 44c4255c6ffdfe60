"""Every case of the files beside this one: a list as a system exports it, who of it is a member, and who is not and why.

``source`` says where the header is documented. ``saved`` says how the file is written: ``encoding``, ``bom``, ``newline``, and a
``delimiter`` instead of the comma of ``text``. ``roster`` has further keys of the entry in ``seatsync.yaml``. ``members`` are all of them:
e-mail, given name, family name, student id, role, tags. ``left_out`` counts people by reason. ``errors`` are all errors: code, line, and
what message and help ``say``. ``secrets`` are passwords in the file, which no output shows.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from seatsync.domain.desired import Counted, Grant
from seatsync.domain.diagnostic import Severity
from seatsync.domain.person import person_of
from seatsync.domain.text.tags import split_tags
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import Loaded, load
from seatsync.sources.rosters.files import RosterFile, read_whole
from seatsync.sources.rosters.formats.registry import FORMATS
from seatsync.sources.rosters.meaning.meanings import spelled_as
from seatsync.sources.rosters.members import RosterReader
from tests.support.command_line import seatsync

HERE = Path(__file__).parent
CASES: list[tuple[str, dict[str, Any]]] = [
    (f"{path.stem}: {case['case']}", case)
    for path in sorted(HERE.glob("*.yaml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]


def cases(has: Callable[[dict[str, Any]], bool] = bool) -> list[Any]:
    return [pytest.param(case, id=name) for name, case in CASES if has(case)]


CONFIG: dict[str, Any] = {
    "version": 1,
    "institution": {
        "id": "grace",
        "name": "Grace",
        "admins": [{"given_name": "Ruth", "family_name": "Abel", "email": "ruth@school.example"}],
    },
    "libraries": {"books": {"title": "Books", "system": "logos-subscription", "slots": 100}},
    "grants": [{"library": "books", "to": {"everyone": True}}],
}


def written(case: dict[str, Any], folder: Path) -> None:
    """Write the case's file as its system saves it, and a seatsync.yaml that has it as its only roster."""
    saved, text = case.get("saved", {}), case["text"]
    if delimiter := saved.get("delimiter"):
        rows = io.StringIO()
        csv.writer(rows, delimiter=delimiter, lineterminator="\n").writerows(csv.reader(io.StringIO(text)))
        text = rows.getvalue()
    encoding = saved.get("encoding", "utf-8")
    text = text.replace("\n", {"crlf": "\r\n"}.get(saved.get("newline", ""), saved.get("newline", "\n")))
    marks = {"utf-8": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE}
    (folder / case["file"]).write_bytes((marks[encoding] if saved.get("bom") else b"") + text.encode(encoding))
    config = {**CONFIG, "rosters": [{"path": case["file"], **case.get("roster", {})}]}
    (folder / "seatsync.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")


def read(case: dict[str, Any], folder: Path) -> tuple[Loaded, RosterReader]:
    """What is read from the case's file: the desired state with all findings, and the reader of the roster."""
    written(case, folder)
    readers: list[RosterReader] = []

    def whole(files: list[RosterFile], grants: Callable[[], list[Grant]]) -> Counted:
        readers.extend(file.reader for file in files)
        return read_whole(files, grants)

    loaded = load(InstitutionFolder.open(folder), datetime(2026, 12, 1, tzinfo=UTC), whole)
    (reader,) = readers
    return loaded, reader


def format_of(reader: RosterReader) -> str | None:
    """The name of the format in which a list was read; None if it is a plain one."""
    format = reader.columns.format if reader.columns is not None else None
    return format.name if format is not None else None


@pytest.mark.parametrize("case", cases())
def test_who_is_a_member_and_who_is_not(case: dict[str, Any], tmp_path: Path) -> None:
    loaded, reader = read(case, tmp_path)
    desired, found = loaded.desired, loaded.found
    errors = [report for report in found if report.severity is Severity.ERROR]
    expected = case.get("errors", [])
    assert [(report.code, report.origin and report.origin.line) for report in errors] == [
        (error["code"], error["line"]) for error in expected
    ], [report.message for report in errors]
    for report, error in zip(errors, expected, strict=True):
        said = f"{report.message} {report.help}"
        assert [words for words in error["says"] if words not in said] == [], said
        assert [words for words in error.get("never", []) if words in said] == [], said
    if expected:
        return
    assert desired is not None
    members = [[*person_of(member)[:-1], [*split_tags(member.tags)]] for member in desired.members]
    assert members == case["members"]
    assert {reason: len(lines) for reason, lines in reader.left.because.items()} == case.get("left_out", {})
    warned = [report.code for report in found if report.severity is Severity.WARNING]
    assert warned == case.get("warnings", []), [report.message for report in found]
    assert format_of(reader) == case.get("format")


@pytest.mark.parametrize("case", cases(lambda case: "errors" not in case))
def test_no_other_format_would_take_the_list(case: dict[str, Any], tmp_path: Path) -> None:
    """So the order of the formats does not matter, and none is read as another when a column is added."""
    _, reader = read(case, tmp_path)
    if reader.columns is not None:
        names = frozenset(chain.from_iterable(map(spelled_as, reader.columns.header)))
        fitting = {format.name for format in FORMATS if format.fits(names)}
        assert fitting == {*filter(None, [case.get("format")])}


@pytest.mark.parametrize("case", cases(lambda case: "secrets" in case))
def test_no_output_shows_a_password(case: dict[str, Any], tmp_path: Path) -> None:
    written(case, tmp_path)
    runs: list[tuple[str, ...]] = [("validate", "--verbose"), ("validate", case["file"])]
    runs += [("validate", "--format", format) for format in ("json", "github", "sarif", "markdown")]
    runs += [("plan", "--format", format) for format in ("text", "json", "markdown", "html", "github", "sarif")]
    for run in runs:
        outcome = seatsync(*run, folder=tmp_path)
        shown = [secret for secret in case["secrets"] if secret in outcome.out + outcome.err]
        assert shown == [], run
