"""Read one file as text, or report one clear diagnostic."""

from __future__ import annotations

import hashlib
import os
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath

from seatsync.domain.diagnostic import MORE_MAY_COME, Diagnostic, Severity
from seatsync.domain.origin import Origin
from seatsync.domain.text.characters import printable
from seatsync.domain.text.encodings import codec_of
from seatsync.domain.text.file_names import TABLES, WORKBOOKS, YAML
from seatsync.domain.text.guesses import nearest
from seatsync.git.checkout import Planted, top_of
from seatsync.sources import opening
from seatsync.sources.digests import NAME as NAME
from seatsync.sources.digests import UNFINISHED as UNFINISHED
from seatsync.sources.digests import digest_of, digest_of_bytes, digest_of_names
from seatsync.sources.encryption.decrypt import decrypted, is_encrypted, suffix_of
from seatsync.sources.encryption.locked import Locked
from seatsync.sources.opening import MOST_BYTES
from seatsync.sources.tables.content import Content, Workbook
from seatsync.sources.tables.encodings import as_text, better, is_utf8, readings

_MOST_LOOKED_AT = 2_000
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(slots=True)
class Folder:
    """An institution's folder: reads files as text, collects diagnostics in ``found``, and keeps digests of what it read."""

    path: Path
    found: list[Diagnostic] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    left: int = MOST_BYTES
    """How many more bytes may be read, of all files together."""
    instead: Mapping[str, bytes] = field(default_factory=dict)
    """Real path → the bytes that the file would have: to try an edit before it is written."""
    _names: dict[str, str] | None = None

    def read(
        self, name: str, named_at: Origin | None = None, encoding: str | None = None, most: int = MOST_BYTES
    ) -> str | None:
        """Return the text of the file ``name``, or None where a diagnostic says why not.

        ``named_at`` is where seatsync.yaml names the file. A file is not read if it is outside the folder, has more than
        ``most`` bytes, or would exceed the limit for all files together.
        """
        if name == NAME and not (self._is_free_of_planted_repositories() and self._is_finished()):
            return None
        data = self.data(name, named_at or Origin(name), most)
        return None if data is None else self.text_of(data, name, encoding)

    def read_table(
        self, name: str, named_at: Origin | None = None, encoding: str | None = None, most: int = MOST_BYTES
    ) -> Content | None:
        """Return the text of a CSV file, or a workbook, as ``read`` does."""
        data = self.data(name, named_at or Origin(name), most)
        return None if data is None else self.table_of(data, name, encoding)

    def table_of(self, data: bytes, name: str, encoding: str | None = None) -> Content | None:
        """Return the text, or the workbook, that a file ``name`` with this ``data`` is; None where a diagnostic says why not."""
        is_workbook = suffix_of(name) in WORKBOOKS
        if is_workbook and data.startswith(b"PK\x03\x04"):
            return Workbook(data)
        if _PROTECTED in data[:100_000]:
            message, help = f"{name} is protected with a password.", "Save it without a password."
            self._report("file-unreadable", message, help, Origin(name))
            return None
        return self.text_of(data, name, encoding)

    def data(self, name: str, where: Origin, most: int = MOST_BYTES) -> bytes | None:
        """Return the decrypted bytes of the file ``name``, as ``read`` does its text."""
        data = self._bytes(name, where, most)
        if data is None:
            return None
        self.left -= len(data)
        self.digests[name] = hashlib.sha256(data).hexdigest()
        plain = decrypted(data, name)
        if isinstance(plain, Locked):
            self._report("file-encrypted", plain.message, plain.help, where)
            return None
        return plain

    def names(self, name: str, where: Origin, most: int) -> list[str] | None:
        """Return the names of the files in the folder ``name``, or None where a diagnostic says why not.

        The digest of the names is kept, so that another file in it is noticed as a changed one is.
        """
        try:
            names = self._names_in(name, most)
        except opening.Unfit as unfit:
            code = "path-outside" if isinstance(unfit, opening.Outside) else "file-unreadable"
            self._report(code, f"{printable(name, 300)} {unfit.strerror}.", unfit.help, where)
            return None
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            self._report("file-unreadable", f"{printable(name, 300)} can't be read: {why}.", "Make it readable.", where)
            return None
        self.digests[f"{name}/"] = digest_of_names(names)
        return names

    def is_folder(self, name: str) -> bool:
        """Whether ``name`` is a folder."""
        try:
            return (self.path / name).is_dir() or bool(self._new_in(name))
        except (OSError, ValueError):  # reading it will say why
            return False

    def text_of(self, data: bytes, name: str, encoding: str | None = None) -> str | None:
        """Return the text of a file ``name`` that holds ``data``, or None where a diagnostic says why not."""
        text = self._decode(data, name, encoding)
        return None if text is None or self._has_git_leftovers(text, name) else text

    def is_still(self, name: str, digest: str) -> bool:
        """Whether the file ``name`` exists and has the SHA-256 ``digest`` (hex). Its text is not decoded."""
        return self.digest_of(name) == digest

    def digest_of(self, name: str) -> str | None:
        """Return the SHA-256 (hex) of the file ``name``, None where it can't be read. Its text is not decoded."""
        if name not in self.digests:
            try:
                self.digests[name] = self._digest_of(name) if self.instead else digest_of(self.path, name)
            except (OSError, ValueError):  # reading it will say why
                return None
        return self.digests[name]

    def _digest_of(self, name: str) -> str:
        """The digest of the file ``name`` as an edit would leave it."""
        if name.endswith("/"):
            return digest_of_names(self._names_in(name))
        edited = self._edited(name)
        return digest_of(self.path, name) if edited is None else digest_of_bytes([edited])

    def leads_to(self, name: str) -> str:
        """Return the real path of the file ``name``: the same for every name and link of it."""
        try:
            return os.path.realpath(self.path / name)
        except (OSError, ValueError):  # reading it will say why
            return name

    def _edited(self, name: str) -> bytes | None:
        return self.instead.get(self.leads_to(name)) if self.instead else None

    def _names_in(self, name: str, most: int = 1_000) -> list[str]:
        """Return the names of the files in the folder ``name``, as they would be."""
        new = self._new_in(name)
        if new and not (self.path / name).exists():
            return new
        return sorted({*opening.names(self.path / name, self.path, most), *new})

    def _new_in(self, name: str) -> list[str]:
        """Return the names of the files that an edit would leave in the folder ``name``."""
        if not self.instead:
            return []
        place = self.leads_to(name)
        return sorted(path.name for path in map(Path, self.instead) if str(path.parent) == place)

    def _is_free_of_planted_repositories(self) -> bool:
        """Whether Git finds no repository in the folder or its parents other than the checkout's own."""
        try:
            top_of(self.path)
        except Planted as planted:
            self._report("planted-repository", str(planted), planted.help, Origin(NAME))
            return False
        return True

    def _is_finished(self) -> bool:
        """Whether no edit was interrupted while it replaced several files, so that some may be new and others old."""
        if not (self.path / UNFINISHED).exists():
            return True
        message = (
            f"An edit of these files was interrupted, and {UNFINISHED} says which: some may be new and others old."
        )
        help = "Run any `seatsync edit` command in this folder: it finishes the interrupted one first."
        self._report("edit-unfinished", message, help, Origin(UNFINISHED))
        return False

    def encrypted_among(self, names: Iterable[str]) -> list[str]:
        """Return the encrypted ones among seatsync.yaml and these files. The key is not needed."""
        files = sorted({NAME, *names})
        return [name for name in files if is_encrypted(self._bytes(name, Origin(name), MOST_BYTES) or b"")]

    def digest(self) -> str:
        """Return the SHA-256 (hex) over all files read so far, with their names."""
        lines = [f"{name}\0{digest}\n" for name, digest in sorted(self.digests.items())]
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def _bytes(self, name: str, where: Origin, most: int) -> bytes | None:
        shown = printable(name, 300)
        if (edited := self._edited(name)) is not None:
            return edited
        try:
            return opening.read(self.path / name, self.path, min(most, self.left))
        except opening.Outside as outside:
            self._report("path-outside", f"{shown} {outside.strerror}.", outside.help, where)
        except opening.Unfit as unfit:
            fact = unfit.strerror
            if isinstance(unfit, opening.TooLarge):
                fact = _TOO_MUCH if unfit.size <= most else f"is larger than {opening.as_text(most)}"
            self._report("file-unreadable", f"{shown} {fact}.", unfit.help, where)
        except FileNotFoundError:
            message = f"{shown} does not exist. {self._guess(name)}".rstrip()
            self._report("file-not-found", message, _help_for_missing(name), where)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            self._report("file-unreadable", f"{shown} can't be read: {why}.", "Make it readable.", where)
        return None

    def _guess(self, name: str) -> str:
        """Return a question that names a similar file of the folder: most are in another place, or spelled slightly differently."""
        if name == NAME:
            return ""
        if self._names is None:
            self._names = {path.name.casefold(): path.relative_to(self.path).as_posix() for path in self.some_files()}
        near = nearest(PurePosixPath(name).name, self._names, 0.7)
        return f'Did you mean "{self._names[near]}"?' if near else ""

    def some_files(self) -> Iterator[Path]:
        """Yield files that may be rosters, among the first ``_MOST_LOOKED_AT`` entries of the folder and those below it."""
        folders, left = deque([self.path]), _MOST_LOOKED_AT
        while folders and left:
            try:
                with os.scandir(folders.popleft()) as entries:
                    for entry in islice(entries, left):
                        left -= 1
                        if entry.is_dir(follow_symlinks=False):
                            folders += [Path(entry.path)] if not entry.name.startswith(".") else []
                        elif entry.name.lower().endswith((*TABLES, *YAML)):
                            yield Path(entry.path)
            except OSError:
                continue

    def _decode(self, data: bytes, name: str, encoding: str | None) -> str | None:
        kind = next((kind for beginning, kind in _NO_TEXT.items() if data.startswith(beginning)), None)
        if kind is not None:
            self._report(
                "file-encoding", f"{name} is {kind}, not text. {MORE_MAY_COME}", _how_to_save(name, kind), Origin(name)
            )
            return None
        named = codec_of(encoding) if encoding is not None else None
        codec = next((codec for bom, codec in _BOMS if data.startswith(bom)), named or "utf-8")
        if codec == named != "utf-8" and is_utf8(data, codec):
            message = f"{name} is UTF-8, although its entry says `encoding: {encoding}`; it is read as UTF-8."
            self._report("file-encoding", message, "Delete `encoding:`.", Origin(name), Severity.WARNING)
            codec = "utf-8"
        if not codec.startswith(("utf-16", "utf-32")) and b"\0" in data:
            message = f"{name} is not {as_text(codec)} text: it contains zero bytes, as UTF-16 and program files do. {MORE_MAY_COME}"
            where = _place(data[: data.index(b"\0")].decode(codec, "replace"), name)
            self._report("file-encoding", message, _how_to_save(name), where)
            return None
        try:
            text = data.decode(codec)
        except UnicodeError as error:
            self._report_not_decoded(data, name, codec, error)
            return None
        if codec == named and (fitting := better(data, codec)):
            shown = ", ".join(f'"{one.value}" in {one.encoding}' for one in fitting)
            message = f"{name} may not be {as_text(codec)}: a value of it reads {shown}."
            help = f"If that is right, write {' or '.join(f'`encoding: {one.encoding}`' for one in fitting)}."
            self._report("file-encoding", message, help, Origin(name), Severity.WARNING)
        return text

    def _report_not_decoded(self, data: bytes, name: str, codec: str, error: UnicodeError) -> None:
        """Report bytes that are not valid in an encoding, with how a value would read in those that fit."""
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        where = _place(data[:start].decode(codec, "replace"), name)
        message = (
            f"{name} is not {as_text(codec)} text: the byte 0x{data[start]:02X} is not valid here. {MORE_MAY_COME}"
        )
        help = _how_to_save(name)
        if suffix_of(name) in TABLES and codec in ("utf-8", "cp1252") and (fitting := readings(data)):
            shown = ", ".join(f'for "{one.value}" `encoding: {one.encoding}`' for one in fitting)
            help += f" Or write next to its path the encoding in which its names are right: {shown}."
        self._report("file-encoding", message, help, where)

    def _has_git_leftovers(self, text: str, name: str) -> bool:
        """Whether Git left something in the file that only a person can correct; if so, report it."""
        if text.startswith("version https://git-lfs."):
            message = f"{name} is a Git LFS pointer, not the file itself. {MORE_MAY_COME}"
            self._report("file-unreadable", message, "Fetch the file: git lfs pull.", Origin(name))
            return True
        mark = next(filter(text.__contains__, _CONFLICT), None)
        found = re.search(f"^{mark}", text, re.MULTILINE) if mark else None
        if found is None:
            return False
        message = (
            f"A Git merge is unfinished here: the lines from <<<<<<< to >>>>>>> contain both versions. {MORE_MAY_COME}"
        )
        help = "Keep the right version, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>."
        self._report("git-conflict", message, help, _place(text[: found.start()], name))
        return True

    def _report(self, code: str, message: str, help: str, where: Origin, severity: Severity = Severity.ERROR) -> None:
        self.found.append(Diagnostic(code, message, help, where, severity))


def _help_for_missing(name: str) -> str:
    if name == "seatsync.yaml":
        return "Go to the institution's folder, or name it: `-C FOLDER`. A new institution begins with `seatsync init`."
    return "Write the path with / in place of \\." if "\\" in name else "Correct the path, or add the file."


_TOO_MUCH = f"is too large: the files of a folder can have at most {opening.as_text(MOST_BYTES)} together"
_PROTECTED = "EncryptedPackage".encode("utf-16-le")
"""A part that an Excel workbook has which is protected with a password."""
_NO_TEXT = {
    b"PK\x03\x04": "a workbook (.xlsx, .ods) or another zip file, by its contents",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a compressed file (gzip)",
    b"\x89PNG": "a picture",
    b"\xff\xfe\0\0": "UTF-32",
}
"""The first bytes of files that are often named .csv by mistake."""
_CONFLICT = ("<<<<<<< ", ">>>>>>> ")


def _how_to_save(name: str, kind: str = "") -> str:
    if kind.startswith("a workbook"):
        return "Save it as CSV UTF-8; or name it .xlsx or .ods, as what it is."
    if kind.startswith("an old Excel"):
        return "Save it as .xlsx or as CSV UTF-8, and without a password."
    return "Save it as CSV UTF-8." if suffix_of(name) in TABLES else "Save it as UTF-8 text."


def _place(before: str, name: str) -> Origin:
    """Return the place where the text ``before`` ends."""
    lines = re.split(r"\r\n|\n|\r", before)
    return Origin(name, len(lines), len(lines[-1]) + 1)
