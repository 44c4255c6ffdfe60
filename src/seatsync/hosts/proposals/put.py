"""Open the one pull request for a branch, or bring it up to date."""

from __future__ import annotations

from itertools import count
from typing import NamedTuple, Protocol

from seatsync.hosts.http import HostError, Lost, backoff


class Proposal(NamedTuple):
    """An open pull request."""

    number: int
    title: str
    body: str
    url: str


class Proposals(Protocol):
    """The pull requests of a repository from one of its branches into another."""

    def find(self) -> Proposal | None:
        """Return the open one."""

    def create(self, title: str, body: str) -> Proposal:
        """Open one.

        Raises:
            Lost: it may or may not have been opened.
        """

    def update(self, proposal: Proposal, title: str, body: str) -> None:
        """Replace its title and text."""

    def close(self, proposal: Proposal) -> None:
        """Close it without merging it."""

    def wait(self, pause: float, failure: HostError) -> None:
        """Wait, or raise ``failure`` if there is no time left."""


def put(proposals: Proposals, title: str, body: str) -> tuple[str, str]:
    """Open the pull request, or update it if its title or text differ. Return what was done, and its address.

    Raises:
        HostError: the host rejects a request or cannot be reached.
    """
    for attempt in count():
        if found := proposals.find():
            if (found.title, found.body) == (title, body):
                return ("opened" if attempt else "up to date"), found.url
            proposals.update(found, title, body)
            return ("opened" if attempt else "updated"), found.url
        try:
            return "opened", proposals.create(title, body).url
        except Lost as lost:  # it may exist now: look again instead of opening a second one
            proposals.wait(backoff(attempt), lost.failure)
    raise AssertionError  # count() never ends
