"""The tests' own support: database servers end with the test run, and a port is given out only once."""

from __future__ import annotations

import errno
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.mail_server import Mailroom, mail_server
from tests.support.ports import free_port

STARTED = """
from tests.support.databases import postgres
with postgres() as server:
    print(server.url.query["host"], flush=True)
    input()
"""


def test_a_database_server_ends_with_the_process_that_started_it_even_if_that_is_killed() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "SEATSYNC_TEST_POSTGRES"}
    with subprocess.Popen(
        [sys.executable, "-c", STARTED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as run:
        assert run.stdout is not None
        folder = Path(run.stdout.readline().strip())
        server = int((folder / "postmaster.pid").read_text().splitlines()[0])
        assert _runs(server)
        run.send_signal(signal.SIGKILL)
    until = time.monotonic() + 60
    while folder.exists():
        assert time.monotonic() < until, "the server still runs"
        time.sleep(0.05)
    assert not _runs(server)


def _runs(process: int) -> bool:
    status = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return status.stdout.strip()[:1] not in ("", "Z")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets two sockets share a port of which one listens")
def test_a_port_is_given_to_nobody_else_and_a_server_can_listen_at_it() -> None:
    port = free_port()
    with socket.socket() as other:
        other.settimeout(10)
        assert other.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))
    for _ in range(2):  # and again after the first server has ended
        with mail_server(Mailroom(), port=port), smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            assert client.noop()[0] == 250
