"""The docs name files that are there, and the reference is of this program: a newcomer who opens a page finds what it says."""

from __future__ import annotations

import re
import runpy
import subprocess
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
_PATH = re.compile(r"`((?:[\w.-]+/)+[\w-]+\.(?:py|toml|jinja))`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_of_ours_that_a_page_names_is_there(page: Path) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    folders = {part for file in listed for part in file.split("/")[:-1]}
    named = set(_PATH.findall(page.read_text(encoding="utf-8")))
    ours = {name for name in named if name.split("/")[0] in folders}
    assert [name for name in sorted(ours) if not any(f"/{file}".endswith(f"/{name}") for file in listed)] == []


def test_the_reference_is_what_make_reference_writes() -> None:
    written = runpy.run_path(str(ROOT / "docs" / "reference.py"))["pages"]()
    reference = ROOT / "docs" / "reference"
    assert {page.name for page in reference.iterdir()} == set(written)
    for name, text in written.items():
        assert (reference / name).read_text(encoding="utf-8") == text, (
            f"{name} is older than the program: make reference"
        )
