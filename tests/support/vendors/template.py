"""Read a CSV file as a vendor's portal does: its header must be the template's."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from tests.support.vendors.rejected import Rejected

Row = Mapping[str, str]


def read(content: bytes) -> tuple[list[str], list[Row]]:
    """Return the header, and the rows by its names. Raises Rejected if the content is no CSV in UTF-8."""
    try:
        text = content.decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Rejected(f"The file is not a CSV file in UTF-8: {error}.") from None
    if not lines:
        raise Rejected("The file is empty.")
    header, *rows = lines
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise Rejected(f"Row {number} has {len(row)} values instead of {len(header)}.")
    return header, [dict(zip(header, map(value, row), strict=True)) for row in rows]


def filled(content: bytes, columns: Sequence[str], required: Sequence[str]) -> list[Row]:
    """Return the rows of a filled template. Raises Rejected if its columns are others, or a required value is missing."""
    header, rows = read(content)
    if header != list(columns):
        raise Rejected(f"The header is {header}, not the template's {list(columns)}.")
    if not rows:
        raise Rejected("The file lists nobody.")
    for number, row in enumerate(rows, 2):
        for column in required:
            if not row[column]:
                raise Rejected(f"Row {number} has no {column}.")
    return rows


def value(cell: str) -> str:
    """Return the value of a cell. Silent: spaces around it do not count."""
    return cell.strip()


def written(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Return a CSV file as portals export it."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows([header, *rows])
    return file.getvalue().encode()
