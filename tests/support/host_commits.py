"""What a host's API says about the commits of a repository, from a real one on this machine."""

from __future__ import annotations

import subprocess
from pathlib import Path


def last_commit(repository: Path, at: str, path: str, first_parent: bool) -> str:
    """Return the last commit up to ``at`` that touched the path; empty if none did."""
    return _git(repository, "log", "-1", "--format=%H", *(["--first-parent"] if first_parent else []), at, "--", path)


def status(repository: Path, base: str, head: str) -> str:
    """Return how GitHub calls the commit ``head`` beside ``base``; empty if one of them is unknown."""
    common = merge_base(repository, base, head)
    if not common:
        return ""
    names = {(True, True): "identical", (True, False): "ahead", (False, True): "behind", (False, False): "diverged"}
    return names[common == base, common == head]


def merge_base(repository: Path, one: str, other: str) -> str:
    """Return the newest commit that both came after; empty if there is none or one of them is unknown."""
    return _git(repository, "merge-base", one, other)


def has(repository: Path, commit: str) -> bool:
    return _git(repository, "cat-file", "-t", commit) == "commit"


def _git(repository: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=repository, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
