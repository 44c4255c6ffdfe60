"""Replace parts of a text, and tell which lines that changes."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z")
_LINE_END = re.compile(r"\r\n|\n|\r")


class Splice(NamedTuple):
    """The characters from ``start`` to before ``end`` become ``text``."""

    start: int
    end: int
    text: str


class ChangedLines(NamedTuple):
    """Lines next to each other that an edit changed, without their line ends.

    ``line`` is the number of the first: in the new file, or in the old one where lines were only deleted.
    """

    line: int
    before: tuple[str, ...]
    after: tuple[str, ...]


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """Return the text with all splices made; none may overlap another."""
    parts, at = [], 0
    for splice in sorted(splices):
        assert splice.start >= at, "two splices overlap"
        parts += [text[at : splice.start], splice.text]
        at = splice.end
    return "".join([*parts, text[at:]])


def without_lines(text: str, ranges: Iterable[tuple[int, int]]) -> list[Splice]:
    """Return the splices that delete these ranges of whole lines, given from top to bottom.

    A file that does not end with a line end does not afterwards.
    """
    merged: list[tuple[int, int]] = []
    for start, end in ranges:
        if merged and merged[-1][1] == start:
            start = merged.pop()[0]
        merged.append((start, end))
    if merged and merged[-1][1] == len(text) and not text.endswith(("\n", "\r")):
        start, end = merged.pop()
        merged.append((start - len(line_end_of(text[:start])), end))
    return [Splice(start, end, "") for start, end in merged]


def line_end_of(text: str) -> str:
    """Return the line end with which the text ends; empty if it ends otherwise."""
    return next((end for end in ("\r\n", "\n", "\r") if text.endswith(end)), "")


def line_starts(text: str) -> list[int]:
    """Return where each line begins; the first at 0."""
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def changed_lines(text: str, splices: Iterable[Splice]) -> list[ChangedLines]:
    """Return the lines that the splices change, from top to bottom."""
    starts = line_starts(text)
    changed: list[ChangedLines] = []
    shift = 0
    for first, last, inside in _by_lines(text, starts, sorted(splices)):
        begin, end = starts[first], starts[last + 1] if last + 1 < len(starts) else len(text)
        old = text[begin:end]
        new = spliced(old, [Splice(one.start - begin, one.end - begin, one.text) for one in inside])
        before, after = _LINE.findall(old), _LINE.findall(new)
        same = 0
        while same < min(len(before), len(after)) and _content(before[same]) == _content(after[same]):
            same += 1
        below = 0
        while below < min(len(before), len(after)) - same and before[-1 - below] == after[-1 - below]:
            below += 1
        gone, come = before[same : len(before) - below], after[same : len(after) - below]
        if gone or come:
            line = first + 1 + same + (shift if come else 0)
            changed.append(ChangedLines(line, tuple(map(_content, gone)), tuple(map(_content, come))))
        shift += len(after) - len(before)
    return changed


def _by_lines(
    text: str, starts: Sequence[int], splices: Sequence[Splice]
) -> Iterable[tuple[int, int, Sequence[Splice]]]:
    """Yield (first line, last line, splices) for splices in lines of their own; lines count from 0."""
    group: list[Splice] = []
    first = last = -1
    for splice in splices:
        begin, end = bisect_right(starts, splice.start) - 1, bisect_right(starts, splice.end) - 1
        if group and begin > last:
            yield first, last, group
            group = []
        first = begin if not group else first
        last = end if not group else max(last, end)
        group.append(splice)
    if group:
        yield first, last, group


def _content(line: str) -> str:
    return line.rstrip("\r\n")
