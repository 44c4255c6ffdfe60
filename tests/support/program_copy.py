"""A copy of the program that a test changes as a contributor would, and runs in a separate process."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import seatsync
from tests.support.command_line import Outcome
from tests.support.databases import environment


class ProgramCopy(NamedTuple):
    """A copy whose package is in ``top``."""

    top: Path

    def seatsync(self, *args: str, folder: Path) -> Outcome:
        """Run one command of the copy in ``folder``."""
        done = subprocess.run(
            [sys.executable, "-m", "seatsync", *args],
            cwd=folder,
            env=environment(folder) | {"PYTHONPATH": str(self.top), "SEATSYNC_TEST_PART": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)


def changed_program(top: Path, new: Mapping[str, str], edits: Mapping[str, tuple[tuple[str, str], ...]]) -> ProgramCopy:
    """Copy the program, add ``new`` files, and replace pieces of text (old, new) everywhere in existing files."""
    package = shutil.copytree(
        Path(seatsync.__file__).parent, top / "seatsync", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name, text in new.items():
        (package / name).write_text(text, encoding="utf-8")
    for name, pieces in edits.items():
        text = (package / name).read_text(encoding="utf-8")
        for old, instead in pieces:
            assert old in text, f"{name} has no {old!r}"
            text = text.replace(old, instead)
        (package / name).write_text(text, encoding="utf-8")
    return ProgramCopy(top)


def institution_of(top: Path, files: Mapping[str, str]) -> Path:
    """The folder of an institution with these files, for a changed program."""
    folder = top / "grace"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
