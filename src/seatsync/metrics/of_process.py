"""What a process counts itself: its requests, errors and letters."""

from __future__ import annotations

import logging

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30)
"""Seconds. A page takes some milliseconds, a claim waits up to ``--lock-timeout``."""


RESULTS = ("sent", "deferred", "bounced", "cancelled")
"""What can become of a letter in a sender's hands. A deferred one is tried again."""

AWAY = ("ledger-away", "mail-server-away")
"""The errors of a sender that it waits for."""


class Errors(logging.Handler):
    """Counts errors by kind. As a handler, it counts the warnings and errors in the log; their events are the kinds."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(logging.WARNING)
        self._errors = Counter("seatsync_errors", "Errors and warnings.", ["kind"], registry=registry)

    def count(self, *kinds: str, by: int = 1) -> None:
        """Count one error of each of these kinds. With ``by=0`` they are shown before the first one."""
        for kind in kinds:
            self._errors.labels(kind).inc(by)

    def emit(self, record: logging.LogRecord) -> None:
        is_ours = record.name.partition(".")[0] == "seatsync"
        self.count(str(record.msg) if is_ours else "library")  # a library's message may name somebody


class Requests:
    """The times of requests."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._times = Histogram(
            "seatsync_request_duration",
            "How long requests took. The page is its name, never its address.",
            ["page", "method", "status"],
            unit="seconds",
            buckets=_BUCKETS,
            registry=registry,
        )

    def took(self, page: str, method: str, status: int, seconds: float) -> None:
        """Count a request; ``page`` is empty where there is no such page."""
        self._times.labels(page or "none", method, f"{status // 100}xx").observe(seconds)


class Sent:
    """What a sender of letters does."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._letters = Counter("seatsync_sender_letters", "Letters by result.", ["result"], registry=registry)
        self._errors = Errors(registry)
        self._passed, self._sent = (
            Gauge(f"seatsync_sender_last_{name}_timestamp", help, unit="seconds", registry=registry)
            for name, help in (
                ("success", "When the sender last reached the ledger and, if letters were due, the mail server."),
                ("letter", "When the mail server last accepted a letter."),
            )
        )
        for result in RESULTS:
            self._letters.labels(result)
        self._errors.count(*AWAY, by=0)

    def count(self, what: str, number: int = 1) -> None:
        """Count letters with one of the ``RESULTS``, a pass over the outbox that ended well (``passed``), or an error."""
        if what == "passed":
            self._passed.set_to_current_time()
        elif what in RESULTS:
            self._letters.labels(what).inc(number)
            if what == "sent":
                self._sent.set_to_current_time()
        else:
            self._errors.count(what)
