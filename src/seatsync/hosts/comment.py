"""The one comment on a pull request: found by a hidden marker, and kept up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple, Protocol

from seatsync.hosts.http import HostError, Lost, backoff

PLAN, QUEUE = "plan", "merge-queue"
"""The names of the comments: the plan of the pull request itself, and its plan in a merge queue.

The queue's plan has a comment of its own: it may contain other pull requests, the pull request's own plan still counts, and both
can be written at the same time. Only the pipeline's own user can write either.
"""


class Comment(NamedTuple):
    """A comment on a host. ``author`` is the host's key for users, ``node`` the comment's id in the GraphQL API."""

    id: int
    author: str
    body: str
    url: str
    node: str


class CurrentComment(NamedTuple):
    """A comment's current text, and the last user who edited it; empty if only its author did."""

    body: str
    edited_by: str


def current_comment(data: Mapping[str, Any], editor: Mapping[str, Any] | None, name: str) -> CurrentComment:
    """Return the comment in a GraphQL API's answer. ``editor`` is its last editor, ``name`` the key of a user's name.

    An unknown editor counts as somebody else than the author.
    """
    is_by_author = data.get("lastEditedAt", "?") is None or (editor is not None and editor == data.get("author"))
    return CurrentComment(
        str(data.get("body", "")), "" if is_by_author else str((editor or {}).get(name) or "somebody")
    )


class Host(Protocol):
    """A pull request on a code host, or an issue."""

    @property
    def number(self) -> int:
        """The number by which the host names it."""

    @property
    def limit(self) -> int:
        """The most characters that the host accepts in a comment."""

    def without_commands(self, text: str) -> str:
        """Return text that contains no command for the host."""

    def comments(self) -> Iterator[Comment]:
        """Yield all comments, the oldest first. Pages are requested only when needed."""

    def is_own(self, comment: Comment) -> bool:
        """Return whether exactly this token's user wrote it."""

    def current(self, comment: Comment) -> CurrentComment:
        """Return the comment as it is now. Everybody with write access to a repository can edit comments of others."""

    def create(self, body: str) -> str:
        """Create a comment and return its address.

        Raises:
            Lost: the comment may or may not have been created.
        """

    def update(self, comment: Comment, body: str) -> None:
        """Replace a comment's text."""

    def wait(self, pause: float, failure: HostError) -> None:
        """Wait, or raise ``failure`` if there is no time left."""


def marker(name: str) -> str:
    """Return the hidden first line of the comment called ``name``."""
    return f"<!-- seatsync:{name} -->\n"


def put(host: Host, mark: str, text: str | Callable[[str], str]) -> tuple[bool, str]:
    """Create or update the one comment with ``mark`` and ``text``. Return whether it was written, and its address.

    ``text`` may be a function that makes it from the comment so far, which is empty if there is none.

    Raises:
        HostError: the host rejects a request or cannot be reached.
    """
    write = (lambda old: text) if isinstance(text, str) else text
    for attempt in count():
        try:
            written, url = _put(host, mark, write)
        except Lost as lost:  # it may exist now: look again instead of creating a second one
            host.wait(backoff(attempt), lost.failure)
        else:
            return written or attempt > 0, url
    raise AssertionError  # count() never ends


def _put(host: Host, mark: str, write: Callable[[str], str]) -> tuple[bool, str]:
    for comment in host.comments():
        # Anybody can write the marker. Comments of others are not used, because their authors could change the plan later.
        if not comment.body.startswith(mark.rstrip()) or not host.is_own(comment):
            continue
        body = mark + _lines(write(comment.body))
        if _lines(comment.body) == body:
            return False, comment.url
        try:
            host.update(comment, body)
        except HostError as error:
            if error.status != 404:  # deleted since it was listed
                raise
        else:
            return True, comment.url
    return True, host.create(mark + _lines(write("")))


def _lines(text: str) -> str:
    """Return text normalized for comparison: hosts' web pages write CRLF and may drop the last line end."""
    return text.replace("\r\n", "\n").strip()
