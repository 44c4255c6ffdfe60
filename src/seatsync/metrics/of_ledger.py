"""The ledger's figures as metrics. A scrape reads them from the ledger at most once in a while, and never waits long for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from seatsync.ledger.database import Ledger
from seatsync.ledger.lock import Holder
from seatsync.ledger.queries.figures import Figures, figures, revision
from seatsync.ledger.queries.outbox import iso
from seatsync.ledger.tables import REVISIONS
from seatsync.metrics.latest import Latest

STATES = ("waiting", "sending", "held", "bounced")


class _Reading(NamedTuple):
    """``figures`` is None where the tables have another version than this program's."""

    revision: str
    holders: Mapping[str, Holder]
    figures: Figures | None


class LedgerMetrics(Collector):
    """Figures of all institutions together, and of each one only if ``by_institution``."""

    def __init__(self, ledger: Ledger, now: Callable[[], datetime], by_institution: bool) -> None:
        self._latest = Latest(lambda: _read(ledger, iso(now())))
        self._by_institution = by_institution

    def collect(self) -> Iterator[Metric]:
        """The metrics of the latest reading."""
        reading = self._latest.get()
        yield GaugeMetricFamily("seatsync_ledger_up", "Whether the ledger answers.", value=reading is not None)
        if reading is None:
            return
        yield InfoMetricFamily("seatsync_ledger", "The version of the tables.", value={"revision": reading.revision})
        yield GaugeMetricFamily(
            "seatsync_ledger_current", "Whether they have this program's version.", value=reading.figures is not None
        )
        yield from _locks(reading.holders)
        if reading.figures is not None:
            yield from _applies(reading.figures)
            yield from _letters(reading.figures)
            yield _at_vendors(sum(reading.figures.to_do.values()))
        if self._by_institution:
            yield from _each(reading)


def _read(ledger: Ledger, at: str) -> _Reading | None:
    with ledger.looking() as connection:
        if connection is None:
            return None
        found = revision(connection)
        holders = ledger.store.holders(connection)
        return _Reading(found, holders, figures(connection, at) if found == REVISIONS[-1] else None)


def _locks(holders: Mapping[str, Holder]) -> Iterator[Metric]:
    yield GaugeMetricFamily("seatsync_locks", "Institutions that somebody writes to now.", value=len(holders))
    since = [at for holder in holders.values() if (at := _seconds(holder.since)) is not None]
    yield from _moment("seatsync_oldest_lock", "Since when the longest of these writers has its lock.", min, since)


def _applies(figures: Figures) -> Iterator[Metric]:
    times = [at for text in figures.applied.values() if (at := _seconds(text)) is not None]
    yield GaugeMetricFamily("seatsync_institutions", "Institutions in the ledger.", value=len(figures.applied))
    yield from _moment("seatsync_last_apply", "When files were applied last, of any institution.", max, times)
    yield from _moment("seatsync_oldest_last_apply", "The oldest of the institutions' last applies.", min, times)


def _letters(figures: Figures) -> Iterator[Metric]:
    numbers = Counter[str]()
    for letters in figures.letters:
        numbers[letters.state] += letters.number
    family = GaugeMetricFamily("seatsync_letters", "Letters that were not sent yet, or bounced.", labels=["state"])
    for state in STATES:
        family.add_metric([state], numbers[state])
    yield family
    oldest = [at for one in figures.letters if one.state == "waiting" and (at := _seconds(one.oldest)) is not None]
    yield from _moment("seatsync_oldest_waiting_letter", "When the oldest waiting letter was written.", min, oldest)


def _at_vendors(number: int) -> Metric:
    return GaugeMetricFamily(
        "seatsync_licenses_to_do", "Licenses with something to be done in a vendor's portal.", value=number
    )


def _each(reading: _Reading) -> Iterator[Metric]:
    """The figures of each institution, with its id as a label."""
    applied, letters, to_do = reading.figures or Figures({}, (), {})
    last, lock = (
        GaugeMetricFamily(
            f"seatsync_institution_{name}_timestamp_seconds", help, labels=["institution"], unit="seconds"
        )
        for name, help in (
            ("last_apply", "When files were applied last."),
            ("lock", "Since when somebody writes to the institution."),
        )
    )
    for family, times in ((last, applied), (lock, {id: holder.since for id, holder in reading.holders.items()})):
        for id, text in sorted(times.items()):
            if (at := _seconds(text)) is not None:
                family.add_metric([id], at)
        yield family
    open_letters = GaugeMetricFamily(
        "seatsync_institution_letters", "Letters that were not sent yet, or bounced.", labels=["institution", "state"]
    )
    for one in sorted(letters):
        open_letters.add_metric([one.institution, one.state], one.number)
    yield open_letters
    open_work = GaugeMetricFamily(
        "seatsync_institution_licenses_to_do",
        "Licenses with something to be done in a vendor's portal.",
        labels=["institution"],
    )
    for id, number in sorted(to_do.items()):
        open_work.add_metric([id], number)
    yield open_work


def _moment(name: str, help: str, choose: Callable[[list[float]], float], times: list[float]) -> Iterator[Metric]:
    """One of these times; nothing where there is none."""
    if times:
        yield GaugeMetricFamily(f"{name}_timestamp_seconds", help, value=choose(times), unit="seconds")


def _seconds(iso: str) -> float | None:
    """An instant (ISO) in seconds since 1970; None where the text is not an instant."""
    try:
        return datetime.fromisoformat(iso).timestamp()
    except ValueError:
        return None
