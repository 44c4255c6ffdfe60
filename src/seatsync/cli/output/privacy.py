"""A last look at all that is printed: that it names nobody where anybody reads, and that no CI obeys it."""

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

from seatsync.ledger.stores.readers import PRIVATE, STATED, Job


def anybody_reads() -> bool:
    """Whether the output may be public: in a CI whose repository is not known to be private."""
    return in_ci() and _readers() != PRIVATE


def job() -> Job | None:
    """The job of a CI that this is, for a ledger in the repository that it runs for; None where it is none."""
    if not in_ci():
        return None
    stated = os.environ.get(STATED, "").strip()
    readers = _readers() or (PRIVATE if stated == PRIVATE else "")
    return Job(os.environ.get("GITHUB_REPOSITORY") or os.environ.get("CI_PROJECT_PATH") or "", readers)


def in_ci() -> bool:
    """Whether this is a job of a pipeline, whose log is read by a program."""
    return any(os.environ.get(name) for name in _CIS) or os.environ.get("CI", "").lower() not in ("", "0", "false")


_CIS = (
    *("GITHUB_ACTIONS", "GITLAB_CI"),
    *("JENKINS_URL", "TF_BUILD", "TEAMCITY_VERSION", "BITBUCKET_BUILD_NUMBER", "BUILDKITE"),
)
"""What those set that do not set CI; but for the first two, none of them says who may read."""


def _readers() -> str:
    """Who may read the repository (``private``, ``internal``, ``public``), as the CI says; empty where it does not."""
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
    except (OSError, KeyError, TypeError, ValueError, AttributeError):  # a schedule, for one, does not say
        return ""


def secret_from_outside(institution: str) -> bytes | None:
    """The institution's own secret, made of SEATSYNC_REDACT_KEY; None where that is not set.

    Raises:
        UsageError: it is short enough to be guessed.
    """
    key = os.environ.get("SEATSYNC_REDACT_KEY", "").strip()
    if not key:
        return None
    if len(key) < _LEAST_KEY:
        raise click.UsageError(
            f"SEATSYNC_REDACT_KEY can be guessed: set {_LEAST_KEY} characters, as `openssl rand -hex 32` makes."
        )
    return hmac.digest(key.encode("utf-8", "surrogateescape"), institution.encode(), "sha256")


_LEAST_KEY = 32


@contextmanager
def looked_through(change: Callable[[str], str]) -> Iterator[None]:
    """Whatever is printed meanwhile goes through ``change``, by whole lines."""
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
    """A text stream that holds a line back until it is whole, so that nothing slips through between two writes: not at a
    ``flush`` either, but for a person who is asked something.

    It has no ``buffer``, and the encoding of what is below it: otherwise click would write past it.
    """

    def __init__(self, stream: IO[str], change: Callable[[str], str]) -> None:
        self.stream = stream
        self.change = change
        self.begun = ""
        self.encoding = getattr(stream, "encoding", None) or "utf-8"
        self.errors = getattr(stream, "errors", None) or "strict"

    def write(self, text: str) -> int:
        whole, end, self.begun = (self.begun + text).rpartition("\n")
        if end:
            self.stream.write(self.change(whole + end))
        return len(text)

    def flush(self) -> None:
        if self.stream.isatty():
            self._write_begun()
        self.stream.flush()

    def end(self) -> None:
        """Write the last line, that may have no end."""
        self._write_begun()
        self.stream.flush()

    def _write_begun(self) -> None:
        begun, self.begun = self.begun, ""
        if begun:
            self.stream.write(self.change(begun))

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
def nothing_obeyed() -> Iterator[None]:
    """In a CI nothing that is printed meanwhile is a command to it, whatever the names and files that are quoted say."""
    if not in_ci():
        yield
        return
    with looked_through(_harmless):
        yield


@contextmanager
def own_commands() -> Iterator[None]:
    """Lines that are printed meanwhile are meant as commands: annotations, whose parts are escaped."""
    global _are_ours
    _are_ours = True
    try:
        yield
    finally:
        _are_ours = False


_are_ours = False
_COMMAND = re.compile(
    r"""
    ^(?P<before>(?:[^\S\n]|[\ufeff\u200b\u2060\x00])*+):(?=:)  # GitHub and those like it: ::name::, at the beginning of a line
    | \#(?=\#(?:\[|vso\[|teamcity\[))         # GitHub's older ##[name], Azure's, TeamCity's: anywhere in a line
    | \r(?!\n)                              # ends a line, too; GitLab's sections have it
    | \x1b(?!\[(?:[0-4]|[39][0-7])?(?:;(?:[0-4]|[39][0-7]))*m)  # whatever is no colour
    """,
    re.MULTILINE | re.VERBOSE,
)


_SIGNS = ("::", "##", "\r", "\x1b")
"""One of which is in every command."""


def _harmless(text: str) -> str:
    """Text in which the first sign of whatever a CI could obey is spelled as JSON spells it: there it means the same still."""
    return _COMMAND.sub(_spelled, text) if any(map(text.__contains__, _SIGNS)) else text


def _spelled(found: re.Match[str]) -> str:
    before = found["before"] or ""
    if found[0].endswith(":") and _are_ours:
        return found[0]
    return f"{before}\\u{ord(found[0][-1]):04x}"
