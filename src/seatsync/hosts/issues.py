"""The one issue about something that keeps failing: found by a hidden marker, kept up to date, closed when it works again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import NamedTuple, Protocol

from seatsync.hosts import comment
from seatsync.hosts.comment import Host
from seatsync.hosts.http import HostError, Lost, backoff


class Issue(NamedTuple):
    """An open issue. ``author`` is the host's key for users."""

    number: int
    author: str
    title: str
    body: str
    url: str


class Tracker(Protocol):
    """The issues of a repository."""

    def open_issues(self) -> Iterator[Issue]:
        """Yield the open issues of the token's user, the oldest first."""

    def is_own(self, issue: Issue) -> bool:
        """Return whether exactly this token's user wrote it."""

    def create(self, title: str, body: str) -> Issue:
        """Create an issue.

        Raises:
            Lost: it may or may not have been created.
        """

    def update(self, issue: Issue, title: str, body: str) -> None:
        """Replace an issue's title and text."""

    def close(self, issue: Issue) -> None:
        """Close an issue."""

    def comments_of(self, issue: Issue) -> Host:
        """Return the place for comments on an issue."""

    def wait(self, pause: float, failure: HostError) -> None:
        """Wait, or raise ``failure`` if there is no time left."""


def report(tracker: Tracker, mark: str, title: str, text: str) -> tuple[str, str]:
    """Open the one issue with ``mark``, or update it. Return ``opened`` or ``updated``, and its address.

    Of two issues, which two runs at the same time can open, the older one stays open.

    Raises:
        HostError: the host rejects a request or cannot be reached.
    """
    body = mark + text
    for attempt in count():
        try:
            if found := _own(tracker, mark):
                tracker.update(found[0], title, body)
                return ("opened" if attempt else "updated"), found[0].url
            created = tracker.create(title, body)
            break
        except Lost as lost:  # it may exist now: look again instead of opening a second one
            tracker.wait(backoff(attempt), lost.failure)
    first = next(iter(_own(tracker, mark)), created)
    if first.number < created.number:
        tracker.close(created)
        tracker.update(first, title, body)
        return "updated", first.url
    return "opened", created.url


def settle(tracker: Tracker, mark: str, text: str) -> list[str]:
    """Close the issues with ``mark``, each with ``text`` as a comment. Return their addresses.

    Raises:
        HostError: the host rejects a request or cannot be reached.
    """
    found = _own(tracker, mark)
    for issue in found:
        comment.put(tracker.comments_of(issue), mark, text)
        tracker.close(issue)
    return [issue.url for issue in found]


def _own(tracker: Tracker, mark: str) -> list[Issue]:
    """Return the open issues with the marker that the token's user wrote. Anybody can write the marker."""
    starts = (issue for issue in tracker.open_issues() if issue.body.startswith(mark.rstrip()))
    return [issue for issue in starts if tracker.is_own(issue)]
