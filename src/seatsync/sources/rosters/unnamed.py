"""Files in an institution's folder that look like rosters, and that seatsync.yaml does not name: nobody in them is a member."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.origin import Origin
from seatsync.domain.person import REQUIRED
from seatsync.domain.text.characters import printable
from seatsync.domain.text.file_names import WORKBOOKS, YAML
from seatsync.sources import opening, yaml_tree
from seatsync.sources.files import NAME, Folder
from seatsync.sources.rosters.finder import columns_of
from seatsync.sources.rosters.header import spec_of
from seatsync.sources.rosters.how import PLAIN
from seatsync.sources.rosters.sets.archive import open_set
from seatsync.sources.rosters.sets.detect import FORMATS, format_of
from seatsync.sources.rosters.yaml_members import fields_of_keys
from seatsync.sources.tables import csv_table
from seatsync.sources.tables.read import read_table
from seatsync.sources.tables.table import Table
from seatsync.systems.registry import LICENSE_COLUMNS

_ENOUGH = 20_000
"""Bytes that show whether a file has a roster's header."""
_MOST, _SHOWN = 200, 5
_MOST_OF_A_WORKBOOK = 10 * 1024 * 1024
_SUFFIXES = (".csv", ".tsv", ".txt", *WORKBOOKS, *YAML)
_BUNDLE = "CHECKLIST.md"
_OF_EXPORTS = tuple({name.lower() for columns in LICENSE_COLUMNS for name in columns})


def unnamed(folder: Folder, named: Iterable[str]) -> list[Diagnostic]:
    """Return a warning if files look like rosters and are not among the ``named`` ones. Exports of portals and bundles are none."""
    known = {folder.leads_to(name) for name in named}
    found = [*_rosters(folder, known)]
    if not found:
        return []
    names = [printable(path.relative_to(folder.path).as_posix()) for path in sorted(found)]
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    looks = "looks like a roster" if len(names) == 1 else "look like rosters"
    message = f"{shown} {looks}, and seatsync.yaml does not name {'it' if len(names) == 1 else 'them'}: nobody there is a member."
    help = f"Name it under `rosters`: `- path: {names[0]}`; or delete it, or keep it outside this folder."
    return [Diagnostic("unnamed-roster", message, help, Origin(NAME), Severity.WARNING)]


def _rosters(folder: Folder, known: set[str]) -> Iterator[Path]:
    """Yield the files that look like rosters; in place of those of a set, the folder with the set."""
    sets: dict[Path, bool] = {}
    taken = {Path(name).parent for name in known}
    for path in _candidates(folder.path, folder.some_files(), known):
        place = path.parent
        if place not in sets:
            is_free = place != folder.path and Path(os.path.realpath(place)) not in taken
            sets[place] = is_free and _is_set(place.relative_to(folder.path).as_posix(), folder.path)
            if sets[place]:
                yield place
        if not sets[place] and _is_roster(path, folder.path):
            yield path


def _is_set(name: str, home: Path) -> bool:
    """Whether the files of a folder are a set."""
    folder, where = Folder(home), Origin(name)
    stems = {Path(file).stem.lower() for file in folder.names(name, where, _MOST) or ()}
    if not any(format.signs.keys() <= stems for format in FORMATS):
        return False
    archive = open_set(folder, name, where, None)
    return archive is not None and format_of(archive, "") is not None


def _candidates(home: Path, files: Iterable[Path], known: set[str]) -> Iterator[Path]:
    """Yield files with the names of rosters that belong to no other institution, set or bundle."""
    elsewhere: dict[Path, bool] = {}

    def is_elsewhere(place: Path) -> bool:
        if place not in elsewhere:
            own = place != home and (
                (place / NAME).is_file() or (place / _BUNDLE).is_file() or os.path.realpath(place) in known
            )
            elsewhere[place] = own or (place != home and home in place.parents and is_elsewhere(place.parent))
        return elsewhere[place]

    tried = 0
    for path in files:
        if path.suffix.lower() not in _SUFFIXES or path.name == NAME or is_elsewhere(path.parent):
            continue
        if os.path.realpath(path) in known:
            continue
        if (tried := tried + 1) > _MOST:
            return
        yield path


def _is_roster(path: Path, home: Path) -> bool:
    """Whether the file begins like a roster. One that can't be read is none."""
    if path.suffix.lower() in WORKBOOKS:
        name = path.relative_to(home).as_posix()
        content = Folder(home).read_table(name, most=_MOST_OF_A_WORKBOOK)
        return content is not None and _has_header(read_table(content, name, spec_of(PLAIN), []))
    try:
        data = next(iter(opening.pieces(path, home)), b"")[:_ENOUGH]
    except (OSError, ValueError):
        return False
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = data.decode(encoding, "replace")
    if path.suffix.lower() in YAML:
        return _is_list_of_people(text if len(data) < _ENOUGH else text[: text.rfind("\n")])
    text = text[: text.rfind("\n") + 1] or text
    return _has_header(csv_table.read(text, path.name, spec_of(PLAIN), []))


def _is_list_of_people(text: str) -> bool:
    root = yaml_tree.parse(text, "", [])
    first = root.items[0] if isinstance(root, yaml_tree.SequenceNode) and root.items else None
    return isinstance(first, yaml_tree.MappingNode) and {*REQUIRED} <= {*fields_of_keys(tuple(first.keys)).values()}


def _has_header(table: Table | None) -> bool:
    if table is None:
        return False
    return not columns_of(table.header, PLAIN).missing and not any(
        name in cell.lower() for cell in table.header for name in _OF_EXPORTS
    )
