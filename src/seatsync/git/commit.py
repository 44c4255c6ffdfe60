"""Find the commit that a folder's files belong to."""

from __future__ import annotations

import subprocess
from pathlib import Path

from seatsync.domain.text.file_names import INPUTS
from seatsync.git.checkout import Checkout, NotInGit, checkout_of
from seatsync.git.program import LOCAL_TIMEOUT, NoGit, base_environment, decoded, run
from seatsync.git.shadow import shadow_of


def commit_of(folder: Path) -> str:
    """Return the checked-out commit, with ``-dirty`` if files of the folder differ from it; empty outside a repository.

    Raises:
        Planted: the folder's repository is not the checkout's own.
    """
    try:
        checkout = checkout_of(folder)
        environment = {**base_environment(), "GIT_DIR": str(checkout.git_dir)}
        result = run(("rev-parse", "--verify", "--quiet", "HEAD"), environment, checkout.top, timeout=LOCAL_TIMEOUT)
        sha = decoded(result.stdout).strip()
        return f"{sha}-dirty" if sha and _differs(folder.resolve(), checkout, sha) else sha
    except (NotInGit, NoGit, OSError, subprocess.TimeoutExpired):
        return ""


def _differs(folder: Path, checkout: Checkout, sha: str) -> bool:
    """Whether files of the folder differ from the commit, or files that seatsync may have read are not in it."""
    with shadow_of(checkout, sha) as environment:
        words = ("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=all")
        result = run((*words, "--", str(folder)), environment, checkout.top, timeout=LOCAL_TIMEOUT)
    entries = [entry for entry in decoded(result.stdout).split("\0") if entry]
    return result.returncode != 0 or any(
        not entry.startswith("?? ") or entry.lower().endswith(INPUTS) for entry in entries
    )
