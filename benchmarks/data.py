"""One institution for all programs: N members with two licenses each; then 1 % new, 1 % gone, 1 % upgraded.

python benchmarks/data.py N FOLDER writes

- `campus/`, seatsync's folder, with `now.csv` and `then.csv`, of which one is copied to `members.csv` (and the same as YAML),
- `actual.csv` and `desired.csv`, for csv-diff, pandas and the yardstick, and `ledger.db` for the yardstick,
- `octodns/`, a zone with a record for each member and a value for each license.
"""

from __future__ import annotations

import csv
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

GIVEN = (
    *("Ana", "Ben", "Chloe", "Dmitri", "Eve", "Farid", "Grace", "Hiro", "Ines", "Jonas"),
    *("Kofi", "Lena", "Mei", "Noor", "Omar", "Pia", "Quinn", "Rosa", "Sven", "Tara"),
)
FAMILY = (
    *("Adler", "Brandt", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito", "Jensen"),
    *("Khan", "Lopez", "Meyer", "Novak", "Okafor", "Park", "Quist", "Rossi", "Silva", "Tanaka"),
)
TAGS = ["student", "faculty", "2026-fall", "mdiv", "lang-en", "lang-es"]
COLUMNS = ["email", "given_name", "family_name", "external_id", "tags", "gold", "research"]
CONFIG = """\
version: 1
institution:
  id: campus
  name: Campus
  admins: [{{given_name: Ruth, family_name: Abel, email: ruth@campus.example}}]
libraries:
  gold: {{title: Gold, system: logos-library, slots: {slots}}}
  research: {{title: Research, system: logos-subscription, slots: {slots}}}
rosters: [{{path: {roster}}}]
grants:
  - {{library: gold, kind: temporary, to: {{everyone: true}}}}
  - {{library: gold, kind: permanent, to: {{tags: [owner]}}}}
  - {{library: research, to: {{everyone: true}}}}
"""
ZONE = """\
---
providers:
  desired: {{class: octodns.provider.yaml.YamlProvider, directory: {folder}/then}}
  actual: {{class: octodns.provider.yaml.YamlProvider, directory: {folder}/now}}
zones:
  seats.example.org.: {{sources: [desired], targets: [actual]}}
"""

Row = list[str]


def member(i: int) -> Row:
    """The i-th member, in the order of COLUMNS."""
    given, family = GIVEN[i % 20], FAMILY[(i // 20) % 20]
    email = f"{given.lower()}.{family.lower()}{i:07d}@campus.example"
    tags = f"{TAGS[i % 2]};{TAGS[2 + i % 4]}"
    return [email, given, family, f"S{i:08d}", tags, "permanent" if i % 10 == 0 else "temporary", "temporary"]


def now(n: int) -> Iterator[Row]:
    """The rows that the ledger holds."""
    return map(member, range(n))


def then(n: int) -> Iterator[Row]:
    """The rows that the files ask for."""
    for i in range(n):
        if i % 100 == 7:
            continue
        row = member(i)
        if i % 100 == 13:
            row[5] = "permanent"
        yield row
    yield from map(member, range(n, n + max(1, n // 100)))


def main(n: int, folder: Path) -> None:
    """Write all files into ``folder``, which is deleted first."""
    campus, zone = folder / "campus", folder / "octodns"
    shutil.rmtree(folder, ignore_errors=True)
    for path in (campus, zone / "now", zone / "then"):
        path.mkdir(parents=True)
    for name, rows in (("now", now), ("then", then)):
        _csv(campus / f"{name}.csv", ["email", "given_name", "family_name", "student_id", "tags"], map(_ours, rows(n)))
        _yaml(campus / f"{name}.yaml", map(_ours, rows(n)))
        _zone(zone / name / "seats.example.org.yaml", rows(n))
    _csv(folder / "actual.csv", COLUMNS, now(n))
    _csv(folder / "desired.csv", COLUMNS, then(n))
    (zone / "config.yaml").write_text(ZONE.format(folder=zone), encoding="utf-8")
    _plain_ledger(folder / "ledger.db", n)
    write_config(campus, n, "members.csv")


def write_config(campus: Path, n: int, roster: str) -> None:
    """Write seatsync.yaml, with a seat for every member."""
    (campus / "seatsync.yaml").write_text(CONFIG.format(slots=int(n * 1.02) + 5, roster=roster), encoding="utf-8")


def _ours(row: Row) -> Row:
    """As seatsync has it: a tag says who owns."""
    return [*row[:4], row[4] + (";owner" if row[5] == "permanent" else "")]


def _csv(path: Path, header: Row, rows: Iterator[Row]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _yaml(path: Path, rows: Iterator[Row]) -> None:
    with open(path, "w", encoding="utf-8") as file:
        for email, given, family, student_id, tags in rows:
            file.write(f"- email: {email}\n  given_name: {given}\n  family_name: {family}\n")
            file.write(f"  student_id: {student_id}\n  tags: [{tags.replace(';', ', ')}]\n")


def _zone(path: Path, rows: Iterator[Row]) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write("---\n")
        for row in rows:
            number = int(row[3][1:])
            file.write(
                f"m{number:07d}:\n  ttl: 3600\n  type: TXT\n  values:\n  - gold {row[5]}\n  - research {row[6]}\n"
            )


def _plain_ledger(path: Path, n: int) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE member(id INTEGER PRIMARY KEY, email TEXT UNIQUE, given_name, family_name, external_id, tags);"
        "CREATE TABLE seat(id INTEGER PRIMARY KEY, member_id, library_id, kind, status, UNIQUE(member_id, library_id));"
    )
    connection.executemany("INSERT INTO member VALUES (?, ?, ?, ?, ?, ?)", ((i + 1, *member(i)[:5]) for i in range(n)))
    seats = ((i + 1, library, member(i)[4 + library], "unclaimed") for i in range(n) for library in (1, 2))
    connection.executemany("INSERT INTO seat(member_id, library_id, kind, status) VALUES (?, ?, ?, ?)", seats)
    connection.commit()
    connection.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]).absolute())
