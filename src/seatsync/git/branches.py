"""Find the top of a checkout, and the branch that its proposals are merged into."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from seatsync.git.checkout import Checkout, NotInGit, checkout_of, top_of
from seatsync.git.program import LOCAL_TIMEOUT, NoGit, base_environment, decoded, run
from seatsync.git.scratch import NoScratch, Scratch


def root_of(folder: Path) -> Path | None:
    """Return the top of the checkout that the folder is in, or will be in once it exists; None outside of a checkout.

    Raises:
        Planted: the folder's repository is not the checkout's own.
    """
    return top_of(_nearest_existing(folder))


def default_branch(folder: Path) -> str:
    """Return the default branch that the repository or its remote names; else main, master or the current branch.

    Raises:
        Planted: the folder's repository is not the checkout's own.
    """
    try:
        checkout = checkout_of(_nearest_existing(folder))
        known = _ask(checkout, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")
        usual = _ask(checkout, "for-each-ref", "--format=%(refname:short)", "refs/heads/main", "refs/heads/master")
        current = _ask(checkout, "symbolic-ref", "--short", "HEAD")
        return known or _default_branch_of_remote(checkout) or (usual.split() or [current])[0] or "main"
    except (NotInGit, NoGit, NoScratch, OSError, subprocess.TimeoutExpired):
        return "main"


def has_commits(folder: Path) -> bool:
    """Whether something is committed in the folder's repository.

    Raises:
        Planted: the folder's repository is not the checkout's own.
    """
    try:
        return _ask(checkout_of(_nearest_existing(folder)), "rev-parse", "--verify", "--quiet", "HEAD") != ""
    except (NotInGit, NoGit, OSError, subprocess.TimeoutExpired):
        return False


def has_remote(folder: Path) -> bool:
    """Whether the folder's repository has a remote, from which others take its files.

    Raises:
        Planted: the folder's repository is not the checkout's own.
    """
    try:
        return _ask(checkout_of(_nearest_existing(folder)), "remote") != ""
    except (NotInGit, NoGit, OSError, subprocess.TimeoutExpired):
        return False


def _default_branch_of_remote(checkout: Checkout) -> str:
    scratch = Scratch(checkout)
    try:
        words = ("ls-remote", "--symref", "origin", "HEAD")
        result = run(words, scratch.reaching(), checkout.top, timeout=LOCAL_TIMEOUT)
    except subprocess.TimeoutExpired:
        return ""
    finally:
        scratch.close()
    head = re.search(r"^ref: refs/heads/(\S+)\s+HEAD$", decoded(result.stdout), re.MULTILINE)
    return head[1] if head else ""


def _ask(checkout: Checkout, *words: str) -> str:
    environment = {**base_environment(), "GIT_DIR": str(checkout.git_dir)}
    result = run(words, environment, checkout.top, timeout=LOCAL_TIMEOUT)
    return decoded(result.stdout).strip() if result.returncode == 0 else ""


def _nearest_existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.resolve().parents) if path.is_dir())
