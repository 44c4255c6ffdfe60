"""A ledger on a primary with a streaming standby: addresses with several servers, plans from the standby, a failover."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest

from seatsync.domain.failure import ExitCode
from seatsync.ledger.database import Ledger
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.stores.postgres import close_all
from tests.support.clusters import Cluster, cluster, new_cluster
from tests.support.command_line import Outcome, seatsync

CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 9}}
rosters: [{path: members.csv}]
grants: [{library: books, kind: permanent, to: {everyone: true}}]
"""
NOW = ("--now", "2026-09-01")
pytestmark = [pytest.mark.postgres, pytest.mark.slow]


class Pair:
    """A primary and its standby, with a ledger in the database ``seats``."""

    def __init__(self, primary: Cluster, standby: Cluster) -> None:
        self.primary = primary
        self.standby = standby

    def address(self, attributes: str, first: Cluster | None = None) -> str:
        """The address with both servers in libpq's own form."""
        servers = sorted((self.primary, self.standby), key=lambda one: one is not first)
        hosts = ",".join(f"127.0.0.1:{one.port}" for one in servers)
        return f"postgresql://postgres@{hosts}/seats?target_session_attrs={attributes}"

    def caught_up(self) -> None:
        position = self.primary.run("SELECT pg_logical_emit_message(true, 'mark', 'mark')")[0][0]
        self.standby.wait_for(f"SELECT pg_last_wal_replay_lsn() >= '{position}'")


@contextmanager
def pair() -> Iterator[Pair]:
    with cluster() as primary, new_cluster() as standby:
        primary.run("CREATE DATABASE seats")
        Ledger(primary.url(database="seats")).migrate()
        primary.copy_to(standby)
        standby.start()
        try:
            yield Pair(primary, standby)
        finally:
            close_all()


@pytest.fixture(scope="module")
def both() -> Iterator[Pair]:
    with pair() as both:
        yield both


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    roster = "email,given_name,family_name\nann@grace.example,Ann,Lee\n"
    (tmp_path / "members.csv").write_text(roster, encoding="utf-8")
    return tmp_path


def run(ledger: str, *command: str, folder: Path) -> Outcome:
    close_all()
    return seatsync(*command, *NOW, "--ledger", ledger, folder=folder)


def meanwhile(happens: Callable[[], object], ledger: str, *command: str, folder: Path, delay: float = 1) -> Outcome:
    """Run a command; what ``happens`` does begins a moment later."""
    timer = threading.Timer(delay, happens)
    timer.start()
    try:
        return run(ledger, *command, folder=folder)
    finally:
        timer.join()


# ── Addresses ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_writes_find_the_primary_and_reads_a_standby_in_both_forms_of_addresses(both: Pair) -> None:
    for first in (both.primary, both.standby):
        for attributes, is_standby in (("read-write", False), ("primary", False), ("prefer-standby", True)):
            libpq = both.address(attributes, first)
            hosts = libpq.partition("@")[2].partition("/")[0].split(",")
            options = "&".join(f"host={host}" for host in hosts)
            ours = f"postgresql+psycopg://postgres@/seats?{options}&target_session_attrs={attributes}"
            for address in (libpq, ours):
                close_all()
                with Ledger(address).reading() as connection:
                    assert connection is not None
                    assert connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar() is is_standby


def test_prefer_standby_takes_the_primary_where_there_is_no_standby(both: Pair) -> None:
    close_all()
    address = (
        f"postgresql://postgres@127.0.0.1:9,127.0.0.1:{both.primary.port}/seats?target_session_attrs=prefer-standby"
    )
    with Ledger(address).reading() as connection:
        assert connection is not None
        assert connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar() is False


def test_writing_to_a_standby_changes_nothing_and_says_why(both: Pair, folder: Path) -> None:
    outcome = run(both.standby.url(database="seats"), "apply", "--yes", folder=folder)
    assert outcome.code == ExitCode.LEDGER
    assert "is read-only: it is a standby that is not promoted" in outcome.err
    assert "target_session_attrs=read-write" in outcome.err
    none = f"postgresql://postgres@127.0.0.1:9,127.0.0.1:{both.standby.port}/seats?target_session_attrs=read-write"
    outcome = run(none, "apply", "--yes", folder=folder)
    assert outcome.code == ExitCode.LEDGER
    assert f"127.0.0.1:{both.standby.port} takes no writes: it is a standby" in outcome.err


# ── Plans from a standby ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_plan_from_a_standby_that_lags_is_out_of_date_and_does_no_harm(both: Pair, folder: Path) -> None:
    with (folder / "members.csv").open("a", encoding="utf-8") as roster:
        roster.write("ben@grace.example,Ben,Ode\n")
    both.caught_up()
    both.standby.run("SELECT pg_wal_replay_pause()")
    try:
        both.standby.wait_for("SELECT pg_get_wal_replay_pause_state() = 'paused'")
        writes = both.address("read-write")
        assert run(writes, "apply", "--yes", "-q", folder=folder).code == ExitCode.DONE
        planned = run(both.address("prefer-standby"), "plan", "--out", "late.json", folder=folder)
        assert planned.code == ExitCode.DONE
        assert json.loads((folder / "late.json").read_text(encoding="utf-8"))[
            "changes"
        ]  # it knows nothing of the apply
        late = run(writes, "apply", "late.json", folder=folder)
        assert late.code == ExitCode.STALE
        assert run(writes, "plan", "--detailed-exitcode", folder=folder).code == ExitCode.DONE
        assert run(writes, "verify", folder=folder).code == ExitCode.DONE
    finally:
        both.standby.run("SELECT pg_wal_replay_resume()")
    both.caught_up()
    assert run(both.address("prefer-standby"), "plan", "--detailed-exitcode", folder=folder).code == ExitCode.DONE


# ── A failover ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_failover_is_waited_for(folder: Path) -> None:
    with pair() as both:
        both.caught_up()
        both.primary.stop("immediate")
        writes = both.address("read-write")
        assert run(writes, "apply", "--yes", "-q", folder=folder).code == ExitCode.LEDGER

        outcome = meanwhile(both.standby.promote, writes, "apply", "--yes", "--wait", "30", folder=folder, delay=2)
        assert outcome.code == ExitCode.DONE, outcome
        waiting = f"Waiting: the ledger {Ledger(writes)} can't be used: "
        assert outcome.err.count(waiting) == 1, outcome.err
        assert f"127.0.0.1:{both.primary.port} refuses the connection" in outcome.err
        assert run(both.standby.url(database="seats"), "verify", folder=folder).code == ExitCode.DONE


def test_a_standby_is_waited_for_until_it_is_promoted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pair() as both:
        both.caught_up()
        monkeypatch.setenv("SEATSYNC_WAIT", "30")
        ledger = both.standby.url(database="seats")
        outcome = meanwhile(both.standby.promote, ledger, "apply", "--yes", folder=folder, delay=2)
        assert outcome.code == ExitCode.DONE, outcome
        assert "Waiting: the ledger" in outcome.err
        assert run(ledger, "plan", "--detailed-exitcode", folder=folder).code == ExitCode.DONE


def test_a_server_that_does_not_come_back_is_waited_for_once(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "seatsync.yaml").write_text(CONFIG.replace("grace", name), encoding="utf-8")
        (tmp_path / name / "members.csv").write_text("email,given_name,family_name\n", encoding="utf-8")
    began = time.monotonic()
    command = ("apply", "--yes", "--wait", "2", "one", "two", "three")
    outcome = run("postgresql://postgres@127.0.0.1:9/seats", *command, folder=tmp_path)
    assert outcome.code == ExitCode.LEDGER
    assert outcome.err.count("refuses the connection") == 4  # one notice, three failures
    assert time.monotonic() - began < 5


def test_a_reading_that_the_standby_ends_says_so(both: Pair) -> None:
    both.standby.configure("max_standby_streaming_delay = 0")
    both.standby.reload()
    both.standby.wait_for("SELECT current_setting('max_standby_streaming_delay') = '0'")
    both.primary.run("CREATE TABLE passing (x integer)", "seats")
    both.caught_up()

    def read_what_is_dropped() -> None:
        with Ledger(both.standby.url(database="seats")).reading() as connection:
            assert connection is not None
            connection.exec_driver_sql("SELECT * FROM passing")
            both.primary.run("DROP TABLE passing", "seats")
            both.caught_up()
            connection.exec_driver_sql("SELECT * FROM passing")

    with pytest.raises(LedgerError, match="a standby had to apply a change of the primary"):
        read_what_is_dropped()


# ── A connection that breaks while an apply writes ──────────────────────────────────────────────────────────────────


def test_what_was_not_committed_is_done_again_with_wait(both: Pair, folder: Path) -> None:
    add_member(folder, "eve@grace.example")

    def end(blocker: psycopg.Connection[object]) -> None:
        both.primary.wait_for("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        both.primary.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        blocker.close()

    ledger = both.primary.url(database="seats")
    for wait, code in (("0", ExitCode.LEDGER), ("30", ExitCode.DONE)):
        blocker = psycopg.connect(ledger)
        blocker.execute("LOCK TABLE entry IN EXCLUSIVE MODE")
        outcome = meanwhile(
            partial(end, blocker), ledger, "apply", "--yes", "-q", "--wait", wait, folder=folder, delay=0
        )
        assert outcome.code == code, outcome
    assert run(ledger, "plan", "--detailed-exitcode", folder=folder).code == ExitCode.DONE


def test_a_crash_of_the_server_is_waited_for(both: Pair, folder: Path) -> None:
    add_member(folder, "liv@grace.example")
    ledger = both.primary.url(database="seats")

    def crash() -> None:
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        both.primary.wait_for(f"SELECT EXISTS ({waiting})")
        os.kill(int(str(both.primary.run(waiting)[0][0])), signal.SIGKILL)  # the server ends all sessions and recovers

    blocker = psycopg.connect(ledger)
    blocker.execute("LOCK TABLE entry IN EXCLUSIVE MODE")
    outcome = meanwhile(crash, ledger, "apply", "--yes", "-q", "--wait", "60", folder=folder, delay=0)
    blocker.close()
    assert outcome.code == ExitCode.DONE, outcome
    assert run(ledger, "plan", "--detailed-exitcode", folder=folder).code == ExitCode.DONE


@pytest.mark.parametrize("is_delivered", [True, False])
def test_a_commit_without_an_answer_is_not_repeated(is_delivered: bool, both: Pair, folder: Path) -> None:
    add_member(folder, f"{is_delivered}@grace.example")
    with cut_at_commit(both.primary.port, is_delivered) as port:
        ledger = f"postgresql://postgres@127.0.0.1:{port}/seats?sslmode=disable"
        outcome = run(ledger, "apply", "--yes", "-q", "--wait", "30", folder=folder)
    assert outcome.code == ExitCode.LEDGER
    assert "lost the connection while the change was committed: it was done completely or not at all" in outcome.err
    assert "if the plan is empty, it was done" in outcome.err
    if is_delivered:
        time.sleep(2)  # a busy server commits a moment later what it was sent
    left = run(both.primary.url(database="seats"), "plan", "--detailed-exitcode", folder=folder)
    assert left.code == (ExitCode.DONE if is_delivered else ExitCode.CHANGES)


def add_member(folder: Path, email: str) -> None:
    with (folder / "members.csv").open("a", encoding="utf-8") as roster:
        roster.write(f"{email},New,Member\n")


@contextmanager
def cut_at_commit(port: int, is_delivered: bool) -> Iterator[int]:
    """A way to the server that breaks when the client commits, before or after the server gets to know that."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_pass_on, args=(listening, port, is_delivered), daemon=True).start()
        yield listening.getsockname()[1]


def _pass_on(listening: socket.socket, port: int, is_delivered: bool) -> None:
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        server = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=_answers, args=(server, client), daemon=True).start()
        with client, server:
            while data := client.recv(65536):
                if b"COMMIT" in data:
                    client.shutdown(socket.SHUT_RDWR)
                    if is_delivered:
                        server.sendall(data)
                        time.sleep(0.5)
                    break
                server.sendall(data)


def _answers(server: socket.socket, client: socket.socket) -> None:
    try:
        while data := server.recv(65536):
            client.sendall(data)
    except OSError:
        return
