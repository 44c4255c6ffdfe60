"""Reading one file into text, or into one clear diagnostic."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from pathlib import Path, PurePosixPath

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.origin import Origin

MOST_BYTES = 512 * 1024 * 1024
_MOST_LOOKED_AT = 2_000
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(slots=True)
class Folder:
    """An institution's folder. It hands out text, collects what is wrong, and remembers what was read."""

    path: Path
    found: list[Diagnostic] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)

    def read(self, name: str, asked_at: Origin | None = None, encoding: str | None = None) -> str | None:
        """The text of the file ``name``, or None where a diagnostic says why not.

        ``asked_at`` is where the file is named; files outside the folder are not read.
        """
        where = asked_at or Origin(name)
        path = self.path / name
        if not self._is_inside(path):
            self._say(
                "path-outside",
                f"{name} lies outside the institution's folder.",
                "Copy the file into the folder.",
                where,
            )
            return None
        data = self._bytes(path, name, where)
        if data is None:
            return None
        self.digests[name] = hashlib.sha256(data).hexdigest()
        return self._decode(data, name, encoding)

    def _is_inside(self, path: Path) -> bool:
        try:
            return path.resolve().is_relative_to(self.path.resolve())
        except (OSError, RuntimeError):  # a link to itself; reading it will say so
            return True

    def digest(self) -> str:
        """SHA-256 (hex) over all files read so far, with their names."""
        lines = [f"{name}\0{digest}\n" for name, digest in sorted(self.digests.items())]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def _bytes(self, path: Path, name: str, where: Origin) -> bytes | None:
        try:
            if path.is_dir():
                self._say("file-unreadable", f"{name} is a folder, not a file.", "Name a file.", where)
                return None
            if not path.is_file() and path.exists():
                self._say("file-unreadable", f"{name} is no ordinary file.", "Name a file.", where)
                return None
            if path.stat().st_size > MOST_BYTES:
                self._say("file-unreadable", f"{name} is larger than 512 MiB.", "Split it.", where)
                return None
            return path.read_bytes()
        except FileNotFoundError:
            self._say(
                "file-not-found",
                f"{name} is not there. {self._near(name) if name != 'seatsync.yaml' else ''}".rstrip(),
                self._mend(name),
                where,
            )
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            self._say("file-unreadable", f"{name} can't be read: {why}.", "Make it readable.", where)
        return None

    def _mend(self, name: str) -> str:
        return (
            "`seatsync init` writes a folder to start from."
            if name == "seatsync.yaml"
            else "Correct the path, or add the file."
        )

    def _near(self, name: str) -> str:
        """A file of the folder whose own name is near: mostly it lies elsewhere, or is spelled a little otherwise."""
        if name == "seatsync.yaml":
            return ""
        try:
            paths = [path.relative_to(self.path) for path in islice(self.path.rglob("*.*"), _MOST_LOOKED_AT)]
            paths = [path for path in paths if path.suffix.lower() in (".csv", ".yaml", ".yml", ".txt", ".tsv")]
        except OSError:
            return ""
        by_name = {path.name.casefold(): path.as_posix() for path in paths}
        near = get_close_matches(PurePosixPath(name).name.casefold(), by_name, n=1, cutoff=0.7)
        return f'Did you mean "{by_name[near[0]]}"?' if near else ""

    def _decode(self, data: bytes, name: str, encoding: str | None) -> str | None:
        if data.startswith(b"PK\x03\x04"):
            message = f"{name} is a workbook (or another zip file), not text."
            self._say("file-encoding", message, "Save the sheet as CSV UTF-8.", Origin(name))
            return None
        codec = next((codec for bom, codec in _BOMS if data.startswith(bom)), encoding or "utf-8")
        if codec == "windows-1252" and _is_utf8(data):
            message = f"{name} is UTF-8, although `encoding: windows-1252` stands beside its path; it is read as UTF-8."
            self._say("file-encoding", message, "Delete `encoding:`.", Origin(name), Severity.WARNING)
            codec = "utf-8"
        try:
            text = data.decode(codec)
        except UnicodeDecodeError as error:
            where = _place(data[: error.start].decode(codec, "replace"), name)
            message = f"{name} is not {codec.removesuffix('-sig').upper()} text: the byte 0x{data[error.start]:02X} does not fit."
            self._say(
                "file-encoding",
                message,
                _OTHER if codec == "utf-8" and name.endswith(".csv") else "Save it as UTF-8.",
                where,
            )
            return None
        if "\0" in text:
            where = _place(text[: text.index("\0")], name)
            self._say(
                "file-encoding", f"{name} is not a text file: it holds zero bytes.", "Save it as UTF-8 text.", where
            )
            return None
        return text

    def _say(self, code: str, message: str, help: str, where: Origin, severity: Severity = Severity.ERROR) -> None:
        self.found.append(Diagnostic(code, message, help, where, severity))


_OTHER = "Save it as CSV UTF-8. A roster or grants file that must stay as Excel saved it can have `encoding: windows-1252` beside its path."


def _is_utf8(data: bytes) -> bool:
    """Whether bytes beyond ASCII are UTF-8: other encodings hardly ever look like it."""
    try:
        return not data.decode().isascii()
    except UnicodeDecodeError:
        return False


def _place(before: str, name: str) -> Origin:
    """Where ``before`` ends."""
    lines = re.split(r"\r\n|\n|\r", before)
    return Origin(name, len(lines), len(lines[-1]) + 1)
