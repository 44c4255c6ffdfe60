"""The docs name files that are there, and the reference is of this program: a newcomer who opens a page finds what it says."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
import tomllib
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

import cmarkgfm
import pytest

from tests.support.paths import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINKED = [
    *PAGES,
    *(ROOT / "benchmarks").glob("*.md"),
    *sorted((ROOT / "examples").rglob("*.md")),
    ROOT / "src" / "seatsync" / "cli" / "output" / "explanations.md",
]
SITE = runpy.run_path(str(ROOT / "docs" / "site.py"))
_PATH = re.compile(r"`((?:[\w.-]+/)+[\w-]+\.(?:py|toml|jinja))`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_of_ours_that_a_page_names_is_there(page: Path) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    folders = {part for file in listed for part in file.split("/")[:-1]}
    named = set(_PATH.findall(page.read_text(encoding="utf-8")))
    ours = {name for name in named if name.split("/")[0] in folders}
    assert [name for name in sorted(ours) if not any(f"/{file}".endswith(f"/{name}") for file in listed)] == []


def test_no_room_has_more_than_sixteen_modules() -> None:
    rooms = {init.parent for init in (ROOT / "src" / "seatsync").rglob("__init__.py")}
    found = {
        room.name: len([*room.glob("*.py")]) - 1 for room in rooms if room.name != "versions"
    }  # one for each release
    assert {name: number for name, number in found.items() if number > 16} == {}


@pytest.mark.parametrize(("program", "folder"), [("reference.py", "reference"), ("man.py", "man")])
def test_the_reference_and_the_manual_are_what_make_reference_writes(program: str, folder: str) -> None:
    # In a process of its own: click remembers the help of commands that other tests have called otherwise.
    script = (
        "import json, runpy, sys; sys.path.insert(0, 'docs'); "
        f"print(json.dumps(runpy.run_path('docs/{program}')['pages']()))"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    written = json.loads(ran.stdout)
    committed = ROOT / "docs" / folder
    assert {page.name for page in committed.iterdir()} == set(written)
    for name, text in written.items():
        assert (committed / name).read_text(encoding="utf-8") == text, (
            f"{name} is older than the program: make reference"
        )


def test_a_wheel_brings_the_manual(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    with ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        pages = {name.rpartition("/")[2] for name in wheel.namelist() if "/data/share/man/man1/" in name}
    assert pages == {page.name for page in (ROOT / "docs" / "man").iterdir()}


def test_a_manual_page_shows_the_help_as_it_is_with_hyphens_that_can_be_copied() -> None:
    page = (ROOT / "docs" / "man" / "seatsync-plan.1").read_text(encoding="utf-8")
    assert r"seatsync\-plan \- Show what would change" in page
    assert ".nf\nseatsync plan   " in page
    assert r".B \-\-changed\-since REF" in page
    assert not [line for line in page.splitlines() if line.startswith("'")]


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_to_a_file_and_a_heading_that_is_there(page: Path) -> None:
    wrong = []
    for link in _links(page.read_text(encoding="utf-8")):
        path, _, anchor = unquote(link).partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in _headings(target)):
            wrong.append(link)
    assert wrong == []


def test_every_page_is_in_the_menu_of_the_site_once() -> None:
    menu = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    pages = [path for entry in menu for path in _paths(entry)]
    targets = SITE["sources"]().values()
    assert sorted(pages) == sorted(path for path in targets if path.endswith(".md"))


def test_the_links_of_the_site_lead_to_its_pages_or_to_the_repository() -> None:
    sources = SITE["sources"]()
    for source in [source for source in sources if source.endswith(".md")]:
        for link in _links(SITE["page"](source)):
            path = unquote(link).partition("#")[0]
            at = os.path.normpath(Path(sources[source]).parent / path)
            assert not path or at in sources.values(), f"{source}: {link}"


def test_a_page_of_the_site_has_the_blank_lines_and_indents_that_its_markdown_asks_for() -> None:
    lines = [
        "Text:",
        "- one",
        "  more",
        "",
        "  ```",
        "  code",
        "  ```",
        "1. two",
        "```",
        "- no list [x](../README.md)",
        "```",
    ]
    assert SITE["laid_out"](lines, "docs/ci.md") == [
        *["Text:", "", "- one", "    more", "", "    ```", "    code", "    ```", "", "1. two"],
        *["```", "- no list [x](../README.md)", "```"],
    ]
    assert SITE["laid_out"](["[a](../README.md#more), [b](../action.yml)"], "docs/ci.md") == [
        f"[a](index.md#more), [b]({SITE['REPOSITORY']}/action.yml)"
    ]


def _paths(entry: Any) -> list[str]:
    """The pages of an entry of the menu: a path, or a title with a path or more entries."""
    if isinstance(entry, str):
        return [entry]
    return [path for one in (entry.values() if isinstance(entry, dict) else entry) for path in _paths(one)]


def _links(text: str) -> list[str]:
    """The addresses of links and pictures that stay in the repository."""
    found = re.findall(r'\b(?:href|src|srcset)="([^"]+)"', _html(text))
    return [unescape(link) for link in found if not re.match(r"[a-z]+:|//", link)]


@cache
def _headings(page: Path) -> set[str]:
    """The anchors of the page's headings, as GitHub makes them."""
    seen: dict[str, int] = {}
    anchors = set()
    for heading in re.findall(r"<h[1-6]>(.*?)</h[1-6]>", _html(page.read_text(encoding="utf-8")), re.DOTALL):
        text = unescape(re.sub(r"<[^>]+>", "", heading)).strip().lower()
        anchor = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        number = seen[anchor] = seen.get(anchor, -1) + 1
        anchors.add(f"{anchor}-{number}" if number else anchor)
    return anchors


def _html(text: str) -> str:
    rendered: str = cmarkgfm.github_flavored_markdown_to_html(text, cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE)
    return rendered
