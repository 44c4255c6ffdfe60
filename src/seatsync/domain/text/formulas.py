"""Cells that a spreadsheet would take for formulas: made harmless where CSV is written, and given back where it is read.

Many spreadsheets split at semicolons or tabs, and then a quote protects nothing: of ``a,"b;=c"`` they make a cell ``=c"``.
So each part of a cell that could become a cell is looked at, and an apostrophe put before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_SIGNS = "=+@＝＋－＠\\-"
"""Some spreadsheets read full-width signs as others."""
_ENDS = ",;\t\n\x0b\x0c\r\x1c-\x1e\x85\u2028\u2029"
_AROUND = " \x1f\xa0\u1680\u2000-\u200a\u202f\u205f\u3000\"'"
"""White space that some skip, quotes that they take off, and apostrophes, so that one more can be told from those that were there."""

_FORMULA = rf"[{_AROUND}]*[{_SIGNS}]"
_BEGINNING = re.compile(rf"(?:\A|(?<=[{_ENDS}]))(?={_FORMULA})")
_DEFUSED = re.compile(rf"(?:\A|(?<=[{_ENDS}]))'(?={_FORMULA})")
_IN_A_ROW = re.compile(rf"[{_ENDS}]{_FORMULA}")
_IN_A_FILE = re.compile(rf"'{_FORMULA}")


def defused(row: Sequence[str]) -> Sequence[str]:
    """Cells of a row, none of which becomes a formula, whatever it is split at."""
    if not _IN_A_ROW.search("\n" + "\n".join(row)):
        return row
    return [_BEGINNING.sub("'", cell) for cell in row]


def as_was(cell: str) -> str:
    """A cell as it was before it was ``defused``."""
    return _DEFUSED.sub("", cell) if "'" in cell else cell


def has_defused(text: str) -> bool:
    """Whether a CSV file may have cells that were ``defused``."""
    return _IN_A_FILE.search(text) is not None
