"""A ledger behind PgBouncer: everything works in session and in transaction mode, and statement mode is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from seatsync.domain.failure import ExitCode
from seatsync.ledger import tables
from seatsync.ledger.database import Ledger
from seatsync.ledger.failures import LedgerError
from tests.support.clusters import CONFIG, Cluster, cluster
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import Postgres
from tests.support.mail_server import Mailroom, mail_server
from tests.support.poolers import needs_pgbouncer, pgbouncer
from tests.support.served import served

pytestmark = [pytest.mark.postgres, needs_pgbouncer]

FIRST, SECOND = "2026-09-01", "2026-09-02"


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture(scope="module")
def databases(server: Cluster) -> Postgres:
    return Postgres(make_url(server.url()))


@pytest.fixture(scope="module", params=["session", "transaction"])
def pooler(request: pytest.FixtureRequest, server: Cluster) -> Iterator[str]:
    few = 2 if request.param == "transaction" else 4  # in session mode each process needs its own
    with pgbouncer(server, f"pool_mode = {request.param}", f"default_pool_size = {few}") as url:
        yield url


@pytest.fixture
def ledger(databases: Postgres, pooler: str) -> str:
    return behind(pooler, databases.fresh())


def behind(pooler: str, url: str) -> str:
    return f"{pooler}{make_url(url).database}"


def write(folder: Path, members: range) -> Path:
    folder.mkdir(exist_ok=True)
    rows = [f"m{n}@{folder.name}.example,Ann{n},Lee{n},S{n}\n" for n in members]
    (folder / "seatsync.yaml").write_text(CONFIG.format(id=folder.name), encoding="utf-8")
    (folder / "members.csv").write_text("email,given_name,family_name,student_id\n" + "".join(rows), encoding="utf-8")
    return folder


def ran(*args: str, folder: Path, ledger: str, code: int = ExitCode.DONE) -> Outcome:
    outcome = seatsync(*args, "--ledger", ledger, folder=folder)
    assert outcome.code == code, outcome
    return outcome


def test_every_command_works(databases: Postgres, pooler: str, tmp_path: Path) -> None:
    ledger, grace = behind(pooler, databases.fresh(template=None)), write(tmp_path / "grace", range(60))
    ran("ledger", "migrate", folder=grace, ledger=ledger)
    ran("apply", "--yes", "--now", FIRST, folder=grace, ledger=ledger)
    write(grace, range(1, 63))
    ran("plan", "--out", "plan.json", "--now", SECOND, folder=grace, ledger=ledger)
    ran("apply", "plan.json", "--now", SECOND, folder=grace, ledger=ledger)
    for command in (
        ("ledger", "claim", "books", "m1@grace.example"),
        ("resend", "--library", "books", "m2@grace.example", "--yes"),
        ("status",),
        ("members",),
        ("log",),
        ("why", "m1@grace.example"),
        ("verify",),
        ("ledger", "info"),
        ("ledger", "rebuild"),
        ("ledger", "erase", "m0@grace.example", "--yes"),
        ("ledger", "prune", "--letters-before", FIRST, "--yes"),
        ("ledger", "unlock"),
        ("ledger", "dump"),
    ):
        ran(*command, "--now", SECOND, folder=grace, ledger=ledger)
    assert "intact" in ran("verify", folder=grace, ledger=ledger).out


def test_letters_are_sent(ledger: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grace = write(tmp_path / "grace", range(7))
    ran("apply", "--yes", folder=grace, ledger=ledger)
    room = Mailroom()
    with mail_server(room) as mail_port:
        monkeypatch.setenv("SEATSYNC_SMTP_URL", f"smtp://127.0.0.1:{mail_port}")
        monkeypatch.setenv("SEATSYNC_PORTAL_URL", "https://seats.grace.example")
        ran("outbox", "send", "--mail-from", "library@grace.example", folder=grace, ledger=ledger)
        assert len(room.letters) == 8  # and one to the administrator
    ran("verify", folder=grace, ledger=ledger)


def test_pages_are_served(ledger: str, tmp_path: Path) -> None:
    grace = write(tmp_path / "grace", range(3))
    ran("apply", "--yes", folder=grace, ledger=ledger)
    room = Mailroom()
    with (
        mail_server(room),
        served(grace, room, "--mail-from", "library@grace.example", LEDGER=ledger) as pages,
    ):
        member = pages.account("m1@grace.example")
        assert "Books" in member.open("/").text
        assert member.open("/readyz").code == 200


@pytest.mark.slow
def test_many_writers_share_few_sessions(ledger: str, tmp_path: Path) -> None:
    names = [write(tmp_path / f"school-{n}", range(30)).name for n in range(5)]
    outcome = ran("apply", "--yes", "--jobs", "4", "--now", FIRST, *names, folder=tmp_path, ledger=ledger)
    assert "5 institutions: 5 changed" in outcome.err
    for name in names:
        ran("apply", "--yes", "--now", SECOND, folder=write(tmp_path / name, range(2, 45)), ledger=ledger)
    ran("verify", folder=tmp_path / names[0], ledger=ledger)


def test_the_holder_of_the_lock_is_known_and_can_be_ended(ledger: str, tmp_path: Path) -> None:
    grace = write(tmp_path / "grace", range(3))
    ran("apply", "--yes", folder=grace, ledger=ledger)
    began, go_on, failed = Event(), Event(), list[Exception]()

    def step(connection: Connection) -> None:
        connection.execute(
            tables.institution.update().where(tables.institution.c.institution == "grace"), {"name": "X"}
        )
        began.set()
        assert go_on.wait(30)

    def write_slowly() -> None:
        try:
            with closing(Ledger(ledger)) as mine:
                mine.write("grace", "ruth", "", step)
        except LedgerError as error:
            failed.append(error)

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert began.wait(30)
    assert "locked by    ruth on" in ran("ledger", "info", folder=grace, ledger=ledger).out
    locked = ("ledger", "claim", "books", "m1@grace.example", "--lock-timeout", "0.2")
    assert "locked by ruth on" in ran(*locked, folder=grace, ledger=ledger, code=ExitCode.LEDGER).err
    ran("ledger", "unlock", "--yes", folder=grace, ledger=ledger)
    ran(*locked, folder=grace, ledger=ledger)
    go_on.set()
    writer.join(30)
    assert len(failed) == 1
    ran("verify", folder=grace, ledger=ledger)  # nothing of it was written


def test_statement_mode_is_refused_with_the_mode_to_set(server: Cluster, databases: Postgres, tmp_path: Path) -> None:
    grace = write(tmp_path / "grace", range(3))
    with pgbouncer(server, "pool_mode = statement") as pooler:
        for template, command in (("", ("plan",)), ("", ("apply", "--yes")), (None, ("ledger", "migrate"))):
            outcome = ran(
                *command, folder=grace, ledger=behind(pooler, databases.fresh(template)), code=ExitCode.LEDGER
            )
            assert "behind a pooler in statement mode" in outcome.err
            assert "pool_mode = transaction" in outcome.err


def test_an_option_that_the_pooler_rejects_is_named(ledger: str, tmp_path: Path) -> None:
    grace = write(tmp_path / "grace", range(3))
    outcome = ran("plan", folder=grace, ledger=f"{ledger}?options=-cwork_mem%3D8MB", code=ExitCode.LEDGER)
    assert "ignore_startup_parameters" in outcome.err
