"""Logs without personal data: one line of JSON per event.

Personal data gets into logs through messages that are put together, for example by exceptions and libraries. So no message
is logged. Our own loggers log the event's name and its facts. From other loggers and from exceptions, only the type and the
place in the code are logged.
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
_MAX_FRAMES = 40


class Formatter(JsonFormatter):
    """One line of JSON per record: ``time``, ``level``, ``event``, and the facts given as ``extra``."""

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
            log_data["error"] = describe(error)


def describe(error: BaseException) -> dict[str, Any]:
    """Return an exception's facts without its message: type, database error code, frames and cause."""
    details: dict[str, Any] = {"type": type(error).__name__}
    for name in ("sqlstate", "sqlite_errorname"):
        if code := getattr(error, name, None):
            details["code"] = code
    details["frames"] = _frames(error.__traceback__)
    if (cause := error.__cause__ or error.__context__) is not None and cause is not error:
        details["cause"] = describe(cause)
    return details


def _frames(at: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(at)[-_MAX_FRAMES:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def set_up(quiet: bool) -> None:
    """Write logs to standard error. With ``quiet``, only warnings and errors."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter(json_ensure_ascii=True))
    logging.raiseExceptions = False  # logging would print the record that failed, with its message
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(logging.WARNING if quiet else logging.INFO)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns whenever a request has to wait
    logging.captureWarnings(True)
    threading.excepthook = _log_broken_thread


def _log_broken_thread(broken: threading.ExceptHookArgs) -> None:
    logging.getLogger("seatsync.server").error("thread-broke", exc_info=broken.exc_value)
