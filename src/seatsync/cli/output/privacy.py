"""A filter over all output: it shows no names where the public can read, and contains no commands that a CI runs."""

from __future__ import annotations

import hmac
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TextIO, cast

import click

from seatsync.cli.output.ci import in_ci
from seatsync.ledger.stores.readers import PRIVATE, STATED, CiJob


def output_may_be_public() -> bool:
    """Whether the output may be public: in a CI, unless the repository is known to be private."""
    return in_ci() and _readers() != PRIVATE


def job() -> CiJob | None:
    """The CI job that runs this command, with its repository and that repository's readers; None outside CI."""
    if not in_ci():
        return None
    stated = os.environ.get(STATED, "").strip()
    readers = _readers() or (PRIVATE if stated == PRIVATE else "")
    return CiJob(os.environ.get("GITHUB_REPOSITORY") or os.environ.get("CI_PROJECT_PATH") or "", readers)


def _readers() -> str:
    """The repository's visibility according to the CI: ``private``, ``internal`` or ``public``; empty if unknown."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        return _readers_on_github()
    return os.environ.get("CI_PROJECT_VISIBILITY", "") if os.environ.get("GITLAB_CI") else ""


def _readers_on_github() -> str:
    try:
        with open(os.environ["GITHUB_EVENT_PATH"], encoding="utf-8") as file:
            repository = json.load(file)["repository"]
            if repository["private"] is not True:
                return "public" if repository["private"] is False else ""
            return str(repository.get("visibility", PRIVATE))
    except (
        OSError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
    ):  # the event does not say: a schedule, for example
        return ""


def secret_from_environment(institution: str) -> bytes | None:
    """The institution's secret, derived from SEATSYNC_REDACT_KEY; None if that is not set.

    Raises:
        UsageError: the key is so short that it can be guessed.
    """
    key = os.environ.get("SEATSYNC_REDACT_KEY", "").strip()
    if not key:
        return None
    if len(key) < _SHORTEST_KEY:
        raise click.UsageError(
            f"SEATSYNC_REDACT_KEY can be guessed: it needs {_SHORTEST_KEY} characters. `openssl rand -hex 32` makes a key."
        )
    return hmac.digest(key.encode("utf-8", "surrogateescape"), institution.encode(), "sha256")


_SHORTEST_KEY = 32


@contextmanager
def filtered_output(change: Callable[[str], str]) -> Iterator[None]:
    """Pass all output through ``change`` while the block runs, in whole lines."""
    before = sys.stdout, sys.stderr
    filters = _Filter(sys.stdout, change), _Filter(sys.stderr, change)
    sys.stdout, sys.stderr = cast(TextIO, filters[0]), cast(TextIO, filters[1])
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for stream in filters:
            stream.end()


class _Filter:
    """A text stream that passes whole lines through ``change``. It holds an unfinished line back, so that nothing is missed
    at the seam of two writes; a ``flush`` writes it only at a terminal, for questions.

    It has no ``buffer``, but the encoding of the stream below it: otherwise click would bypass it.
    """

    def __init__(self, stream: IO[str], change: Callable[[str], str]) -> None:
        self.stream = stream
        self.change = change
        self.unfinished = ""
        self.encoding = getattr(stream, "encoding", None) or "utf-8"
        self.errors = getattr(stream, "errors", None) or "strict"

    def write(self, text: str) -> int:
        whole, end, self.unfinished = (self.unfinished + text).rpartition("\n")
        if end:
            self.stream.write(self.change(whole + end))
        return len(text)

    def flush(self) -> None:
        if self.stream.isatty():
            self._write_unfinished()
        self.stream.flush()

    def end(self) -> None:
        """Write the last line, which may have no line end."""
        self._write_unfinished()
        self.stream.flush()

    def _write_unfinished(self) -> None:
        rest, self.unfinished = self.unfinished, ""
        if rest:
            self.stream.write(self.change(rest))

    def isatty(self) -> bool:
        return self.stream.isatty()

    def fileno(self) -> int:
        return self.stream.fileno()

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def writable(self) -> bool:
        return True


@contextmanager
def ci_commands_escaped() -> Iterator[None]:
    """Escape the CI's workflow commands in all output while the block runs: quoted names and files must not run any."""
    if not in_ci():
        yield
        return
    with filtered_output(_harmless):
        yield


@contextmanager
def annotations_allowed() -> Iterator[None]:
    """Leave ``::`` commands unescaped while the block runs: they are annotations, whose parts are already escaped."""
    global _annotations_are_allowed
    _annotations_are_allowed = True
    try:
        yield
    finally:
        _annotations_are_allowed = False


_annotations_are_allowed = False
_COMMAND = re.compile(
    r"""
    ^(?P<before>(?:[^\S\n]|[\ufeff\u200b\u2060\x00])*+):(?=:)  # GitHub and similar: ::name:: at the beginning of a line
    | \#(?=\#(?:\[|vso\[|teamcity\[))         # GitHub's older ##[name], Azure's and TeamCity's: anywhere in a line
    | \r(?!\n)                              # also ends a line; GitLab's sections use it
    | \x1b(?!\[(?:[0-4]|[39][0-7])?(?:;(?:[0-4]|[39][0-7]))*m)  # anything but a color
    """,
    re.MULTILINE | re.VERBOSE,
)


_SIGNS = ("::", "##", "\r", "\x1b")
"""Every command contains one of these."""


def _harmless(text: str) -> str:
    """The text with the first character of each CI command as a ``\\u`` escape; in JSON output it means the same."""
    return _COMMAND.sub(_escaped, text) if any(map(text.__contains__, _SIGNS)) else text


def _escaped(found: re.Match[str]) -> str:
    before = found["before"] or ""
    if found[0].endswith(":") and _annotations_are_allowed:
        return found[0]
    return f"{before}\\u{ord(found[0][-1]):04x}"
