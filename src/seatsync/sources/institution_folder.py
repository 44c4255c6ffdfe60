"""An institution's folder. A command opens it once and passes it to everything that reads its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seatsync.sources import yaml_tree
from seatsync.sources.files import NAME, Folder


@dataclass(frozen=True, slots=True)
class InstitutionFolder:
    """A folder whose seatsync.yaml was read and parsed.

    ``institution_id`` is the id in it, even if other values are wrong; None where there is no id. ``was`` is the earlier id, empty
    if it names none. ``tree`` is None where the file is empty or can't be read; ``files().found`` says why.
    """

    path: Path
    institution_id: str | None
    was: str
    tree: yaml_tree.Node | None
    _read: Folder

    @classmethod
    def open(cls, path: Path, instead: Mapping[str, bytes] | None = None) -> InstitutionFolder:
        """Read and parse the folder's seatsync.yaml. Other files are read on demand.

        ``instead`` are files as an edit would leave them: real path → bytes.
        """
        folder = Folder(path, instead=instead or {})
        text = folder.read(NAME)
        tree = yaml_tree.parse(text, NAME, folder.found) if text is not None else None
        return cls(path, _in_institution(tree, "id"), _in_institution(tree, "was") or "", tree, folder)

    def files(self) -> Folder:
        """Return a new Folder with seatsync.yaml already read. Each way of making a plan starts from its own."""
        read = self._read
        return Folder(self.path, [*read.found], {**read.digests}, read.left, read.instead)


def _in_institution(tree: yaml_tree.Node | None, name: str) -> str | None:
    node = tree
    for key in ("institution", name):
        node = node.items.get(key) if isinstance(node, yaml_tree.MappingNode) else None
    return yaml_tree.plain(node) if isinstance(node, yaml_tree.ScalarNode) else None
