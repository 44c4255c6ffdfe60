"""Where a checkout's files are, and which branch they are merged into."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from seatsync.git.checkout import Checkout, NotInGit, checkout_of, top_of
from seatsync.git.program import PATIENCE, NoGit, decoded, run, surroundings
from seatsync.git.scratch import NoScratch, Scratch


def root_of(folder: Path) -> Path | None:
    """The top of the checkout that the folder is in, or would be in once it is made; None where it is in none.

    Raises:
        Planted: the folder's repository is not the checkout's own.
    """
    return top_of(_that_is_there(folder))


def default_branch(folder: Path) -> str:
    """The default branch, as far as the repository or its remote knows it; else one of the usual names, or that one is on.

    Raises:
        Planted: the folder's repository is not the checkout's own.
    """
    try:
        checkout = checkout_of(_that_is_there(folder))
        known = _ask(checkout, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")
        there = _ask(checkout, "for-each-ref", "--format=%(refname:short)", "refs/heads/main", "refs/heads/master")
        here = _ask(checkout, "symbolic-ref", "--short", "HEAD")
        return known or _asked_of_the_remote(checkout) or (there.split() or [here])[0] or "main"
    except (NotInGit, NoGit, NoScratch, OSError, subprocess.TimeoutExpired):
        return "main"


def _asked_of_the_remote(checkout: Checkout) -> str:
    scratch = Scratch(checkout)
    try:
        words = ("ls-remote", "--symref", "origin", "HEAD")
        told = run(words, scratch.reaching(), checkout.top, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return ""
    finally:
        scratch.close()
    head = re.search(r"^ref: refs/heads/(\S+)\s+HEAD$", decoded(told.stdout), re.MULTILINE)
    return head[1] if head else ""


def _ask(checkout: Checkout, *words: str) -> str:
    environment = {**surroundings(), "GIT_DIR": str(checkout.git_dir)}
    told = run(words, environment, checkout.top, timeout=PATIENCE)
    return decoded(told.stdout).strip() if told.returncode == 0 else ""


def _that_is_there(folder: Path) -> Path:
    return next(path for path in (folder, *folder.resolve().parents) if path.is_dir())
