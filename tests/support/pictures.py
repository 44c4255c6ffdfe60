"""Pictures for tests."""

from __future__ import annotations

import struct
import zlib


def png(width: int, height: int, color: bytes = b"\x7a\x1f\x3d") -> bytes:
    """Return a PNG picture of one colour. Its size is what it says, however few rows it really has."""
    rows = (b"\0" + color * width) * min(height, 100)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
