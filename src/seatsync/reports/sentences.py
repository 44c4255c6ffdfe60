"""Sentences for people: folded between words at a terminal, whole in a pipe and in a job's log, where lines are searched."""

from __future__ import annotations

import os
import sys
from typing import IO

HANG = 2
"""By how much the lines that go on with a sentence are indented more than its first one."""
_USUAL = 80
"""The columns of a terminal that does not say how many it has."""


def say(text: str, stream: IO[str] | None = None) -> None:
    """Write sentences to a stream; without one, to standard error."""
    stream = stream or sys.stderr
    stream.write(folded(text, stream) + "\n")
    stream.flush()


def folded(text: str, stream: IO[str]) -> str:
    """Sentences as this stream folds them: what ``say`` writes, or a question that somebody else writes."""
    return "\n".join(in_lines(text, columns_of(stream)))


def columns_of(stream: IO[str]) -> int | None:
    """The columns of a terminal, or those that COLUMNS names; None for a stream in which nothing folds."""
    if (named := os.environ.get("COLUMNS", "")).isdecimal() and int(named):
        return int(named)
    if not stream.isatty():
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or _USUAL
    except (OSError, ValueError):
        return _USUAL


def in_lines(text: str, width: int | None) -> list[str]:
    """The lines of the text, each folded to ``width`` if there is one. What goes on with a line is indented by ``HANG`` more."""
    if width is None:
        return text.split("\n")
    lines: list[str] = []
    for line in text.split("\n"):
        words = line.lstrip(" ")
        indent = len(line) - len(words)
        first, *rest = words_in_lines(words, width - indent, HANG)
        lines += [" " * indent + first, *(" " * (indent + HANG) + one for one in rest)]
    return lines


def words_in_lines(text: str, width: int, hang: int = 0) -> list[str]:
    """The text in lines of at most ``width``, those after the first narrower by ``hang``. A longer word has a line of its own, and is
    whole: people copy it.
    """
    if 2 * len(text) <= width:  # no sign is wider than two columns
        return [text]
    from rich.cells import cell_len

    lines, length = [""], 0
    for word in text.split(" "):
        size = cell_len(word)
        if lines[-1] and length + 1 + size > width - (hang if lines[1:] else 0):
            lines.append(word)
            length = size
        else:
            length += size + (1 if lines[-1] else 0)
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines
