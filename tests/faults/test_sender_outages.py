"""A sender whose PostgreSQL server goes away: it waits, notes what was sent, and repeats at most the letter that it was at."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.cli.test_lists import write_csv
from tests.faults.crash_server import Server, server
from tests.faults.history_torture import replayable, seeds
from tests.support import letters
from tests.support.databases import looking_into as _own
from tests.support.databases import stored_at
from tests.support.letters import CONFIG, DAY, HEADER, LATER, crowd, ran
from tests.support.long_form import times
from tests.support.mail_server import Mailroom

room = letters.room

LETTERS, LOSSES = times(short=12, long=200), times(short=2, long=30)


class Watched:
    """A sender in a process of its own, whose error output can be read while it runs."""

    def __init__(self, folder: Path, ledger: str, *args: str, now: str = DAY) -> None:
        self._err = folder / "err.txt"
        with self._err.open("w") as err:
            self.process = letters.started(folder, "--ledger", ledger, *args, now=now, out=subprocess.DEVNULL, err=err)

    def says(self, text: str, times: int = 1) -> None:
        _until(lambda: self.err.count(text) >= times, lambda: f"it did not say {text!r}: {self.err}")

    @property
    def err(self) -> str:
        return self._err.read_text()

    def end(self, way: signal.Signals) -> int:
        self.process.send_signal(way)
        return self.code

    @property
    def code(self) -> int:
        return self.process.wait(timeout=60)


def _until(is_so: Callable[[], bool], why: Callable[[], str] = lambda: "") -> None:
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end, why()
        time.sleep(0.02)


@pytest.fixture(scope="module")
def lossy() -> Iterator[Server]:
    with server() as found:
        yield found


@pytest.fixture
def ledger(lossy: Server) -> Iterator[str]:
    url = lossy.databases.fresh()
    yield url
    lossy.databases.drop(url)


@pytest.fixture
def senders(tmp_path: Path, ledger: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Watched]]:
    """Start senders for a school with five letters: an administrator's welcome and four invitations."""
    (tmp_path / "seatsync.yaml").write_text(CONFIG)
    monkeypatch.setenv("SEATSYNC_LEDGER", ledger)
    monkeypatch.setenv("SEATSYNC_MAIL_FROM", "library@grace.example")
    monkeypatch.setenv("SEATSYNC_PORTAL_URL", letters.PORTAL)
    _apply(tmp_path, 4)
    running: list[subprocess.Popen[str]] = []

    def start(*args: str, now: str = DAY) -> Watched:
        sender = Watched(tmp_path, ledger, *args, now=now)
        running.append(sender.process)
        return sender

    yield start
    for process in running:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()


def _apply(folder: Path, members: int) -> None:
    write_csv(folder / "members.csv", HEADER, *crowd(members))
    ran(folder, "apply", "--yes")


def _states(ledger: str) -> Counter[str]:
    return Counter(row["state"] for row in stored_at(ledger, "outbox")["outbox"])


def _lose_after(room: Mailroom, lossy: Server, number: int) -> None:
    """Kill the database's server when the mail server has this many letters, before it says that it has the last one."""

    def lose(to: str) -> str:
        if len(room.to) == number:
            lossy.kill()
        return ""

    room.after = lose


def test_an_idle_sender_waits_for_the_ledger_and_goes_on(
    senders: Callable[..., Watched], lossy: Server, ledger: str, room: Mailroom, tmp_path: Path
) -> None:
    sender = senders("--watch")
    _until(lambda: _states(ledger)["sent"] == 5)
    lossy.kill()
    sender.says("Waiting for the ledger …")
    lossy.restart()
    sender.says("The ledger is back.")
    _apply(tmp_path, 6)
    _until(lambda: _states(ledger)["sent"] == 7)
    assert sender.end(signal.SIGTERM) == 0
    assert sender.err.count("Waiting for the ledger") == sender.err.count("The ledger is back.") == 1
    assert len(set(room.ids())) == len(room.ids()) == 7


@pytest.mark.parametrize("options", [(), ("--watch",)])
def test_what_was_sent_while_the_ledger_was_away_is_noted_when_it_is_back(
    options: tuple[str, ...],
    senders: Callable[..., Watched],
    lossy: Server,
    ledger: str,
    room: Mailroom,
    tmp_path: Path,
) -> None:
    _lose_after(room, lossy, 2)
    sender = senders(*options)
    sender.says("Waiting for the ledger …")
    time.sleep(1.5)  # longer than the first pause
    assert len(room.to) == 2, "nothing is sent while it cannot be noted"
    lossy.restart()
    sender.says("The ledger is back.")
    _until(lambda: _states(ledger)["sent"] == 5)
    assert (sender.end(signal.SIGTERM) if options else sender.code) == 0
    assert len(set(room.ids())) == len(room.ids()) == 5
    ran(tmp_path, "verify")


def test_a_server_that_is_lost_again_and_again_loses_and_repeats_no_letter(
    senders: Callable[..., Watched], lossy: Server, ledger: str, room: Mailroom, tmp_path: Path
) -> None:
    _apply(tmp_path, LETTERS - 1)
    (seed,) = seeds(1, 1)
    with replayable(seed) as chance:
        losses = sorted(chance.sample(range(1, LETTERS), LOSSES))
        left = iter([*losses, 0])
        _lose_after(room, lossy, next(left))
        sender = senders("--watch")
        for loss in range(1, LOSSES + 1):
            sender.says("Waiting for the ledger …", loss)
            _lose_after(room, lossy, next(left))
            lossy.restart()
        _until(lambda: _states(ledger) == {"sent": LETTERS}, lambda: sender.err)
        assert sender.end(signal.SIGTERM) == 0
        assert (len(room.ids()), len(set(room.ids()))) == (LETTERS, LETTERS)
    ran(tmp_path, "verify")


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGKILL])
def test_a_sender_that_ends_while_the_ledger_is_away_leaves_one_letter_to_repeat(
    way: signal.Signals, senders: Callable[..., Watched], lossy: Server, ledger: str, room: Mailroom, tmp_path: Path
) -> None:
    _lose_after(room, lossy, 2)
    sender = senders("--watch")
    sender.says("Waiting for the ledger …")
    assert sender.end(way) == (6 if way is signal.SIGTERM else -signal.SIGKILL)
    lossy.restart()
    second = sorted(row["serial"] for row in stored_at(ledger, "outbox")["outbox"])[1]
    if way is signal.SIGTERM:
        assert f"Letter {second} of grace was tried, but the result is not noted." in sender.err
        assert f"`seatsync outbox cancel {second}`" in sender.err
    assert _states(ledger) == {"sent": 1, "pending": 4}
    assert senders(now=LATER).code == 0
    assert _states(ledger) == {"sent": 5}
    assert Counter(Counter(room.ids()).values()) == {1: 4, 2: 1}
    ran(tmp_path, "verify")


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "newer seatsync"),
        ("REVOKE SELECT ON outbox FROM {role}", "does not allow this role"),
        ("ALTER ROLE {role} NOLOGIN", "this role may not sign in"),
    ],
)
def test_what_will_not_pass_ends_a_watching_sender(
    cause: str, said: str, senders: Callable[..., Watched], lossy: Server, ledger: str, room: Mailroom
) -> None:
    role = make_url(ledger).database or ""
    with _own(ledger) as owner:
        owner.exec_driver_sql(f'CREATE ROLE "{role}" LOGIN')
        owner.exec_driver_sql(f'GRANT ALL ON ALL TABLES IN SCHEMA public TO "{role}"')
        owner.exec_driver_sql(f'ALTER ROLE "{role}" BYPASSRLS')
    sender = senders("--watch", "--ledger", make_url(ledger).set(username=role).render_as_string())
    _until(lambda: _states(ledger)["sent"] == 5)
    with _own(ledger) as owner:
        owner.exec_driver_sql(cause.format(role=f'"{role}"'))
        owner.exec_driver_sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'")
    assert sender.code == 6, sender.err
    assert said in sender.err
