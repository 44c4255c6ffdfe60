"""PgBouncer in front of a server, where it is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.clusters import SYSTEM_USER, Cluster
from tests.support.databases import ends_with_us
from tests.support.ports import free_port

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
needs_pgbouncer = pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed")


@contextmanager
def pgbouncer(server: Cluster, *settings: str, databases: str = "") -> Iterator[str]:
    """Run PgBouncer for all databases of ``server``, or for those in ``databases``; give the beginning of its URLs.

    Every user of the server signs in without a password. ``settings`` are lines of its section [pgbouncer].
    """
    port, user = free_port(), SYSTEM_USER if os.geteuid() == 0 else None
    users = [str(name) for (name,) in server.run("SELECT rolname FROM pg_roles WHERE rolcanlogin")]
    with ends_with_us() as home:
        _write(home / "users", "".join(f'"{name}" ""\n' for name in users))
        at = databases or f"* = host=127.0.0.1 port={server.port}"
        own = ("listen_addr = 127.0.0.1", f"listen_port = {port}", "unix_socket_dir =", "auth_type = trust")
        files = (f"auth_file = {home}/users", f"admin_users = {','.join(users)}")
        _write(home / "ini", "\n".join(("[databases]", at, "[pgbouncer]", *own, *files, *settings, "")))
        assert PROGRAM is not None
        with subprocess.Popen([PROGRAM, "-q", str(home / "ini")], user=user, stderr=subprocess.DEVNULL) as process:
            try:
                _wait_for(port)
                yield f"postgresql://postgres@127.0.0.1:{port}/"
            finally:
                process.kill()


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.parent.chmod(0o755)


def _wait_for(port: int) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < until, "pgbouncer does not listen"
            time.sleep(0.02)
        else:
            return
