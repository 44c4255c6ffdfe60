"""Who is asking, and from which commit: for the journal."""

from __future__ import annotations

import getpass
import os
import subprocess
from pathlib import Path


def actor() -> str:
    """Who is named by the environment, else the CI user, else the system's."""
    for variable in ("SEATSYNC_ACTOR", "GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
        if name := os.environ.get(variable):
            return name
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def commit(folder: Path) -> str:
    """The commit that CI or Git names, with ``-dirty`` where files differ from it; empty outside a repository."""
    for variable in ("GITHUB_SHA", "CI_COMMIT_SHA"):
        if sha := os.environ.get(variable):
            return sha
    command = ["git", "-C", str(folder), "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    sha = told.stdout.strip() if told.returncode == 0 else ""
    return sha if not sha or sha.endswith("-dirty") or not _new_files(folder) else f"{sha}-dirty"


def _new_files(folder: Path) -> bool:
    """Whether files lie there that may have been read and that Git does not know yet."""
    command = ["git", "-C", str(folder), "ls-files", "--others", "--exclude-standard", "--", "*.csv", "*.yaml", "*.yml"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return bool(told.stdout.strip())
