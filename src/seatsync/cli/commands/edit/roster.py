"""``seatsync edit roster``: name one more roster, and say how one is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.commands.edit.carry_out import carry_out_in_config
from seatsync.cli.commands.edit.options import edit_option
from seatsync.cli.commands.init.reading_options import HOW_TO_SAY, Reading, reading_options
from seatsync.cli.options import Command, EncodingName, common, folder, with_options
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.sources.editing.config import EditedConfig


@click.group("roster")
def command() -> None:
    """Add a roster, change how one is read, or take one out.

    \b
    seatsync edit roster add staff.xlsx --tag staff --sheet 2026
    seatsync edit roster set rosters/staff.xlsx --map 'email={Login}@grace.example' --take status=active
    """


def _reading(command: Command) -> Command:
    """Add the options that an entry of `rosters` is made of."""
    own = [
        edit_option("--tag", multiple=True, help="A tag for everybody in the file. Repeat it for several tags."),
        reading_options("EDIT"),
        edit_option("--encoding", type=EncodingName(), help="The file's encoding, if it is not recognized."),
        edit_option(
            "--adds",
            type=click.Choice(["tags"]),
            help="The file gives tags to members of other rosters and makes nobody a member.",
        ),
        folder,
        common(),
    ]
    return with_options(command, own)


def _keys(tag: Sequence[str], reading: Reading, encoding: str | None, adds: str | None) -> dict[str, object]:
    from seatsync.domain.text.characters import clean

    keys: dict[str, object] = {"tags": [*map(clean, tag)], **reading.keys(encoding), "adds": adds}
    return {key: value for key, value in keys.items() if value}


@command.command("add")
@click.argument("file", type=click.Path(path_type=Path))
@_reading
def add(
    run: Run,
    folder: Path,
    file: Path,
    tag: Sequence[str],
    reading: Reading,
    encoding: str | None,
    adds: str | None,
) -> int:
    """Add a roster: a list of members, or a set of files (folder or zip).

    \b
    seatsync edit roster add students.csv --tag student
    seatsync edit roster add sis.zip --take 'terms=FS2026'

    A file from elsewhere is copied to rosters/ as it is. Nothing is written unless it can be read.
    """
    from seatsync.cli.commands.init.from_rosters import copied, name_in
    from seatsync.sources.editing import roster_entries

    if not file.exists() and (folder / file).exists():
        file = folder / file
    if not file.exists():
        raise click.UsageError(f"{file} does not exist. To fix: Correct the path.")
    name = name_in(folder, file)
    keys = _keys(tag, reading, encoding, adds)
    return _carry_out(folder, run, partial(roster_entries.add, name=name, keys=keys, files=copied(file, folder, name)))


@command.command("set")
@click.argument("file")
@_reading
@edit_option(
    "--drop",
    multiple=True,
    metavar="KEY",
    help="A key of the entry that goes: sheet, map, map.email … Repeat it for several.",
)
def set_(
    run: Run,
    folder: Path,
    file: str,
    tag: Sequence[str],
    reading: Reading,
    encoding: str | None,
    adds: str | None,
    drop: Sequence[str],
) -> int:
    """Change how a roster is read, also if it has mistakes so far.

    \b
    seatsync edit roster set rosters/students.csv --map 'email={Username}@grace.example'
    seatsync edit roster set rosters/students.csv --take 'status=active,on leave' --drop map.role

    What is given takes the place of what the entry says; everything else stays.
    """
    from seatsync.sources.editing import roster_entries

    keys = _keys(tag, reading, encoding, adds)
    return _carry_out(folder, run, partial(roster_entries.change, names=_names(folder, file), keys=keys, drop=[*drop]))


@command.command("remove")
@click.argument("file")
@folder
@common("text", "json")
def remove(run: Run, folder: Path, file: str) -> int:
    """Take a roster out of seatsync.yaml. The file stays, but nobody is a member by it any more.

    \b
    seatsync edit roster remove rosters/guests.csv
    """
    from seatsync.sources.editing import roster_entries

    return carry_out_in_config(folder, run, partial(roster_entries.remove, names=_names(folder, file)))


def _names(folder: Path, file: str) -> list[str]:
    """What a roster may be called that is named like this here, in the folder, or before it was copied."""
    return [file, str(Path(file).absolute()), f"rosters/{Path(file).name}"]


def _carry_out(folder: Path, run: Run, change: Callable[[EditedConfig], None]) -> int:
    code = carry_out_in_config(folder, run, change)
    if code == ExitCode.INVALID:
        run.say(HOW_TO_SAY)
    return code
