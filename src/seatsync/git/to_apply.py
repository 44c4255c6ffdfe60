"""The commits that brought folders from what was applied to what is checked out."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from seatsync.git.checkout import NotInGit
from seatsync.git.history import history_of
from seatsync.git.program import Failed, NoGit


def commits_to_apply(applied: Mapping[Path, str], job: str) -> tuple[str, Mapping[Path, Sequence[str]]]:
    """Return the checked-out commit, and for each folder the commits that touched it after the one in ``applied``, oldest first.

    If that one is not known, it is only the last one that did, or the checked-out one. Outside of Git it is the ``job``'s commit.
    """
    head, found = job, dict[Path, list[str] | None]()
    try:
        with history_of(next(iter(applied))) as history:
            head = history.head
            top = history.checkout.top.resolve()
            inside = {folder: [history.path(folder)] for folder in applied if folder.resolve().is_relative_to(top)}
            found = history.commits_since(applied, inside)
    except (NotInGit, NoGit, Failed, OSError, subprocess.TimeoutExpired):
        pass  # only the checkout as a whole can be compared
    return head, {folder: found.get(folder) or [head] for folder in applied}
