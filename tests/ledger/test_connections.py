"""Connections to PostgreSQL: one for a command, limits on both sides, and servers that fall silent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from seatsync.domain.failure import ExitCode
from seatsync.ledger.database import Ledger
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.stores import silence
from tests.support.clusters import CONFIG, Cluster, cluster
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import Postgres, plain
from tests.support.mail_server import Mailroom, mail_server
from tests.support.proxies import Proxy, proxy
from tests.support.served import served

pytestmark = pytest.mark.postgres

PATIENCE = 30.0


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture(scope="module")
def direct(server: Cluster) -> str:
    """The URL of a ledger. Each test has an institution of its own."""
    return Postgres(make_url(server.url())).fresh()


@pytest.fixture
def between(server: Cluster) -> Iterator[Proxy]:
    with proxy(server.port) as between:
        yield between


@pytest.fixture
def ledger(direct: str, between: Proxy) -> str:
    """The URL of the same ledger through the proxy."""
    return make_url(direct).set(port=between.port).render_as_string(hide_password=False)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait long for a silent server."""
    monkeypatch.setattr(silence, "SILENCE", 0.2)
    monkeypatch.setattr(silence, "ANSWER", 0.3)


@pytest.fixture
def grace(tmp_path: Path) -> Path:
    return write(tmp_path / f"grace-{next(_numbers)}", 3)


_numbers = count()


def write(folder: Path, members: int) -> Path:
    folder.mkdir(exist_ok=True)
    rows = [f"m{n}@grace.example,Ann{n},Lee{n}\n" for n in range(members)]
    (folder / "seatsync.yaml").write_text(CONFIG.format(id=folder.name), encoding="utf-8")
    (folder / "members.csv").write_text("email,given_name,family_name\n" + "".join(rows), encoding="utf-8")
    return folder


def ran(*args: str, folder: Path, ledger: str, code: int = ExitCode.DONE) -> Outcome:
    outcome = seatsync(*args, "--ledger", ledger, folder=folder)
    assert outcome.code == code, outcome
    return outcome


def setting(connection: Connection, name: str) -> str:
    return str(connection.exec_driver_sql(f"SHOW {name}").scalar())


# ── One connection ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_command_opens_one_connection_and_closes_it(direct: str, ledger: str, between: Proxy, grace: Path) -> None:
    for number, command in enumerate((("plan",), ("apply", "--yes"), ("apply", "--yes"), ("verify",)), 1):
        ran(*command, folder=grace, ledger=ledger)
        assert between.connections == number
    with psycopg.connect(plain(direct)) as own:
        others = "datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        until = time.monotonic() + PATIENCE
        while own.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {others}").fetchone() != (0,):
            assert time.monotonic() < until


def test_a_kept_connection_that_died_is_noticed(direct: str) -> None:
    with closing(Ledger(direct)) as ledger:
        for _ in range(2):
            with ledger.reading() as connection:
                assert connection is not None
                pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
            with psycopg.connect(plain(direct), autocommit=True) as own:
                own.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


# ── Limits ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_lost_network_is_noticed_on_both_sides_and_what_the_address_says_counts(direct: str) -> None:
    def client(url: str) -> dict[str, str]:
        with closing(Ledger(url)) as ledger, ledger.reading() as connection:
            assert connection is not None
            driver = connection.connection.driver_connection
            assert driver is not None
            return dict(driver.info.get_parameters())

    usual = client(direct)
    assert (usual["connect_timeout"], usual["keepalives_idle"], usual["tcp_user_timeout"]) == ("10", "30", "60000")
    own = client(f"{direct}?connect_timeout=3&keepalives_idle=7")
    assert (own["connect_timeout"], own["keepalives_idle"], own["tcp_user_timeout"]) == ("3", "7", "60000")


def test_a_writer_has_limits_on_the_server_unless_lower_ones_are_set(direct: str) -> None:
    names = ("idle_in_transaction_session_timeout", "tcp_keepalives_idle", "tcp_keepalives_count", "tcp_user_timeout")

    def limits(url: str) -> list[str]:
        with closing(Ledger(url)) as ledger:
            return ledger.write("grace", "ruth", "", lambda connection: [setting(connection, name) for name in names])

    assert limits(direct) == ["2min", "30", "3", "60000"]
    options = "-c idle_in_transaction_session_timeout=30s -c tcp_keepalives_idle=5 -c tcp_user_timeout=100000"
    assert limits(f"{direct}?options={quote(options)}") == ["30s", "5", "3", "60000"]


# ── Silence ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("word", "fact"),
    [
        (b"INSERT INTO entry", "has fallen silent"),
        (b"COPY member", "has fallen silent"),
        (b"COMMIT", "done completely or not at all"),
    ],
)
def test_an_apply_does_not_hang_on_a_silent_server_which_gives_the_lock_back(
    word: bytes, fact: str, direct: str, ledger: str, between: Proxy, grace: Path, hasty: None
) -> None:
    write(grace, 30)
    between.last_word = word
    limited = f"{ledger}?options={quote('-c idle_in_transaction_session_timeout=300ms')}"
    outcome = ran("apply", "--yes", folder=grace, ledger=limited, code=ExitCode.LEDGER)
    assert fact in outcome.err
    assert between.silent.is_set()
    ran("apply", "--yes", folder=grace, ledger=direct)
    ran("verify", folder=grace, ledger=direct)


def test_a_plan_does_not_hang_on_a_silent_server(ledger: str, between: Proxy, grace: Path, hasty: None) -> None:
    ran("apply", "--yes", folder=grace, ledger=ledger)
    between.last_word = b"FROM institution"
    assert "has fallen silent" in ran("plan", folder=grace, ledger=ledger, code=ExitCode.LEDGER).err


@pytest.mark.parametrize("place", ["through the network", "at a socket"])
def test_a_statement_that_takes_long_is_no_silence(
    place: str, direct: str, ledger: str, server: Cluster, hasty: None
) -> None:
    url = ledger if place == "through the network" else f"{direct}?host={server.home}"
    with closing(Ledger(url)) as known, known.reading() as connection:
        assert connection is not None
        assert connection.exec_driver_sql("SELECT 1 FROM pg_sleep(1)").scalar() == 1


def test_a_connection_that_was_silent_is_given_up(ledger: str, between: Proxy, hasty: None) -> None:
    with closing(Ledger(f"{ledger}?connect_timeout=2")) as known, known.reading() as connection:
        assert connection is not None
    between.silent.set()
    with pytest.raises(LedgerError, match="does not answer"), known.reading():
        pass


@pytest.mark.slow
def test_health_is_told_while_the_server_is_silent(ledger: str, between: Proxy, grace: Path) -> None:
    ran("apply", "--yes", folder=grace, ledger=ledger)
    room = Mailroom()
    options = ("--mail-from", "library@grace.example", "--threads", "1")
    with mail_server(room), served(grace, room, *options, LEDGER=ledger) as pages:
        assert pages.browser().open("/readyz").code == 200
        between.silent.set()
        stuck = threading.Thread(target=pages.browser().open, args=(f"/claim/{grace.name}",))
        stuck.start()
        began = time.monotonic()
        assert pages.browser().open("/healthz").code == 200
        page = pages.browser().open("/readyz")
        assert (page.code, "does not answer" in page.body) == (503, True)
        assert time.monotonic() - began < 8
        assert stuck.is_alive()
        between.silent.clear()
        stuck.join(PATIENCE)
        until = time.monotonic() + PATIENCE
        while pages.browser().open("/readyz").code != 200:
            assert time.monotonic() < until
