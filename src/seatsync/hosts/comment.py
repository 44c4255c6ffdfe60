"""The one comment on a pull request: found again by a marker that nobody sees, and kept up to date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple, Protocol

from seatsync.hosts.http import HostError, Lost, backoff


class Comment(NamedTuple):
    """A comment as the host has it; ``author`` is what the host knows users by, ``node`` the comment's id in its GraphQL API."""

    id: int
    author: str
    body: str
    url: str
    node: str


class Seen(NamedTuple):
    """A comment's text, and who changed it last, if that was another than its author."""

    body: str
    edited_by: str


def seen(told: Mapping[str, Any], editor: Mapping[str, Any] | None, name: str) -> Seen:
    """By what a GraphQL API tells of a comment, and of who changed it last; ``name`` is the key of a user's name.

    Who has changed it and is not told of counts as somebody else.
    """
    is_as_written = told.get("lastEditedAt", "?") is None or (editor is not None and editor == told.get("author"))
    return Seen(str(told.get("body", "")), "" if is_as_written else str((editor or {}).get(name) or "somebody"))


class Host(Protocol):
    """A pull request on some host."""

    @property
    def limit(self) -> int:
        """The most characters that a comment may have."""

    def harmless(self, text: str) -> str:
        """Text in which nothing is a command to the host."""

    def comments(self) -> Iterator[Comment]:
        """All comments, the oldest first; asked for page by page as they are needed."""

    def is_own(self, comment: Comment) -> bool:
        """Whether this token's user wrote it: not just somebody like them."""

    def seen(self, comment: Comment) -> Seen:
        """The comment as it is now; whoever may write in a repository may change what others have written."""

    def create(self, body: str) -> str:
        """Write a new comment; its address.

        Raises:
            Lost: perhaps it was written, perhaps not.
        """

    def update(self, comment: Comment, body: str) -> None:
        """Replace a comment's text."""

    def wait(self, pause: float, failure: HostError) -> None:
        """Wait, or raise ``failure`` where there is no time left."""


def marker(name: str) -> str:
    """What the comment called ``name`` begins with."""
    return f"<!-- seatsync:{name} -->\n"


def put(host: Host, mark: str, text: str) -> tuple[bool, str]:
    """See to it that there is one comment with ``mark`` and ``text``: whether it had to be written, and its address.

    Raises:
        HostError: the host refuses, or can't be reached.
    """
    for attempt in count():
        try:
            written, url = _put(host, mark, mark + _lines(text))
        except Lost as lost:  # it may be there by now: look again instead of writing a second one
            host.wait(backoff(attempt), lost.failure)
        else:
            return written or attempt > 0, url
    raise AssertionError  # count() never ends


def _put(host: Host, mark: str, body: str) -> tuple[bool, str]:
    for comment in host.comments():
        # Anybody can write the marker. Theirs is not taken, or they could change the plan afterwards.
        if not comment.body.startswith(mark.rstrip()) or not host.is_own(comment):
            continue
        if _lines(comment.body) == body:
            return False, comment.url
        try:
            host.update(comment, body)
        except HostError as error:
            if error.status != 404:  # deleted since it was listed
                raise
        else:
            return True, comment.url
    return True, host.create(body)


def _lines(text: str) -> str:
    """Text as it is compared: a host's web page writes CRLF, and may drop the last line's end."""
    return text.replace("\r\n", "\n").strip()
