"""A file's bytes as text, so that the changed text becomes bytes in exactly the same way."""

from __future__ import annotations

import codecs
from typing import NamedTuple

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class Encoded(NamedTuple):
    """The text of a file, and how it is written: a byte-order mark (may be empty) and a codec."""

    text: str
    mark: bytes
    codec: str

    def bytes_of(self, text: str) -> bytes:
        """Return another text in the same encoding.

        Raises:
            UnicodeEncodeError: it has characters that the encoding does not have.
        """
        return self.mark + text.encode(self.codec)


def encoded(data: bytes, text: str, named: str | None) -> Encoded | None:
    """Return how ``data`` was written, which was read as ``text``; None where its bytes can't be made again from the text.

    ``named`` is the encoding that seatsync.yaml gives.
    """
    mark, codec = next(((mark, codec) for mark, codec in _MARKS if data.startswith(mark)), (b"", ""))
    for candidate in (codec,) if codec else (named or "utf-8", "utf-8", "utf-16-le"):
        for plain in (text, text.removeprefix("\ufeff")):
            try:
                if mark + plain.encode(candidate) == data:
                    return Encoded(plain, mark, candidate)
            except (UnicodeEncodeError, LookupError):
                continue
    return None
