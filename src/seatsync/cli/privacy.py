"""``--redact``: when it is on by itself, and a last look at all that is printed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOBase
from typing import IO, Any


def anybody_reads() -> bool:
    """Whether the output may be public: in a CI whose repository is not known to be private."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        return not _is_private_on_github()
    if os.environ.get("GITLAB_CI"):
        return os.environ.get("CI_PROJECT_VISIBILITY") != "private"
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def _is_private_on_github() -> bool:
    try:
        with open(os.environ["GITHUB_EVENT_PATH"], encoding="utf-8") as file:
            return json.load(file)["repository"]["private"] is True
    except (OSError, KeyError, TypeError, ValueError):  # a schedule, for one, does not say
        return False


@contextmanager
def looked_through(redact: Callable[[str], str]) -> Iterator[None]:
    """Whatever is printed meanwhile goes through ``redact``, line by line."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _Filter(sys.stdout, redact), _Filter(sys.stderr, redact)
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before


class _Filter(TextIOBase):
    """A text stream that holds a line back until it is whole, so that nothing slips through between two writes."""

    def __init__(self, stream: IO[str], redact: Callable[[str], str]) -> None:
        self.stream = stream
        self.redact = redact
        self.begun = ""

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

    def writable(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)
