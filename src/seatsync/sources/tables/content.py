"""What a file that is read as a table holds: text, or a workbook."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Workbook:
    """The bytes of a workbook; nothing of it has been read yet."""

    data: bytes


Content = str | Workbook
"""The text of a CSV file, or a workbook."""
