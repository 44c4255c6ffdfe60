"""Who may read a branch in Git: they see every name that is written there unencrypted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote

PRIVATE = "private"
STATED = "SEATSYNC_LEDGER_PLAIN"
"""The variable to set to ``private`` where the CI does not say who reads the repository."""


class CiJob(NamedTuple):
    """A CI job: the ``repository`` that it runs for (owner/name), and its ``readers``: ``private``, ``internal`` or ``public``.

    Each is empty where the CI does not say.
    """

    repository: str
    readers: str

    def owns(self, remote: str, addresses: Iterable[str]) -> bool:
        """Whether a remote with this name and these addresses is the job's own repository, on any host."""
        if not self.repository:
            return remote == "origin"
        return any(_path(address).endswith(f"/{self.repository.lower()}") for address in addresses)

    @property
    def why_not(self) -> str:
        """Why nothing must be written to the repository unencrypted; empty where there is no reason."""
        if self.readers == PRIVATE:
            return ""
        return (
            f"this repository is {self.readers}" if self.readers else "this CI does not say who can read the repository"
        )

    @property
    def help(self) -> str:
        """What to do about it."""
        help = "Encrypt it: set SEATSYNC_LEDGER_KEY (`seatsync ledger key` creates a key; see docs/ledger.md)."
        if self.readers:
            return help
        return f"{help} Or set {STATED}=private if everyone who can read the repository may read all names."


def _path(address: str) -> str:
    """An address in lower case, with slashes only and no ``.git``, so that https and ssh addresses have the same end."""
    return unquote(address).lower().replace(":", "/").rstrip("/").removesuffix(".git")
