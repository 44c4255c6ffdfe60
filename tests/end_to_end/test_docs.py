"""The docs name files that are there: a newcomer who opens one finds it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
_PATH = re.compile(r"`((?:[\w.-]+/)+[\w-]+\.(?:py|toml|jinja))`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_file_of_ours_that_a_page_names_is_there(page: Path) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    folders = {part for file in listed for part in file.split("/")[:-1]}
    named = set(_PATH.findall(page.read_text(encoding="utf-8")))
    ours = {name for name in named if name.split("/")[0] in folders}
    assert [name for name in sorted(ours) if not any(f"/{file}".endswith(f"/{name}") for file in listed)] == []
