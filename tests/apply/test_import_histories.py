"""Random histories of an institution: what an export says comes back by an import, and an older one turns nothing back."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from tests.apply.test_import import HEAD, LIBRARIES, everything, export, files, plan_is_empty, told
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import apart
from tests.support.long_form import times

NAMES = ("Ann", "Ben", "Cy", "Di", "Ed", "Flo")
CONFIG = HEAD + LIBRARIES + "rosters:\n  - {path: all.csv}\ngrants:\n  - {path: given.csv}\n"
VENDOR = CONFIG.replace("slots: 40}", "slots: 40, delivered_by: vendor}")


def ran(folder: Path, *args: str, now: str) -> Outcome:
    outcome = seatsync(*args, "--now", now, folder=folder)
    assert outcome.code == 0, (args, outcome.err)
    return outcome


class Life:
    """An institution that changes from day to day. ``permanent`` licenses are never asked back."""

    def __init__(self, folder: Path, config: str, random: Random) -> None:
        self.folder, self.random, self.day = folder, random, 0
        self.permanent: set[str] = set()
        folder.mkdir(parents=True)
        (folder / "seatsync.yaml").write_text(config)

    @property
    def now(self) -> str:
        return f"2026-09-{self.day:02}"

    def pass_a_day(self) -> None:
        self.day += 1
        on_rosters = [name for name in NAMES if self.random.random() < 0.8] or ["Ann"]
        rows = [f"{name.lower()}@grace.example,{name},Test,{NAMES.index(name)}\n" for name in on_rosters]
        (self.folder / "all.csv").write_text("email,given_name,family_name,student_id\n" + "".join(rows))
        grants = []
        for name in on_rosters:
            if name in self.permanent or self.random.random() < 0.2:
                self.permanent.add(name)
                grants.append(f"books,{name.lower()}@grace.example,permanent,\n")
            elif self.random.random() < 0.6:
                until = self.random.choice(("", "2027-06-30"))
                grants.append(f"books,{name.lower()}@grace.example,temporary,{until}\n")
            if self.random.random() < 0.5:
                grants.append(f"logos,{name.lower()}@grace.example,temporary,\n")
        (self.folder / "given.csv").write_text("library,email,kind,until\n" + "".join(grants))
        ran(self.folder, "apply", "--yes", now=self.now)
        for row in told(self.folder, "licenses", "--library", "logos", "--status", "unclaimed"):
            if (word := self.random.choice(("claim", "opt-out", ""))) and row["email"].split("@")[
                0
            ].title() in on_rosters:
                ran(self.folder, "ledger", word, "logos", row["email"], now=self.now)


@pytest.mark.parametrize("seed", range(times(short=2, long=40)))
@pytest.mark.parametrize("config", [CONFIG, VENDOR], ids=["here", "vendor"])
def test_an_export_comes_back_and_an_older_one_turns_nothing_back(config: str, seed: int, tmp_path: Path) -> None:
    life = Life(tmp_path / "first", config, Random(seed))
    exports: list[tuple[str, str]] = []
    for _ in range(5):
        life.pass_a_day()
        exports.append((f"{life.now}T12:00:00Z", export(life.folder)))

    second = apart(tmp_path / "second")
    second.mkdir()
    for name in ("seatsync.yaml", "all.csv", "given.csv"):
        (second / name).write_bytes((life.folder / name).read_bytes())
    (tmp_path / "export.csv").write_text(exports[-1][1])
    before = files(second)
    ran(second, "import", "../export.csv", "--yes", now="2026-09-10")
    assert files(second) == before
    assert rows(export(second)) == rows(exports[-1][1])
    assert plan_is_empty(second)
    ran(second, "verify", now="2026-09-10")
    journal = everything(second)
    ran(second, "import", "../export.csv", "--yes", now="2026-09-11")
    assert everything(second) == journal

    last = everything(life.folder)
    for taken, text in exports:
        (tmp_path / "older.csv").write_text(text)
        ran(life.folder, "import", "../older.csv", "--yes", "--taken", taken, now="2026-09-20")
        assert everything(life.folder) == last, taken


def rows(text: str) -> list[str]:
    """The rows without the day on which the ledger met a person, and in any order: both belong to a ledger."""
    return sorted(re.sub(r"imported:[0-9-]+", "imported", text).splitlines())
