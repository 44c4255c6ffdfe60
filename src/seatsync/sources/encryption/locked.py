"""The result for an encrypted file that can't be read."""

from __future__ import annotations

from typing import NamedTuple


class Locked(NamedTuple):
    """Why the file can't be read, and what to do."""

    message: str
    help: str
