"""A bundle: a folder with the files of the work list and its check list, as texts, and how one is known again."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from seatsync.domain.snapshot import Snapshot
from seatsync.reports.worklist.check_list import check_list
from seatsync.reports.worklist.html import html
from seatsync.reports.worklist.markdown import markdown
from seatsync.reports.worklist.sheets import Sheet

CHECK_LIST, PAGE, NOT_IN_GIT = "CHECKLIST.md", "CHECKLIST.html", ".gitignore"
OWN = (CHECK_LIST, PAGE, NOT_IN_GIT)
"""The files that every bundle has."""

_MARK = re.compile(
    r"^<!-- seatsync-bundle/1 (?P<institution>[a-z0-9-]+)(?P<files>(?: (?:[a-z0-9-]+/)?\d-[a-z0-9-]+(?:\.by-hand)?\.csv)*) -->$",
    re.MULTILINE,
)
_UNFINISHED = "# This check list is not complete\n\nseatsync stopped while it wrote this folder. Make it again.\n"


def bundle(
    sheets: Sequence[Sheet], books: Snapshot, institution: str, on: str, is_applied: bool = True
) -> dict[str, str]:
    """Return the texts of a bundle by their names in its folder, the check list last: who reads it can rely on the others.

    Git ignores the folder, because it is full of names.
    """
    made = check_list(sheets, books, on, is_applied)
    files = {path: text for sheet in sheets for path, text in sheet.files.items()}
    return {NOT_IN_GIT: "*\n", **files, PAGE: html(made), CHECK_LIST: markdown(made) + _mark(institution, files)}


def unfinished(institution: str, files: Collection[str]) -> str:
    """The check list of a folder that is still being written and may have these files."""
    return _UNFINISHED + _mark(institution, [name for name in files if name.endswith(".csv")])


def files_of(text: str, institution: str) -> list[str] | None:
    """The files that a check list says it came with. None if the text is no check list of this institution."""
    found = [match for match in _MARK.finditer(text) if match["institution"] == institution]
    return found[-1]["files"].split() if found else None


def _mark(institution: str, files: Collection[str]) -> str:
    """The line by which a check list is known, invisible where Markdown is shown."""
    return f"\n<!-- seatsync-bundle/1 {' '.join([institution, *sorted(files)])} -->\n"
