"""Fills an institution's templates in a separate process with little time and memory, and none of our secrets.

Jinja's sandbox keeps a template away from programs and files, but it allows ``{{ "x" * 9 ** 11 }}``. Here a template that takes
too much time or memory fails, because no operator, filter or loop can get around the limits of a process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Any

from seatsync.outbox.jinja import FOLDER, MOST_CHARACTERS, Jinja, Job, TemplateProblem, TooMuch

SECONDS = 2
"""Seconds of processor time for one letter, or for the check of all templates of a folder."""
MEMORY = 512 * 1024 * 1024
"""Bytes of memory for the whole process. Python itself needs a tenth of this."""

_TIMEOUT = 60.0
"""Seconds of real time after which the process is killed, whatever it does."""
_INHERITED = ("DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "SYSTEMROOT")
"""The environment variables that Python may need to start. They contain no secrets."""


class Confined:
    """Does the same as ``Jinja`` in a confined process, which starts with the first letter and serves all of them."""

    def __init__(self, custom: Mapping[str, str], builtin: Collection[str], variables: Collection[str]) -> None:
        self.setup = [{**custom}, [*builtin], [*variables]]
        self.process: subprocess.Popen[bytes] | None = None
        self.end_process: Any = None

    def read(self, names: Sequence[str]) -> list[TemplateProblem]:
        """Return the problems in the source of these templates."""
        return [answer for answer in self._answers(names, []) if isinstance(answer, TemplateProblem)]

    def fill(self, jobs: Sequence[Job]) -> list[str | TemplateProblem]:
        """Return the filled templates, up to and including the first problem."""
        return self._answers([], jobs)

    def _answers(self, names: Sequence[str], jobs: Sequence[Job]) -> list[str | TemplateProblem]:
        process = self.process or self._start()
        answers: list[str | TemplateProblem] = []
        with _killed_after_timeout(process):
            _write(process.stdin, [names, jobs])
            for answer in _messages(process.stdout):
                if answer is None:
                    return answers
                answers.append(TemplateProblem(*answer) if isinstance(answer, list) else answer)
        self.end_process()
        self.process = None
        requested = [*names, *(name for name, _ in jobs)]
        message = f"it takes more than {SECONDS} seconds, or more memory than a letter may use"
        file = f"{FOLDER}/{requested[min(len(answers), len(requested) - 1)]}"
        return [*answers, TemplateProblem(file, 1, message, message)]

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],
            env={**environment, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # so that Ctrl-C does not reach it, and the current letter is completed
        )
        self.process, self.end_process = process, weakref.finalize(self, _kill, process)
        _write(process.stdin, self.setup)
        if next(_messages(process.stdout), "no answer") is not None:
            raise RuntimeError("the process that fills templates does not start")
        return process


@contextmanager
def _killed_after_timeout(process: subprocess.Popen[bytes]) -> Iterator[None]:
    timer = Timer(_TIMEOUT, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(BrokenPipeError), process:
        process.kill()


def _write(pipe: Any, message: Any) -> None:
    with suppress(BrokenPipeError):  # then there is no answer either
        pipe.write(json.dumps(message).encode() + b"\n")
        pipe.flush()


def _messages(pipe: Any) -> Iterator[Any]:
    """Yield the messages up to the first that is not valid JSON."""
    with suppress(ValueError):
        while line := pipe.readline(12 * MOST_CHARACTERS + 100):
            yield json.loads(line)


# ── In the confined process ───────────────────────────────────────────────────────────────────────────────────────


def _serve() -> None:
    """Answer each request, ``[names to read, jobs to fill]``, with a line for each item and null at the end."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    jinja = Jinja(*json.loads(requests.readline()))
    _confine()
    _write(answers, None)
    for line in requests:
        names, jobs = json.loads(line)
        _limit_time(SECONDS)
        for name in names:
            _write(answers, next(iter(jinja.read([name])), ""))
        for job in jobs:
            (answer,) = jinja.fill([job])
            _write(answers, answer)
            if isinstance(answer, TemplateProblem):
                break
        _limit_time(0)
        _write(answers, None)


def _confine() -> None:
    # These are sent to all processes of a service; this process ends when the requests end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    if sys.platform != "win32":
        import resource

        signal.signal(signal.SIGPROF, _too_long)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with suppress(ValueError, OSError):  # macOS may not know this limit
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _limit_time(seconds: int) -> None:
    """Allow this much time from now on; 0 for no limit.

    Then an exception is raised, which shows the line. If the template does not react to it, the process is ended.
    """
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_VIRTUAL, 2 * seconds)


def _too_long(number: int, frame: object) -> None:
    raise TooMuch(f"it takes more than {SECONDS} seconds")


if __name__ == "__main__":
    _serve()
