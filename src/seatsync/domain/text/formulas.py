"""Defuse cells that a spreadsheet would read as formulas when writing CSV, and restore them when reading.

Many spreadsheets split at semicolons or tabs, where a quote protects nothing: ``a,"b;=c"`` becomes a cell ``=c"``. So an
apostrophe goes before every part of a cell that could become a formula.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_SIGNS = "=+@＝＋－＠\\-"
"""The first characters of formulas. Some spreadsheets accept full-width ones too."""
_ENDS = ",;\t\n\x0b\x0c\r\x1c-\x1e\x85\u2028\u2029"
_AROUND = " \x1f\xa0\u1680\u2000-\u200a\u202f\u205f\u3000\"'"
"""White space and quotes that some spreadsheets remove, and apostrophes, so that ours differs from those already there."""

_FORMULA = rf"[{_AROUND}]*[{_SIGNS}]"
_BEGINNING = re.compile(rf"(?:\A|(?<=[{_ENDS}]))(?={_FORMULA})")
_DEFUSED = re.compile(rf"(?:\A|(?<=[{_ENDS}]))'(?={_FORMULA})")
_IN_A_ROW = re.compile(rf"[{_ENDS}]{_FORMULA}")
_IN_A_FILE = re.compile(rf"'{_FORMULA}")


def defused(row: Sequence[str]) -> Sequence[str]:
    """Return the cells of a row, changed so that none becomes a formula, however it is split."""
    if not _IN_A_ROW.search("\n" + "\n".join(row)):
        return row
    return [_BEGINNING.sub("'", cell) for cell in row]


def restored(cell: str) -> str:
    """The cell as it was before ``defused``."""
    return _DEFUSED.sub("", cell) if "'" in cell else cell


def has_defused(text: str) -> bool:
    """Whether a CSV text may have cells that were ``defused``."""
    return _IN_A_FILE.search(text) is not None
