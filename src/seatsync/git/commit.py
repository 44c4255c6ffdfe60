"""Find the commit that a folder's files belong to."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seatsync.git.checkout import Checkout, NotInGit, checkout_of
from seatsync.git.program import (
    LOCAL_TIMEOUT,
    NoGit,
    base_environment,
    decoded,
    environment_without_settings,
    run,
    with_settings,
)
from seatsync.git.settings import settings_of

_READ_SUFFIXES = (".csv", ".yaml", ".yml")
_HOW_FILES_ARE_WRITTEN = (
    *("core.autocrlf", "core.eol", "core.filemode", "core.ignorecase", "core.symlinks"),
    *("core.excludesfile", "core.attributesfile"),
)


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
    with _shadow(checkout, sha) as environment:
        words = ("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=all")
        result = run((*words, "--", str(folder)), environment, checkout.top, timeout=LOCAL_TIMEOUT)
    entries = [entry for entry in decoded(result.stdout).split("\0") if entry]
    return result.returncode != 0 or any(
        not entry.startswith("?? ") or entry.lower().endswith(_READ_SUFFIXES) for entry in entries
    )


@contextmanager
def _shadow(checkout: Checkout, sha: str) -> Iterator[dict[str, str]]:
    """Yield the environment of a temporary repository with the checkout's index and objects, but only harmless settings.

    To compare files, Git can run programs that settings name: filters, monitors, hooks. This includes the user's own settings,
    because the proposal's ``.gitattributes`` choose the files for them. A file that Git stores in another form (Git LFS) counts
    as different if its modification time changed.
    """
    with tempfile.TemporaryDirectory(prefix="seatsync-") as name:
        shadow = Path(name)
        (shadow / "refs").mkdir()
        (shadow / "info").mkdir()
        (shadow / "HEAD").write_text(f"{sha}\n", encoding="utf-8")
        format = f"[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = {checkout.format}\n"
        (shadow / "config").write_text(format, encoding="utf-8")
        for file in ("exclude", "attributes"):
            if (source := checkout.common / "info" / file).is_file():
                shutil.copyfile(source, shadow / "info" / file)
        for shared in checkout.git_dir.glob("sharedindex.*"):
            (shadow / shared.name).symlink_to(shared)
        settings = [pair for pair in settings_of(checkout) if pair[0] in _HOW_FILES_ARE_WRITTEN]
        yield with_settings(environment_without_settings(), settings) | {
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_DIR": str(shadow),
            "GIT_WORK_TREE": str(checkout.top),
            "GIT_INDEX_FILE": str(checkout.git_dir / "index"),
            "GIT_OBJECT_DIRECTORY": os.fspath(checkout.common / "objects"),
        }
