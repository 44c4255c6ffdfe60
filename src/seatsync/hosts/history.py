"""The commits of a checkout, and from the job's host what the checkout does not know of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from seatsync.domain.failure import Failure
from seatsync.git.folders import FolderInGit
from seatsync.git.history import History, history_of
from seatsync.git.program import Failed

if TYPE_CHECKING:
    from seatsync.hosts.environment import Commits

SECONDS = 60.0
"""How long the host may take for all answers about one institution."""
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Unknown(Exception):
    """Neither the checkout nor the host knows. The message says why the host does not."""


class KnownCommits:
    """The commits of a folder's checkout, completed by the host of the job whose ``environment`` it is."""

    def __init__(self, place: FolderInGit, history: History | None, environment: Mapping[str, str]) -> None:
        self._place = place
        self._history = history
        self._environment = environment

    def last(self, paths: Collection[str]) -> str:
        """Return the last commit that touched one of the paths; empty if none did.

        Raises:
            Unknown: nobody knows.
        """
        if self._history is not None:
            try:
                commit = self._history.last_commits({"": paths}, self._place.head)[""]
            except Failed:
                commit = None
            if commit is not None or not self._place.fault:
                return commit or ""
        with _answers():
            return self._newest({commit for path in paths if (commit := self._host.last(path, self._place.head))})

    def is_ancestor(self, older: str, newer: str) -> bool | None:
        """Whether ``newer`` is ``older`` or came after it; None if ``older`` is not a commit of this repository.

        Raises:
            Unknown: nobody knows.
        """
        if not _SHA.fullmatch(older):
            return None
        known = self._history.is_ancestor(older, newer) if self._history is not None else None
        if known is not None:
            return known
        try:
            host = self._host
        except Unknown:
            if self._place.fault:
                raise
            return None  # the checkout has all commits
        with _answers():
            return host.is_ancestor(older, newer)

    def _newest(self, commits: Collection[str]) -> str:
        """Return the commit that came after all others. All are in the history of one commit."""
        newest = ""
        for commit in sorted(commits):
            if not newest or self.is_ancestor(newest, commit):
                newest = commit
        return newest

    @cached_property
    def _host(self) -> Commits:
        try:
            from seatsync.hosts.environment import commits
        except ModuleNotFoundError as error:
            raise Unknown(f"the Python package {error.name} is not installed (seatsync[ci])") from error
        with _answers():
            return commits(self._environment, SECONDS)


@contextmanager
def known_commits(place: FolderInGit, environment: Mapping[str, str]) -> Iterator[KnownCommits]:
    """Yield the commits of a folder's checkout. It must be in Git."""
    if not place.readable:
        yield KnownCommits(place, None, environment)
        return
    with history_of(place.folder) as history:
        yield KnownCommits(place, history, environment)


@contextmanager
def _answers() -> Iterator[None]:
    """Turn the failures of a host, and of a job that names none, into Unknown."""
    try:
        yield
    except Failure as failure:
        raise Unknown(str(failure).rstrip(".")) from failure
