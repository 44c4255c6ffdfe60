"""What a first load, an unchanged plan and a plan of 1 % take: whole processes, real files, a real ledger."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

GIVEN = [
    "Ana",
    "Ben",
    "Chloe",
    "Dmitri",
    "Eve",
    "Farid",
    "Grace",
    "Hiro",
    "Ines",
    "Jonas",
    "Kofi",
    "Lena",
    "Mei",
    "Noor",
    "Omar",
    "Pia",
    "Quinn",
    "Rosa",
    "Sven",
    "Tara",
]
FAMILY = [
    "Adler",
    "Brandt",
    "Costa",
    "Dubois",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Haddad",
    "Ito",
    "Jensen",
    "Khan",
    "Lopez",
    "Meyer",
    "Novak",
    "Okafor",
    "Park",
    "Quist",
    "Rossi",
    "Silva",
    "Tanaka",
]
TAGS = ("2026-fall", "mdiv", "lang-en", "lang-es")
CONFIG = """\
version: 1
institution:
  id: campus
  name: Campus
  admins: [{{given_name: Ruth, family_name: Abel, email: ruth@campus.example}}]
libraries:
  gold: {{title: Gold, system: logos-library, slots: {slots}}}
  research: {{title: Research, system: logos-subscription, slots: {slots}}}
rosters: [{{path: members.csv}}]
grants:
  - {{library: gold, kind: temporary, to: {{everyone: true}}}}
  - {{library: gold, kind: permanent, to: {{file: owners.csv}}}}
  - {{library: research, to: {{any_tags: [student, faculty]}}}}
"""


def email(i: int) -> str:
    return f"{GIVEN[i % 20].lower()}.{FAMILY[i // 20 % 20].lower()}{i:07d}@campus.example"


def write_folder(folder: Path, n: int, changed: bool) -> None:
    """N members; with ``changed``, 1 % of them new, 1 % gone and 1 % to be upgraded."""
    folder.mkdir(exist_ok=True)
    (folder / "seatsync.yaml").write_text(CONFIG.format(slots=int(n * 1.1) + 10), encoding="utf-8")
    numbers = range(n + n // 100) if changed else range(n)
    here = [i for i in numbers if not (changed and i % 100 == 7 and i < n)]
    with open(folder / "members.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["email", "given_name", "family_name", "student_id", "tags"])
        for i in here:
            kind = ("student", "faculty")[i % 2]
            writer.writerow([email(i), GIVEN[i % 20], FAMILY[i // 20 % 20], f"S{i:08d}", f"{kind};{TAGS[i % 4]}"])
    owners = [i for i in here if i % 10 == 0 or (changed and i % 100 == 13)]
    (folder / "owners.csv").write_text("email\n" + "".join(f"{email(i)}\n" for i in owners), encoding="utf-8")


def measured(*command: str, folder: Path) -> tuple[float, float, int]:
    """(seconds, peak MiB, exit code) of one process."""
    start = time.perf_counter()
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    return time.perf_counter() - start, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


def bench(n: int, folder: Path) -> None:
    """One line for each step."""
    program = str(Path(sys.executable).parent / "seatsync")
    plan, apply = (program, "plan", "--out", "plan.json"), (program, "apply", "--yes")
    write_folder(folder, n, changed=False)
    steps: list[tuple[str, tuple[str, ...]]] = [
        ("validate", (program, "validate")),
        ("plan, first load", plan),
        ("apply, first load", apply),
        ("plan, nothing changed", plan),
    ]
    for name, command in steps:
        report(n, name, measured(*command, folder=folder))
    write_folder(folder, n, changed=True)
    for name, command in (
        ("plan, 1 % of each", plan),
        ("plan, as Markdown", (*plan, "--format", "markdown")),
        ("plan, as HTML", (*plan, "--format", "html")),
        ("apply plan.json", (program, "apply", "plan.json")),
        ("plan, again", plan),
        ("verify", (program, "verify")),
    ):
        report(n, name, measured(*command, folder=folder))


def report(n: int, name: str, figures: tuple[float, float, int]) -> None:
    seconds, memory, code = figures
    print(f"{n:>9,}  {name:24} {seconds:8.2f} s {memory:8.0f} MiB  exit {code}", flush=True)


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or [1_000, 10_000, 100_000]
    for n in sizes:
        folder = Path(tempfile.mkdtemp())
        try:
            bench(n, folder)
        finally:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
