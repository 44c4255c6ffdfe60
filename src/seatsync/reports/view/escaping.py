"""Texts of others, safe to show."""

from __future__ import annotations

from seatsync.domain.text.characters import printable


def escape_controls(text: str) -> str:
    """Return text with every character escaped that a terminal or a page would obey instead of show."""
    return printable(text, len(text))
