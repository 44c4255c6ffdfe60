"""docs/portal.md is true: a registrar who follows it sees what stands there.

The page's files are saved as it shows them, its commands are run as they stand, one section after the other, and each must
print what the page says. ``SEATSYNC_TEST_GOLDEN=write`` writes what they print into the page; read the difference.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import pytest

from seatsync.cli import main
from tests.support.paths import ROOT

PAGE = ROOT / "docs" / "portal.md"
WAYS = (
    ("Start from a Logos portal", "Start from Jamworks", "Drift", "Take over what an export shows"),
    ("Start from a Logos portal", "A month", "An export on a pull request"),
)
"""Sections that are followed one after the other, each way from an empty folder."""
WRITE = os.environ.get("SEATSYNC_TEST_GOLDEN") == "write"
_ALONE = re.compile(r"seatsync [^|<>&;*$]+")
"""A command that needs no shell; it is run as the installed program would, but without starting one."""
_SECTION = re.compile(r"(?=^## )", re.MULTILINE)
_FILE = r"`(?P<file>[\w./-]+\.csv)`[^`]*\n\n```csv\n(?P<text>.*?)^```$"
_TRANSCRIPT = r"^```console\n(?P<transcript>.*?)^```$"
_BLOCK = re.compile(f"{_FILE}|{_TRANSCRIPT}", re.MULTILINE | re.DOTALL)


class Registrar:
    """Somebody who follows the page in a terminal."""

    def __init__(self, home: Path) -> None:
        self.home, self.place = home, home
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {"PATH": path, "COLUMNS": "110", "SEATSYNC_NOW": "2027-03-01"}

    def follows(self, section: str) -> str:
        """Do what the section says, from the same place as the others; return it with what the commands print."""
        self.place = self.home
        return _BLOCK.sub(self._block, section)

    def _block(self, block: re.Match[str]) -> str:
        if block["file"]:
            (self.home / block["file"]).write_text(block["text"], encoding="utf-8")
            return block[0]
        printed = [
            line
            for command in re.findall(r"^\$ (.*)$", block["transcript"], re.MULTILINE)
            for line in self._runs(command)
        ]
        return "\n".join(["```console", *printed, "```"])

    def _runs(self, command: str) -> Iterator[str]:
        yield f"$ {command}"
        if command.startswith("cd "):
            self.place /= command.removeprefix("cd ")
            return
        with mock.patch.dict(os.environ, self.environment):
            said = self._in_this_process(command) if _ALONE.fullmatch(command) else self._in_a_shell(command)
        yield from (line.rstrip() for line in said.rstrip().splitlines())

    def _in_this_process(self, command: str) -> str:
        said, stdin = io.StringIO(), io.StringIO()
        with chdir(self.place), redirect_stdout(said), redirect_stderr(said), mock.patch.object(sys, "stdin", stdin):
            main.run(shlex.split(command)[1:])
        return said.getvalue()

    def _in_a_shell(self, command: str) -> str:
        done = subprocess.run(
            f"({command}) 2>&1", shell=True, cwd=self.place, stdout=subprocess.PIPE, text=True, check=False
        )
        return done.stdout


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way[-1])
def test_a_registrar_who_follows_the_page_sees_what_it_says(way: Sequence[str], tmp_path: Path) -> None:
    registrar = Registrar(tmp_path)
    sections = _SECTION.split(PAGE.read_text(encoding="utf-8"))
    by_title = {section[3:].partition("\n")[0]: section for section in sections}
    followed = {by_title[title]: registrar.follows(by_title[title]) for title in way}
    if WRITE:
        PAGE.write_text("".join(followed.get(section, section) for section in sections), encoding="utf-8")
    for section, seen in followed.items():
        assert seen == section
