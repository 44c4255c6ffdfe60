"""The folder of an institution, or the folders of several: every command takes them the same way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from seatsync.cli.from_here import remember
from seatsync.cli.options.given import GlobalOption, given_before, is_given

Command = TypeVar("Command", bound=Callable[..., Any])


def folder(command: Command) -> Command:
    """Add ``-C`` for one institution's folder, where arguments are something else. Default: the current folder."""

    def convert(ctx: click.Context, param: click.Parameter, value: str) -> Path:
        if given_before(ctx, "folder"):
            before: Path = ctx.find_root().params["folder"]
            return before
        named = as_folder(value)
        remember(named)
        return named

    return click.option(
        "--folder",
        "-C",
        cls=GlobalOption,
        default=".",
        metavar="FOLDER",
        callback=convert,
        envvar="SEATSYNC_FOLDER",
        show_envvar=True,
        help="The institution's folder. Default: the current one. Commands without other arguments also take it as argument.",
    )(command)


def one_folder(command: Command) -> Command:
    """Add ``[FOLDER]`` and ``-C`` for one institution's folder."""

    @wraps(command)
    def wrapper(folder: Path, named: str | None, **rest: Any) -> Any:
        return command(folder=chosen_folders((named,) if named is not None else (), folder)[0], **rest)

    return click.argument("named", required=False, metavar="[FOLDER]")(folder(cast(Command, wrapper)))


def folders(command: Command) -> Command:
    """Add ``[FOLDER]...`` and ``-C`` for one or several institutions' folders."""

    @wraps(command)
    def wrapper(folder: Path, folders: tuple[str, ...], **rest: Any) -> Any:
        return command(folders=chosen_folders(folders, folder), **rest)

    return click.argument("folders", nargs=-1, metavar="[FOLDER]...")(folder(cast(Command, wrapper)))


def chosen_folders(names: Sequence[str], folder: Path) -> list[Path]:
    """The folders that arguments name; without arguments that of ``-C``.

    Raises:
        UsageError: both name one.
    """
    if names and is_given(click.get_current_context(), "folder"):
        raise click.UsageError("Name the folder once: as argument or with -C.")
    if not names:
        return [folder]
    folders = as_folders(names)
    if len(folders) == 1:
        remember(folders[0])
    return folders


def as_folders(names: Sequence[str]) -> list[Path]:
    """The named folders; the current one if there are no names. Files among the names are ignored: institutions/* matches them, too.

    Raises:
        UsageError: all names are files.
    """
    kept = [name for name in names if len(names) == 1 or Path(name).name == "seatsync.yaml" or not Path(name).is_file()]
    if names and not kept:
        raise click.UsageError(f"There is no folder among these paths: {names[0]} and the others are files.")
    return [as_folder(name) for name in kept or (".",)]


def as_folder(name: str) -> Path:
    """The folder with this name, or the folder of the seatsync.yaml with this name."""
    if "://" in name:
        raise click.UsageError("This is an address, not a folder. To name a ledger, use --ledger.")
    path = Path(name)
    return path.parent if path.name == "seatsync.yaml" else path
