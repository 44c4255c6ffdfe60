"""Reading one file into text, or into one clear diagnostic."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.names import did_you_mean
from seatsync.domain.origin import Origin

MOST_BYTES = 512 * 1024 * 1024
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
        if not path.resolve().is_relative_to(self.path.resolve()):
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

    def digest(self) -> str:
        """SHA-256 (hex) over all files read so far, with their names."""
        lines = [f"{name}\0{digest}\n" for name, digest in sorted(self.digests.items())]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def _bytes(self, path: Path, name: str, where: Origin) -> bytes | None:
        try:
            if path.is_dir():
                self._say("file-unreadable", f"{name} is a folder, not a file.", "Name a file.", where)
                return None
            if path.stat().st_size > MOST_BYTES:
                self._say("file-unreadable", f"{name} is larger than 512 MiB.", "Split it.", where)
                return None
            return path.read_bytes()
        except FileNotFoundError:
            near = did_you_mean(name, self._neighbours(path))
            self._say(
                "file-not-found", f"{name} is not there. {near}".rstrip(), "Correct the path, or add the file.", where
            )
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            self._say("file-unreadable", f"{name} can't be read: {why}.", "Make it readable.", where)
        return None

    def _neighbours(self, path: Path) -> list[str]:
        try:
            return [(p.relative_to(self.path)).as_posix() for p in path.parent.iterdir()]
        except (OSError, ValueError):
            return []

    def _decode(self, data: bytes, name: str, encoding: str | None) -> str | None:
        codec = next((codec for bom, codec in _BOMS if data.startswith(bom)), encoding or "utf-8")
        try:
            text = data.decode(codec)
        except UnicodeDecodeError as error:
            before = data[: error.start].decode(codec, "replace")
            where = Origin(name, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
            message = f"{name} is not {codec.removesuffix('-sig').upper()} text: the byte 0x{data[error.start]:02X} does not fit."
            help = "Save it as UTF-8. A CSV that Excel saved as Windows-1252 can be read with `encoding: windows-1252` beside its path."
            self._say("file-encoding", message, help, where)
            return None
        if "\0" in text:
            line = text.count("\n", 0, text.index("\0")) + 1
            self._say(
                "file-encoding",
                f"{name} is not a text file: it holds zero bytes.",
                "Save it as UTF-8 text.",
                Origin(name, line),
            )
            return None
        return text

    def _say(self, code: str, message: str, help: str, where: Origin) -> None:
        self.found.append(Diagnostic(code, message, help, where))
