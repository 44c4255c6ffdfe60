"""A digest of the rules: it changes whenever the code that reads, compares or judges changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import seatsync

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

ROOMS = ("domain", "formats", "planning", "plans", "refusals", "sources", "systems")
"""The packages whose code decides the plan for given files and a given ledger."""

_LENGTH = 6  # bytes: every JSON reader can represent such a number exactly


@cache
def rules_digest() -> int:
    """A digest of the rules' code and the program's version; 0 if the code can't be read.

    It uses the text of the modules, so it is the same on every machine with the same code.
    """
    package, digest = _package(), hashlib.sha256(seatsync.__version__.encode())
    modules = [module for room in ROOMS for module in _modules(package / room)]
    for module in modules:
        digest.update(f"\0{module.name}\0".encode())
        digest.update(module.read_bytes())
    return int.from_bytes(digest.digest()[:_LENGTH], "big") if modules else 0


def _package() -> Traversable:
    folder = Path(seatsync.__file__).parent
    if folder.is_dir():
        return folder
    from importlib.resources import files  # inside a zip; this import costs as much as everything else here

    return files(seatsync)


def _modules(folder: Traversable) -> Iterator[Traversable]:
    """The files of a package and its subpackages: sources, or the compiled files installed in their place."""
    try:
        entries = sorted(folder.iterdir(), key=attrgetter("name"))
    except OSError:  # a program frozen into one file has no folder
        return
    for entry in entries:
        if entry.name.endswith((".py", ".pyc")):
            yield entry
        elif "." not in entry.name and entry.name != "__pycache__":
            yield from _modules(entry)
