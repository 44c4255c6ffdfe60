"""The manifest of a OneRoster set: which files it has, and whether they are whole."""

from __future__ import annotations

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import printable
from seatsync.sources.rosters.sets.archive import Archive
from seatsync.sources.rosters.sets.part import read_part
from seatsync.sources.rosters.sets.set_format import SetFormat
from seatsync.sources.rosters.sets.words import word


def absent_files(archive: Archive, format: SetFormat) -> set[str] | None:
    """The files of the set that its manifest says are not part of it; None where a diagnostic says that it is no whole set."""
    if "manifest" not in archive.names:
        return set()
    part = read_part(archive, "manifest", (("propertyName",), ("value",)))
    if part is None:
        return None
    absent, is_whole = set(), True
    for lines, (names, values) in part.rows(("propertyName",), ("value",)):
        for line, name, value in zip(lines, names, values, strict=True):
            file = word(name.removeprefix("file.")) if name.startswith("file.") else ""
            if file not in format.parts:
                continue
            where = Origin(archive.name_of("manifest"), line)
            if word(value) == "delta":
                archive.folder.found.append(_delta(file, archive, where))
                is_whole = False
            elif word(value) == "bulk" and file not in archive.names:
                message = f"{where.file} says that the set has {printable(name.removeprefix('file.'))}.csv, but it is not there."
                archive.folder.found.append(Diagnostic("set-incomplete", message, _WHOLE, where))
                is_whole = False
            elif word(value) == "absent":
                absent.add(file)
                if file in archive.names:
                    message = f"{archive.name_of(file)} is not read, because the manifest says that it is not part of the set."
                    help = "Delete the file, or export the whole set again."
                    archive.folder.found.append(Diagnostic("set-incomplete", message, help, where, Severity.WARNING))
    return absent if is_whole else None


_WHOLE = "Export the whole set again (in OneRoster's words: bulk), all files at the same time."


def _delta(file: str, archive: Archive, where: Origin) -> Diagnostic:
    message = (
        f"{archive.name_of(file)} is a delta: it has only what changed since another export. A roster says who is a member, "
        "so from a delta everybody else would lose their seats."
    )
    return Diagnostic("set-delta", message, _WHOLE, where)
