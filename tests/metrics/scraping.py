"""A scraper: it reads metrics over HTTP, as OpenMetrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import requests
from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from seatsync.ledger.database import Ledger
from tests.support.databases import location

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
Samples = dict[str, float]


def asked(address: str, accept: str = OPENMETRICS) -> requests.Response:
    """What a scraper gets at this address."""
    return requests.get(f"http://{address}/metrics", headers={"Accept": accept}, timeout=30)


def scraped(address: str) -> Samples:
    """The samples at this address: ``name{label="value",…}`` → value."""
    answer = asked(address)
    assert answer.headers["Content-Type"].startswith(OPENMETRICS), answer.headers
    return samples(answer.text)


def samples(text: str) -> Samples:
    """The samples of a text, which must be OpenMetrics by the letter."""
    found = Samples()
    for family in text_string_to_metric_families(text):  # type: ignore[no-untyped-call]
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def collected(registry: CollectorRegistry) -> Samples:
    """The samples of a registry in this process."""
    return samples(generate_latest(registry).decode())  # type: ignore[no-untyped-call]


def scraped_when(address: str, is_it: Callable[[Samples], bool]) -> Samples:
    """Scrape until it is so."""
    until = time.monotonic() + 30
    while True:
        try:
            found = scraped(address)
        except requests.ConnectionError:
            found = {}
        if found and is_it(found):
            return found
        assert time.monotonic() < until, found
        time.sleep(0.1)


@contextmanager
def locked(folder: Path, institution: str = "grace") -> Iterator[None]:
    """Hold the lock of an institution, as an apply does."""
    began, end = Event(), Event()

    def hold(connection: object) -> None:
        began.set()
        end.wait(60)

    writer = Thread(target=Ledger(location(folder)).write, args=(institution, "pipeline", "", hold))
    writer.start()
    try:
        assert began.wait(30)
        yield
    finally:
        end.set()
        writer.join()
