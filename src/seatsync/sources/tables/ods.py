"""The sheets of an OpenDocument workbook (.ods), read from its XML: it has the text that each cell shows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.parsers import expat

from seatsync.sources.tables.header import WIDEST
from seatsync.sources.tables.table import Row
from seatsync.sources.tables.workbook import MOST_CELLS, Facts, Parts, Sheet, Unreadable, shown

_NAMES = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _TEXT, _OFFICE = f"{_NAMES}table:1.0 ", f"{_NAMES}text:1.0 ", f"{_NAMES}office:1.0 "
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_BESIDE = (f"{_OFFICE}annotation", f"{_TABLE}shapes", f"{_TABLE}tracked-changes")
_NUMBERS = ("float", "percentage", "currency")
_MASKED = re.compile(r"[0-9]+(?:[-/ ][0-9]+)*")


class OdsSheet(Sheet):
    """A sheet that has been read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_hidden = False
        self._rows: list[Row] = []
        self._facts = Facts()

    def rows(self) -> Iterator[Row]:
        width = max((len(row) for _, row in self._rows), default=0)
        for line, row in self._rows:
            yield line, row + [""] * (width - len(row))

    def facts(self) -> Facts:
        return self._facts


def sheets(parts: Parts) -> list[OdsSheet]:
    """Return the sheets of a workbook.

    Raises:
        Unreadable: it is damaged, too large or protected with a password.
    """
    if "META-INF/manifest.xml" in parts and b"encryption-data" in parts.read("META-INF/manifest.xml"):
        raise Unreadable("is protected with a password", "Save it without a password.")
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse
    try:
        for piece in parts.pieces("content.xml"):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise Unreadable("is damaged") from error
    return reader.sheets


class _Reader:
    """Collects the sheets from the XML's elements."""

    def __init__(self) -> None:
        self.sheets: list[OdsSheet] = []
        self.hidden_styles: set[str] = set()
        self.style = ""
        self.beside = 0
        self.left = MOST_CELLS
        self.line = 1
        self.times = 1
        self.row: list[str] = []
        self.cell: Mapping[str, str] | None = None
        self.words: list[str] = []

    def refuse(self, *_: Any) -> None:
        raise Unreadable("has a part that no spreadsheet program writes")

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self.beside or name in _BESIDE:
            self.beside += 1
        elif name in _CELLS:
            self.cell, self.words = attributes, []
        elif self.cell is not None:
            self._within(name, attributes)
        elif name == f"{_TABLE}table-row":
            self.row, self.times = [], _count(attributes, "rows-repeated")
            if attributes.get(f"{_TABLE}visibility", "visible") != "visible" and self.sheets and self.times < 100_000:
                self.sheets[-1]._facts.hidden += range(self.line, self.line + self.times)
        elif name == f"{_TABLE}table":
            self.sheets.append(OdsSheet(attributes.get(f"{_TABLE}name", "")))
            self.sheets[-1].is_hidden = attributes.get(f"{_TABLE}style-name") in self.hidden_styles
            self.line = 1
        elif name.endswith("style:1.0 style"):
            self.style = next((value for key, value in attributes.items() if key.endswith(" name")), "")
        elif name.endswith("style:1.0 table-properties") and attributes.get(f"{_TABLE}display") == "false":
            self.hidden_styles.add(self.style)

    def _within(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == f"{_TEXT}p" and self.words:
            self.words.append("\n")
        elif name == f"{_TEXT}s":
            self.words.append(" " * min(int(attributes.get(f"{_TEXT}c", "1")), 1_000))
        elif name in (f"{_TEXT}tab", f"{_TEXT}line-break"):
            self.words.append("\t" if name.endswith("tab") else "\n")

    def text(self, words: str) -> None:
        if self.cell is not None and not self.beside:
            self.words.append(words)

    def end(self, name: str) -> None:
        if self.beside:
            self.beside -= 1
        elif name in _CELLS and self.cell is not None:
            self._take_cell(self.cell)
            self.cell = None
        elif name == f"{_TABLE}table-row" and self.sheets:
            self._take_row()

    def _take_cell(self, attributes: Mapping[str, str]) -> None:
        value = _shown(attributes, "".join(self.words))
        facts, column = self.sheets[-1]._facts if self.sheets else Facts(), len(self.row) + 1
        if (last := self.line + _count(attributes, "rows-spanned") - 1) > self.line and len(facts.merged) < 1_000:
            facts.merged.append((self.line, column, last, column))
        if f"{_TABLE}formula" in attributes and f"{_OFFICE}value-type" not in attributes and not value:
            facts.without_value.append((self.line, column))
        times = min(_count(attributes, "columns-repeated"), max(0, 20 * WIDEST - len(self.row)))
        self.row += [value] * times

    def _take_row(self) -> None:
        while self.row and not self.row[-1]:
            self.row.pop()
        if self.row:
            self.left -= len(self.row) * self.times
            if self.left < 0:
                raise Unreadable(
                    f"has more than {MOST_CELLS:,} cells",
                    "Delete what does not belong to the table, and save it again.",
                )
            self.sheets[-1]._rows += ((line, self.row) for line in range(self.line, self.line + self.times))
        self.line += self.times


def _count(attributes: Mapping[str, str], name: str) -> int:
    written = attributes.get(f"{_TABLE}number-{name}", "1")
    return max(1, int(written)) if written.isdigit() and len(written) < 9 else 1


def _shown(attributes: Mapping[str, str], text: str) -> str:
    """The text of a cell: what it shows, but dates as ISO writes them, and numbers without signs between thousands."""
    kind = attributes.get(f"{_OFFICE}value-type", "")
    if kind == "date":
        return attributes.get(f"{_OFFICE}date-value", text).removesuffix("T00:00:00")
    if kind == "boolean":
        return attributes.get(f"{_OFFICE}boolean-value", text).upper()
    if kind in _NUMBERS:
        try:
            number = shown(float(attributes.get(f"{_OFFICE}value", "")))
        except (ValueError, OverflowError):
            return text
        digits = re.sub(r"[-/ ]", "", text)
        is_shown = _MASKED.fullmatch(text) and digits.lstrip("0") == number.lstrip("0")
        return text if is_shown and not re.fullmatch(r"[0-9]{1,3}( [0-9]{3})+", text) else number
    return attributes.get(f"{_OFFICE}string-value", text)
