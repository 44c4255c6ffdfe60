"""PostgreSQL: the client or the server dies at any moment of an apply, which is done completely or not at all."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random

import psycopg
import pytest

from seatsync.ledger import tables
from tests.faults.crash_figures import SEED, Tally, chosen, tally
from tests.faults.crash_runner import Command, needs_strace, warm
from tests.faults.crash_scenarios import EARLIER, NOW, Seen, files, left_to_do, rows, told_plainly, write
from tests.faults.crash_server import Server, server
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import plain
from tests.support.long_form import times

LEDGER = 6
MEMBERS = times(short=400, long=2000)
TABLES = sorted(tables.metadata.tables)


class Trial:
    """An apply of some thousands of changes, with its starting state, its undisturbed final state, and its duration."""

    def __init__(self, lossy: Server, folder: Path) -> None:
        self.server, self._folder = lossy, folder
        self._base = lossy.databases.fresh()
        write(folder, files(MEMBERS))
        assert self._apply(self._base, EARLIER).code == 0
        write(folder, files(MEMBERS, later=True))
        self.before = self._look(self._base)
        ledger = lossy.databases.fresh(self._base)
        self.calls, _ = warm().calls(*self.command(ledger), folder=folder, which="sendto,recvfrom")
        self.after = self._look(ledger)
        self.seconds = min(self._measured() for _ in range(3))
        assert self.before.state != self.after.state

    def command(self, ledger: str, now: str = NOW) -> tuple[str, ...]:
        return ("apply", "--yes", "--format", "json", "--now", now, "--ledger", ledger)

    def attempt(self, point: object, count: Tally, disturbed: Callable[[str], Outcome]) -> Outcome:
        """Apply to a new copy of the ledger with the disturbance, look at the result, then apply again without."""
        ledger = self.server.databases.fresh(self._base)
        outcome = disturbed(ledger)
        self.server.wait_for_silence(ledger)
        seen = self._look(ledger)
        count.happened(point, seen.state == self.before.state, seen.state == self.after.state, outcome.code == 0)
        count.expect(seen in (self.before, self.after), point, f"verify {seen.verified}, plan {seen.plan}")
        again = self._apply(ledger)
        count.expect(again.code == 0, point, again)
        count.expect(self._look(ledger) == self.after, point, "does not converge")
        self.server.databases.drop(ledger)
        return outcome

    def started(self, ledger: str) -> Command:
        command = warm().ready(*self.command(ledger), folder=self._folder)
        command.begin()
        return command

    def killed_before(self, number: int, ledger: str) -> Outcome:
        return warm().killed_before(self.calls[number], *self.command(ledger), folder=self._folder)

    def _apply(self, ledger: str, now: str = NOW) -> Outcome:
        return warm().run(*self.command(ledger, now), folder=self._folder)

    def _measured(self) -> float:
        ledger = self.server.databases.fresh(self._base)
        began = time.monotonic()
        assert self._apply(ledger).code == 0
        seconds = time.monotonic() - began
        self.server.databases.drop(ledger)
        return seconds

    def _look(self, ledger: str) -> Seen:
        with psycopg.connect(plain(ledger)) as connection:
            state = rows(connection, TABLES)
        verified = seatsync("verify", "--ledger", ledger, folder=self._folder)
        return Seen(state, verified.code, left_to_do(self._folder, "--ledger", ledger))


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    with server() as lossy:
        yield Trial(lossy, tmp_path_factory.mktemp("grace"))


def moments(trial: Trial, way: str, few: int, many: int) -> Iterator[tuple[int, float]]:
    """Return points, each with a random moment during an apply or shortly after it."""
    for point in chosen(range(many), way, few, many):
        yield point, Random(f"{SEED} {way} {point}").uniform(0, 1.1 * trial.seconds)


def test_a_client_that_is_killed_at_some_moment_has_applied_all_or_nothing(trial: Trial) -> None:
    with tally("client killed", "moment") as count:
        for point, moment in moments(trial, "client", few=1, many=30):

            def disturbed(ledger: str, moment: float = moment) -> Outcome:
                command = trial.started(ledger)
                time.sleep(moment)
                command.kill()
                return command.outcome

            outcome = trial.attempt(point, count, disturbed)
            count.expect(outcome.code in (0, -signal.SIGKILL), point, outcome)


@needs_strace
def test_a_client_that_is_killed_before_some_message_has_applied_all_or_nothing(trial: Trial) -> None:
    with tally("client killed", "message") as count:
        replies = [number for number, call in enumerate(trial.calls) if call.name == "recvfrom"]
        around = sorted({number - before for number in replies for before in (0, 1)})
        for point in chosen(around, "message", few=2, many=40):
            outcome = trial.attempt(point, count, partial(trial.killed_before, point))
            count.expect(outcome.code in (0, -signal.SIGKILL), point, outcome)


@pytest.mark.parametrize("way", ["kill", "stop_immediately", "end_sessions"])
def test_a_server_that_is_lost_at_some_moment_has_kept_all_or_nothing(way: str, trial: Trial) -> None:
    with tally("server lost", way) as count:
        for point, moment in moments(trial, way, few=1, many=20):

            def disturbed(ledger: str, moment: float = moment) -> Outcome:
                command = trial.started(ledger)
                time.sleep(moment)
                if way == "end_sessions":
                    trial.server.end_sessions(ledger)
                    return command.outcome
                getattr(trial.server, way)()
                outcome = command.outcome
                trial.server.restart()
                return outcome

            outcome = trial.attempt(point, count, disturbed)
            is_told = outcome.code == LEDGER and told_plainly(outcome)
            count.expect(is_told or outcome.code == 0, point, f"{moment:.2f} s: {outcome}")
