"""``--redact``: when it is on by itself, and a last look at all that is printed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TextIO, cast

from seatsync.ledger.git_readers import PRIVATE, STATED, Job


def anybody_reads() -> bool:
    """Whether the output may be public: in a CI whose repository is not known to be private."""
    return _is_ci() and _readers() != PRIVATE


def job() -> Job | None:
    """The job of a CI that this is, for a ledger in the repository that it runs for; None where it is none."""
    if not _is_ci():
        return None
    stated = os.environ.get(STATED, "").strip()
    readers = _readers() or (PRIVATE if stated == PRIVATE else "")
    return Job(os.environ.get("GITHUB_REPOSITORY") or os.environ.get("CI_PROJECT_PATH") or "", readers)


def _is_ci() -> bool:
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


@contextmanager
def looked_through(redact: Callable[[str], str]) -> Iterator[None]:
    """Whatever is printed meanwhile goes through ``redact``, line by line."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast(TextIO, _Filter(sys.stdout, redact)), cast(TextIO, _Filter(sys.stderr, redact))
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before


class _Filter:
    """A text stream that holds a line back until it is whole, so that nothing slips through between two writes.

    It has no ``buffer``, and the encoding of what is below it: otherwise click would write past it.
    """

    def __init__(self, stream: IO[str], redact: Callable[[str], str]) -> None:
        self.stream = stream
        self.redact = redact
        self.begun = ""
        self.encoding = getattr(stream, "encoding", None) or "utf-8"
        self.errors = getattr(stream, "errors", None) or "strict"

    def write(self, text: str) -> int:
        whole, end, self.begun = (self.begun + text).rpartition("\n")
        if end:
            self.stream.write(self.redact(whole + end))
        return len(text)

    def flush(self) -> None:
        begun, self.begun = self.begun, ""
        self.stream.write(self.redact(begun))
        self.stream.flush()

    def isatty(self) -> bool:
        return self.stream.isatty()

    def fileno(self) -> int:
        return self.stream.fileno()

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def writable(self) -> bool:
        return True
