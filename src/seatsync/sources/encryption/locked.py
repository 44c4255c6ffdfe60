"""An encrypted file that is not read."""

from __future__ import annotations

from typing import NamedTuple


class Locked(NamedTuple):
    """Why a file can't be read, and what to do."""

    message: str
    help: str
