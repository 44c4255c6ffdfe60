"""The outcome of a run, as a file that ``seatsync notify`` tells: written before the run as unfinished, replaced while it goes on."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import click

from seatsync.cli import exits
from seatsync.domain.failure import ExitCode
from seatsync.reports.sentences import say

FORMAT = "seatsync-outcome/1"
_PAUSE = 1.0  # seconds between two writes of the file while institutions are done one after the other


class Outcome(NamedTuple):
    """What became of one institution. It names nobody.

    ``formats.outcome`` says what the fields mean, and which values ``result`` can have.
    """

    institution: str = ""
    folder: str = ""
    code: int | None = None
    result: str = "unknown"
    message: str = ""
    help: str = ""
    serial: int | None = None
    fingerprint: str = ""
    summary: Mapping[str, int] = {}
    letters: int = 0
    pull_requests: Sequence[int] = ()
    told: Sequence[str] = ()


class Record:
    """The file's content. Without a ``file`` nothing is written."""

    def __init__(
        self, file: Path | None = None, command: str = "", commit: str = "", run: str = "", folders: Sequence[Path] = ()
    ) -> None:
        self._file = file
        self._head = {"format": FORMAT, "command": command, "commit": commit, "run": run}
        self._end: dict[str, Any] = {"code": None, "message": "", "help": ""}
        self._outcomes = [Outcome(folder=str(folder)) for folder in folders]
        self._written = 0.0

    def institutions(self, outcomes: Sequence[Outcome]) -> None:
        """Take these institutions instead of the folders: those of a saved plan."""
        self._outcomes = list(outcomes)

    def only(self, folders: Sequence[Path], unchanged: int, since: str) -> None:
        """Take these folders; of the others ``unchanged`` have no file that differs from the commit ``since``."""
        self._outcomes = [Outcome(folder=str(folder)) for folder in folders]
        if since:
            self._end["unchanged"] = {"institutions": unchanged, "since": since}

    def note(self, number: int, outcome: Outcome) -> None:
        """Note what became of the institution with this number, counted from 0, and write the file if it is a second old."""
        if self._file is None:
            return
        known = self._outcomes[number]
        folder = outcome.folder or known.folder
        institution = outcome.institution or known.institution or _id_of(folder)
        self._outcomes[number] = outcome._replace(folder=folder, institution=institution)
        if time.monotonic() - self._written > _PAUSE:
            self._write_again()

    def end(self, code: int, message: str = "", help: str = "") -> None:
        """Write the exit code, and the message of a failure that is not one institution's own."""
        if message:  # it stopped the run before these were looked at
            is_known = [one.result != "unknown" for one in self._outcomes]
            if not any(is_known) and code != ExitCode.INTERRUPTED:
                self._outcomes = [one._replace(code=code, result="stopped") for one in self._outcomes]
        self._end |= {"code": code, "message": message, "help": help}
        self._write_again()

    def begin(self) -> None:
        """Write the file as unfinished.

        Raises:
            OSError: it can't be written.
        """
        if self._file is not None:
            self._write(self._file)

    def _write_again(self) -> None:
        """Replace the file. If that fails, the run goes on, because what it has applied stays applied."""
        try:
            self.begin()
        except OSError as error:
            say(f"seatsync: {self._file}: {error.strerror}. The outcome there is not complete.")

    def _write(self, file: Path) -> None:
        """Replace the file as a whole, so that a killed run leaves an earlier one."""
        from seatsync.domain.text.emails_in_text import emails_replaced

        self._written = time.monotonic()
        document = {**self._head, **self._end, "institutions": [one._asdict() for one in self._outcomes]}
        text = emails_replaced(json.dumps(document, ensure_ascii=False, indent=1), lambda email: "(e-mail)")
        part = file.with_name(file.name + ".part")
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(file)


def _id_of(folder: str) -> str:
    """The id in the folder's seatsync.yaml, where the run stopped before it knew more; empty if it can't be read."""
    from seatsync.cli.institution import institution_id

    return (folder and institution_id(Path(folder))) or ""


@contextmanager
def recorded(record: Record) -> Iterator[Record]:
    """Write the record as unfinished; at the end of the block, the block calls ``end``, or an error does.

    SIGTERM counts as Ctrl-C, because CI systems cancel a job with both.
    """
    record.begin()
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield record
    except BaseException as error:
        record.end(*_words(error))
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _words(error: BaseException) -> tuple[int, str, str]:
    """The exit code, message and help of an error that ends the run."""
    match error:
        case KeyboardInterrupt() | click.Abort():
            return ExitCode.INTERRUPTED, "The run was interrupted.", ""
        case click.exceptions.Exit():
            return error.exit_code, "", ""
        case Exception():
            return exits.words(error)
        case _:
            return ExitCode.BROKEN, type(error).__name__, ""
