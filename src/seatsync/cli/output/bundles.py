"""Write a bundle of the work list into a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from seatsync.cli.output.files import write_atomically
from seatsync.cli.run import Run


def check_may_be_written(run: Run) -> None:
    """Check that a bundle may be written here.

    Raises:
        UsageError: others might read it.
    """
    if run.redactor is not None:
        raise click.UsageError(
            "A bundle contains names and e-mails, which the portal needs, and others may be able to read it here. To write it "
            "anyway, give --no-redact."
        )


def write_bundle(folder: Path, institution: str, files: Mapping[str, str]) -> None:
    """Write these files (``reports.worklist.bundle``) into the folder in place of an earlier bundle; other files stay.

    If it is stopped, the check list there says so: a check list never stands beside files of another bundle.

    Raises:
        UsageError: the folder has other files, and no bundle of this institution.
    """
    from seatsync.reports.worklist.bundle import CHECK_LIST, unfinished

    old = _earlier(folder, institution, files)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / CHECK_LIST, [unfinished(institution, {*old, *files})], private=True)
    for name in [*old]:
        if name not in files:
            (folder / name).unlink(missing_ok=True)
            _remove_if_empty((folder / name).parent, folder)
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        write_atomically(folder / name, [text], private=True)


def _earlier(folder: Path, institution: str, files: Mapping[str, str]) -> list[str]:
    """The files of the earlier bundle in the folder; none if the folder is new or empty."""
    from seatsync.reports.worklist.bundle import CHECK_LIST, OWN, files_of
    from seatsync.sources import opening

    if folder.is_symlink() and not folder.exists():
        raise click.UsageError(
            f"{folder} is a link to {folder.readlink()}, which does not exist, so no bundle was written. Delete the link, or name "
            "another folder."
        )
    if folder.exists() and not folder.is_dir():
        raise click.UsageError(f"{folder} is a file, so no bundle was written. Name a folder.")
    if not folder.is_dir() or not any(folder.iterdir()):
        return []
    path = folder / CHECK_LIST
    text = opening.read(path).decode("utf-8", "replace") if path.is_file() else ""
    old = files_of(text, institution)
    if old is None:
        raise click.UsageError(
            f"{folder} has files and is no bundle of {institution}, so nothing was written. Name an empty or a new folder."
        )
    strangers = [name for name in files if name not in {*old, *OWN} and (folder / name).exists()]
    if strangers:
        raise click.UsageError(
            f"{folder / strangers[0]} is not of the bundle in this folder, so nothing was written. Move it elsewhere."
        )
    return old


def _remove_if_empty(below: Path, folder: Path) -> None:
    """Remove a portal's folder that has no file any more."""
    if below != folder and below.is_dir() and not any(below.iterdir()):
        below.rmdir()
