"""Files in an institution's folder that look like rosters, and that seatsync.yaml does not name: nobody in them is a member."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import printable
from seatsync.sources import opening
from seatsync.sources.files import NAME, Folder
from seatsync.sources.rosters.finder import columns_of
from seatsync.sources.rosters.header import spec_of
from seatsync.sources.rosters.how import PLAIN
from seatsync.sources.tables import csv_table
from seatsync.systems.registry import LICENSE_COLUMNS

_ENOUGH = 20_000
"""Bytes that show whether a file has a roster's header."""
_MOST, _SHOWN = 200, 5
_BUNDLE = "CHECKLIST.md"
_OF_EXPORTS = tuple({name.lower() for columns in LICENSE_COLUMNS for name in columns})


def unnamed(folder: Folder, named: Iterable[str]) -> list[Diagnostic]:
    """Return a warning if files look like rosters and are not among the ``named`` ones. Exports of portals and bundles are none."""
    known = {folder.leads_to(name) for name in named}
    found = [path for path in _candidates(folder.path, folder.some_files(), known) if _is_roster(path, folder.path)]
    if not found:
        return []
    names = [printable(path.relative_to(folder.path).as_posix()) for path in sorted(found)]
    shown = ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
    looks = "looks like a roster" if len(names) == 1 else "look like rosters"
    message = f"{shown} {looks}, and seatsync.yaml does not name {'it' if len(names) == 1 else 'them'}: nobody there is a member."
    help = f"Name it under `rosters`: `- path: {names[0]}`; or delete it, or keep it outside this folder."
    return [Diagnostic("unnamed-roster", message, help, Origin(NAME), Severity.WARNING)]


def _candidates(home: Path, files: Iterable[Path], known: set[str]) -> Iterator[Path]:
    """Yield files with the names of tables that belong to no other institution, set or bundle."""
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
        if path.suffix.lower() not in (".csv", ".tsv", ".txt") or is_elsewhere(path.parent):
            continue
        if os.path.realpath(path) in known:
            continue
        if (tried := tried + 1) > _MOST:
            return
        yield path


def _is_roster(path: Path, home: Path) -> bool:
    """Whether the file begins like a roster. One that can't be read is none."""
    try:
        data = next(iter(opening.pieces(path, home)), b"")[:_ENOUGH]
    except (OSError, ValueError):
        return False
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = data.decode(encoding, "replace")
    text = text[: text.rfind("\n") + 1] or text
    table = csv_table.read(text, path.name, spec_of(PLAIN), [])
    if table is None:
        return False
    return not columns_of(table.header, PLAIN).missing and not any(
        name in cell.lower() for cell in table.header for name in _OF_EXPORTS
    )
