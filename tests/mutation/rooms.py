"""The rooms of the program, their tests, and how well these tests notice mutants (`rooms.toml`).

``python -m tests.mutation.rooms parts`` prints the parts of a night for a workflow's matrix.
``python -m tests.mutation.rooms score PAGE FILE…`` adds up the figures of all parts, and writes them to the page's table.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "src" / "seatsync"
BEGIN, END = "<!-- mutants -->\n", "<!-- end of mutants -->"
HEAD = "| room | mutants | killed | too long | survived | score | measured |\n| --- | ---: | ---: | ---: | ---: | ---: | --- |\n"


class Room(NamedTuple):
    """A part of the program with its tests.

    ``code`` has folders or files below src/seatsync. ``tests`` has test files; ``marks`` selects tests from them, as
    ``pytest -m`` does. ``least`` is the lowest allowed score in percent.
    """

    name: str
    code: list[str]
    tests: list[str]
    parts: int
    least: float
    marks: str = ""

    def files(self) -> list[Path]:
        """The modules of the room."""
        found = (CODE / one for one in self.code)
        return sorted(file for one in found for file in (one.rglob("*.py") if one.is_dir() else [one]))


class Score(NamedTuple):
    """The numbers of a room's mutants, by result."""

    room: str
    killed: int
    too_long: int
    survived: int

    @classmethod
    def of(cls, room: str, counts: Counter[str]) -> Score:
        return cls(room, counts["killed"], counts["too long"], counts["survived"] + counts["not run"])

    @property
    def mutants(self) -> int:
        return self.killed + self.too_long + self.survived

    @property
    def percent(self) -> float:
        """The share of mutants that were noticed. A mutant that never ends was noticed too."""
        return round(100 * (self.killed + self.too_long) / max(1, self.mutants), 1)

    def __str__(self) -> str:
        return f"{self.mutants:,} mutants, {self.killed:,} killed, {self.too_long:,} too long, {self.survived:,} survived: {self.percent} %"

    def row(self, day: str) -> str:
        counts = f"{self.mutants:,} | {self.killed:,} | {self.too_long:,} | {self.survived:,}"
        return f"| {self.room} | {counts} | {self.percent} % | {day} |"


def read() -> list[Room]:
    """The rooms, in the order of `rooms.toml`."""
    tables = tomllib.loads((Path(__file__).parent / "rooms.toml").read_text(encoding="utf-8"))
    return [Room(name=name, **values) for name, values in tables.items()]


def parts() -> list[dict[str, str]]:
    """The parts of a night."""
    return [{"room": room.name, "part": f"{k}/{room.parts}"} for room in read() for k in range(1, room.parts + 1)]


def added(figures: Iterable[Path]) -> list[Score]:
    """The scores of the rooms: the sums of their parts."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for path in figures:
        counts = json.loads(path.read_text())
        sums[counts.pop("room")].update(counts)
    return [Score(room, counts["killed"], counts["too_long"], counts["survived"]) for room, counts in sums.items()]


def written(page: str, scores: Iterable[Score], day: str) -> str:
    """Return the page with these rows. The rows of other rooms stay."""
    before, rest = page.split(BEGIN)
    table, after = rest.split(END)
    rows = {line.split("|")[1].strip(): line for line in table.splitlines()[2:]}
    rows |= {score.room: score.row(day) for score in scores}
    lines = [rows[room.name] for room in read() if room.name in rows]
    return f"{before}{BEGIN}{HEAD}" + "".join(f"{line}\n" for line in lines) + END + after


def score(page: Path, figures: list[Path]) -> int:
    """Write the table, print which rooms are under their least score, and return 1 if any is."""
    scores = added(figures)
    page.write_text(
        written(page.read_text(encoding="utf-8"), scores, f"{datetime.now(UTC):%Y-%m-%d}"), encoding="utf-8"
    )
    least = {room.name: room.least for room in read()}
    for one in scores:
        print(
            f"{'under' if one.percent < least[one.room] else 'fine'}: {one.room}: {one}; at least {least[one.room]} %"
        )
    return int(any(one.percent < least[one.room] for one in scores))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["parts"]:
            print(f"parts={json.dumps(parts())}")
        case ["score", page, *figures] if figures:
            sys.exit(score(Path(page), list(map(Path, figures))))
        case _:
            sys.exit(__doc__)
