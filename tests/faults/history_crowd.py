"""Sixteen processes that run seatsync's command line at the same moment. They are reused in each round."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sys
import time
import traceback
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import NamedTuple

from tests.support.command_line import Outcome, seatsync

SIZE = 16
PLAN = "plan.json"
FINGERPRINT = "FINGERPRINT"
"""Placeholder in a task's command for the fingerprint of the plan in the folder."""

_COMMANDS = [f"seatsync.cli.{name}_command" for name in ("apply", "plan", "import", "ledger", "resend")]
_ROOMS = ["alembic.op", "seatsync.apply.importing", "seatsync.reports.text", "seatsync.refusals.judge", "psycopg"]
_MOST_TRIES = 50
_PATIENCE = 300.0


class Task(NamedTuple):
    """The work of one process in ``folder``: first ``first``, then ``command`` at the same moment as all others.

    If the command exits with a code in ``again_on``, it is run again, as a pipeline would. ``actor`` goes into the journal.
    """

    folder: Path
    command: tuple[str, ...]
    first: tuple[str, ...] = ()
    again_on: tuple[int, ...] = ()
    actor: str = "somebody"


class Crowd:
    """The processes, as a context manager."""

    def __enter__(self) -> Crowd:
        windows = sys.platform == "win32"
        context = multiprocessing.get_context("spawn") if windows else multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([*_COMMANDS, *_ROOMS, __name__])
        self._barrier = context.Barrier(SIZE)
        pairs = [context.Pipe() for _ in range(SIZE)]
        self._pipes = [ours for ours, _ in pairs]
        self._processes = [
            context.Process(target=_work, args=(theirs, self._barrier), daemon=True) for _, theirs in pairs
        ]
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join(10)
            process.kill()

    def run(self, tasks: Sequence[Task]) -> list[list[Outcome]]:
        """Run the tasks; return the outcome of each try of each task's command. The last one is the final outcome."""
        assert len(tasks) == SIZE
        for pipe, task in zip(self._pipes, tasks, strict=True):
            pipe.send(task)
        found = [pipe.recv() if pipe.poll(_PATIENCE) else "no answer: it hangs" for pipe in self._pipes]
        broken = [answer for answer in found if isinstance(answer, str)]
        assert not broken, broken[0]
        return [[Outcome(*outcome) for outcome in answer] for answer in found]


def _work(pipe: Connection, barrier: Barrier) -> None:
    for name in [
        name for name in os.environ if name == "CI" or name.startswith(("SEATSYNC_", "GITHUB_", "GITLAB_", "CI_"))
    ]:
        del os.environ[name]
    while (task := pipe.recv()) is not None:
        try:
            pipe.send(_done(task, barrier))
        except BaseException:  # the caller must see any error
            pipe.send(traceback.format_exc())


def _done(task: Task, barrier: Barrier) -> list[Outcome]:
    os.environ["SEATSYNC_ACTOR"] = task.actor
    if task.first:
        ready = seatsync(*task.first, folder=task.folder)
        assert ready.code == 0, ready
    command = task.command
    if FINGERPRINT in command:
        plan = json.loads((task.folder / PLAN).read_text(encoding="utf-8"))
        command = tuple(plan["fingerprint"] if word == FINGERPRINT else word for word in command)
    barrier.wait(_PATIENCE)
    outcomes = [seatsync(*command, folder=task.folder)]
    while outcomes[-1].code in task.again_on and len(outcomes) < _MOST_TRIES:
        time.sleep(random.uniform(0, 0.02))
        outcomes.append(seatsync(*command, folder=task.folder))
    return outcomes
