"""Reading one file into text, or into one clear diagnostic."""

from __future__ import annotations

import hashlib
import os
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import nearest
from seatsync.git.checkout import Planted, top_of
from seatsync.sources import opening
from seatsync.sources.encryption.decrypt import decrypted, is_encrypted
from seatsync.sources.encryption.locked import Locked
from seatsync.sources.opening import MOST_BYTES

NAME = "seatsync.yaml"
"""The file that an institution's folder is known by."""

_MOST_LOOKED_AT = 2_000
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(slots=True)
class Folder:
    """An institution's folder. It hands out text, collects what is wrong, and remembers what was read."""

    path: Path
    found: list[Diagnostic] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    left: int = MOST_BYTES
    """How many bytes may still be read, of all files together."""
    _there: dict[str, str] | None = None

    def read(
        self, name: str, asked_at: Origin | None = None, encoding: str | None = None, most: int = MOST_BYTES
    ) -> str | None:
        """The text of the file ``name``, or None where a diagnostic says why not.

        ``asked_at`` is where the file is named; files outside the folder, or of more than ``most`` bytes, are not read, nor
        what is too much for all files together.
        """
        where = asked_at or Origin(name)
        if name == NAME and not self._is_no_repository():
            return None
        data = self._bytes(name, where, most)
        if data is None:
            return None
        self.left -= len(data)
        self.digests[name] = hashlib.sha256(data).hexdigest()
        plain = decrypted(data, name)
        if isinstance(plain, Locked):
            self._say("file-encrypted", plain.message, plain.help, where)
            return None
        return self.text_of(plain, name, encoding)

    def text_of(self, data: bytes, name: str, encoding: str | None = None) -> str | None:
        """What is read of a file ``name`` that holds ``data``, or None where a diagnostic says why not."""
        text = self._decode(data, name, encoding)
        return None if text is None or self._of_git(text, name) else text

    def is_still(self, name: str, digest: str) -> bool:
        """Whether the file ``name`` is there, and has the SHA-256 ``digest`` (hex); its text is not looked at."""
        if name in self.digests:  # it was read
            return self.digests[name] == digest
        digest_now = hashlib.sha256()
        try:
            for piece in opening.pieces(self.path / name, self.path):
                digest_now.update(piece)
        except (OSError, ValueError):  # reading it will say why
            return False
        self.digests[name] = digest_now.hexdigest()
        return self.digests[name] == digest

    def leads_to(self, name: str) -> str:
        """The file that ``name`` is a name of, the same for all its names, by whatever links."""
        try:
            return os.path.realpath(self.path / name)
        except (OSError, ValueError):  # reading it will say why
            return name

    def _is_no_repository(self) -> bool:
        """Whether Git takes neither the folder nor one around it for a repository that is not the checkout's own."""
        try:
            top_of(self.path)
        except Planted as planted:
            self._say("planted-repository", str(planted), planted.help, Origin(NAME))
            return False
        return True

    def encrypted_among(self, names: Iterable[str]) -> list[str]:
        """Those of the files that are encrypted; the key is not needed."""
        wanted = sorted({NAME, *names})
        return [name for name in wanted if is_encrypted(self._bytes(name, Origin(name), MOST_BYTES) or b"")]

    def digest(self) -> str:
        """SHA-256 (hex) over all files read so far, with their names."""
        lines = [f"{name}\0{digest}\n" for name, digest in sorted(self.digests.items())]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def _bytes(self, name: str, where: Origin, most: int) -> bytes | None:
        shown = printable(name, 300)
        try:
            return opening.read(self.path / name, self.path, min(most, self.left))
        except opening.Outside as outside:
            self._say("path-outside", f"{shown} {outside.strerror}.", outside.help, where)
        except opening.Unfit as unfit:
            said = unfit.strerror
            if isinstance(unfit, opening.TooLarge):
                said = _TOO_MUCH if unfit.size <= most else f"is larger than {opening.spoken(most)}"
            self._say("file-unreadable", f"{shown} {said}.", unfit.help, where)
        except FileNotFoundError:
            near = f"{shown} is not there. {self._near(name)}".rstrip()
            self._say("file-not-found", near, _not_there(name), where)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            self._say("file-unreadable", f"{shown} can't be read: {why}.", "Make it readable.", where)
        return None

    def _near(self, name: str) -> str:
        """A file of the folder whose own name is near: mostly it lies elsewhere, or is spelled a little otherwise."""
        if name == NAME:
            return ""
        if self._there is None:
            self._there = {path.name.casefold(): path.relative_to(self.path).as_posix() for path in self._some_files()}
        near = nearest(PurePosixPath(name).name, self._there, 0.7)
        return f'Did you mean "{self._there[near]}"?' if near else ""

    def _some_files(self) -> Iterator[Path]:
        """Files of the folder that may be rosters, as far as they are found among the first that there are."""
        coming, left = deque([self.path]), _MOST_LOOKED_AT
        while coming and left:
            try:
                with os.scandir(coming.popleft()) as there:
                    for entry in islice(there, left):
                        left -= 1
                        if entry.is_dir(follow_symlinks=False):
                            coming += [Path(entry.path)] if not entry.name.startswith(".") else []
                        elif entry.name.lower().endswith((".csv", ".yaml", ".yml", ".txt", ".tsv")):
                            yield Path(entry.path)
            except OSError:
                continue

    def _decode(self, data: bytes, name: str, encoding: str | None) -> str | None:
        kind = next((kind for beginning, kind in _NO_TEXT.items() if data.startswith(beginning)), None)
        if kind is not None:
            self._say("file-encoding", f"{name} is {kind}, not text.", _mend(name), Origin(name))
            return None
        codec = next((codec for bom, codec in _BOMS if data.startswith(bom)), encoding or "utf-8")
        if codec == encoding != "utf-8" and _is_utf8(data, encoding):
            message = f"{name} is UTF-8, although `encoding: {encoding}` stands beside its path; it is read as UTF-8."
            self._say("file-encoding", message, "Delete `encoding:`.", Origin(name), Severity.WARNING)
            codec = "utf-8"
        if codec != "utf-16" and b"\0" in data:
            message = (
                f"{name} is not {_spoken(codec)} text: it holds zero bytes, as UTF-16 and files of other programs do."
            )
            where = _place(data[: data.index(b"\0")].decode(codec, "replace"), name)
            self._say("file-encoding", message, _mend(name), where)
            return None
        try:
            return data.decode(codec)
        except UnicodeDecodeError as error:
            where = _place(data[: error.start].decode(codec, "replace"), name)
            message = f"{name} is not {_spoken(codec)} text: the byte 0x{data[error.start]:02X} does not fit."
            self._say("file-encoding", message, _mend(name, codec == "utf-8"), where)
        return None

    def _of_git(self, text: str, name: str) -> bool:
        """Whether Git has left something in the file that only a person can put right."""
        if text.startswith("version https://git-lfs."):
            message = f"{name} is not the file itself but what Git LFS keeps in its place."
            self._say("file-unreadable", message, "Fetch the file: git lfs pull.", Origin(name))
            return True
        mark = next(filter(text.__contains__, _CONFLICT), None)
        found = re.search(f"^{mark}", text, re.MULTILINE) if mark else None
        if found is None:
            return False
        message = "A merge in Git was left unfinished here: the lines from <<<<<<< to >>>>>>> hold both versions."
        help = "Keep what is right of the two, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>."
        self._say("git-conflict", message, help, _place(text[: found.start()], name))
        return True

    def _say(self, code: str, message: str, help: str, where: Origin, severity: Severity = Severity.ERROR) -> None:
        self.found.append(Diagnostic(code, message, help, where, severity))


def _not_there(name: str) -> str:
    if name == "seatsync.yaml":
        return "`seatsync init` writes a folder to start from."
    return "Write the path with / in place of \\." if "\\" in name else "Correct the path, or add the file."


_TOO_MUCH = f"is too much: the files of a folder may have {opening.spoken(MOST_BYTES)} together"
_NO_TEXT = {
    b"PK\x03\x04": "a workbook (or another zip file)",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a compressed file (gzip)",
    b"\x89PNG": "a picture",
    b"\xff\xfe\0\0": "UTF-32",
}
"""How files begin that are often named .csv by mistake."""
_CONFLICT = ("<<<<<<< ", ">>>>>>> ")


def _mend(name: str, may_be_named: bool = False) -> str:
    if not name.endswith(".csv"):
        return "Save it as UTF-8 text."
    other = (
        " If it must stay as Excel saved it, write `encoding: windows-1252` beside its path." if may_be_named else ""
    )
    return f"Save it as CSV UTF-8.{other}"


def _spoken(codec: str) -> str:
    return codec.removesuffix("-sig").upper() if codec != "windows-1252" else "Windows-1252"


def _is_utf8(data: bytes, named: str | None) -> bool:
    """Whether it is UTF-8, though another encoding is named: others hardly ever look like it.

    ASCII is Windows-1252 as well; UTF-16 has zero bytes in every header.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return False
    return "\0" not in text if named == "utf-16" else not text.isascii()


def _place(before: str, name: str) -> Origin:
    """Where ``before`` ends."""
    lines = re.split(r"\r\n|\n|\r", before)
    return Origin(name, len(lines), len(lines[-1]) + 1)
