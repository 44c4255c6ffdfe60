"""Run seatsync as a person does: the real command line in a folder, with its output and exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from seatsync.cli import main
from tests.support.databases import environment


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


class _Terminal(io.StringIO):
    """A terminal at which somebody types this."""

    def isatty(self) -> bool:
        return True


def seatsync(*args: str, folder: Path, stdin: str = "", typed: str = "") -> Outcome:
    """Run one command in ``folder``, in this process but through the same entry as the installed program.

    It uses the folder's ledger, unless the command or the environment names another one. With ``typed``, somebody sits at a
    terminal and types that.
    """
    out, err = io.StringIO(), io.StringIO()
    names_one = "SEATSYNC_LEDGER" in os.environ or any(arg.startswith("--ledger") for arg in args)
    surroundings = {} if names_one else environment(folder)
    before_stdin = sys.stdin
    with _inside(folder), mock.patch.dict(os.environ, surroundings), redirect_stdout(out), redirect_stderr(err):
        sys.stdin = _Terminal(typed) if typed else io.StringIO(stdin)
        try:
            code = main.run(args)
        finally:
            sys.stdin = before_stdin
    return Outcome(code, out.getvalue(), err.getvalue())


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
