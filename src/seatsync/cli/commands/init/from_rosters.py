"""``init --roster``: a folder whose members are in a file that another program wrote. Nothing in it is made up."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from typing import NamedTuple

import click

from seatsync.cli.commands.init.adopted import library_lines
from seatsync.cli.commands.init.answers import answered
from seatsync.cli.commands.init.reading import Adopted, libraries_of
from seatsync.cli.commands.init.reading_options import HOW_TO_SAY, Reading
from seatsync.cli.commands.init.values import Given
from seatsync.cli.output.findings import print_findings
from seatsync.cli.run import Run
from seatsync.domain.diagnostic import counted
from seatsync.domain.failure import ExitCode
from seatsync.domain.text.file_names import WORKBOOKS
from seatsync.sources import opening
from seatsync.sources.editing.texts.yaml_values import flow
from seatsync.sources.encryption.decrypt import suffix_of
from seatsync.sources.files import NAME
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import load
from seatsync.sources.rosters.told import notices


class Rosters(NamedTuple):
    """The rosters' path in the new folder, with the files to be copied there, and the values for seatsync.yaml."""

    files: Mapping[str, Path]
    values: Mapping[str, str]

    def copy_to(self, folder: Path) -> None:
        """Copy the files byte for byte; of a folder only its tables, as nothing else in it is read."""
        for name, file in self.files.items():
            target = folder / name
            if target.exists():
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            if file.is_dir():
                target.mkdir()
            for one in _tables_in(file) if file.is_dir() else [file]:
                shutil.copyfile(one, target / one.name if file.is_dir() else target)


def rosters_of(folder: Path, files: Sequence[Path], reading: Reading, given: Given) -> Rosters:
    """Return the rosters of a new folder, and what seatsync.yaml says of them and of the libraries that were ``given``.

    Raises:
        UsageError: something is missing and cannot be asked, or can't be right.
    """
    if gone := next((file for file in files if not file.exists()), None):
        raise click.UsageError(f"{gone} does not exist. To fix: Correct the path after --roster.")
    named = {name_in(folder, file): file for file in files}
    if len(named) < len(files):
        raise click.UsageError("Two of the rosters have the same name. To fix: Rename one of them.")
    libraries = libraries_of(given.library)
    adopted = Adopted(libraries, [], [], {id: {} for id in libraries}, {})
    known = answered(adopted, given)
    keys = {"tags": ["member"], **reading.keys(given.encoding)}
    plain = {key: value for key, value in keys.items() if key != "sheet"}
    entries = [f"  - {flow({'path': name, **(keys if suffix_of(name) in WORKBOOKS else plain)})}" for name in named]
    lines = {"rosters": "\n".join(entries), "libraries": library_lines(known.libraries), "grants": "  []"}
    return Rosters(named, {**known.values, **lines})


def check(run: Run, folder: Path, rosters: Rosters, texts: Mapping[str, str]) -> None:
    """Check what the files will say, before the first one is written, and tell how many members they have.

    Raises:
        UsageError: another file is in the place of one.
        Exit: they have mistakes, which were printed.
    """
    for name, file in rosters.files.items():
        there = folder / name
        if there.exists() and not there.samefile(file):
            raise click.UsageError(f"{there} already exists. To fix: Move it away, or start in another folder.")
    with TemporaryDirectory() as place:
        (Path(place) / NAME).write_text(texts[NAME], encoding="utf-8")
        rosters.copy_to(Path(place))
        loaded = load(InstitutionFolder.open(Path(place)), run.now)
    print_findings(folder, [*loaded.found, *(one for reader in loaded.rosters for one in notices(reader))], run)
    if loaded.desired is None:
        run.say(f"Nothing was written. {HOW_TO_SAY}")
        raise click.exceptions.Exit(ExitCode.INVALID)
    run.say(f"{counted(len(loaded.desired.members), 'member')} in {', '.join(rosters.files)}.")


def say_how_to_grant(run: Run, folder: Path, libraries: Sequence[str]) -> None:
    """Say how to go on from a roster to the first seats."""
    where = quote(str(folder))
    if libraries:
        run.say(f"Nobody gets a library yet. `seatsync edit grant LIBRARY --tag member -C {where}` gives it.")
    else:
        run.say(f"No library yet. `seatsync edit library add ID --system … --slots … -C {where}` says what you bought.")
    run.say(f"How the roster is read: seatsync validate --verbose {where}")


def name_in(folder: Path, file: Path) -> str:
    """The roster's path in the folder: where it is, if it is in there, else in rosters/."""
    real, home = file.resolve(), folder.resolve()
    if real == home:
        raise click.UsageError(
            f"{file} is the new folder itself. To fix: Put the files of the set into one of its own."
        )
    return real.relative_to(home).as_posix() if real.is_relative_to(home) else f"rosters/{real.name}"


def copied(file: Path, folder: Path, name: str) -> dict[str, bytes]:
    """The files that make ``file`` the roster ``name`` of a folder, path → bytes; none if it is in the folder already."""
    if file.resolve().is_relative_to(folder.resolve()):
        return {}
    if not file.is_dir():
        return {name: opening.read(file)}
    return {f"{name}/{one.name}": opening.read(one) for one in _tables_in(file)}


def _tables_in(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if one.is_file() and one.suffix.lower() == ".csv")
