"""The commands about a vendor's portal: how long they take where all seats are at Logos, two libraries for each member.

python benchmarks/at_vendor.py N [--postgres] prints a table. Each command runs once,
in an order in which everything is on the work list at first, then done, then claimed.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

import data
from paired import Command, Measured, paired
from shapes import FIELDS, PROGRAM, last_ten, member, on_postgres, one_csv

EXPORT = "users.csv"
COLUMNS = [
    *("Role", "Institution Student ID", "Given Name", "Family Name", "Institution Email Address"),
    *(f"{title} License {what}" for title in ("Gold", "Research") for what in ("Kind", "Status")),
]


def write_folder(folder: Path, n: int) -> None:
    """An institution at the vendor; nobody is new, gone or changed."""
    folder.mkdir(parents=True)
    config = data.CONFIG.format(slots=int(n * 1.02) + 5, roster="one.csv")
    at_vendor = config.replace("  name: Campus\n", "  name: Campus\n  delivered_by: vendor\n")
    (folder / "seatsync.yaml").write_text(at_vendor, encoding="utf-8")
    one_csv(folder, rows(n))


def rows(n: int) -> list[list[str]]:
    return [*map(member, range(n))]


def write_export(path: Path, n: int, status: str) -> None:
    """What the portal shows when everything is done."""
    licenses = ["Temporary", status] * 2
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows(n):
            person = dict(zip(FIELDS, row, strict=True))
            names = [person[name] for name in ("student_id", "given_name", "family_name", "email")]
            writer.writerow(["Student", *names, *licenses])


def measure(root: Path, n: int, environment: Sequence[str]) -> Iterator[tuple[str, Measured]]:
    """Measure each command; yield what it does, and what was measured."""
    folder = root / "campus"
    write_folder(folder, n)

    def run(what: str, day: str, *words: str) -> tuple[str, Measured]:
        command = Command([*environment, PROGRAM, *words, "--now", day], folder)
        return what, paired({what: command}, 1)[what]

    yield run("first apply", "2027-01-04", "apply", "--yes")
    yield run(f"plan, nothing to do, {3 * n:,} steps open", "2027-01-05", "plan")
    yield run("status", "2027-01-05", "status")
    yield run("worklist bundle", "2027-01-05", "worklist", "bundle", str(root / "to-do"))
    yield run("worklist list --format json", "2027-01-05", "worklist", "list", "--format", "json")
    write_export(folder / EXPORT, n, "Unclaimed")
    yield run("import, everything is done there", "2027-02-01", "import", EXPORT, "--yes")
    yield run("plan, nothing to do, no step open", "2027-02-02", "plan")
    yield run("drift, no difference", "2027-02-02", "drift", EXPORT)
    yield run("import, no difference", "2027-02-02", "import", EXPORT, "--yes")
    write_export(folder / EXPORT, n, "Delivered")
    with open(folder / "seatsync.yaml", "a", encoding="utf-8") as file:
        file.write(f"exports: [{{path: {EXPORT}, taken: 2027-03-01}}]\n")
    yield run("plan with an export, everybody has claimed", "2027-03-02", "plan")
    yield run("apply of that", "2027-03-02", "apply", "--yes")
    one_csv(folder, last_ten(rows(n)))
    yield run("plan of 10 changed rows", "2027-03-03", "plan")


HEADER = "| what | seconds | processor | MiB |\n| --- | ---: | ---: | ---: |"


def line(what: str, found: Measured) -> str:
    """A row of the table."""
    return f"| {what} | {found.time:.1f} | {found.processor[0]:.2f} | {found.peak:,.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("members", type=int)
    parser.add_argument("--postgres", action="store_true")
    chosen = parser.parse_args()
    print(HEADER)
    with tempfile.TemporaryDirectory() as name, on_postgres() if chosen.postgres else nullcontext(()) as environment:
        for what, found in measure(Path(name), chosen.members, environment):
            print(line(what, found), flush=True)


if __name__ == "__main__":
    main()
