"""Write what a live source answered: all files or none, and only if it cannot be half an answer."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from seatsync.domain.diagnostic import counted
from seatsync.domain.failure import ExitCode, Failure
from seatsync.sources import opening

Row = tuple[str, ...]


class Table(NamedTuple):
    """A file to be written; without a ``header`` it shall not be there. ``key`` has the columns that name a row: of each row the first
    that is not empty.

    ``nouns`` says what a row and rows are, in a file that may not lose most of them without permission; ``is_needed``: nor be empty.
    """

    header: Row
    rows: Sequence[Row]
    key: Row
    nouns: tuple[str, str] | None = None
    is_needed: bool = False


PEOPLE = ("person", "people")


class Difference(NamedTuple):
    """What changed in a file: how many rows it had ``before``, and the number of those that are new, gone, or have other values."""

    path: Path
    before: int
    new: int
    gone: int
    changed: int
    is_new: bool

    def __str__(self) -> str:
        numbers = {"new": self.new, "gone": self.gone, "changed": self.changed}
        said = ", ".join(f"{number:,} {word}" for word, number in numbers.items() if number)
        return said or "the same rows, written otherwise"


class Shrunk(Failure):
    """The answer has nobody, or so little that it may be half an answer."""

    exit_code = ExitCode.REFUSED

    def __init__(self, message: str) -> None:
        help = (
            "Check the source: what the account may read, the filter, and whether the new year has begun there. If that is all "
            "there is, give --allow-shrink."
        )
        super().__init__(f"{message} Nothing was written.", help)


def write(tables: Mapping[Path, Table], allow_shrink: bool = False) -> list[Difference]:
    """Write the tables to their files, sorted by their keys. Return what changed. Files whose bytes stay the same are not touched.

    Raises:
        Shrunk: a table that needs rows has none, or one that may not shrink has fewer than half of what its file had.
        Failure: a file was not written by a fetch, or cannot be read.
    """
    texts = {path: _text(table) if table.header else None for path, table in tables.items()}
    old = {path: opening.read(path) if path.exists() else None for path in tables}
    different = {path: text for path, text in texts.items() if old[path] != text}
    found = {path: _difference(path, tables[path], old[path]) for path in different}
    if not allow_shrink:
        for path, table in tables.items():
            _check_size(path, table, found[path].before if path in found else len(table.rows))
    _replace(different, old)
    return [*found.values()]


def _check_size(path: Path, table: Table, before: int) -> None:
    if table.is_needed and table.nouns and not table.rows:
        raise Shrunk(f"The answer has no {table.nouns[1]}.")
    if table.nouns and len(table.rows) * 2 < before:
        raise Shrunk(
            f"The answer has {counted(len(table.rows), *table.nouns)}, fewer than half of the {before:,} in {path}."
        )


def _text(table: Table) -> bytes:
    places = [table.header.index(name) for name in table.key]
    text = io.StringIO()
    plain = csv.writer(text, lineterminator="\n")
    quoted = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)  # the plain one does not quote a lone \r
    plain.writerow(table.header)
    for row in sorted(table.rows, key=lambda row: (_key(row, places), row)):
        (quoted if any("\r" in value for value in row) else plain).writerow(row)
    return text.getvalue().encode("utf-8", "replace")


def _key(row: Sequence[str], places: Sequence[int]) -> str:
    return next((row[place] for place in places if row[place]), "")


def _difference(path: Path, table: Table, old: bytes | None) -> Difference:
    """Compare by the columns that both have, so that a new column alone does not hide who is new and who is gone."""
    if old is None:
        return Difference(path, 0, len(table.rows), 0, 0, True)
    header, rows = _read(path, old, table.key)
    if not table.header:
        return Difference(path, len(rows), 0, len(rows), 0, False)
    shared = [name for name in table.header if name in header]
    key = [name for name in table.key if name in shared]
    was = _by_key(header, rows, shared, key)
    now = _by_key(table.header, table.rows, shared, key)
    changed = sum(now[one] != was[one] for one in now.keys() & was.keys())
    new, gone = len(now.keys() - was.keys()), len(was.keys() - now.keys())
    return Difference(path, len(rows), new, gone, changed, False)


def _by_key(header: Sequence[str], rows: Sequence[Row], columns: Sequence[str], key: Sequence[str]) -> dict[str, Row]:
    places, keys = [header.index(name) for name in columns], [header.index(name) for name in key]
    return {_key(row, keys): tuple(row[place] for place in places) for row in rows}


def _read(path: Path, old: bytes, key: Row) -> tuple[list[str], list[Row]]:
    """Return the header and the rows of a file that an earlier fetch wrote.

    Raises:
        Failure: it has none of the columns that name a row, or is no such file at all.
    """
    try:
        header, *rows = csv.reader(io.StringIO(old.decode("utf-8-sig"), newline=""), strict=True)
        if not {*header} & {*key} or any(len(row) != len(header) for row in rows):
            raise ValueError
    except (ValueError, csv.Error):
        raise Failure(
            f"{path} was not written by a fetch: it is no CSV file with the column {' or '.join(key)}. Nothing was written.",
            "Give another path to --into, or delete the file.",
        ) from None
    return header, [tuple(row) for row in rows]


def _replace(texts: Mapping[Path, bytes | None], old: Mapping[Path, bytes | None]) -> None:
    """Replace each file by its text, or delete it for None. If one cannot be replaced, all are as before."""
    beside: dict[Path, Path] = {}
    done: list[Path] = []
    path = Path()
    try:
        for path, text in texts.items():
            if text is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                beside[path] = _beside(path)
                opening.create(beside[path], text, path.stat().st_mode & 0o777 if old[path] is not None else 0o666)
        for path in texts:
            beside[path].replace(path) if path in beside else path.unlink()
            done.append(path)
    except BaseException as error:
        if isinstance(error, OSError):
            error.filename = str(path)
        for path in done:
            _put_back(path, old[path])
        raise
    finally:
        for place in beside.values():
            place.unlink(missing_ok=True)


def _put_back(path: Path, text: bytes | None) -> None:
    if text is None:
        path.unlink()
        return
    opening.create(_beside(path), text, path.stat().st_mode & 0o777 if path.exists() else 0o666)
    _beside(path).replace(path)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}")
