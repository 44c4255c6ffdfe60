"""A seatsync.yaml that is being edited. Whether its rosters can be read does not matter: an edit may be what mends them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from seatsync.domain.diagnostic import Diagnostic
from seatsync.formats.config import SeatsyncFile
from seatsync.formats.grants import GrantsFile
from seatsync.sources import yaml_tree
from seatsync.sources.config import read_config
from seatsync.sources.editing.files import EditedFile, Files, as_edited
from seatsync.sources.editing.texts.yaml_edits import YamlEdits
from seatsync.sources.files import NAME
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import Loaded, load


class InvalidFiles(Exception):
    """The folder's files have mistakes, which are ``found``; or with ``after_edit`` would have them."""

    def __init__(self, found: list[Diagnostic], after_edit: bool = False) -> None:
        super().__init__()
        self.found = found
        self.after_edit = after_edit


class EditedConfig:
    """What seatsync.yaml says, the ``files`` to change, and ``notes``: sentences that tell what was done where, and what was not."""

    def __init__(self, path: Path, now: datetime) -> None:
        opened = InstitutionFolder.open(path)
        found = opened.files().found
        config = read_config(opened.tree, found)
        if config is None:
            raise InvalidFiles(found)
        if found:  # reading took the faulty entries out of the tree
            opened = InstitutionFolder.open(path)
        self.opened = opened
        self.now = now
        self.config: SeatsyncFile = config
        self.tree = opened.tree
        self.notes: dict[str, None] = {}
        self.told: list[Diagnostic] = []
        """Notices about what was read, to be printed."""
        self.files = Files(path, _encodings(config))
        self.after: Loaded | None = None
        """What the changed files say."""
        self._afterwards: list[Callable[[Loaded], None]] = []

    @property
    def edits(self) -> YamlEdits:
        """The changes of seatsync.yaml."""
        return self.files.yaml(NAME)

    def written(self, *path: str | int) -> object:
        """Return what stands at ``path`` in seatsync.yaml, as text, lists and mappings; None where nothing does."""
        found: object = yaml_tree.plain(yaml_tree.find(self.tree, path))
        return found

    def say(self, sentence: str) -> None:
        """Add a note, each once."""
        self.notes[sentence] = None

    def line(self, *path: str | int) -> str:
        """Return ``seatsync.yaml:LINE`` of what is at ``path`` in it."""
        return str(yaml_tree.place(self.tree, path, NAME))

    def finished(self) -> list[EditedFile]:
        """Return the changed files, which were read again and are right.

        Raises:
            CannotEdit: a file is laid out too unusually, or the members would not be read from it as they were meant.
            InvalidFiles: the changed files have mistakes.
        """
        files = self.files.finished()
        if not files:
            return []
        loaded = load(InstitutionFolder.open(self.files.path, as_edited(self.files.path, files)), self.now)
        if loaded.desired is None:
            raise InvalidFiles(loaded.found, after_edit=True)
        self.after = loaded
        for look in self._afterwards:
            look(loaded)
        return files

    def afterwards(self, look: Callable[[Loaded], None]) -> None:
        """Have ``finished`` call ``look`` with what the changed files say; it may raise ``CannotEdit``."""
        self._afterwards.append(look)


def _encodings(config: SeatsyncFile) -> Mapping[str, str | None]:
    grants = {entry.path: entry.encoding for entry in config.grants if isinstance(entry, GrantsFile)}
    return grants | {entry.path: entry.encoding for entry in config.rosters}
