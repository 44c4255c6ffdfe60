"""Who may read a branch in Git: every name that is written there in clear is theirs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

PRIVATE = "private"
STATED = "SEATSYNC_LEDGER_PLAIN"
"""The variable that says ``private`` where a CI does not say it."""


class Job(NamedTuple):
    """A job of a CI: the ``repository`` that it runs for (owner/name; empty where the CI does not say), and who may read that:
    ``private``, ``internal``, ``public``; empty where the CI does not say."""

    repository: str
    readers: str

    def owns(self, remote: str, addresses: Iterable[str]) -> bool:
        """Whether a remote of this name and these addresses is the job's own repository, on whichever host."""
        if not self.repository:
            return remote == "origin"
        return any(_path(address).endswith(f"/{self.repository.lower()}") for address in addresses)

    @property
    def why_not(self) -> str:
        """Why nothing must be written to the repository in clear; empty where nothing is known against it."""
        if self.readers == PRIVATE:
            return ""
        return f"this repository is {self.readers}" if self.readers else "this CI does not say who reads the repository"

    @property
    def help(self) -> str:
        """What to do about it."""
        help = "Encrypt it: set SEATSYNC_LEDGER_KEY (`seatsync ledger key` makes one; docs/ledger.md)."
        if self.readers:
            return help
        return f"{help} Or say, by {STATED}=private, that whoever reads the repository may read all names."


def _path(address: str) -> str:
    """An address without what may be at its end: https://host/owner/name.git, git@host:owner/name."""
    return unquote(address).lower().replace(":", "/").rstrip("/").removesuffix(".git")
