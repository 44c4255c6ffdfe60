"""The one place that starts Git.

Git takes orders from the repository it stands in: dozens of its settings name a program to run. So it is started only with the
repository that ``checkout`` found, never with one that it finds by itself, and without hooks or monitors.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from seatsync.domain.failure import ExitCode, Failure

PATIENCE = 30.0
"""Seconds for a question to which a repository on this machine knows the answer."""

Settings = Sequence[tuple[str, str]]
Told = subprocess.CompletedProcess[bytes]

_FIRM: Settings = (
    ("safe.bareRepository", "explicit"),
    ("core.fsmonitor", "false"),
    ("core.hooksPath", os.devnull),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
)
"""What no repository may decide."""

_OF_A_REPOSITORY = frozenset(
    [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_PREFIX",
        "GIT_COMMON_DIR",
        "GIT_SHALLOW_FILE",
        "GIT_NAMESPACE",
        "GIT_CEILING_DIRECTORIES",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_QUARANTINE_PATH",
    ]
)
"""What Git tells the hooks it calls: of their repository, not of the one that is meant here."""


class NoGit(Failure):
    """The program git is not there."""

    exit_code = ExitCode.LEDGER

    def __init__(self) -> None:
        super().__init__("A ledger in Git needs the program git, which is not installed.", "Install it.")


def run(
    words: Sequence[str],
    environment: Mapping[str, str],
    cwd: Path | None = None,
    input: bytes | None = None,
    stdout: IO[bytes] | None = None,
    timeout: float | None = None,
) -> Told:
    """Run ``git WORDS`` and wait for it. Its output is returned, or written to the file ``stdout``.

    Raises:
        NoGit: the program is not installed.
        subprocess.TimeoutExpired: it took longer than ``timeout`` seconds.
    """
    try:
        return subprocess.run(
            ["git", *words],
            cwd=cwd,
            env=environment,
            input=input or b"",
            stdout=stdout or subprocess.PIPE,
            stderr=subprocess.PIPE,
            check=False,
            timeout=timeout,
        )
    except FileNotFoundError as error:
        raise NoGit from error


def surroundings() -> dict[str, str]:
    """This process's environment for Git: it names no repository, Git asks nobody anything, its words are in English."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_A_REPOSITORY}
    waiting = {"GIT_HTTP_LOW_SPEED_LIMIT": "1", "GIT_HTTP_LOW_SPEED_TIME": "60"}
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
    return with_settings({**waiting, **kept, **quiet, "LC_ALL": "C", "LANGUAGE": "C"}, ())


def without_settings() -> dict[str, str]:
    """``surroundings`` without what the environment itself says of settings and their files."""
    return {name: value for name, value in surroundings().items() if not name.startswith("GIT_CONFIG_")}


def with_settings(environment: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """The environment with more of Git's settings, which win over those of files; ours win over all."""
    given = int(environment.get("GIT_CONFIG_COUNT") or 0)
    told = dict(environment)
    for number, (key, value) in enumerate((*settings, *_FIRM), given):
        told |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return {**told, "GIT_CONFIG_COUNT": str(given + len(settings) + len(_FIRM))}


def decoded(output: bytes | None) -> str:
    """What Git wrote, as text."""
    return (output or b"").decode("utf-8", "surrogateescape")
