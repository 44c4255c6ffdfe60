"""The files that an edit changes: read, collected and proved here, written by the caller."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from seatsync.domain.text.characters import printable
from seatsync.sources import opening
from seatsync.sources.editing.refused import CannotEdit
from seatsync.sources.editing.texts.csv_edits import BY_HAND, CsvEdits
from seatsync.sources.editing.texts.encoded import Encoded, encoded
from seatsync.sources.editing.texts.splices import ChangedLines, Splice, changed_lines, spliced
from seatsync.sources.editing.texts.yaml_edits import YamlEdits
from seatsync.sources.editing.texts.yaml_file import Unusual
from seatsync.sources.encryption.decrypt import is_encrypted
from seatsync.sources.files import Folder
from seatsync.sources.tables import csv_table
from seatsync.sources.tables.header import HeaderSpec


class EditedFile(NamedTuple):
    """A file of the folder with its bytes before (None: it is new) and after (None: it goes), and the lines that differ."""

    name: str
    before: bytes | None
    after: bytes | None
    lines: list[ChangedLines]


def as_edited(folder: Path, files: Iterable[EditedFile]) -> dict[str, bytes]:
    """Return the files as an edit would leave them: real path → bytes."""
    return {os.path.realpath(folder / file.name): file.after for file in files if file.after is not None}


class Files:
    """The files of the folder ``path``. ``encodings`` has those that seatsync.yaml names, by file."""

    def __init__(self, path: Path, encodings: Mapping[str, str | None]) -> None:
        self.path = path
        self.encodings = encodings
        self._read: dict[str, tuple[bytes, Encoded]] = {}
        self._edits: dict[str, YamlEdits | CsvEdits] = {}
        self._names: dict[str, str] = {}
        self._new: list[EditedFile] = []
        self._gone: list[str] = []

    def text(self, name: str) -> str:
        """Return the text of a file that can be changed.

        Raises:
            CannotEdit: it is encrypted, or its bytes can't be made from its text.
        """
        return self._contents(name)[1].text

    def can_be_changed(self, name: str) -> bool:
        """Whether the file is text that is not encrypted, and can be written as it was."""
        try:
            return bool(self.text(name))
        except CannotEdit:
            return False

    def yaml(self, name: str) -> YamlEdits:
        """Return the changes of a YAML file, which are made by ``finished``."""
        name = self._one_name(name)
        edits = self._edits.get(name)
        if not isinstance(edits, YamlEdits):
            edits = self._edits[name] = YamlEdits(self.text(name))
        return edits

    def csv(self, name: str, spec: HeaderSpec) -> CsvEdits:
        """Return the changes of a CSV file with such a header, which are made by ``finished``."""
        name = self._one_name(name)
        edits = self._edits.get(name)
        if not isinstance(edits, CsvEdits):
            table = csv_table.read(self.text(name), name, spec, [])
            if table is None:
                raise CannotEdit(f"{name} has no header that is known.", BY_HAND)
            edits = self._edits[name] = CsvEdits(table, spec)
        return edits

    def create(self, name: str, data: bytes, shown: str = "") -> None:
        """Have a file written that is not there. ``shown`` is its text if its lines are to be shown.

        Raises:
            CannotEdit: there is another file.
        """
        there = self.path / name
        if not os.path.lexists(there):
            lines = tuple(shown.splitlines())
            self._new.append(EditedFile(name, None, data, [ChangedLines(1, (), lines)] if lines else []))
        elif opening.read(there, self.path) != data:
            help = "Rename one of them; or, if it is a newer export of the same list, replace the old file with it."
            raise CannotEdit(f"{name} is there already, and says something else.", help)

    def delete(self, name: str) -> None:
        """Have a file deleted, whatever else was to change in it."""
        self._gone.append(self._one_name(name))

    def finished(self) -> list[EditedFile]:
        """Return the files that really change, new ones first and those that go last.

        Raises:
            CannotEdit: one of them is laid out too unusually, or its encoding lacks a character.
        """
        changed = (self._finished(name, edits) for name, edits in self._edits.items() if name not in self._gone)
        return [*self._new, *(file for file in changed if file.before != file.after), *map(self._without, self._gone)]

    def _without(self, name: str) -> EditedFile:
        data, as_read = self._contents(name)
        return EditedFile(name, data, None, [ChangedLines(1, tuple(as_read.text.splitlines()), ())])

    def _finished(self, name: str, edits: YamlEdits | CsvEdits) -> EditedFile:
        data, as_read = self._contents(name)
        try:
            splices = edits.splices()
        except Unusual as unusual:
            raise self._unusual(name, as_read.text, unusual) from unusual
        return self._spliced(name, data, as_read, splices)

    def _unusual(self, name: str, text: str, unusual: Unusual) -> CannotEdit:
        line = text.count("\n", 0, unusual.at) + 1
        return CannotEdit(f"{name}:{line}: this can't be changed by command: {unusual}.", BY_HAND)

    def _spliced(self, name: str, data: bytes, as_read: Encoded, splices: list[Splice]) -> EditedFile:
        after = spliced(as_read.text, splices)
        try:
            written = as_read.bytes_of(after)
        except UnicodeEncodeError as error:
            letter = printable(error.object[error.start])
            message = f'{name} is written in {as_read.codec}, which does not have the character "{letter}".'
            raise CannotEdit(message, "Save the file as UTF-8, delete its `encoding:`, and try again.") from error
        return EditedFile(name, data, written, changed_lines(as_read.text, splices))

    def _one_name(self, name: str) -> str:
        """Return the first name under which the file was asked for: an entry may name it in another way."""
        return self._names.setdefault(os.path.realpath(self.path / name), name)

    def _contents(self, name: str) -> tuple[bytes, Encoded]:
        name = self._one_name(name)
        if name not in self._read:
            data = opening.read(self.path / name, self.path)
            if is_encrypted(data):
                help = "Decrypt it, edit the decrypted file (`sops FILE`; or `age -d`, and `age -e` afterwards), and encrypt it again."
                raise CannotEdit(f"{name} is encrypted, so it can't be changed by command.", help)
            named = self.encodings.get(name)
            text = Folder(self.path).text_of(data, name, named)
            as_read = encoded(data, text, named) if text is not None else None
            if as_read is None:
                raise CannotEdit(f"{name} has bytes that would not be the same again after a change.", BY_HAND)
            self._read[name] = data, as_read
        return self._read[name]
