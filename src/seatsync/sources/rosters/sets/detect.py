"""Tell the format of a set by its files and their columns."""

from __future__ import annotations

from seatsync.domain.diagnostic import Diagnostic, named
from seatsync.domain.text.characters import printable
from seatsync.sources.rosters.sets.archive import Archive
from seatsync.sources.rosters.sets.formats import apple_school_manager, canvas, clever, oneroster, school_data_sync
from seatsync.sources.rosters.sets.part import Part, read_part
from seatsync.sources.rosters.sets.set_format import SetFormat

FORMATS = (
    oneroster.FORMAT,
    school_data_sync.V1,
    school_data_sync.V2,
    canvas.FORMAT,
    clever.FORMAT,
    apple_school_manager.FORMAT,
)
"""All formats of several files. A set that matches several is read as the first."""


def format_of(archive: Archive, pinned: str) -> SetFormat | None:
    """The format of the set, or the one of this name; None where a diagnostic says that it is none."""
    able = [format for format in FORMATS if not pinned or format.name == pinned]
    heads, before = dict[str, Part | None](), len(archive.folder.found)
    for format in able:
        if format.signs.keys() <= archive.names.keys() and all(
            _has(archive, heads, file, names) for file, names in format.signs.items()
        ):
            return format
    if len(archive.folder.found) > before:
        return None
    if len(able) == 1 and archive.names.keys() & {*able[0].parts}:
        return able[0]
    files = named([printable(name) for name in sorted(archive.names.values())], 6) or "no CSV files"
    what = f"{able[0].title} set" if len(able) == 1 else "set of files that seatsync knows"
    message = f"{printable(archive.path, 300)} has {files}: that is no {what}."
    known = "; ".join(f"{format.title} ({', '.join(f'{part}.csv' for part in format.parts)})" for format in FORMATS)
    help = f"Name each file that lists people, or the folder of a set. Sets are: {known}."
    archive.folder.found.append(Diagnostic("set-unknown", message, help, archive.where))
    return None


def _has(archive: Archive, heads: dict[str, Part | None], file: str, names: tuple[str, ...]) -> bool:
    """Whether the file can be read and has one of the columns."""
    if file not in heads:
        heads[file] = part = read_part(archive, file, ())
        if part is not None:
            archive.kept[file] = part.table.text
    part = heads[file]
    return part is not None and part.has(*names)
