"""What seatsync says when a PostgreSQL server, or a pooler in front of it, does not do what it is asked."""

from __future__ import annotations

import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from seatsync.ledger.database import Ledger
from seatsync.ledger.failures import Cure
from seatsync.ledger.stores.postgres import close_all
from seatsync.ledger.stores.postgres_errors import RULES, meaning
from tests.faults.crash_runner import needs_strace
from tests.support.clusters import CONFIG, Cluster, cluster, new_cluster
from tests.support.command_line import Outcome, seatsync
from tests.support.poolers import needs_pgbouncer, pgbouncer
from tests.support.ports import free_port

pytestmark = pytest.mark.postgres

LEDGER = 6
ROLES = """
CREATE ROLE locked_out NOLOGIN; CREATE ROLE secret LOGIN PASSWORD 'right'; CREATE ROLE stranger LOGIN;
CREATE ROLE two LOGIN CONNECTION LIMIT 2;
CREATE ROLE hasty LOGIN SUPERUSER; ALTER ROLE hasty SET statement_timeout = '1ms';
CREATE ROLE slow LOGIN SUPERUSER; ALTER ROLE slow SET transaction_timeout = '200ms';
CREATE ROLE reader LOGIN SUPERUSER; ALTER ROLE reader SET default_transaction_read_only = on;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A server with a ledger in the database ``seats``, and roles and databases that lack something."""
    with cluster() as server:
        server.run(ROLES)
        for statement in (
            "CREATE DATABASE seats OWNER two",
            "CREATE DATABASE shut ALLOW_CONNECTIONS false",
            "CREATE DATABASE small CONNECTION LIMIT 0",
            "CREATE DATABASE private",
            "REVOKE CONNECT ON DATABASE private FROM PUBLIC",
        ):
            server.run(statement)
        server.run("GRANT ALL ON SCHEMA public TO two", "seats")
        Ledger(server.url("two", "seats")).migrate()
        close_all()
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "grace")


def written(folder: Path) -> Path:
    folder.mkdir()
    (folder / "seatsync.yaml").write_text(CONFIG.format(id=folder.name), encoding="utf-8")
    roster = "email,given_name,family_name\nann@grace.example,Ann,Lee\n"
    (folder / "members.csv").write_text(roster, encoding="utf-8")
    return folder


def said(url: str, *command: str, folder: Path) -> Outcome:
    """What a command says about a ledger that it can't use: the exit code is 6, one line has the fact, one the help."""
    close_all()  # kept connections of the command before
    outcome = seatsync(*(command or ("status",)), "--lock-timeout", "0", "--ledger", url, folder=folder)
    assert outcome.code == LEDGER, outcome
    assert re.fullmatch(r"seatsync: The ledger \S+ .*\.\n  To fix: .*\n", outcome.err), outcome.err
    return outcome


def says(url: str, fact: str, help: str, *command: str, folder: Path) -> None:
    err = said(url, *command, folder=folder).err
    first, second = err.splitlines()
    assert fact in first
    assert help in second
    assert ("Check the password" in err) == ("rejects the user or the password" in err)


# ── While connecting ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_port_where_nobody_listens(folder: Path) -> None:
    says("postgresql://x@127.0.0.1:9/x", "refuses the connection: no server", "--wait 60", folder=folder)


def test_a_socket_that_does_not_exist(folder: Path, tmp_path: Path) -> None:
    says(f"postgresql://x@/x?host={tmp_path}", "no server listens on its socket", "Start the server", folder=folder)


def test_a_host_without_an_address(folder: Path) -> None:
    says("postgresql://x@nowhere.invalid/x", "knows no address for the name", "DNS", folder=folder)


def test_a_server_that_says_nothing(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://x@127.0.0.1:{silent.getsockname()[1]}/x?connect_timeout=2"
        says(url, "does not answer: nothing came back in time", "firewall", folder=folder)


def test_another_program_on_the_port(folder: Path) -> None:
    with answering(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        for mode in ("disable", "prefer"):
            url = f"postgresql://x@127.0.0.1:{port}/x?sslmode={mode}"
            says(url, "another program than PostgreSQL", "Correct the port", folder=folder)


def test_a_connection_that_is_closed_at_once(folder: Path) -> None:
    with answering(b"") as port:
        url = f"postgresql://x@127.0.0.1:{port}/x?sslmode=disable"
        says(url, "lost the connection", "Try again", folder=folder)


@contextmanager
def answering(text: bytes) -> Iterator[int]:
    """A port where a program answers every connection with ``text`` and closes it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            while True:
                try:
                    client, _ = listening.accept()
                except OSError:
                    return
                with client:
                    client.recv(100)
                    client.sendall(text)

        thread = threading.Thread(target=answer)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize(
    ("user", "name", "options", "fact", "help"),
    [
        ("nobody", "seats", "", "it has no role of that name", "Correct the user"),
        ("session is read-only", "seats", "", "it has no role of that name", "Correct the user"),
        ("postgres", "invalid certificate value", "", "no such database", "createdb"),
        ("locked_out", "seats", "", "this role may not sign in", "ALTER ROLE … LOGIN"),
        ("postgres", "nothing", "", "no such database", "createdb"),
        ("postgres", "shut", "", "takes no connections", "ALLOW_CONNECTIONS true"),
        ("stranger", "private", "", "has no right to connect", "GRANT CONNECT"),
        ("stranger", "small", "", "its database has as many as its limit allows", "ALTER DATABASE … CONNECTION LIMIT"),
        ("postgres", "seats", "?sslmode=require", "does not encrypt connections", "Switch SSL on"),
        ("postgres", "seats", "?sslmode=maybe", "a value that PostgreSQL does not know", "behind the ?"),
        ("postgres", "seats", "?target_session_attrs=standby", "is a primary", "prefer-standby"),
    ],
)
def test_a_connection_that_is_not_accepted(
    user: str, name: str, options: str, fact: str, help: str, server: Cluster, folder: Path
) -> None:
    says(server.url(quote(user), quote(name)) + options, fact, help, folder=folder)


def test_ways_to_sign_in(server: Cluster, folder: Path) -> None:
    rules = server.home / "pg_hba.conf"
    before = rules.read_text(encoding="utf-8")
    try:
        ways = "host all secret all scram-sha-256\nhost all hasty all reject\n"
        rules.write_text(f"host all postgres all trust\n{ways}hostssl all all all trust\n", encoding="utf-8")
        server.reload()
        secret = server.url("secret", "seats")
        eventually(secret, "asks for a password", folder)
        says(secret, "asks for a password, and none is given", "PGPASSWORD", folder=folder)
        wrong = server.url("secret", "seats", password="wrong-one")
        says(wrong, "rejects the user or the password", "Check the password", folder=folder)
        assert "wrong-one" not in seatsync("status", "--debug", "--ledger", wrong, folder=folder).err
        says(
            server.url("hasty", "seats"),
            "a line of the server's pg_hba.conf forbids",
            "change that line",
            folder=folder,
        )
        says(server.url("stranger", "seats"), "no line for an unencrypted connection", "sslmode=require", folder=folder)
    finally:
        rules.write_text(before, encoding="utf-8")
        server.reload()


def test_a_role_or_a_server_without_another_connection(server: Cluster, folder: Path) -> None:
    with ExitStack() as others:
        for _ in range(2):
            others.enter_context(psycopg.connect(server.url("two", "seats")))
        says(server.url("two", "seats"), "no free connection for this role", "ALTER ROLE … CONNECTION", folder=folder)
        with suppress(psycopg.OperationalError):
            for _ in range(100):
                others.enter_context(psycopg.connect(server.url("stranger", "seats")))
        says(server.url("stranger", "seats"), "as many as it may (max_connections)", "put a pooler", folder=folder)


@pytest.mark.slow
def test_a_server_that_starts_stops_and_crashes(tmp_path: Path) -> None:
    folder = written(tmp_path / "grace")
    with cluster() as primary, new_cluster() as standby:
        primary.copy_to(standby)
        standby.configure("hot_standby = off")
        standby.start(wait=False)
        eventually(standby.url(), "is a standby that takes no connections", folder)
        with psycopg.connect(primary.url()) as session:
            stop = threading.Thread(target=primary.stop, args=("smart",))
            stop.start()
            eventually(primary.url(), "is shutting down", folder)
            session.close()
            stop.join()


def eventually(url: str, fact: str, folder: Path) -> None:
    until = time.monotonic() + 20
    while fact not in (last := seatsync("status", "--ledger", url, folder=folder).err):
        assert time.monotonic() < until, last
        close_all()
        time.sleep(0.05)


# ── While working ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("user", "command", "fact", "help"),
    [
        ("hasty", ("apply", "--yes", "-q"), "it took longer than this role may take (statement_timeout)", "longer"),
        ("slow", ("apply", "--yes", "-q"), "it took longer than this role may take (transaction_timeout)", "longer"),
        ("reader", ("apply", "--yes", "-q"), "is read-only: it is a standby", "target_session_attrs=read-write"),
        ("stranger", ("status",), "does not allow this role to do that", "roles.sql"),
    ],
)
def test_a_statement_that_is_not_carried_out(
    user: str, command: tuple[str, ...], fact: str, help: str, server: Cluster, folder: Path
) -> None:
    if user in ("hasty", "slow"):
        with psycopg.connect(server.url(database="seats")) as other:
            other.execute("LOCK TABLE writer IN ACCESS EXCLUSIVE MODE")
            says(server.url(user, "seats"), fact, help, *command, folder=folder)
    else:
        says(server.url(user, "seats"), fact, help, *command, folder=folder)


def test_a_table_that_somebody_has_locked(server: Cluster, folder: Path) -> None:
    with psycopg.connect(server.url(database="seats")) as other:
        other.execute("LOCK TABLE institution IN ACCESS EXCLUSIVE MODE")
        says(server.url(database="seats"), "somebody has locked one of its tables", "--lock-timeout", folder=folder)


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        ("ALTER TABLE member RENAME COLUMN email TO mail", "lacks a column that this version needs"),
        ("ALTER TABLE member RENAME TO members", "lacks a table that this version needs"),
    ],
)
def test_tables_that_somebody_has_changed(change: str, fact: str, server: Cluster, folder: Path) -> None:
    name = f"changed_{abs(hash(change))}"
    close_all()
    server.run(f"CREATE DATABASE {name} TEMPLATE seats")
    server.run(change, name)
    says(server.url(database=name), fact, "seatsync verify", "apply", "--yes", "-q", folder=folder)


@needs_strace
def test_a_full_disk_of_the_server(server: Cluster, folder: Path) -> None:
    def fill() -> None:
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        server.wait_for(f"SELECT EXISTS ({waiting})")
        session = str(server.run(waiting)[0][0])
        full = ["-e", "trace=pwrite64,pwritev,fallocate", "-e", "inject=pwrite64,pwritev,fallocate:error=ENOSPC:when=1"]
        with subprocess.Popen(["strace", "-p", session, *full], stderr=subprocess.PIPE, text=True) as strace:
            assert strace.stderr is not None
            assert "attached" in strace.stderr.readline()
            blocker.close()
            strace.communicate(timeout=30)

    server.run("CREATE DATABASE full_one TEMPLATE seats")
    with psycopg.connect(server.url(database="full_one")) as blocker:
        blocker.execute("LOCK TABLE institution IN EXCLUSIVE MODE")
        filling = threading.Thread(target=fill)
        filling.start()
        close_all()
        command = ("apply", "--yes", "-q", "--lock-timeout", "20", "--ledger", server.url(database="full_one"))
        outcome = seatsync(*command, folder=folder)
        close_all()
        filling.join()
    assert outcome.code == LEDGER
    assert "can't grow: the server's disk is full" in outcome.err


def test_a_session_that_the_operator_ends(server: Cluster, folder: Path) -> None:
    def end() -> None:
        waiting = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        until = time.monotonic() + 20
        while not server.run(waiting):
            assert time.monotonic() < until
            time.sleep(0.02)

    with psycopg.connect(server.url(database="seats")) as other:
        other.execute("LOCK TABLE institution IN ACCESS EXCLUSIVE MODE")
        ending = threading.Thread(target=end)
        ending.start()
        close_all()
        command = ("status", "--lock-timeout", "20", "--ledger", server.url(database="seats"))
        outcome = seatsync(*command, folder=folder)
        ending.join()
    assert outcome.code == LEDGER
    assert "ended the session: the server is stopped or restarted, or its operator" in outcome.err


def test_a_server_that_speaks_another_language_is_quoted_and_waited_for() -> None:
    text = (
        'connection failed: connection to server at "db", port 5432 failed: FATAL:  das Datenbanksystem startet gerade'
    )
    told = meaning(psycopg.OperationalError(text), "postgresql://x@db/x")
    assert told.fact == "can't be reached: FATAL:  das Datenbanksystem startet gerade."
    assert told.cure is Cure.SERVER
    assert meaning(psycopg.DataError("no number"), "postgresql://x@db/x").cure is Cure.PERSON


def test_the_secrets_of_an_address_are_not_quoted() -> None:
    text = 'connection failed: FATAL:  unbekannt: "s3cret-word"'
    told = meaning(psycopg.OperationalError(text), "postgresql://x:s3cret-word@one,two/x")
    assert "s3cret-word" not in told.fact


# ── Poolers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@needs_pgbouncer
@pytest.mark.slow
def test_poolers(server: Cluster, folder: Path) -> None:
    timeouts = ("pool_mode = transaction", "default_pool_size = 1", "query_wait_timeout = 1", "max_client_conn = 2")
    with pgbouncer(server, *timeouts) as pooler:
        options = "?options=-c%20lock_timeout%3D3s"
        says(f"{pooler}seats{options}", "rejects an option", "ignore_startup_parameters", folder=folder)
        with psycopg.connect(f"{pooler}seats") as busy:
            busy.execute("SELECT 1")
            says(f"{pooler}seats", "gave no connection in time", "default_pool_size", folder=folder)
            with psycopg.connect(f"{pooler}seats"):
                says(f"{pooler}seats", "its pooler serves as many clients as it may", "max_client_conn", folder=folder)
    with pgbouncer(server, "pool_mode = statement", databases=f"seats = host=127.0.0.1 port={server.port}") as pooler:
        says(f"{pooler}seats", "statement mode, which allows no transactions", "pool_mode", folder=folder)
        says(f"{pooler}other", "no such database", "correct the name", folder=folder)
    nowhere = f"seats = host=127.0.0.1 port={free_port()}"
    with pgbouncer(server, "client_login_timeout = 1", databases=nowhere) as pooler:
        says(f"{pooler}seats", "behind a pooler that can't reach the server", "--wait 60", folder=folder)


# ── The table ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.state} {rule.text}"[:50])
def test_every_rule_says_a_fact_and_what_to_do(rule: Any) -> None:
    assert rule.state or rule.text
    assert rule.meaning.fact.endswith(".")
    assert rule.meaning.help.endswith(".")
    assert ("Check the password" in rule.meaning.help) == (rule.state == "28P01")


def test_of_several_servers_each_is_named_with_what_it_says(server: Cluster, folder: Path) -> None:
    url = f"postgresql://nobody@127.0.0.1:9,127.0.0.1:{server.port}/seats"
    first, second = said(url, folder=folder).err.splitlines()
    assert "127.0.0.1:9 refuses the connection" in first
    assert f"127.0.0.1:{server.port} rejects the user: it has no role of that name." in first
    assert "Correct the user" in second
    same = said("postgresql://x@127.0.0.1:9,127.0.0.1:7/x", folder=folder).err
    assert "127.0.0.1:9,127.0.0.1:7/x refuses the connection: no server listens" in same


# ── Room for another connection ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_many_institutions_do_with_the_connections_that_there_are(server: Cluster, tmp_path: Path) -> None:
    names = [written(tmp_path / f"i{number}").name for number in range(6)]
    ledger = server.url("two", "seats")
    close_all()
    outcome = seatsync("apply", "--yes", "--jobs", "4", "--ledger", ledger, *names, folder=tmp_path)
    assert outcome.code == 0, outcome.err
    told = "Working on 2 institutions at a time instead of 4: the role two may have 2 connections.\n"
    assert outcome.err.count(told) == 1
    assert "6 institutions: 6 changed." in outcome.err


def test_a_connection_is_waited_for(server: Cluster, folder: Path) -> None:
    close_all()
    with ExitStack() as others:
        for _ in range(2):
            others.enter_context(psycopg.connect(server.url("two", "seats")))
        timer = threading.Timer(1.5, others.close)
        timer.start()
        outcome = seatsync("apply", "--yes", "-q", "--ledger", server.url("two", "seats"), folder=folder)
        timer.join()
    assert outcome.code == 0, outcome
