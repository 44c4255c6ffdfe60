"""Places for ledgers in both kinds of database."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from itertools import count
from pathlib import Path

from tests.support.databases import Leased, ledgers


class Databases(ABC):
    """Creates and drops ledgers. Each is identified by its location, in the form of ``--ledger``."""

    @abstractmethod
    def fresh(self) -> str:
        """Create an empty ledger with its tables."""

    @abstractmethod
    def bare(self) -> str:
        """Create a place for a ledger, without tables."""

    @abstractmethod
    def copy(self, location: str) -> str:
        """Copy a ledger."""

    @abstractmethod
    def drop(self, location: str) -> None:
        """Give back a ledger that is no longer needed."""


class _Files(Databases):
    def __init__(self, folder: Path) -> None:
        self._names = (str(folder / f"ledger-{number}.db") for number in count(1))

    def fresh(self) -> str:
        return next(self._names)

    bare = fresh

    def copy(self, location: str) -> str:
        return shutil.copyfile(location, next(self._names))

    def drop(self, location: str) -> None:
        for path in Path(location).parent.glob(Path(location).name + "*"):
            path.unlink()


class _Leases(Databases):
    def __init__(self) -> None:
        self._leased: dict[str, Leased] = {}

    def fresh(self) -> str:
        leased = ledgers.shelf.take()
        self._leased[leased.url] = leased
        return leased.url

    def bare(self) -> str:
        return ledgers.shelf.server.fresh(None)

    def copy(self, location: str) -> str:
        url = self.fresh()
        self._leased[location].copy_to(self._leased[url])
        return url

    def drop(self, location: str) -> None:
        if location in self._leased:
            ledgers.shelf.give_back(self._leased.pop(location))
        else:
            ledgers.shelf.server.drop(location)


def databases_of(kind: str, folder: Path) -> Databases:
    """Return the databases of one kind. SQLite files go into ``folder``."""
    return _Files(folder) if kind == "sqlite" else _Leases()
