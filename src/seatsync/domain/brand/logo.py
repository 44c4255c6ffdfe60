"""An institution's logo: a small PNG picture, which the ledger keeps as base64. Nothing in a PNG is a program, as in an SVG."""

from __future__ import annotations

import binascii
import struct
import zlib
from base64 import b64decode, b64encode
from typing import Any

MOST_BYTES, MOST_PIXELS = 48 * 1024, 1_000
"""The most bytes of a logo, and the most pixels on a side."""
MOST_READ = 1024 * 1024
"""The most bytes that are read of a file to say what is wrong with it."""
HOW_TO_SAVE = f"Save it as PNG with at most {MOST_BYTES // 1024} KiB and {MOST_PIXELS:,} pixels on each side."

_PNG = b"\x89PNG\r\n\x1a\n"
_OTHERS = {
    b"<svg": "an SVG, which can hold programs",
    b"<?xml": "an SVG or XML file",
    b"\xff\xd8": "a JPEG",
    b"GIF8": "a GIF",
}


def logo_fault(data: bytes) -> str | None:
    """Why these bytes can't be a logo, as "is …"; None if they can."""
    if not data.startswith(_PNG):
        return f"is {next((kind for first, kind in _OTHERS.items() if data.startswith(first)), 'not a PNG picture')}"
    if len(data) > MOST_BYTES:
        return f"is larger than {MOST_BYTES // 1024} KiB"
    size = _size(data)
    if size is None:
        return "is a PNG that is not whole"
    width, height = size
    if not (0 < width <= MOST_PIXELS and 0 < height <= MOST_PIXELS):
        return f"has {width:,} × {height:,} pixels"
    return None


def as_logo(data: bytes) -> str:
    """The logo as the ledger keeps it."""
    return b64encode(data).decode()


def picture(logo: str) -> bytes:
    """The PNG picture that the ledger keeps."""
    return b64decode(logo)


def is_logo(value: Any) -> bool:
    """Whether this is a logo as the ledger keeps it."""
    if not isinstance(value, str) or len(value) > 4 * MOST_BYTES // 3 + 4:
        return False
    try:
        return logo_fault(b64decode(value, validate=True)) is None
    except (binascii.Error, ValueError):
        return False


def _size(data: bytes) -> tuple[int, int] | None:
    """Width and height, None unless each chunk up to the last one is there and has its checksum."""
    size, at = None, len(_PNG)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if end + 4 > len(data) or zlib.crc32(data[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return None
        if size is None:
            if kind != b"IHDR" or length != 13:
                return None
            size = struct.unpack_from(">II", data, at + 8)
        if kind == b"IEND":
            return size
        at = end + 4
    return None
