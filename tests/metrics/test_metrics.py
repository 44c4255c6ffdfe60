"""Metrics in this process: ledgers that are silent, old, or seen by a role; a package that is missing."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from threading import Event

import pytest
from prometheus_client import CollectorRegistry, disable_created_metrics
from sqlalchemy import text
from sqlalchemy.engine import make_url

from seatsync.ledger.database import Ledger
from seatsync.ledger.tables import REVISIONS
from seatsync.metrics import latest
from seatsync.metrics.latest import Latest
from seatsync.metrics.of_ledger import STATES, LedgerMetrics
from seatsync.metrics.of_process import Errors
from tests.metrics.scraping import Samples, collected, locked
from tests.support import letters
from tests.support.command_line import seatsync
from tests.support.databases import location, opened, psql
from tests.support.letters import ANN, BEN, DAY, applied, ran
from tests.support.paths import ROOT

school = letters.school


def read(location: str, by_institution: bool = False) -> Samples:
    """Read the metrics of a ledger once."""
    registry = CollectorRegistry()
    ledger = Ledger(location, pool_size=1)
    registry.register(LedgerMetrics(ledger, lambda: datetime.now(UTC), by_institution))
    try:
        return collected(registry)
    finally:
        ledger.close()


def test_institutions_are_labels_only_when_asked(school: Path) -> None:
    applied(school, ANN, BEN)
    with locked(school):
        asked, usual = read(location(school), by_institution=True), read(location(school))
    assert asked['seatsync_institution_letters{institution="grace",state="waiting"}'] == 3
    assert asked['seatsync_institution_last_apply_timestamp_seconds{institution="grace"}'] > 0
    assert [name for name in asked if name.startswith("seatsync_institution_lock_timestamp_seconds{")]
    assert not [name for name in usual if "institution=" in name]
    assert usual["seatsync_locks"] == 1


def test_what_is_to_be_done_at_a_vendor_is_counted(school: Path) -> None:
    config = (school / "seatsync.yaml").read_text(encoding="utf-8")
    there = config.replace("system: logos-library,", "system: logos-library, delivered_by: vendor,")
    (school / "seatsync.yaml").write_text(there, encoding="utf-8")
    applied(school, ANN, BEN)
    asked, usual = read(location(school), by_institution=True), read(location(school))
    assert usual["seatsync_licenses_to_do"] == 1, "Ann's book; Ben's Logos is delivered here"
    assert asked['seatsync_institution_licenses_to_do{institution="grace"}'] == 1


def test_a_letter_in_a_senders_hands_does_not_wait(school: Path) -> None:
    applied(school, ANN, BEN)
    with opened(school) as connection:
        connection.execute(text("UPDATE outbox SET held_until = '2999-01-01T00:00:00Z' WHERE serial > 5"))
        connection.execute(text("UPDATE outbox SET state = 'bounced', held_until = '' WHERE member = 1"))
        held = connection.execute(text("SELECT count(*) FROM outbox WHERE held_until != ''")).scalar()
    found = read(location(school))
    states = {state: found[f'seatsync_letters{{state="{state}"}}'] for state in STATES}
    assert states == {"waiting": 3 - 1 - (held or 0), "sending": held, "bounced": 1, "held": 0}


def test_held_letters_do_not_wait(school: Path) -> None:
    applied(school, ANN, BEN)
    ran(school, "outbox", "hold", "--since", DAY)
    found = read(location(school))
    assert {state: found[f'seatsync_letters{{state="{state}"}}'] for state in ("waiting", "held")} == {
        "waiting": 0,
        "held": 3,
    }
    assert "seatsync_oldest_waiting_letter_timestamp_seconds" not in found


def test_tables_of_another_version_are_told_and_not_read(school: Path) -> None:
    applied(school, ANN)
    for other in (REVISIONS[-2], "9999"):
        with opened(school) as connection:
            connection.execute(text(f"UPDATE alembic_version SET version_num = '{other}'"))
        found = read(location(school))
        told = {"seatsync_ledger_up": 1, "seatsync_ledger_current": 0, f'seatsync_ledger_info{{revision="{other}"}}': 1}
        assert {name: found.get(name) for name in told} == told
        assert "seatsync_institutions" not in found
    with opened(school) as connection:
        connection.execute(text(f"UPDATE alembic_version SET version_num = '{REVISIONS[-1]}'"))


def test_a_ledger_that_is_not_there_is_down(tmp_path: Path) -> None:
    assert read(str(tmp_path / "seatsync.db")) == {"seatsync_ledger_up": 0}


def test_a_silent_database_holds_up_no_scrape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latest, "DEADLINE", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        address = f"postgresql+psycopg://nobody@127.0.0.1:{silent.getsockname()[1]}/seats?connect_timeout=2"
        assert read(address) == {"seatsync_ledger_up": 0}
        assert time.monotonic() - began < 10


@pytest.mark.postgres_only(reason="SQLite has no roles")
@pytest.mark.parametrize("access", ["read", "write", "pages"])
def test_a_bound_role_sees_the_figures_of_its_own(school: Path, access: str) -> None:
    applied(school, ANN, BEN)
    other = school / "other"
    other.mkdir()
    (other / "seatsync.yaml").write_text(letters.CONFIG.replace("id: grace", "id: other"))
    applied(other, ANN)
    owners = make_url(location(school))
    role = f"{access}_{owners.database}"
    psql(location(school), ROOT / "docs" / "roles.sql", institution="grace", role=role, access=access)
    try:
        with locked(school):
            own = read(owners.set(username=role).render_as_string(hide_password=False), by_institution=True)
            everybody = read(location(school))
    finally:
        with opened(school) as connection:
            connection.execute(text(f'DROP OWNED BY "{role}"'))
            connection.execute(text(f'DROP ROLE "{role}"'))
    assert (own["seatsync_institutions"], everybody["seatsync_institutions"]) == (1, 2)
    assert (own["seatsync_locks"], own["seatsync_ledger_current"]) == (1, 1)
    assert not [name for name in own if "other" in name]


# ── Slow reads ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_result_is_asked_for_once_while_it_is_fresh() -> None:
    results = Latest(count(1).__next__)
    assert [results.get(), results.get()] == [1, 1]


def test_a_slow_call_gives_the_result_before_until_its_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latest, "FRESH", 0.0)
    monkeypatch.setattr(latest, "SHARE", 0)
    monkeypatch.setattr(latest, "DEADLINE", 0.05)
    go_on, calls = Event(), list[int]()

    def slow() -> int:
        calls.append(1)
        if len(calls) > 1:
            go_on.wait(30)
        return len(calls)

    results = Latest(slow)
    assert [results.get(), results.get(), results.get()] == [1, 1, 1]
    assert len(calls) == 2  # one at a time
    monkeypatch.setattr(latest, "PATIENCE", 0.0)
    assert results.get() is None
    monkeypatch.setattr(latest, "PATIENCE", 30.0)
    go_on.set()
    assert _soon(lambda: results.get() != 1)


def test_a_call_that_fails_has_no_result_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> int:
        raise ValueError("ann@grace.example")

    assert Latest(broken).get() is None
    assert [record.msg for record in caplog.records] == ["figures-not-read"]


def _soon(is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + 30
    while not is_so() and time.monotonic() < until:
        time.sleep(0.01)
    return is_so()


# ── Around it ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_errors_are_counted_by_the_events_of_our_own_log() -> None:
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    root, errors = logging.getLogger(), Errors(registry)
    root.addHandler(errors)
    try:
        logging.getLogger("seatsync.pages").error("broken")
        logging.getLogger("seatsync.pages").info("request")
        logging.getLogger("sqlalchemy.pool").warning("Ann's connection broke")
    finally:
        root.removeHandler(errors)
    assert collected(registry) == {
        'seatsync_errors_total{kind="broken"}': 1,
        'seatsync_errors_total{kind="library"}': 1,
    }


@pytest.mark.parametrize(
    ("given", "told"),
    [("9464", "--metrics must look like 127.0.0.1:8000"), ("here:9464", "an address of this machine")],
)
def test_an_address_that_is_none_is_told(tmp_path: Path, given: str, told: str) -> None:
    outcome = seatsync("serve", "--metrics", given, folder=tmp_path)
    assert outcome.code == 64
    assert told in " ".join(outcome.err.split())


def test_the_package_is_loaded_only_when_metrics_are_asked_for() -> None:
    commands = "seatsync.cli.commands.serve.command, seatsync.cli.commands.outbox.send"
    program = f"import sys, {commands}; sys.exit('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_missing_package_is_named(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    applied(school, ANN)
    monkeypatch.setenv("SEATSYNC_SMTP_URL", "smtp://127.0.0.1:9")
    for name in ("endpoint", "of_ledger", "of_process"):
        monkeypatch.delitem(sys.modules, f"seatsync.metrics.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    outcome = seatsync("outbox", "send", "--metrics", "127.0.0.1:0", folder=school)
    assert outcome.code == 64
    assert "pip install 'seatsync[metrics]'" in " ".join(outcome.err.split())
