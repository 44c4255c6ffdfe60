"""Where a scraper gets the metrics: an address of its own, so that no stranger who sees the pages sees them."""

from __future__ import annotations

import logging
import platform

from prometheus_client import CollectorRegistry, Info, ProcessCollector, disable_created_metrics, start_http_server

import seatsync
from seatsync.domain.failure import Failure

log = logging.getLogger("seatsync.metrics")


def new_registry() -> CollectorRegistry:
    """A registry with the facts of this process: its version, start, memory and processor time."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the number of series
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    build = Info("seatsync_build", "The version of seatsync and of Python.", registry=registry)
    build.info({"version": seatsync.__version__, "python": platform.python_version()})
    return registry


def give(registry: CollectorRegistry, host: str, port: int) -> None:
    """Answer scrapers at this address until the process ends, in a thread of its own.

    Raises:
        Failure: the address can't be used.
    """
    try:
        server, _ = start_http_server(port, host, registry)
    except OSError as error:
        fact = f"The metrics can't be given at {host}:{port}: {error.strerror or error}."
        raise Failure(fact, "Choose another address with --metrics, or stop the program that uses it.") from error
    log.info("metrics", extra={"address": f"{host}:{server.server_port}"})
