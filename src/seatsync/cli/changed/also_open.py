"""Other open pull requests that change the same institutions."""

from __future__ import annotations

import os
from collections.abc import Collection
from functools import cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from seatsync.cli.institution import institution_id
from seatsync.domain.failure import Failure
from seatsync.reports.sentences import say

_SECONDS = 20.0
"""How long it may take: the comment is more important."""


class AlsoOpen(NamedTuple):
    """The other pull requests, as the host writes them (``#12``), and whether all that are open were looked at."""

    names: list[str]
    is_all: bool = True


def also_open(institutions: Collection[str], own: int) -> AlsoOpen:
    """The open pull requests besides ``own`` that change files of these institutions. If the host does not say, there are none,
    and standard error says why.
    """
    from seatsync.git.checkout import top_of
    from seatsync.hosts.environment import open_requests

    if not institutions:
        return AlsoOpen([])
    try:
        top = top_of(Path())
        if top is None:
            return AlsoOpen([])
        found = open_requests(os.environ, _SECONDS)
        owner = cache(lambda folder: _institution(top, folder))
        same = [
            number
            for number, paths in sorted(found.files.items())
            if number != own and any(owner(PurePosixPath(path).parent) in institutions for path in paths)
        ]
    except Failure as error:
        say(f"seatsync: Other open pull requests are not known: {error}\n  To fix: {error.help}")
        return AlsoOpen([])
    sign = "#" if os.environ.get("GITHUB_REPOSITORY") else "!"
    return AlsoOpen([f"{sign}{number}" for number in same], found.is_all)


def _institution(top: Path, folder: PurePosixPath) -> str | None:
    """The id of the institution whose files are in this folder of the checkout. The host's path is not trusted."""
    if folder.is_absolute() or ".." in folder.parts:
        return None
    for place in (folder, *folder.parents):
        if (top / place / "seatsync.yaml").is_file():
            return institution_id(top / place)
    return None
