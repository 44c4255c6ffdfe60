"""An apply that fails: the host, the database or the job itself is gone. Nothing is half done, and the pull request is told."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.code_hosts import Answer, Fault
from tests.support.pipelines import Ran, Repository, act, needs_act, pull_request

pytestmark = [pytest.mark.slow, needs_act]


def pushed(on: Repository) -> Ran:
    return act(on, "push", {"ref": "refs/heads/main"})


@pytest.fixture
def merged(on_github: Repository) -> Repository:
    """A repository whose pull request was reviewed and merged, and waits for its apply."""
    on_github.propose()
    on_github.write(2)
    on_github.checked_out()
    assert act(on_github, "pull_request", pull_request()).code == 0
    on_github.merged()
    return on_github


def applied(on: Repository) -> None:
    """The next run applies everything."""
    ran = pushed(on)
    assert ran.code == 0, ran.said
    assert on.serial() == 8


def test_while_the_host_is_away_nothing_is_applied_and_later_everything_is(merged: Repository) -> None:
    away = Answer(503, {"message": "Service unavailable"}, {"Retry-After": "600"})
    merged.host.faults = [Fault("GET", away, times=99)]
    ran = pushed(merged)
    assert (ran.code, "Nothing was applied" in ran.said) == (1, True), ran.said
    merged.host.faults = []
    applied(merged)


def test_a_database_that_is_away_is_told_on_the_pull_request(merged: Repository) -> None:
    ledger, merged.ledger = merged.ledger, "postgresql+psycopg://nobody@127.0.0.1:1/seats"
    ran = pushed(merged)
    assert ran.code == 1
    assert len(merged.host.bodies()) == 2
    assert "grace" in merged.host.bodies()[-1]
    merged.ledger = ledger
    applied(merged)


@pytest.mark.parametrize("way", [signal.SIGTERM, signal.SIGKILL])
def test_an_apply_that_is_killed_is_told_on_the_pull_request(merged: Repository, way: signal.Signals) -> None:
    merged.host.faults = [Fault("GET", then=lambda: kill_what_applies(merged.place.parent, way))]
    ran = pushed(merged)
    assert ran.code == 1, ran.said
    assert len(merged.host.bodies()) == 2
    applied(merged)


def kill_what_applies(home: Path, way: signal.Signals) -> None:
    """Send a signal to the processes that apply in a checkout below ``home``."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_here = (process / "cwd").readlink().is_relative_to(home)
            if is_here and b"apply" in (process / "cmdline").read_bytes().split(b"\0"):
                os.kill(int(process.name), way)
