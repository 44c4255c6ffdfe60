"""``--redact``: when it is on by itself, and a last look at all that is printed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TextIO, cast


def anybody_reads() -> bool:
    """Whether the output may be public: in a CI whose repository is not known to be private."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        return not _is_private_on_github()
    if os.environ.get("GITLAB_CI"):
        return os.environ.get("CI_PROJECT_VISIBILITY") != "private"
    others = any(os.environ.get(name) for name in _OTHER_CIS)
    return others or os.environ.get("CI", "").lower() not in ("", "0", "false")


_OTHER_CIS = ("JENKINS_URL", "TF_BUILD", "TEAMCITY_VERSION", "BITBUCKET_BUILD_NUMBER", "BUILDKITE")
"""What those set that do not set CI; none of them says who may read."""


def _is_private_on_github() -> bool:
    try:
        with open(os.environ["GITHUB_EVENT_PATH"], encoding="utf-8") as file:
            repository = json.load(file)["repository"]
            return repository["private"] is True and repository.get("visibility", "private") == "private"
    except (OSError, KeyError, TypeError, ValueError):  # a schedule, for one, does not say
        return False


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
