"""One roster alone, to try how it is read: with what seatsync.yaml says of it, if the file is in an institution's folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.origin import Origin
from seatsync.domain.text.days import day_in
from seatsync.domain.text.guesses import reset_guesses
from seatsync.formats.config import SeatsyncFile
from seatsync.formats.grants import GrantsFile
from seatsync.sources import yaml_tree
from seatsync.sources.config import read_config
from seatsync.sources.files import NAME, Folder
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.rosters.files import RosterFile, read_whole, reader_of
from seatsync.sources.rosters.how import PLAIN
from seatsync.sources.rosters.members import RosterReader
from seatsync.sources.rosters.told import lacking, left_out

_MOST_LEVELS = 16


class NotARoster(ValueError):
    """seatsync.yaml names the file for something else; the message says what."""


class OneRoster(NamedTuple):
    """A file that was read. ``folder`` is the one from which the places in ``found`` are told."""

    folder: Path
    reader: RosterReader
    found: list[Diagnostic]


def read_one(path: Path, now: datetime) -> OneRoster:
    """Read one roster, as the entry of the nearest seatsync.yaml above it says, else as a file that nothing is said of.

    Raises:
        NotARoster: seatsync.yaml names the file elsewhere than under `rosters`.
    """
    reset_guesses()
    file = _named(path, now) or _plain(path, now)
    read_whole([file], list)
    found = sorted(
        [*file.folder.found, *lacking(file.reader), *left_out(file.reader)],
        key=lambda one: (one.origin or Origin(NAME))[1:],
    )
    return OneRoster(file.folder.path, file.reader, found)


def _plain(path: Path, now: datetime) -> RosterFile:
    folder = Folder(path.parent)
    how = replace(PLAIN, today=day_in(now, "").isoformat())
    return RosterFile(folder, RosterReader(path.name, [], folder.found, how), None, Origin(path.name))


def _named(path: Path, now: datetime) -> RosterFile | None:
    """The file as the seatsync.yaml above it names it; None if there is none, or it does not."""
    parents = (path.parent, *path.absolute().parents)[:_MOST_LEVELS]
    home = next((parent for parent in parents if (parent / NAME).is_file()), None)
    if home is None:
        return None
    opened = InstitutionFolder.open(home)
    folder, config = opened.files(), read_config(opened.tree, [])
    folder.found.clear()
    if config is None:
        return None
    real = os.path.realpath(path)
    for position, entry in enumerate(config.rosters):
        if folder.leads_to(entry.path) == real:

            def place(*keys: str | int, position: int = position) -> Origin:
                return yaml_tree.place(opened.tree, ("rosters", position, *keys), NAME)

            reader = reader_of(entry, folder.found, place, day_in(now, config.institution.timezone or ""))
            return RosterFile(folder, reader, entry.encoding, place("path"), entry.sheet)
    for name, what in _others(config):
        if folder.leads_to(name) == real:
            raise NotARoster(f"{name} is {what}, not a roster")
    return None


def _others(config: SeatsyncFile) -> Iterator[tuple[str, str]]:
    """Yield (path, what it is) of the files that seatsync.yaml names elsewhere."""
    for grant in config.grants:
        if isinstance(grant, GrantsFile):
            yield grant.path, "a file of grants"
            continue
        yield from ((name, "a selection of members") for name in (grant.to.file, grant.to.not_file) if name)
    yield from ((export.path, "an export of a vendor's portal") for export in config.exports)
