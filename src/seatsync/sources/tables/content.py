"""What a file that is read as a table holds: text, or a workbook."""

from __future__ import annotations

from dataclasses import dataclass

WORKBOOKS = (".xlsx", ".ods")
"""How the names of workbooks end that are read."""

TABLES = (".csv", ".tsv", ".tab", ".txt", ".text", ".xls", *WORKBOOKS)
"""How the names of files end that are read as tables. Some programs name a text with tabs .xls; a real .xls is told."""


@dataclass(frozen=True, slots=True)
class Workbook:
    """The bytes of a workbook; nothing of it has been read yet."""

    data: bytes


Content = str | Workbook
"""The text of a CSV file, or a workbook."""
