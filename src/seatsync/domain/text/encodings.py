"""The names of encodings in which a text can be written."""

from __future__ import annotations

import codecs

_NOT_OF_TEXTS = frozenset(
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "charmap", "mbcs", "oem", "utf-7"}
)
"""Codecs of Python that are no encodings of files: they are for parts of programs, addresses or one computer's settings."""


def codec_of(name: str) -> str | None:
    """Return the codec that Python knows by this name, as Python names it; None if it is none for texts."""
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError, ImportError):
        return None
    is_text = getattr(codec, "_is_text_encoding", False)
    return codec.name if is_text and codec.name.replace("_", "-") not in _NOT_OF_TEXTS else None
