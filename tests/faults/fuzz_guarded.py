"""Kinds of input that break the rules on purpose, to test that the guard and the worker notice."""

from __future__ import annotations

import os
from random import Random

from tests.faults.fuzz_targets import Input, Target


class Sound(Target):
    """A kind without a fault. The other kinds are derived from it."""

    def make(self, random: Random) -> Input:
        return Input({"input": random.randbytes(8)})

    def feed(self, given: Input) -> object:
        return None

    def judge(self, given: Input, outcome: object) -> str:
        return given.files["input"].hex()


class Slow(Sound):
    def feed(self, given: Input) -> object:
        while True:
            pass


class SlowInSecret(Sound):
    def feed(self, given: Input) -> object:
        try:
            while True:
                pass
        except BaseException:
            return None


class Stuck(Sound):
    """It hangs in code that does not check for signals."""

    def feed(self, given: Input) -> object:
        return sum(range(10**12))


class Huge(Sound):
    def feed(self, given: Input) -> object:
        return bytearray(300 * 2**20)


class Dead(Sound):
    def feed(self, given: Input) -> object:
        os.abort()


class Broken(Sound):
    def judge(self, given: Input, outcome: object) -> str:
        raise (KeyError, IndexError)[given.files["input"][0] % 2]


class Fickle(Sound):
    """It reports something different each time."""

    def judge(self, given: Input, outcome: object) -> str:
        return str(os.getpid())


SPECIMENS: dict[str, type[Target]] = {
    "sound": Sound,
    "slow": Slow,
    "slow-in-secret": SlowInSecret,
    "stuck": Stuck,
    "huge": Huge,
    "dead": Dead,
    "broken": Broken,
    "fickle": Fickle,
}
