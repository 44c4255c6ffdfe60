"""Run seatsync in processes that are killed, or whose disk fails, at a chosen system call.

Without a fault a command makes the same calls each time. So they are recorded once, and then each of them can be chosen.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.command_line import Outcome

DISK = "write,pwrite64,?pwritev,fsync,fdatasync,ftruncate,fallocate,?unlink,unlinkat,?rename,?renameat,renameat2,?link,linkat"
"""The system calls that change the disk, or make a change durable."""

SURROUNDINGS = {"SEATSYNC_ACTOR": "ruth", "GITHUB_SHA": "c0ffee" * 6 + "c0ff"}
"""The actor and the commit of every apply, so that they need not be looked up."""

needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None
    or subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False).returncode != 0,
    reason="strace is not on this machine, or may not trace here: crashes at a chosen call can't be tested",
)


class Call(NamedTuple):
    """A system call: the ``nth`` with its name."""

    name: str
    nth: int
    text: str


class Command:
    """A command of seatsync in a separate process that is about to begin."""

    def __init__(self, warm: Warm, process: int) -> None:
        self.warm = warm
        self.process = process

    def begin(self) -> None:
        os.kill(self.process, signal.SIGCONT)

    def kill(self) -> None:
        os.kill(self.process, signal.SIGKILL)

    @cached_property
    def outcome(self) -> Outcome:
        """Wait for the end of the command; return its outcome. A negative code is the signal that killed it."""
        code = self.warm.answer("ended")
        out, err = (path.read_text(encoding="utf-8") for path in (self.warm.out, self.warm.err))
        return Outcome(code, out, err)


class Warm:
    """Runs commands, one at a time, much faster than new Python processes would start."""

    def __init__(self) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="seatsync-warm-")
        self.out, self.err, self.log = (Path(self._scratch.name) / name for name in ("out", "err", "log"))
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("SEATSYNC_", "GITHUB_", "CI_"))
        }
        self._server = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("crash_warm.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment | SURROUNDINGS,
        )
        self._latest: Command | None = None
        atexit.register(self._close)

    def _close(self) -> None:
        self._server.communicate()
        self._scratch.cleanup()

    def answer(self, what: str) -> int:
        assert self._server.stdout is not None
        event, number = self._server.stdout.readline().split()
        assert event == what
        return int(number)

    def ready(self, *args: str, folder: Path) -> Command:
        if self._latest is not None and "outcome" not in vars(self._latest):  # its test has failed
            self._latest.kill()
            _ = self._latest.outcome
        request = {"args": args, "folder": str(folder), "out": str(self.out), "err": str(self.err)}
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        self._latest = Command(self, self.answer("stopped"))
        return self._latest

    def run(self, *args: str, folder: Path) -> Outcome:
        command = self.ready(*args, folder=folder)
        command.begin()
        return command.outcome

    def calls(
        self, *args: str, folder: Path, which: str = DISK, files: Sequence[str] = ()
    ) -> tuple[list[Call], Outcome]:
        """Run a command to its end; return its calls (if ``files`` are given, only the calls to these) and its outcome."""
        outcome = self._traced(args, folder, which, files, [])
        found: list[Call] = []
        for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines():
            if name := re.match(r"\w+(?=\()", line):
                found.append(Call(name[0], 1 + sum(call.name == name[0] for call in found), line))
        return found, outcome

    def killed_before(self, call: Call, *args: str, folder: Path) -> Outcome:
        """Run a command, and kill it right before this call."""
        fault = f"{call.name}:signal=SIGKILL:when={call.nth}"
        return self._traced(args, folder, call.name, (), [fault])

    def failing_after(
        self, calls: Sequence[Call], which: str, error: str, *args: str, folder: Path, files: Sequence[str]
    ) -> Outcome:
        """Run a command. After ``calls``, each call in ``which`` to ``files`` fails."""
        made = Counter(call.name for call in calls)
        faults = [f"{name}:error={error}:when={1 + made[name.lstrip('?')]}+" for name in which.split(",")]
        return self._traced(args, folder, which, files, faults)

    def _traced(
        self, args: Sequence[str], folder: Path, which: str, files: Sequence[str], faults: Sequence[str]
    ) -> Outcome:
        command = self.ready(*args, folder=folder)
        names = [name.format(process=command.process) for name in files]
        options = ["-e", f"trace={which}"]
        for path in (*names, *(str(folder.resolve() / name) for name in names)):
            options += ["-P", path]
        for fault in faults:
            options += ["-e", f"inject={fault}"]
        with self._attached(command, options):
            command.begin()
            return command.outcome

    @contextmanager
    def _attached(self, command: Command, options: Sequence[str]) -> Iterator[None]:
        tracing = ["strace", "-y", "-s", "16", "-o", str(self.log), "-p", str(command.process), *options]
        with subprocess.Popen(tracing, stderr=subprocess.PIPE, text=True) as strace:
            assert strace.stderr is not None
            answer = strace.stderr.readline()
            if "attached" not in answer:
                command.kill()
                command.begin()
                pytest.skip(f"strace may not trace a running process here: {answer.strip()}")
            yield
            strace.wait(30)


@cache
def warm() -> Warm:
    """The runner of this process."""
    return Warm()
