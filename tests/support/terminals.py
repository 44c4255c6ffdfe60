"""Run the installed program at a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path


def on_terminal(folder: Path, *args: str, **environment: str) -> str:
    """Return the program's output on a terminal with 100 columns."""
    ours, theirs = pty.openpty()
    surroundings = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS")}
    surroundings |= {"TERM": "xterm-256color", "COLUMNS": "100", "PAGER": "cat"} | environment
    command = [sys.executable, "-m", "seatsync", *args]
    with subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=surroundings) as program:
        os.close(theirs)
        written = b""
        while True:
            try:
                piece = os.read(ours, 65_536)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            written += piece
        program.wait(30)
    os.close(ours)
    return written.decode()
