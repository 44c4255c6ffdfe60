"""An institution's templates, filled in a process that has little time, little memory, and nothing of ours but what it is handed.

Jinja's sandbox keeps a template from programs and files, but not from ``{{ "x" * 9 ** 11 }}``. Here whatever takes too much ends
as a fault of the template, however it does so: by the limits of a process, which no operator, filter or loop gets around.
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

from seatsync.outbox.jinja import FOLDER, MOST_CHARACTERS, Fault, Jinja, Job, TooMuch

SECONDS = 2
"""Of a processor: for one letter, or for all that are tried of a folder."""
MEMORY = 512 * 1024 * 1024
"""Of the whole process; Python itself takes a tenth of it."""

_PATIENCE = 60.0
"""Seconds of the clock, after which the process is ended whatever it does."""
_INHERITED = ("DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH", "PATH", "PYTHONHOME", "SYSTEMROOT")
"""Of the environment, what Python may need to start. No secret is among it."""


class Confined:
    """Does what ``Jinja`` does, in such a process: it is started for the first letter, and kept for all."""

    def __init__(self, own: Mapping[str, str], ours: Collection[str], words: Collection[str]) -> None:
        self.setting = [{**own}, [*ours], [*words]]
        self.process: subprocess.Popen[bytes] | None = None
        self.end: Any = None

    def read(self, names: Sequence[str]) -> list[Fault]:
        """What is wrong with these templates as they are written."""
        return [answer for answer in self._answers(names, []) if isinstance(answer, Fault)]

    def fill(self, jobs: Sequence[Job]) -> list[str | Fault]:
        """What comes of the templates, as far as the first that can't be filled."""
        return self._answers([], jobs)

    def _answers(self, names: Sequence[str], jobs: Sequence[Job]) -> list[str | Fault]:
        process = self.process or self._started()
        answers: list[str | Fault] = []
        with _watched(process):
            _say(process.stdin, [names, jobs])
            for answer in _heard(process.stdout):
                if answer is None:
                    return answers
                answers.append(Fault(*answer) if isinstance(answer, list) else answer)
        self.end()
        self.process = None
        asked = [*names, *(name for name, _ in jobs)]
        said = f"it takes more than {SECONDS} seconds, or more memory than a letter may"
        return [*answers, Fault(f"{FOLDER}/{asked[min(len(answers), len(asked) - 1)]}", 1, said, said)]

    def _started(self) -> subprocess.Popen[bytes]:
        surroundings = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],
            env={**surroundings, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us: the letter that we are at is written to its end
        )
        self.process, self.end = process, weakref.finalize(self, _ended, process)
        _say(process.stdin, self.setting)
        if next(_heard(process.stdout), "nothing") is not None:
            raise RuntimeError("the process that fills templates does not start")
        return process


@contextmanager
def _watched(process: subprocess.Popen[bytes]) -> Iterator[None]:
    watch = Timer(_PATIENCE, process.kill)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _ended(process: subprocess.Popen[bytes]) -> None:
    with suppress(BrokenPipeError), process:
        process.kill()


def _say(to: Any, what: Any) -> None:
    with suppress(BrokenPipeError):  # then nothing is heard either
        to.write(json.dumps(what).encode() + b"\n")
        to.flush()


def _heard(pipe: Any) -> Iterator[Any]:
    """What is said, as far as it can be understood."""
    with suppress(ValueError):
        while line := pipe.readline(12 * MOST_CHARACTERS + 100):
            yield json.loads(line)


# ── In that process ─────────────────────────────────────────────────────────────────────────────────────────────────


def _serve() -> None:
    """Answer each request, ``[names to read, jobs to fill]``, by a line for each and null at the end."""
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    jinja = Jinja(*json.loads(requests.readline()))
    _confine()
    _say(answers, None)
    for line in requests:
        names, jobs = json.loads(line)
        _allow(SECONDS)
        for name in names:
            _say(answers, next(iter(jinja.read([name])), ""))
        for job in jobs:
            (answer,) = jinja.fill([job])
            _say(answers, answer)
            if isinstance(answer, Fault):
                break
        _allow(0)
        _say(answers, None)


def _confine() -> None:
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
    ):  # which also a service's whole group is sent; this ends with its requests
        signal.signal(number, signal.SIG_IGN)
    if sys.platform != "win32":
        import resource

        signal.signal(signal.SIGPROF, _too_long)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with suppress(ValueError, OSError):  # macOS may not know this limit
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _allow(seconds: int) -> None:
    """So much time from here, 0 for any. Then there is an exception, which has a line; if that is not heard, the process ends."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_VIRTUAL, 2 * seconds)


def _too_long(number: int, frame: object) -> None:
    raise TooMuch(f"it takes more than {SECONDS} seconds")


if __name__ == "__main__":
    _serve()
