"""Start Git. No other module does.

Git obeys the repository it works in: dozens of its settings name a program to run. So Git is started only with the repository
that ``checkout`` found, never with one that it finds itself, and without hooks or monitors.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from seatsync.domain.failure import ExitCode, Failure

LOCAL_TIMEOUT = 30.0
"""Seconds that a Git command on this machine may take."""

GitSettings = Sequence[tuple[str, str]]
GitResult = subprocess.CompletedProcess[bytes]

_FORCED: GitSettings = (
    ("safe.bareRepository", "explicit"),
    ("core.fsmonitor", "false"),
    ("core.hooksPath", os.devnull),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
)
"""Settings that no repository can override."""

_REPOSITORY_VARIABLES = frozenset(
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
"""Variables that Git sets for its hooks. They name the hook's repository, not the one needed here."""


class NoGit(Failure):
    """The program git is not installed."""

    exit_code = ExitCode.LEDGER

    def __init__(self) -> None:
        super().__init__("A ledger in Git needs the program git, which is not installed.", "Install git.")


class Failed(Exception):
    """Git failed. The message is Git's."""


TooSlow = subprocess.TimeoutExpired
"""Git took longer than it may."""


def run(
    words: Sequence[str],
    environment: Mapping[str, str],
    cwd: Path | None = None,
    input: bytes | None = None,
    stdout: IO[bytes] | None = None,
    timeout: float | None = None,
) -> GitResult:
    """Run ``git WORDS``, wait for it, and return the result. Its output can go to the file ``stdout`` instead.

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


def pieces(
    words: Sequence[str], environment: Mapping[str, str], cwd: Path | None = None, input: bytes = b""
) -> Iterator[str]:
    """Yield what ``git WORDS`` writes, split at its NUL bytes, and stop it as soon as the caller wants no more.

    Raises:
        NoGit: the program is not installed.
        Failed: Git failed. What it wrote before that was yielded.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as told:
        given.write(input)
        given.seek(0)
        try:
            process = subprocess.Popen(
                ["git", *words], cwd=cwd, env=environment, stdin=given, stdout=subprocess.PIPE, stderr=told
            )
        except FileNotFoundError as error:
            raise NoGit from error
        with process:
            try:
                assert process.stdout is not None
                rest = b""
                while chunk := process.stdout.read1(1 << 16):  # type: ignore[attr-defined]
                    *whole, rest = (rest + chunk).split(b"\0")
                    yield from (decoded(piece) for piece in whole)
                if rest:
                    yield decoded(rest)
            finally:
                if process.poll() is None:
                    process.terminate()
        if process.returncode:
            told.seek(0)
            raise Failed(decoded(told.read()).strip())


def base_environment() -> dict[str, str]:
    """Return this process's environment for Git: it names no repository, and Git asks no questions and writes English."""
    kept = {name: value for name, value in os.environ.items() if name not in _REPOSITORY_VARIABLES}
    slow_network = {"GIT_HTTP_LOW_SPEED_LIMIT": "1", "GIT_HTTP_LOW_SPEED_TIME": "60"}
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"}
    return with_settings({**slow_network, **kept, **quiet, "LC_ALL": "C", "LANGUAGE": "C"}, ())


def environment_without_settings() -> dict[str, str]:
    """Return ``base_environment`` without its own Git settings and settings files."""
    return {name: value for name, value in base_environment().items() if not name.startswith("GIT_CONFIG_")}


def with_settings(environment: Mapping[str, str], settings: GitSettings) -> dict[str, str]:
    """Return the environment with more Git settings. They win over settings in files; ``_FORCED`` wins over all."""
    given = int(environment.get("GIT_CONFIG_COUNT") or 0)
    extended = dict(environment)
    for number, (key, value) in enumerate((*settings, *_FORCED), given):
        extended |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return {**extended, "GIT_CONFIG_COUNT": str(given + len(settings) + len(_FORCED))}


def decoded(output: bytes | None) -> str:
    """Return Git's output as text."""
    return (output or b"").decode("utf-8", "surrogateescape")
