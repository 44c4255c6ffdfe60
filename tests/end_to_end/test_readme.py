"""The transcripts of the README, and of the page of the year, are true: every command of their ``console`` blocks is run, and prints
what stands there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

HOME = ROOT


def test_the_picture_of_the_year_is_what_make_pictures_draws() -> None:
    drawn = subprocess.run(
        [sys.executable, "-c", "from picture_year import picture; print(picture(), end='')"],
        cwd=HOME / "docs",
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    assert drawn.stdout == (HOME / "docs/year.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(("page", "least"), [("README.md", 8), ("docs/year.md", 5)])
def test_what_a_page_shows_is_what_the_commands_print(page: str, least: int, tmp_path: Path) -> None:
    shutil.copytree(HOME / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("seatsync.db*"))
    here = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    rest = {name: value for name, value in os.environ.items() if not name.startswith("SEATSYNC_")}
    environment = {**rest, **here, "COLUMNS": "110", "SEATSYNC_NOW": "2026-11-22"}
    transcript = _transcript(page)
    assert len(transcript) > least
    for command, expected in transcript:
        told = subprocess.run(
            command,
            shell=True,
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        printed = [line.rstrip() for line in told.stdout.rstrip().splitlines()]
        if expected[-1:] == [_AND_MORE]:
            assert len(printed) >= len(expected)
            printed[len(expected) - 1 :] = [_AND_MORE]
        assert printed == expected, command


_AND_MORE = "…"
"""The last line of a transcript that is not whole."""


def _transcript(page: str) -> list[tuple[str, list[str]]]:
    """(command, lines it prints) of every console block of a page, in order."""
    blocks = re.findall(r"^```console\n(.*?)^```$", (HOME / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    found: list[tuple[str, list[str]]] = []
    for line in "".join(blocks).splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found
