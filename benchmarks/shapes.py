"""Shapes of change: how long a plan takes where a part of the members is enough, and where it is not.

python benchmarks/shapes.py N [--postgres] [--runs N] [--only WORD] prints a table: each shape as `seatsync plan` plans it, and
planned from all members (`whole.py`). No shape may take longer than the plan from all members.
"""

from __future__ import annotations

import argparse
import csv
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import median

import data
from paired import Command, Measured, paired

HERE = Path(__file__).parent
PROGRAM = str(Path(sys.executable).parent / "seatsync")
FIELDS = ["email", "given_name", "family_name", "student_id", "tags"]
GIVEN_NAME, TAGS = FIELDS.index("given_name"), FIELDS.index("tags")

Row = list[str]
Write = Callable[[Path, Sequence[Row]], None]
"""Writes rows as the rosters in a folder."""
Change = Callable[[list[Row]], Iterable[Row]]
"""Turns the rows that the ledger holds into those that the files ask for."""


# ── How rosters are written ─────────────────────────────────────────────────────────────────────────────────────────


def as_csv(path: Path, rows: Iterable[Row], fields: Sequence[str] = FIELDS, quoting: int = csv.QUOTE_MINIMAL) -> None:
    at = [FIELDS.index(name) for name in fields]
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=quoting)
        writer.writerow(fields)
        writer.writerows([row[position] for position in at] for row in rows)


def one_csv(folder: Path, rows: Sequence[Row], **how: object) -> None:
    as_csv(folder / "one.csv", rows, **how)  # type: ignore[arg-type]


def two_csv(folder: Path, rows: Sequence[Row]) -> None:
    half = len(rows) // 2
    as_csv(folder / "one.csv", rows[:half])
    as_csv(folder / "two.csv", rows[half:])


def every_second_quoted(folder: Path, rows: Sequence[Row]) -> None:
    def cells(position: int, row: Row) -> Iterator[str]:
        return (f'"{cell}"' if position % 2 else cell for cell in row)

    lines = (",".join(cells(position, row)) + "\n" for position, row in enumerate(rows))
    with open(folder / "one.csv", "w", encoding="utf-8") as file:
        file.writelines(chain([",".join(FIELDS) + "\n"], lines))


def one_yaml(folder: Path, rows: Sequence[Row], quote: str = "") -> None:
    with open(folder / "one.yaml", "w", encoding="utf-8") as file:
        for email, given, family, student_id, tags in rows:
            file.write(f"- email: {email}\n  given_name: {quote}{given}{quote}\n  family_name: {family}\n")
            file.write(f"  student_id: {student_id}\n  tags: [{tags.replace(';', ', ')}]\n")


# ── What changes ────────────────────────────────────────────────────────────────────────────────────────────────────


def renamed(rows: list[Row], which: Iterable[int]) -> list[Row]:
    """The rows with another given name in ``which``."""
    for position in which:
        rows[position] = [*rows[position]]
        rows[position][GIVEN_NAME] = "Changed"
    return rows


def last_ten(rows: list[Row]) -> list[Row]:
    return renamed(rows, range(len(rows) - 10, len(rows)))


def first_ten(rows: list[Row]) -> list[Row]:
    return renamed(rows, range(10))


def every(step: int, rows: list[Row]) -> list[Row]:
    return renamed(rows, range(step // 2, len(rows), step))


def last_hundredths(share: int, rows: list[Row]) -> list[Row]:
    return renamed(rows, range(len(rows) - len(rows) * share // 100, len(rows)))


def new_ones(share: int, rows: list[Row]) -> list[Row]:
    return [*rows, *map(member, range(len(rows), len(rows) + len(rows) * share // 100))]


def without(share: int, rows: list[Row]) -> list[Row]:
    return rows[: len(rows) - len(rows) * share // 100]


def with_tags(change: Callable[[int, list[str]], list[str]], rows: list[Row]) -> list[Row]:
    """The rows with other tags: ``change`` gets the position and the tags of each."""
    return [[*row[:TAGS], ";".join(change(position, row[TAGS].split(";")))] for position, row in enumerate(rows)]


def tag_more(rows: list[Row]) -> list[Row]:
    return with_tags(lambda position, tags: [*tags, "alumni"], rows)


def tags_turned(rows: list[Row]) -> list[Row]:
    return last_ten(with_tags(lambda position, tags: tags[::-1], rows))


def tags_turned_in_half(rows: list[Row]) -> list[Row]:
    return last_ten(with_tags(lambda position, tags: tags[::-1] if position // 4 % 2 else tags, rows))


def shuffled(rows: list[Row]) -> list[Row]:
    rows = last_ten(rows)
    random.Random(1).shuffle(rows)
    return rows


def new_domain(rows: list[Row]) -> list[Row]:
    return [[row[0].replace("@campus.", "@students.campus."), *row[1:]] for row in rows]


# ── The shapes ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Form:
    """How the rosters are written that the ledger holds: the files, who writes them, and the tags of each member."""

    rosters: tuple[str, ...]
    write: Write
    tags: Callable[[int], str] = lambda i: f"student;year-{i % 4}"


FORMS = {
    "CSV": Form(("one.csv",), one_csv),
    "CSV, everybody with a tag of their own": Form(("one.csv",), one_csv, lambda i: f"student;room-{i}"),
    "two CSV": Form(("one.csv", "two.csv"), two_csv),
    "YAML": Form(("one.yaml",), one_yaml),
}


@dataclass(frozen=True)
class Shape:
    """What changes in rosters of a form, and how they are written then, if in another way."""

    name: str
    change: Change
    write: Write | None = None
    form: str = "CSV"


SHAPES = [
    Shape("the first 10 rows changed", first_ten),
    Shape("the last 10 rows changed", last_ten),
    Shape("1 % changed, spread evenly", partial(every, 100)),
    Shape("5 % changed, spread evenly", partial(every, 20)),
    Shape("5 % changed, at the end", partial(last_hundredths, 5)),
    Shape("20 % changed, spread evenly", partial(every, 5)),
    Shape("20 % changed, at the end", partial(last_hundredths, 20)),
    Shape("half changed, at the end", partial(last_hundredths, 50)),
    Shape("10 % new, at the end", partial(new_ones, 10)),
    Shape("10 % removed, at the end", partial(without, 10)),
    Shape("one tag more for everybody", tag_more),
    Shape("another e-mail for everybody", new_domain),
    Shape("rows in another order, 10 changed", shuffled),
    Shape("tags in another order, 10 changed", tags_turned),
    Shape("tags in another order in half of the rows, 10 changed", tags_turned_in_half),
    Shape("every cell quoted, 10 changed", last_ten, partial(one_csv, quoting=csv.QUOTE_ALL)),
    Shape("every second row quoted, 10 changed", last_ten, every_second_quoted),
    Shape("columns in another order, 10 changed", last_ten, partial(one_csv, fields=FIELDS[::-1])),
    Shape("no column of student ids, 10 changed", last_ten, partial(one_csv, fields=FIELDS[:3] + FIELDS[4:])),
    Shape("a tag of their own for everybody, 10 changed", last_ten, form="CSV, everybody with a tag of their own"),
    Shape("two rosters, the last 10 rows changed", last_ten, form="two CSV"),
    Shape("two rosters, a quarter moved to the other", lambda rows: rows[::2] + rows[1::2], form="two CSV"),
    Shape("YAML, the last 10 members changed", last_ten, form="YAML"),
    Shape("YAML, 5 % changed, spread evenly", partial(every, 20), form="YAML"),
    Shape("YAML, the given names quoted, 10 changed", last_ten, partial(one_yaml, quote='"'), form="YAML"),
]


def member(i: int) -> Row:
    """The i-th member, in the order of FIELDS."""
    return [*data.member(i)[:4], f"student;year-{i % 4}"]


def rows_of(form: Form, n: int) -> list[Row]:
    """The rows that the ledger holds."""
    return [[*data.member(i)[:4], form.tags(i)] for i in range(n)]


# ── Measuring ───────────────────────────────────────────────────────────────────────────────────────────────────────

Ledger = AbstractContextManager[Sequence[str]]
"""A new ledger, and the words before a command that uses it."""


def begin(folder: Path, form: Form, n: int) -> None:
    """Write a new folder in this form."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = data.CONFIG.format(slots=int(n * 1.3) + 5, roster="}, {path: ".join(form.rosters))
    (folder / "seatsync.yaml").write_text(f"{config}limits: {{max_revokes: 100%}}\n", encoding="utf-8")
    form.write(folder, rows_of(form, n))


def change(folder: Path, shape: Shape, n: int) -> None:
    """Change the rosters of a folder that was begun in the shape's form."""
    form = FORMS[shape.form]
    (shape.write or form.write)(folder, list(shape.change(rows_of(form, n))))


def measure(
    folder: Path, n: int, runs: int, only: str = "", ledger: Callable[[], Ledger] | None = None
) -> Iterator[tuple[Shape, dict[str, Measured]]]:
    """Measure the shapes whose name contains ``only``, form by form."""
    for name, form in FORMS.items():
        shapes = [shape for shape in SHAPES if shape.form == name and only in shape.name]
        if not shapes:
            continue
        with ledger() if ledger is not None else nullcontext(()) as environment:
            begin(folder, form, n)
            subprocess.run([*environment, PROGRAM, "apply", "--yes", "--quiet"], cwd=folder, check=True)
            for shape in shapes:
                change(folder, shape, n)
                plan = ["plan", "--quiet"]
                yield (
                    shape,
                    paired(
                        {
                            "short": Command([*environment, PROGRAM, *plan], folder),
                            "whole": Command([*environment, sys.executable, str(HERE / "whole.py"), *plan], folder),
                        },
                        runs,
                    ),
                )
        shutil.rmtree(folder)


def line(shape: Shape, found: Mapping[str, Measured]) -> str:
    """A row of the table."""
    short, whole = found["short"], found["whole"]
    cells = [
        cell
        for measured in (short, whole)
        for cell in (f"{measured.time:.1f}", f"{median(measured.processor):.2f}", f"{measured.peak:,.0f}")
    ]
    times = median(a / b for a, b in zip(short.processor, whole.processor, strict=True))
    return f"| {' | '.join([shape.name, *cells, f'{times:.2f}'])} |"


HEADER = """\
| what differs | plan: seconds | processor | MiB | from all: seconds | processor | MiB | ratio |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("members", type=int)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--postgres", action="store_true")
    chosen = parser.parse_args()
    print(HEADER)
    with tempfile.TemporaryDirectory() as name:
        ledger = on_postgres if chosen.postgres else None
        for shape, found in measure(Path(name) / "campus", chosen.members, chosen.runs, chosen.only, ledger):
            print(line(shape, found), flush=True)


@contextmanager
def on_postgres() -> Iterator[Sequence[str]]:
    """Start a server; yield the words that make a command use a new ledger there."""
    from run import postgres

    with postgres() as (url, _):
        yield ["env", f"SEATSYNC_LEDGER={url}"]


if __name__ == "__main__":
    main()
