"""Killed and concurrent senders: no letter is lost, and only the letter being sent may go out twice."""

from __future__ import annotations

import random
import signal
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from tests.faults.history_torture import figures, replayable, seeds
from tests.support import letters
from tests.support.letters import DAY, applied, crowd, listed, ran, started
from tests.support.long_form import times
from tests.support.mail_server import Mailroom

school, room = letters.school, letters.room

LETTERS, KILLS = times(short=80, long=1_000), times(short=3, long=50)
SENDERS, SHARED = times(short=3, long=8), times(short=80, long=1_000)


def test_a_killed_sender_loses_no_letter_and_repeats_at_most_one(school: Path, room: Mailroom, database: str) -> None:
    (seed,) = seeds(1, 1)
    applied(school, *crowd(LETTERS - 1))  # and the administrator's welcome
    with replayable(seed) as chance, figures("senders killed", database) as counts:
        counts["letters"] = LETTERS
        for kill in range(KILLS):
            counts["repeated"] += _killed(school, room, chance, kill)
            counts["kills"] += 1
        room.victim = 0
        last = started(school, now=_instant(KILLS))
        _, err = last.communicate(timeout=600)
        assert last.returncode == 0, err
        counts["lost"] = LETTERS - len(set(room.ids()))
        assert counts["lost"] == 0
    assert Counter(letter["state"] for letter in listed(school)) == {"sent": LETTERS}
    ran(school, "verify")


def _killed(folder: Path, room: Mailroom, chance: random.Random, kill: int) -> int:
    """Kill a sender right after the server's 250, or a moment later; return how many letters were sent twice."""
    before = len(room.ids()) - len(set(room.ids()))
    room.spared = chance.randrange(max(1, LETTERS * 3 // (4 * KILLS)))
    room.after_250 = chance.choice([0, 0, chance.uniform(0, 0.02)])
    sender = started(folder, now=_instant(kill))
    room.victim = sender.pid
    _, err = sender.communicate(timeout=120)
    assert sender.returncode == -signal.SIGKILL, err
    repeated = len(room.ids()) - len(set(room.ids())) - before
    assert repeated <= 1, f"kill {kill} repeated {repeated} letters"
    return repeated


def _instant(number: int) -> str:
    """Return the time of a sender: each starts half an hour later, when the letters of the one before are free again."""
    return (datetime.fromisoformat(DAY) + timedelta(minutes=30 * number)).isoformat()


def test_several_senders_at_once_send_no_letter_twice(school: Path, room: Mailroom, database: str) -> None:
    applied(school, *crowd(SHARED - 1))
    with figures("several senders", database) as counts:
        senders = [started(school) for _ in range(SENDERS)]
        for sender in senders:
            _, err = sender.communicate(timeout=600)
            assert sender.returncode == 0, err
        counts["senders"], counts["letters"] = SENDERS, SHARED
        counts["twice"] = len(room.ids()) - len(set(room.ids()))
        counts["lost"] = SHARED - len(set(room.ids()))
        assert (counts["twice"], counts["lost"]) == (0, 0)
    assert Counter(letter["state"] for letter in listed(school)) == {"sent": SHARED}
    ran(school, "verify")
