"""Lay out the rows of a table in a width: as columns if they fit, else as blocks, one for each record. No word is broken."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from seatsync.reports.sentences import words_in_lines
from seatsync.reports.tables.shortening import is_instant, shortened
from seatsync.reports.view.escaping import escape_controls

GAP = "  "
INDENT = "    "
"""What stands before the values of a block."""
HEADER, LABEL = -1, -2
"""The numbers of parts that belong to no column."""
_HEADINGS = ("e-mail", "to", "member", "who")
"""The columns that head a block; in a table without them, the first does."""

_PLAIN = (*_HEADINGS, "library")
"""What heads a block and needs no name: everybody sees what it is."""

_SHORT = 32
"""The longest heading that need not have a line of its own."""

Part = tuple[str, int]
"""A text, and the number of its column among those that were given; ``HEADER`` or ``LABEL``."""


class Column(NamedTuple):
    """A column with a value in it. ``number`` is its place among those that were given."""

    number: int
    header: str
    cells: list[str]
    is_right: bool

    @property
    def natural(self) -> int:
        return max(map(cell_len, (self.header, *self.cells)))

    @property
    def least(self) -> int:
        """The width of its longest word. Numbers and times stay in one line, below a heading that may have several."""
        if self.is_right:
            return max(map(cell_len, (*self.header.split(" "), *self.cells)))
        if all(is_instant(cell) for cell in self.cells if cell):
            return self.natural
        return max((cell_len(word) for cell in (self.header, *self.cells) for word in cell.split(" ")), default=0)


def lay_out(
    rows: Iterable[Sequence[str]],
    headers: Sequence[str] = (),
    right: Collection[str] = (),
    width: int | None = None,
) -> Iterator[list[Part]]:
    """Yield the lines of a table, each as parts. Columns without values are left out. ``width`` None: a pipe, where nothing folds."""
    cells = [[escape_controls(cell) for cell in row] for row in rows]
    columns = [*_columns(cells, headers, right, is_short=width is not None)]
    if not columns:
        return
    if width is None:
        yield from _lines(columns, len(cells), [column.natural for column in columns])
    elif widths := _fitting(columns, width):
        yield from _lines(columns, len(cells), widths)
    elif widths := _fitting(hanging := _with_short_headings(columns), width):
        yield from _lines(hanging, len(cells), widths, _heading(columns))
    else:
        yield from _blocks(columns, len(cells), width)


def _columns(
    rows: Sequence[Sequence[str]], headers: Sequence[str], right: Collection[str], is_short: bool
) -> Iterator[Column]:
    for number, cells in enumerate(zip(*rows, strict=True) if rows else ([] for _ in headers)):
        header = headers[number] if headers else ""
        if any(cells) or not rows:
            yield Column(number, header, [*map(shortened, cells)] if is_short else [*cells], header in right)


def _heading(columns: Sequence[Column]) -> Column:
    """The column that names the records."""
    return next((column for name in _HEADINGS for column in columns if column.header == name), columns[0])


def _with_short_headings(columns: Sequence[Column]) -> list[Column]:
    """The heading's column first, without its few long values: each of them has a line of its own above its row."""
    heading = _heading(columns)
    short = [cell if cell_len(cell) <= _SHORT else "" for cell in heading.cells]
    kept = short if sum(map(bool, short)) * 4 >= len(short) * 3 else heading.cells
    return [heading._replace(cells=kept), *(column for column in columns if column is not heading)]


def _fitting(columns: Sequence[Column], width: int) -> list[int] | None:
    """The widths of the columns if they fit and few rows become tall; else None."""
    natural = [column.natural for column in columns]
    room = width - len(GAP) * (len(columns) - 1)
    if sum(natural) <= room:
        return [*natural]
    least = [column.least for column in columns]
    if sum(least) > room:
        return None
    most = max(natural)
    while sum(widths := [min(whole, max(some, most)) for whole, some in zip(natural, least, strict=True)]) > room:
        most -= 1
    return widths if _is_readable(columns, widths) else None


def _is_readable(columns: Sequence[Column], widths: Sequence[int]) -> bool:
    """Whether no row is a tower, and most rows have one line or two."""
    narrow = [(column, width) for column, width in zip(columns, widths, strict=True) if column.natural > width]
    heights = [
        max(-(-cell_len(column.cells[row]) // width) for column, width in narrow)
        for row in range(len(columns[0].cells))
    ]
    return not heights or (max(heights) <= 6 and sum(height > 2 for height in heights) * 4 <= len(heights))


def _lines(
    columns: Sequence[Column], number: int, widths: Sequence[int], above: Column | None = None
) -> Iterator[list[Part]]:
    """The header and the rows. Values of ``above`` that the first column lacks stand above their row."""
    if any(column.header for column in columns):
        for line in _folded([column.header for column in columns], columns, widths):
            yield [(text, HEADER) for text, _ in line]
    for row in range(number):
        if above is not None and above.cells[row] != columns[0].cells[row]:
            yield [(above.cells[row], above.number)]
        yield from _folded([column.cells[row] for column in columns], columns, widths)


def _folded(cells: Sequence[str], columns: Sequence[Column], widths: Sequence[int]) -> Iterator[list[Part]]:
    """The lines of one row."""
    folded = [
        [cell] if cell_len(cell) <= width else words_in_lines(cell, width)
        for cell, width in zip(cells, widths, strict=True)
    ]
    for line in range(max(map(len, folded))):
        parts: list[Part] = []
        for column, width, lines in zip(columns, widths, folded, strict=True):
            text = lines[line] if line < len(lines) else ""
            space = " " * (width - cell_len(text))
            parts.append((space + text if column.is_right else text + space, column.number))
            parts.append((GAP, column.number))
        yield _without_end(parts)


def _without_end(parts: list[Part]) -> list[Part]:
    """The parts of a line without the spaces at its end."""
    while parts and not (text := parts[-1][0].rstrip(" ")):
        parts.pop()
    return [*parts[:-1], (text, parts[-1][1])] if parts else []


def _blocks(columns: Sequence[Column], number: int, width: int) -> Iterator[list[Part]]:
    """Each record as its heading and, below it, a line for each of its other values."""
    heading = _heading(columns)
    others = [column for column in columns if column is not heading]
    if not heading.header:
        for row in range(number):
            yield from _flowing([(column.cells[row], column.number) for column in columns if column.cells[row]], width)
        return
    if heading.header not in _PLAIN:
        yield [(heading.header, HEADER)]
    labels = max((cell_len(column.header) for column in others), default=0)
    for row in range(number):
        yield [(heading.cells[row] or f"no {heading.header}", heading.number)]
        for column in others:
            if not (cell := column.cells[row]):
                continue
            label = column.header + " " * (labels - cell_len(column.header)) + GAP
            longest = max(map(cell_len, cell.split(" ")))
            if (
                width - len(INDENT) - cell_len(label) < longest <= width - 2 * len(INDENT)
            ):  # it fits below its label alone
                yield [(INDENT + column.header, LABEL)]
                label = INDENT
            for text in words_in_lines(cell, width - len(INDENT) - cell_len(label)):
                yield [(INDENT + label, LABEL), (text, column.number)]
                label = " " * cell_len(label)


def _flowing(cells: Iterable[Part], width: int) -> Iterator[list[Part]]:
    """The values of a record without labels, as many in a line as fit; the lines after the first are indented."""
    line: list[Part] = []
    length = 0
    for cell, number in cells:
        if line and length + len(GAP) + cell_len(cell) <= width:
            line.append((GAP + cell, number))
            length += len(GAP) + cell_len(cell)
            continue
        indent = INDENT if line else ""
        if line:
            yield line
        *before, last = words_in_lines(cell, width - len(INDENT))
        for text in before:
            yield [(indent + text, number)]
            indent = INDENT
        line, length = [(indent + last, number)], len(indent) + cell_len(last)
    if line:
        yield line
