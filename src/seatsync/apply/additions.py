"""The files that an import writes: rosters, grants and a copy of the export, with their entries in ``seatsync.yaml``."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from seatsync.apply.importing import Import
from seatsync.apply.members import Impossible
from seatsync.domain.person import Person, person_of
from seatsync.domain.text.formulas import defused
from seatsync.sources import opening
from seatsync.sources.editing.entries import with_entry
from seatsync.sources.files import NAME

_BOM = "\ufeff"


class Additions:
    """What is to be added to a folder. Nothing is written yet.

    ``files`` are the new files, path → contents. ``stem`` is the name that they get, after the export's.
    """

    def __init__(self, folder: Path, source: str) -> None:
        self.folder = folder
        self.stem = re.sub(r"[^a-z0-9]+", "-", Path(source).stem.lower()).strip("-") or "import"
        self.files: dict[str, str] = {}
        self.config = opening.read(folder / NAME, folder).decode("utf-8", "replace")

    def add(self, done: Import) -> None:
        """Add the new members and the grants that no rule gives.

        Raises:
            Impossible: an entry can't be added to ``seatsync.yaml`` automatically, here and below.
        """
        if done.new:
            self._put("rosters", _csv(Person._fields, map(person_of, done.new)))
        if done.grants:
            rows = ([library, row.email, kind, until, row.student_id] for library, row, kind, until in done.grants)
            self._put("grants", _csv(("library", "email", "kind", "until", "student_id"), rows))

    def add_export(self, contents: str, library: str | None, taken: str) -> None:
        """Add a copy of the export, which plans read from then on."""
        self._put("exports", contents, f", library: {library}" if library else "", f", taken: {taken}")

    def texts(self) -> dict[str, str]:
        """The files to write, in order: ``seatsync.yaml`` comes last, so that the files it names exist."""
        return {**self.files, NAME: self.config} if self.files else {}

    def _put(self, section: str, contents: str, *more: str) -> None:
        path = self._place(section, contents)
        if section == "exports" and f"{path}," in self.config and (self.folder / path).exists():
            return  # written by the same command before
        self.files[path] = contents
        entry = f"{{path: {path}{''.join(more)}}}"
        bom = _BOM if self.config.startswith(_BOM) else ""
        changed = with_entry(self.config.removeprefix(_BOM), section, entry)
        if changed is None:
            help = f"Add `- {entry}` to `{section}:` by hand, in a {NAME} saved as UTF-8, and import again."
            raise Impossible(f"seatsync can't add an entry to `{section}` in {NAME} automatically.", help)
        self.config = bom + changed

    def _place(self, below: str, contents: str) -> str:
        """A free file name, or the file with the same contents that an interrupted import has left."""
        names = (f"{below}/{self.stem}{suffix}.csv" for suffix in ("", *(f"-{number}" for number in range(2, 10_000))))
        return next(name for name in names if self._is_free(name, contents))

    def _is_free(self, name: str, contents: str) -> bool:
        try:
            return opening.read(self.folder / name, self.folder) == contents.encode()
        except FileNotFoundError:
            return True
        except opening.Outside as outside:
            fact = f"{name} {outside.strerror}, so nothing can be written there."
            raise Impossible(fact, "Delete the link that leads there, and import again.") from outside
        except OSError:
            return False


def _csv(header: Iterable[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(map(defused, rows))
    return text.getvalue()
