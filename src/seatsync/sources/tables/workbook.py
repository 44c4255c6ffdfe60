"""Open a workbook (.xlsx, .ods) that somebody else may have made: what its parts unpack to is limited, and nothing in it runs."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from seatsync.sources.tables.content import Workbook
from seatsync.sources.tables.table import Row

MOST_UNPACKED = 512 * 1024 * 1024
"""Bytes that all parts of a workbook may have together once they are unpacked."""
MOST_CELLS = 25_000_000
"""Cells that a sheet may have, empty ones between others included."""
_MOST_PARTS = 5_000
_PIECE = 1024 * 1024

_EXACT = 10**15
"""From here on a spreadsheet has not kept all digits of a number. It shows such a number as 1.23457E+15, which is no id."""


class Unreadable(Exception):
    """The workbook can't be read. ``fact`` continues its name, as "is …"; ``help`` says what to do."""

    def __init__(self, fact: str, help: str = "Open it in a spreadsheet program, and save it again.") -> None:
        super().__init__(fact)
        self.fact = fact
        self.help = help


class Parts:
    """The parts (files) in a workbook."""

    def __init__(self, workbook: Workbook) -> None:
        self._data = workbook.data
        try:
            infos = zipfile.ZipFile(io.BytesIO(workbook.data)).infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeError, struct.error) as error:
            raise Unreadable("is damaged, or no workbook") from error
        if len(infos) > _MOST_PARTS:
            raise Unreadable(f"has more than {_MOST_PARTS:,} parts, as no workbook has")
        self._infos = {info.filename: info for info in infos}
        self.left = MOST_UNPACKED

    def __contains__(self, name: str) -> bool:
        return name in self._infos

    def check_size(self) -> None:
        """Unpack everything once, to know that another program can.

        Raises:
            Unreadable: the parts are too large, or damaged.
        """
        for name in self._infos:
            for _ in self.pieces(name):
                pass
        self.left = MOST_UNPACKED

    def read(self, name: str) -> bytes:
        """Return a part, which is XML.

        Raises:
            Unreadable: it is missing, damaged or too large, or defines entities.
        """
        data = b"".join(self.pieces(name))
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data or data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise Unreadable("has a part that no spreadsheet program writes")
        return data

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a part in pieces; what the file says of its size is not believed.

        Raises:
            Unreadable: it is missing, damaged or too large.
        """
        info = self._infos.get(name)
        if info is None:
            raise Unreadable(f"has no part {name}, so it is damaged or no workbook")
        if info.flag_bits & 1:
            raise Unreadable("is protected with a password", "Save it without a password.")
        head = self._data[info.header_offset : info.header_offset + 30]
        if len(head) < 30 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable("is damaged")
        start = info.header_offset + 30 + sum(struct.unpack("<HH", head[26:]))
        packed = self._data[start : start + info.compress_size]
        if info.compress_type == zipfile.ZIP_STORED:
            yield self._counted(packed)
            return
        unpack = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            while packed and not unpack.eof:
                yield self._counted(unpack.decompress(packed, _PIECE))
                packed = unpack.unconsumed_tail
        except zlib.error as error:
            raise Unreadable("is damaged") from error

    def _counted(self, piece: bytes) -> bytes:
        self.left -= len(piece)
        if self.left < 0:
            raise Unreadable(
                f"unpacks to more than {MOST_UNPACKED // 1024**2} MiB", "Save the sheet as CSV UTF-8, and split it."
            )
        return piece


@dataclass
class Facts:
    """What is to be known of a sheet besides its cells. Rows and columns count from 1."""

    hidden: list[int] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(first row, first column, last row, last column)"""
    without_value: list[tuple[int, int]] = field(default_factory=list)
    """Cells with a formula whose result is not in the file."""


class Sheet(ABC):
    """A sheet of a workbook."""

    name: str
    is_hidden: bool

    @abstractmethod
    def rows(self) -> Iterator[Row]:
        """Yield (row, cells) of every row that has a value, as texts; all have the same number of cells.

        Raises:
            Unreadable: the sheet is damaged or too large.
        """

    @abstractmethod
    def facts(self) -> Facts:
        """Return what is to be known besides its cells.

        Raises:
            Unreadable: as ``rows``.
        """


def shown(value: Any) -> str:
    """Return a cell's value as the sheet shows it where it has no format of its own; dates as ISO writes them."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float | int):
        if abs(value) >= _EXACT:
            return f"{value:.5E}"
        return str(int(value)) if value == value // 1 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date | time) else str(value)
