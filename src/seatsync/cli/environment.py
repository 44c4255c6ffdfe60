"""For the journal: the person or pipeline that runs the command, and the Git commit."""

from __future__ import annotations

import getpass
import os
from pathlib import Path


def actor() -> str:
    """The name in SEATSYNC_ACTOR, else the CI user, else the user of the system."""
    for variable in ("SEATSYNC_ACTOR", "GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
        if name := os.environ.get(variable):
            return name
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def commit(folder: Path) -> str:
    """The commit from CI or Git, with ``-dirty`` if files differ from it; empty outside a repository."""
    for variable in ("GITHUB_SHA", "CI_COMMIT_SHA"):
        if sha := os.environ.get(variable):
            return sha
    from seatsync.git.commit import commit_of

    return commit_of(folder)
