"""Places for ledgers, in both databases."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from itertools import count
from pathlib import Path

from tests.support.databases import Leased, ledgers


class Databases(ABC):
    """Where ledgers can be made; each is named by its location, as ``--ledger`` takes it."""

    @abstractmethod
    def fresh(self) -> str:
        """A ledger in which nothing has happened."""

    @abstractmethod
    def bare(self) -> str:
        """A place where not even the tables are there."""

    @abstractmethod
    def copy(self, location: str) -> str:
        """Another ledger in which the same has happened."""

    @abstractmethod
    def drop(self, location: str) -> None:
        """Nobody needs it any more."""


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
    """Those of one kind; files are put into ``folder``."""
    return _Files(folder) if kind == "sqlite" else _Leases()
