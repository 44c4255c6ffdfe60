"""Where a code host shows a place in the files."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote

from seatsync.domain.origin import Origin


def address_of(origin: Origin, files_at: str) -> str:
    """Return the address of a line, of files whose address is ``files_at``; empty if that is not known.

    It shows the text also of files that hosts draw as a table: only there, lines have numbers.
    """
    return f"{files_at}{_quoted(origin.file)}?plain=1#L{origin.line}" if files_at else ""


@lru_cache(maxsize=256)
def _quoted(file: str) -> str:
    return quote(file, errors="replace")
