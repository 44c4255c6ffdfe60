"""Show the place of a finding in its file, with a caret under the mistake, to who sits at a terminal.

Of seatsync.yaml the line is shown, unless it may hold a secret. Of other files only the value that the message quotes anyway: a
row may hold passwords.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from rich.cells import cell_len

from seatsync.domain.diagnostic import Diagnostic
from seatsync.reports.view.escaping import escape_controls
from seatsync.sources.files import NAME

_MOST_BYTES = 50_000_000
"""Larger files are not read again for an excerpt."""
_SECRET = re.compile(r"pass|secret|token|key\b|ENC\[|://[^/\s]*@", re.IGNORECASE)
_TOKEN = re.compile(r"""\s*("[^"]*"|'[^']*'|[^\s,;:{}\[\]#]+)""")
_CELL = re.compile(r'\s*("[^"]*"|[^,;\t]*)')


class Excerpt(NamedTuple):
    """The lines that show a place: its line of text, and the carets below it."""

    text: str
    carets: str


def excerpts(folder: Path) -> Callable[[Diagnostic, int], Excerpt | None]:
    """A function that gives the excerpt of a finding in this folder's files, for a width in columns; None if there is none to show."""

    lines_of = lru_cache(maxsize=8)(_lines)

    def excerpt(finding: Diagnostic, width: int) -> Excerpt | None:
        origin = finding.origin
        if origin is None:
            return None
        lines = lines_of(folder / origin.file)
        if not 1 <= origin.line <= len(lines):
            return None
        line, start = lines[origin.line - 1], origin.column - 1
        number = f"{origin.line} | "
        if origin.file == NAME:
            found = _TOKEN.match(line, start)
            at = found.span(1) if found else (start, start + 1)
            return _drawn(number, line, at, width) if start < len(line) and not _SECRET.search(line) else None
        value = found[1].strip() if (found := _CELL.match(line, start)) else ""
        if len(value.strip('"')) < 2 or value.strip('"') not in finding.message:
            return None
        return _drawn(number, f"…{value}…", (1, 1 + len(value)), width)

    return excerpt


def _lines(file: Path) -> list[str]:
    """The lines of a file of UTF-8 text; none if it is something else."""
    try:
        if file.is_symlink() or file.stat().st_size > _MOST_BYTES:
            return []
        return file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _drawn(number: str, line: str, span: tuple[int, int], width: int) -> Excerpt | None:
    """The line, cut around the mistake if it is too wide, and carets under the mistake."""
    before, fault, after = (escape_controls(part) for part in (line[: span[0]], line[slice(*span)], line[span[1] :]))
    room = width - cell_len(number) - cell_len(fault) - 2
    if room < 0:
        return None
    if cell_len(before) > (most := max(room // 2, room - cell_len(after))):
        before = "…" + _end(before, most)
    after = after.rstrip()
    if cell_len(after) > (most := room - cell_len(before) + 1):
        after = _beginning(after, most) + "…"
    return Excerpt(number + before + fault + after, " " * cell_len(number + before) + "^" * max(1, cell_len(fault)))


def _end(text: str, most: int) -> str:
    while cell_len(text) > most:
        text = text[1:]
    return text


def _beginning(text: str, most: int) -> str:
    while text and cell_len(text) > most:
        text = text[:-1]
    return text
