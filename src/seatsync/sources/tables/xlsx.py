"""The sheets of an Excel workbook (.xlsx). python-calamine reads the values; what it does not tell is read here."""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any
from xml.etree import ElementTree

from seatsync.sources.tables.content import Workbook
from seatsync.sources.tables.table import Row
from seatsync.sources.tables.workbook import MOST_CELLS, Facts, Parts, Sheet, Unreadable, shown

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_TAG = rb"<(?:[A-Za-z_][\w.-]*:)?"
_COLUMNS = re.compile(rb'\sr=["\']([A-Z]{1,3})[0-9]{1,7}["\']')
_ROWS = re.compile(rb'\sr=["\'](?:[A-Z]{1,3})?([0-9]{1,7})["\']')
_CELLS = re.compile(_TAG + rb"c[\s>]")
_ROW = re.compile(_TAG + rb"row[\s>]")
_CELL = re.compile(_TAG + rb"c\s([^>]*[^/>])>")
_HIDDEN = re.compile(_TAG + rb'row\s(?=[^>]*\shidden=["\'](?:1|true)["\'])[^>]*?\br=["\']([0-9]{1,7})["\'][^>]*[^/]>')
_MERGED = re.compile(_TAG + rb'mergeCell\s[^>]*?ref=["\']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})["\']')
_OPEN = _TAG + rb"(?:f)\b[^>]*?(?:/>|>[^<]*</(?:[\w.-]+:)?f>)\s*"
_FORMULA = re.compile(_TAG + rb"c\s([^>]*)>\s*" + _OPEN + rb"(?:" + _TAG + rb"v\s*/>\s*)?</(?:[\w.-]+:)?c>")
_ERROR = re.compile(_TAG + rb'c\s((?=[^>]*\bt=["\']e["\'])[^>]*)>.*?' + _TAG + rb"v>([^<]{1,20})<", re.DOTALL)
_PLACE = re.compile(rb'\br=["\']([A-Z]{1,3})([0-9]{1,7})["\']')
_MASK = re.compile(r'(?:0|\\.|"[^"]*"|[-/ ()])*0{2,}(?:0|\\.|"[^"]*"|[-/ ()])*')
"""A number format that shows nothing but digits, as many as it has zeros, and signs between them: 00000, 000-000."""


def sheets(workbook: Workbook, parts: Parts) -> list[XlsxSheet]:
    """Return the sheets of a workbook.

    Raises:
        Unreadable: it is damaged, or the library that reads it is not installed.
    """
    try:
        from python_calamine import CalamineError, load_workbook
    except ImportError as error:
        help = "Install what reads it: pip install 'seatsync[sheets]'; or save it as CSV UTF-8."
        raise Unreadable("is a workbook, and what reads workbooks is not installed", help) from error
    parts.check_size()
    book, relations = _tree(parts, "xl/workbook.xml"), _tree(parts, "xl/_rels/workbook.xml.rels")
    targets = {each.get("Id"): each.get("Target", "") for each in relations}
    try:
        values = load_workbook(io.BytesIO(workbook.data))
    except CalamineError as error:
        raise Unreadable("is damaged, or no workbook") from error
    found = []
    for each in book.iter():
        if each.tag.endswith("}sheet") and "worksheet" in targets.get(each.get(_RELATION), ""):
            part = posixpath.normpath(posixpath.join("/xl", targets[each.get(_RELATION)])).lstrip("/")
            found.append(
                XlsxSheet(each.get("name", ""), each.get("state", "visible") != "visible", values, parts, part)
            )
    return found


class XlsxSheet(Sheet):
    """A sheet; its part ``part`` is read when its rows are."""

    def __init__(self, name: str, is_hidden: bool, values: Any, parts: Parts, part: str) -> None:
        self.name = name
        self.is_hidden = is_hidden
        self._values = values
        self._parts = parts
        self._part = part

    @cached_property
    def _sheet(self) -> Any:
        from python_calamine import CalamineError

        if self._facts_and_texts is None:  # it says whether the sheet can be read at all
            return None
        try:
            return self._values.get_sheet_by_name(self.name)
        except CalamineError as error:
            raise Unreadable("is damaged") from error

    def rows(self) -> Iterator[Row]:
        if self._sheet is None or self._sheet.end is None:
            return
        texts = self._facts_and_texts[1]
        for line, values in enumerate(self._sheet.iter_rows(), 1):
            row = [value if type(value) is str else shown(value) for value in values]
            if texts and line in texts:
                for column, text in texts[line]:
                    row[column : column + 1] = [masked(row[column], text[1:]) if text[:1] == "=" else text]
            if any(row):
                yield line, row

    def facts(self) -> Facts:
        return self._facts_and_texts[0]

    @cached_property
    def _facts_and_texts(self) -> tuple[Facts, dict[int, list[tuple[int, str]]]]:
        """The facts; and by row, (column from 0, text) of cells of which the library gives another text, or "=" and a mask."""
        xml = self._parts.read(self._part)
        _check_extent(xml)
        facts, texts = Facts(), dict[int, list[tuple[int, str]]]()
        facts.hidden = sorted(int(match[1]) for match in _HIDDEN.finditer(xml))
        for match in _MERGED.finditer(xml):
            left, top, right, bottom = match.groups()
            facts.merged.append((int(top), _number(left), int(bottom), _number(right)))
        if b"f>" in xml or b"<f" in xml:
            for match in _FORMULA.finditer(xml):
                if (place := _PLACE.search(match[1])) and b't="str"' not in match[1]:
                    facts.without_value.append((int(place[2]), _number(place[1])))
        if b't="e"' in xml or b"t='e'" in xml:
            for match in _ERROR.finditer(xml):
                if place := _PLACE.search(match[1]):
                    texts.setdefault(int(place[2]), []).append(
                        (_number(place[1]) - 1, match[2].decode("ascii", "replace"))
                    )
        for style, mask in _masks(self._parts).items():
            styled = re.compile(_TAG + rb"c\s(?=[^>]*\bs=[\"']" + str(style).encode() + rb"[\"'])([^>]*[^/>])>")
            for match in styled.finditer(xml):
                if (place := _PLACE.search(match[1])) and not re.search(rb"\bt=[\"'](?!n)", match[1]):
                    texts.setdefault(int(place[2]), []).append((_number(place[1]) - 1, f"={mask}"))
        return facts, texts


def masked(digits: str, mask: str) -> str:
    """Return a number's digits as a format shows them: 00000 shows 12 as 00012. Others unchanged."""
    if not digits.isdigit():
        return digits
    left, signs = [*digits], re.findall(r'\\.|"[^"]*"|.', mask)
    written = [
        (left.pop() if left else "0") if sign == "0" else sign.strip('"').removeprefix("\\") for sign in reversed(signs)
    ]
    return "".join([*left, *reversed(written)])


def _masks(parts: Parts) -> dict[int, str]:
    """The number formats that show leading zeros, by the number of the cell style that has them."""
    if "xl/styles.xml" not in parts:
        return {}
    styles = _tree(parts, "xl/styles.xml")
    formats = {
        each.get("numFmtId"): each.get("formatCode", "") for each in styles.iter() if each.tag.endswith("}numFmt")
    }
    masks = {id: code.split(";")[0] for id, code in formats.items() if len(code) < 100}
    used = next((each for each in styles if each.tag.endswith("}cellXfs")), ())
    return {
        style: masks[id]
        for style, each in enumerate(used)
        if (id := each.get("numFmtId")) in masks and _MASK.fullmatch(masks[id])
    }


def _check_extent(xml: bytes) -> None:
    """Refuse a sheet with a few cells far apart: the library would make room for all cells between them."""
    columns, rows = _COLUMNS.findall(xml), {*_ROWS.findall(xml)}
    width = max(map(_number, {*columns}), default=0)
    height = max(map(int, rows), default=0)
    if len(_CELLS.findall(xml)) > len(columns):  # cells that do not say their place follow each other
        width += max(len(_CELLS.findall(row)) for row in _ROW.split(xml))
        height += len(_ROW.findall(xml))
    elif width * height > MOST_CELLS:  # most are empty cells with a format, perhaps
        places = [place for match in _CELL.finditer(xml) if (place := _PLACE.search(match[1]))]
        width = max((_number(place[1]) for place in places), default=0)
        height = max((int(place[2]) for place in places), default=0)
    if width * height > MOST_CELLS:
        raise Unreadable(
            f"has a sheet that reaches to row {height:,} and column {width:,}; {MOST_CELLS:,} cells are possible",
            "Delete what is far from the table, and save the file again.",
        )


def _number(letters: bytes) -> int:
    """The number, from 1, of the column with these letters."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _tree(parts: Parts, name: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(parts.read(name))  # noqa: S314 - without entities
    except ElementTree.ParseError as error:
        raise Unreadable("is damaged") from error
