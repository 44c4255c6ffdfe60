"""A temporary repository with a checkout's commits, in which Git runs no program that a setting or a file names."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seatsync.git.checkout import Checkout
from seatsync.git.program import environment_without_settings, with_settings
from seatsync.git.settings import settings_of

_HOW_FILES_ARE_WRITTEN = (
    *("core.autocrlf", "core.eol", "core.filemode", "core.ignorecase", "core.symlinks"),
    *("core.excludesfile", "core.attributesfile"),
)


@contextmanager
def shadow_of(checkout: Checkout, sha: str) -> Iterator[dict[str, str]]:
    """Yield the environment of a temporary repository with the checkout's index and objects, but only harmless settings.

    Its HEAD is the commit ``sha``, and it has no other references.

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
        for file in ("info/exclude", "info/attributes", "shallow"):
            if (source := checkout.common / file).is_file():
                shutil.copyfile(source, shadow / file)
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
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_LITERAL_PATHSPECS": "1",
        }
