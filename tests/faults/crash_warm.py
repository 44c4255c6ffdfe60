"""A process that has imported seatsync, and forks for each command, because most of a command's time is its start.

Each line on standard input is a command (JSON: args, folder, env, out, err). The fork stops before it begins, so that it can be
traced. The answers are ``stopped`` with its process id, and after its end ``ended`` with its exit code.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from importlib import import_module
from pkgutil import walk_packages

import alembic.migration
import alembic.op  # noqa: F401
import psycopg  # noqa: F401

import seatsync

_PR_SET_PTRACER = 0x59616D61


def begin(args: list[str], folder: str, out: str, err: str) -> None:
    """Turn this process into the command, and stop it."""
    ctypes.CDLL(None).prctl(
        _PR_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0
    )  # otherwise Yama allows only parents to trace it
    os.chdir(folder)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.kill(os.getpid(), signal.SIGSTOP)


def serve() -> None:
    from seatsync.cli.main import main

    child = 0
    for line in sys.stdin:
        if child:
            os.waitpid(child, 0)  # only now, so that no other process got its id before
        command = json.loads(line)
        child = os.fork()
        if not child:
            begin(**command)
            main(command["args"])
        os.waitpid(child, os.WUNTRACED)
        print("stopped", child, flush=True)
        ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert ended is not None
        print("ended", ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status, flush=True)


if __name__ == "__main__":
    for module in walk_packages(seatsync.__path__, "seatsync."):
        if not module.name.startswith(("seatsync.__main__", "seatsync.ledger.migrations")):
            import_module(module.name)
    serve()
