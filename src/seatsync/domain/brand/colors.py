"""An institution's colour, and the shades of it that can be read: WCAG's contrast of 4.5 (AA)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

ENOUGH = 4.5
"""The least contrast of text with its ground."""
_LIGHT_GROUND, _DARK_GROUND = "#f4efe6", "#2a2621"
"""The darkest ground of light pages and the lightest of dark ones: --soft in portal/static/style.css."""


class Shades(NamedTuple):
    """The shades of a colour on ``light`` and on ``dark`` pages, for links, and for buttons with white and with dark text."""

    light: str
    dark: str


OWN = Shades("#1d4f91", "#9cc4ff")
"""The shades of letters of an institution without a colour."""


def is_color(value: Any) -> bool:
    """Whether this is a colour such as ``#1d4f91``."""
    return isinstance(value, str) and re.fullmatch("#[0-9a-f]{6}", value) is not None


def shades(color: str) -> Shades:
    """The nearest shades of a colour that can be read; seatsync's own for an empty one."""
    if not color:
        return OWN
    return Shades(_readable(color, _LIGHT_GROUND, 0), _readable(color, _DARK_GROUND, 255))


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours, from 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _readable(color: str, ground: str, towards: int) -> str:
    """The colour, or the first of its shades towards black or white that has enough contrast."""
    parts = _parts(color)
    for step in range(65):
        mixed = [part + (towards - part) * step // 64 for part in parts]
        shade = "#" + "".join(f"{part:02x}" for part in mixed)
        if contrast(shade, ground) >= ENOUGH:
            break
    return shade


def _parts(color: str) -> list[int]:
    return [int(color[at : at + 2], 16) for at in (1, 3, 5)]


def _luminance(color: str) -> float:
    shares = [part / 255 for part in _parts(color)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
