"""Every bad input in ``tests/corpus``, and word for word what ``seatsync validate`` reports.

``corpus/<role>/<category>/`` has the inputs, in exact bytes. ``corpus/sound`` is an institution without a mistake. An input
that is a file replaces the file of its role there; an input that is a folder is copied over it.
``corpus/<role>/<category>.golden`` has the expected reports: under each input's name one line for each diagnostic, and no line
if there must be none.

``SEATSYNC_TEST_GOLDEN=write`` writes these pages again. Read the differences as the person who made the mistake: does the report
name the place, the fact, the reason and what to do; is anything missing; does the same mistake cause only one report?
"""

from __future__ import annotations

import codecs
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from seatsync.cli.output.explanations import explanations
from tests.support.command_line import seatsync
from tests.support.paths import TESTS

CORPUS = TESTS / "corpus"
ROLES = {
    "config": "seatsync.yaml",
    "grants": "grants/extra.csv",
    "letters": "letters/invitation.txt.jinja",
    "roster": "rosters/members{suffix}",
    "selection": "lists/graduates.csv",
}
CATEGORIES = sorted(path for role in ROLES for path in (CORPUS / role).iterdir() if path.is_dir())
WRITE = os.environ.get("SEATSYNC_TEST_GOLDEN") == "write"
OK, INVALID = 0, 3


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda path: path.relative_to(CORPUS).as_posix())
def test_what_is_said_of_bad_input(category: Path, tmp_path: Path) -> None:
    found = {bad.name: _validate(_spoiled(bad, tmp_path / bad.name)) for bad in sorted(category.iterdir())}
    said = {name: [_line(each, tmp_path / name) for each in reports] for name, reports in found.items()}
    golden = category.with_suffix(".golden")
    if WRITE:
        page = "\n".join("\n    ".join([name, *lines]) for name, lines in said.items())
        golden.write_text(page + "\n", encoding="utf-8", newline="\n")
    assert said == _read(golden)
    for name, reports in found.items():
        for each in reports:
            _is_well_said(each, tmp_path / name)


def test_the_sound_institution_is_read_without_a_word(tmp_path: Path) -> None:
    assert _validate(_spoiled(CORPUS / "sound", tmp_path / "sound")) == []


def test_the_corpus_is_large_and_meets_every_error() -> None:
    pages = sorted(CORPUS.rglob("*.golden"))
    assert [page.with_suffix("") for page in pages] == CATEGORIES
    assert len(CATEGORIES) >= 25
    assert sum(len(list(category.iterdir())) for category in CATEGORIES) >= 200
    met = {code for page in pages for code in re.findall(r"^    error (\S+)", page.read_text("utf-8"), re.MULTILINE)}
    of_pages = {"selection-too-long", "edit-unfinished"}  # no file of the corpus has them
    assert met >= {code for code, page in explanations().items() if page.startswith("Error.")} - of_pages


def _spoiled(bad: Path, folder: Path) -> Path:
    """Create the sound institution in ``folder``, with the ``bad`` input in it.

    It has letters of its own only where a test is about them, because a separate process reads them.
    """
    has_letters = bad.relative_to(CORPUS).parts[0] in ("letters", "sound")
    shutil.copytree(CORPUS / "sound", folder, ignore=None if has_letters else shutil.ignore_patterns("letters"))
    if bad.is_dir():
        shutil.copytree(bad, folder, dirs_exist_ok=True)
    else:
        role = bad.relative_to(CORPUS).parts[0]
        shutil.copyfile(bad, folder / ROLES[role].format(suffix=bad.suffix))
    return folder


def _validate(folder: Path) -> list[dict[str, Any]]:
    outcome = seatsync("validate", "--format", "json", "--now", "2026-09-01", folder=folder)
    assert outcome.err == ""
    found: list[dict[str, Any]] = json.loads(outcome.out.encode("utf-8"))
    assert outcome.code == (INVALID if any(report["severity"] == "error" for report in found) else OK)
    return found


def _line(report: dict[str, Any], folder: Path) -> str:
    place = "{file}:{line}:{column}".format_map(report["source"])
    line = f"{report['severity']} {report['code']} {place} {report['message']} → {report['help']}"
    return line.replace(str(folder.resolve()), "FOLDER").replace("\n", " ⏎ ")


def _read(golden: Path) -> dict[str, list[str]]:
    """Return a page's lines for each input."""
    page: dict[str, list[str]] = {}
    name = ""
    for line in golden.read_text(encoding="utf-8").removesuffix("\n").split("\n"):
        if line.startswith("    "):
            page[name].append(line.removeprefix("    "))
        else:
            name = line
            page[name] = []
    return page


def _is_well_said(report: dict[str, Any], folder: Path) -> None:
    """Check that it names an existing line and what to do, in whole sentences that any terminal can show."""
    data = (folder / report["source"]["file"]).read_bytes()
    text = data.decode("utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8", "replace")
    assert 1 <= report["source"]["line"] <= len(re.split(r"\r\n|\r|\n", text))
    assert report["source"]["column"] >= 1
    assert report["message"].endswith((".", "?"))
    help, *to_paste = report["help"].split("\n  ")
    assert help.endswith(":" if to_paste else (".", "?"))
    assert all(map(str.isprintable, (report["message"], help, *to_paste)))
    assert len(report["message"] + report["help"]) < 800
