"""Logs without personal data: a line of JSON for each thing that happened.

What a person typed, and what names one, gets into a log by messages that somebody put together: of an exception, of a library.
So none is written. Of our own loggers there is the event's name and the facts beside it; of all others, and of every exception,
only its kind and where in the code it was.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

OURS = "seatsync"
_DEEPEST = 40


class Formatter(JsonFormatter):
    """One line of JSON a record: ``time``, ``level``, ``event``, and the facts given as ``extra``."""

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        for name in ("message", "exc_info", "exc_text", "stack_info"):
            log_data.pop(name, None)
        return log_data

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        is_ours = record.name.partition(".")[0] == OURS
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data["level"] = record.levelname.lower()
        log_data["event"] = str(record.msg) if is_ours else "library"
        if is_ours:
            super().add_fields(log_data, record, message_dict)
        else:
            log_data |= {"logger": record.name, "at": f"{record.module}:{record.lineno}"}
        if record.exc_info and (error := record.exc_info[1]) is not None:
            log_data["error"] = described(error)


def described(error: BaseException) -> dict[str, Any]:
    """An exception, without its message: the type, what the database calls it, the frames, and what caused it."""
    told: dict[str, Any] = {"type": type(error).__name__}
    for name in ("sqlstate", "sqlite_errorname"):
        if code := getattr(error, name, None):
            told["code"] = code
    told["frames"] = _frames(error.__traceback__)
    if (cause := error.__cause__ or error.__context__) is not None and cause is not error:
        told["cause"] = described(cause)
    return told


def _frames(at: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(at)[-_DEEPEST:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def begin(quiet: bool) -> None:
    """Write logs to standard error; ``quiet`` leaves out all that is as it should be."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter(json_ensure_ascii=True))
    logging.raiseExceptions = False  # it would print what could not be written, and so what a message has
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(logging.WARNING if quiet else logging.INFO)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns of each request that has to wait its turn
    logging.captureWarnings(True)
    threading.excepthook = _thread_broke


def _thread_broke(broken: threading.ExceptHookArgs) -> None:
    logging.getLogger("seatsync.server").error("thread-broke", exc_info=broken.exc_value)
