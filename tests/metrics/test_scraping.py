"""`seatsync serve` and `seatsync outbox send` as processes of their own, scraped over HTTP as Prometheus does."""

from __future__ import annotations

import re
import signal
import socket
import time
from datetime import datetime
from pathlib import Path

import pytest

from seatsync.ledger.tables import REVISIONS
from seatsync.metrics.of_process import RESULTS
from tests.metrics.scraping import asked, locked, samples, scraped_when
from tests.support import letters
from tests.support.letters import ANN, BEN, CY, DAY, applied, started
from tests.support.mail_server import Mailroom
from tests.support.ports import free_port
from tests.support.served import served

pytestmark = pytest.mark.slow
school, room = letters.school, letters.room
NAMES = re.compile(r"ann|ben|@|lee|okafor|ruth", re.IGNORECASE)


def test_what_the_pages_tell(school: Path, room: Mailroom) -> None:
    applied(school, ANN, BEN, CY)
    address = f"127.0.0.1:{free_port()}"
    with served(school, room, "--metrics", address) as pages, locked(school):
        someone = pages.browser()
        assert someone.open("/claim/grace").code == 200
        assert someone.open("/l/grace/NoSuchLink").code == 404
        assert someone.open("/ann@grace.example").code == 404
        text = asked(address).text
        found = samples(text)
        plain = asked(address, accept="*/*")
    asserted = {
        "seatsync_ledger_up": 1,
        "seatsync_ledger_current": 1,
        f'seatsync_ledger_info{{revision="{REVISIONS[-1]}"}}': 1,
        "seatsync_institutions": 1,
        'seatsync_letters{state="waiting"}': 4,
        'seatsync_letters{state="bounced"}': 0,
        "seatsync_last_apply_timestamp_seconds": _seconds(DAY),
        "seatsync_oldest_waiting_letter_timestamp_seconds": _seconds(DAY),
        "seatsync_locks": 1,
        'seatsync_request_duration_seconds_count{method="GET",page="claim.start",status="2xx"}': 1,
        'seatsync_request_duration_seconds_count{method="GET",page="none",status="4xx"}': 1,
    }
    assert {name: found.get(name) for name in asserted} == asserted
    assert abs(found["seatsync_oldest_lock_timestamp_seconds"] - time.time()) < 60
    assert "process_resident_memory_bytes" in found
    assert not NAMES.search(text), text
    assert "grace" not in text
    assert plain.headers["Content-Type"].startswith("text/plain; version=")
    assert "# TYPE seatsync_request_duration_seconds histogram" in plain.text


def _seconds(day: str) -> float:
    return datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp()


def test_what_a_sender_tells(school: Path, room: Mailroom) -> None:
    replies = {"ben": "550 5.1.1 no such mailbox", "cy": "451 4.3.0 not now"}
    room.at_rcpt = lambda to: replies.get(to.partition("@")[0], "")
    applied(school, ANN, BEN, CY)
    address = f"127.0.0.1:{free_port()}"
    sender = started(school, "--watch", "--metrics", address, "--metrics-institutions")
    try:
        found = scraped_when(address, lambda found: found["seatsync_sender_last_success_timestamp_seconds"] > 0)
        assert not NAMES.search(asked(address).text)
    finally:
        sender.send_signal(signal.SIGTERM)
        _, err = sender.communicate(timeout=30)
    assert sender.returncode == 0, err
    counted = {result: found[f'seatsync_sender_letters_total{{result="{result}"}}'] for result in RESULTS}
    assert counted == {"sent": 2, "bounced": 1, "deferred": 1, "cancelled": 0}
    assert abs(found["seatsync_sender_last_letter_timestamp_seconds"] - time.time()) < 60
    assert found['seatsync_errors_total{kind="mail-server-away"}'] == 0
    assert 'seatsync_institution_last_apply_timestamp_seconds{institution="grace"}' in found


def test_a_sender_without_its_mail_server_tells_that(school: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    applied(school, ANN)
    monkeypatch.setenv("SEATSYNC_SMTP_URL", f"smtp://127.0.0.1:{free_port()}")
    address = f"127.0.0.1:{free_port()}"
    sender = started(school, "--watch", "--metrics", address)
    try:
        found = scraped_when(address, lambda found: found.get('seatsync_errors_total{kind="mail-server-away"}', 0) > 0)
        assert found["seatsync_sender_last_success_timestamp_seconds"] == 0
    finally:
        sender.kill()
        sender.communicate(timeout=30)


def test_an_address_that_somebody_has_is_told(school: Path, room: Mailroom) -> None:
    applied(school, ANN)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        sender = started(school, "--metrics", f"127.0.0.1:{port}")
        _, err = sender.communicate(timeout=30)
    assert sender.returncode == 1
    assert f"The metrics can't be given at 127.0.0.1:{port}: Address already in use." in err
    assert "Choose another address with --metrics" in err
