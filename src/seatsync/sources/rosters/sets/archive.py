"""The CSV files of a set, in a folder or a zip file. Nothing is ever unpacked to disk, and reading is bounded."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import PurePosixPath

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import printable
from seatsync.sources.encryption.decrypt import suffix_of
from seatsync.sources.files import Folder
from seatsync.sources.opening import MOST_BYTES, as_text

MOST_FILES = 1_000
"""The most files that a folder or zip file of a set may hold."""
_SMALL, _DENSEST = 4 * 1024 * 1024, 200
"""A packed file of more bytes than ``_SMALL`` that became so many times smaller by packing holds no roster."""
_AS_A_LINK, _ENCRYPTED = 0o120000, 1
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass
class Archive:
    """The files of a set by their names in lower case without suffix: ``users``. ``path`` is that of the folder or zip file."""

    folder: Folder
    path: str
    where: Origin
    encoding: str | None
    names: Mapping[str, str]
    packed: zipfile.ZipFile | None = None
    kept: dict[str, str] = field(default_factory=dict)
    """Texts that were read to tell the format; each is taken from here once, so that no file is read twice."""

    def name_of(self, part: str) -> str:
        """The path of a file of the set, as places show it: ``rosters/sis/users.csv``."""
        return f"{self.path}/{self.names.get(part, f'{part}.csv')}"

    def text(self, part: str) -> str | None:
        """Return the text of a file of the set, or None where a diagnostic says why not."""
        if part in self.kept:
            return self.kept.pop(part)
        if self.packed is None:
            return self.folder.read(self.name_of(part), self.where, self.encoding)
        data = self._unpacked(self.packed, self.names[part])
        return None if data is None else self.folder.text_of(data, self.name_of(part), self.encoding)

    def _unpacked(self, packed: zipfile.ZipFile, name: str) -> bytes | None:
        shown = printable(self.name_of(PurePosixPath(name).stem.lower()), 300)
        try:
            with packed.open(name) as file:
                data = file.read(self.folder.left + 1)
        except (OSError, EOFError, RuntimeError, NotImplementedError, ValueError, zipfile.BadZipFile, zlib.error):
            _report(self.folder, f"{shown} can't be unpacked: the zip file is damaged.", _PACK_AGAIN, self.where)
            return None
        if len(data) > self.folder.left:
            fact = f"{shown} is too large: the files of a folder can have at most {as_text(MOST_BYTES)} together."
            _report(self.folder, fact, "Split the set.", self.where)
            return None
        self.folder.left -= len(data)
        return data


def open_set(folder: Folder, path: str, where: Origin, encoding: str | None) -> Archive | None:
    """Open the folder or zip file ``path`` of an institution's folder; None where a diagnostic says why not."""
    path = path.rstrip("/")
    if suffix_of(path) != ".zip":
        names = folder.names(path, where, MOST_FILES)
        return None if names is None else Archive(folder, path, where, encoding, _by_part(names))
    data = folder.data(path, where)
    if data is None:
        return None
    try:
        packed = zipfile.ZipFile(BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
        _report(folder, f"{printable(path, 300)} is no zip file, or a damaged one.", _PACK_AGAIN, where)
        return None
    if fault := _fault(packed, folder.left):
        _report(folder, f"{printable(path, 300)} {fault[0]}.", fault[1], where)
        return None
    inside = [info.filename for info in packed.infolist() if _is_of_a_set(info)]
    parts = _by_part(inside)
    if len(parts) < len(inside):
        twice = next(name for name in inside if name not in parts.values())
        fact = f"{printable(path, 300)} has two files that are named {printable(PurePosixPath(twice).name)}."
        _report(folder, fact, "Pack the files of one set alone.", where)
        return None
    return Archive(folder, path, where, encoding, parts, packed)


_PACK_AGAIN = "Pack the files again, or put them into a folder and name the folder."


def _by_part(names: list[str]) -> dict[str, str]:
    return {PurePosixPath(name).name.lower().split(".")[0]: name for name in names if suffix_of(name) == ".csv"}


def _is_of_a_set(info: zipfile.ZipInfo) -> bool:
    """Whether it is a CSV file. macOS puts files of its own beside them."""
    name = PurePosixPath(info.filename)
    is_hidden = name.name.startswith(".") or "__MACOSX" in name.parts
    return not info.is_dir() and not is_hidden and suffix_of(name.name) == ".csv"


def _fault(packed: zipfile.ZipFile, most: int) -> tuple[str, str] | None:
    """What is wrong with a zip file as it describes itself, and what to do."""
    infos = packed.infolist()
    if len(infos) > MOST_FILES:
        return f"has {len(infos):,} files; a set has a dozen", _PACK_AGAIN
    for info in infos:
        name = info.filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/") or ":" in name or "\0" in name:
            return f'has a file "{printable(info.filename, 100)}", whose path leads out of it', "Don't use this file."
        if info.external_attr >> 16 & 0o170000 == _AS_A_LINK:
            return f'has a link in it, "{printable(info.filename, 100)}"', _PACK_AGAIN
        if info.flag_bits & _ENCRYPTED:
            return "is encrypted with a password", "Unpack it, and encrypt the files with age or SOPS."
        if info.compress_type not in _PACKINGS:
            return "is packed in a way that seatsync does not read", "Pack the files as an ordinary zip file."
        if info.file_size > max(_SMALL, info.compress_size * _DENSEST):
            return (
                f'would become {as_text(info.file_size)} from {as_text(info.compress_size)} by "{printable(name, 100)}", as no roster does',
                "Don't use this file.",
            )
    if sum(info.file_size for info in infos if _is_of_a_set(info)) > most:
        return f"is too large: the files of a folder can have at most {as_text(MOST_BYTES)} together", "Split it."
    return None


def _report(folder: Folder, message: str, help: str, where: Origin) -> None:
    folder.found.append(Diagnostic("file-unreadable", message, help, where))
