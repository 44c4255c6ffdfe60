"""Messages to chats and mailboxes, by the addresses in an environment variable. The addresses are secrets and are never shown."""

from __future__ import annotations

import logging
import re
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import requests

from seatsync.hosts.http import backoff

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # a module of old Pythons that it can do without
    import apprise

VARIABLE = "SEATSYNC_WEBHOOK"
_TRIES = 3
_NO_ANSWER = 0


class Message(NamedTuple):
    """A message. ``document`` is for an address that no service is known for: it is sent as JSON, with ``title`` and ``text``."""

    title: str
    text: str
    is_bad: bool
    document: Mapping[str, Any]


def post(addresses: str, message: Message) -> tuple[int, list[str]]:
    """Send the message to each of the addresses, which white space separates. Return how many took it, and why others did not."""
    found = [_posted(address, message) for address in addresses.split()]
    failures = [f"address {number}{why}" for number, why in enumerate(found, 1) if why is not None]
    return len(found) - len(failures), failures


def _posted(address: str, message: Message) -> str | None:
    """Send the message, with some more tries if that may help. Return what is wrong, without the address; None if nothing is."""
    with _silent() as said:
        service = apprise.Apprise.instantiate(address)
    if service is None and not address.startswith(("https://", "http://")):
        return ": no service is known for this kind of address"
    name = f" ({service.service_name})" if service is not None else ""
    status = _NO_ANSWER
    for attempt in range(_TRIES):
        if attempt:
            time.sleep(backoff(attempt))
        if service is None:
            status = _as_json(address, message)
        else:
            with _silent() as said:
                status = 200 if _by(service, message) else max(map(_status, said), default=_NO_ANSWER)
        if 200 <= status < 300:
            return None
        if status != 429 and _NO_ANSWER < status < 500:
            break  # another try would not help
    return f"{name}: " + (f"it answers {status}" if status else "it cannot be reached")


def _by(service: Any, message: Message) -> bool:
    kind = apprise.NotifyType.FAILURE if message.is_bad else apprise.NotifyType.SUCCESS
    try:
        return bool(
            service.notify(
                body=message.text, title=message.title, notify_type=kind, body_format=apprise.NotifyFormat.TEXT
            )
        )
    except Exception:  # a service's own code: its message may show the address
        return False


def _as_json(address: str, message: Message) -> int:
    """Send the message as JSON, and return the status of the answer. Slack, Mattermost and others read ``text``."""
    content = {"title": message.title, "text": f"{message.title}\n{message.text}", "failed": message.is_bad}
    try:
        answer = requests.post(address, json={**content, **message.document}, timeout=10, allow_redirects=False)
    except (requests.RequestException, ValueError):
        return _NO_ANSWER
    return answer.status_code


@contextmanager
def _silent() -> Iterator[list[str]]:
    """Keep what apprise logs, which shows addresses, and warns of out of every output. The block gets the lines of its log."""
    logger, kept = logging.getLogger("apprise"), _Kept()
    before = logger.propagate, logger.handlers
    logger.propagate, logger.handlers = False, [kept]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            yield kept.lines
    finally:
        logger.propagate, logger.handlers = before


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _status(line: str) -> int:
    """Return the HTTP status that a line of apprise's log names, or 0."""
    found = re.search(r"\berror=(\d{3})\b", line)
    return int(found[1]) if found else _NO_ANSWER
