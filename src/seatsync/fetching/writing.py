"""Write what a live source answered: all files or none, and only if it cannot be half an answer."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from seatsync.domain.diagnostic import counted
from seatsync.domain.failure import ExitCode, Failure

Row = tuple[str, ...]


class Table(NamedTuple):
    """A file to be written. ``key`` has the columns that name a row: of each row the first that is not empty.

    ``nouns`` says what a row and rows are, in a file that may not lose most of them without permission; ``is_needed``: nor be empty.
    """

    header: Row
    rows: Sequence[Row]
    key: Row
    nouns: tuple[str, str] | None = None
    is_needed: bool = False


PEOPLE = ("person", "people")


class Difference(NamedTuple):
    """What changed in a file: the number of rows that are new, gone, or have other values; ``rows`` are there now."""

    path: Path
    rows: int
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


def write(tables: Mapping[Path, Table], obsolete: Iterable[Path] = (), allow_shrink: bool = False) -> list[Difference]:
    """Write the tables to their files, sorted by their keys, and delete the ``obsolete`` files. Return what changed.

    Files whose bytes stay the same are not touched.

    Raises:
        Shrunk: a table that needs rows has none, or one that may not shrink has fewer than half of what its file had.
        Failure: a file was not written by a fetch.
    """
    texts = {path: _text(table) for path, table in tables.items()}
    old = {path: path.read_bytes() if path.exists() else None for path in (*tables, *obsolete)}
    different = {path: text for path, text in texts.items() if old[path] != text}
    found = [_difference(path, tables[path], old[path]) for path in tables if path in different]
    if not allow_shrink:
        for path, table in tables.items():
            _check_size(path, table, next((one.before for one in found if one.path == path), len(table.rows)))
    _replace({**different, **{path: None for path in obsolete if old[path] is not None}}, old)
    return found


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
        return Difference(path, len(table.rows), 0, len(table.rows), 0, 0, True)
    header, rows = _read(path, old, table.key)
    shared = [name for name in table.header if name in header]
    key = [name for name in table.key if name in shared]
    was = _by_key(header, rows, shared, key)
    now = _by_key(table.header, table.rows, shared, key)
    changed = sum(now[one] != was[one] for one in now.keys() & was.keys())
    new, gone = len(now.keys() - was.keys()), len(was.keys() - now.keys())
    return Difference(path, len(table.rows), len(rows), new, gone, changed, False)


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
    temporary = {
        path: path.with_name(f".{path.name}.{os.getpid()}") for path, text in texts.items() if text is not None
    }
    done: list[Path] = []
    try:
        for path, place in temporary.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(place, "wb") as file:
                file.write(texts[path] or b"")
                file.flush()
                os.fsync(file.fileno())
        for path in texts:
            done.append(path)
            temporary[path].replace(path) if path in temporary else path.unlink()
    except OSError as error:
        for path in done:
            before = old[path]
            path.unlink(missing_ok=True) if before is None else path.write_bytes(before)
        error.filename = str(done[-1] if done else next(iter(texts)))
        raise
    finally:
        for place in temporary.values():
            place.unlink(missing_ok=True)
