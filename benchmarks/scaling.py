"""Bytes and rates of many institutions in one PostgreSQL: the measured figures of docs/scaling.md.

SEATSYNC_LEDGER=postgresql+psycopg://…/empty python benchmarks/scaling.py [INSTITUTIONS] [MEMBERS] [PARTS]

With PARTS the tables are hash partitions (docs/partition.sql, run by psql).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import create_engine, text

CONFIG = """\
version: 1
institution: {{id: {id}, name: {id}, admins: [{{given_name: Ruth, family_name: Abel, email: ruth@{id}.example}}]}}
libraries:
  books: {{title: Books, system: logos-library, slots: {slots}}}
  sub: {{title: Subscription, system: logos-subscription, slots: {slots}}}
rosters: [{{path: members.csv}}]
grants: [{{library: books, kind: permanent, to: {{everyone: true}}}}, {{library: sub, to: {{everyone: true}}}}]
"""
SIZE = text("SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree(to_regclass(:name)) WHERE isleaf")


def main(institutions: int, members: int, parts: int = 0) -> None:
    if parts:
        _partition(parts)
    with tempfile.TemporaryDirectory() as name:
        folders = [_folder(Path(name) / f"school-{number:05}", members) for number in range(institutions)]
        first = _timed("apply", "--yes", "--quiet", *folders)
        again = _timed("plan", "--quiet", *folders)
        for folder in folders:
            _add_a_row(Path(folder))
        one_row = _timed("apply", "--yes", "--quiet", *folders)
        verify = _timed("verify", "-C", folders[0])
    with create_engine(os.environ["SEATSYNC_LEDGER"]).connect() as connection:
        print("bytes a row, with indexes:")
        for table in ("member", "license", "event", "outbox"):
            count = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            size = connection.execute(SIZE, {"name": table}).scalar_one()
            print(f"  {table:8} {size / count:6.0f}  ({count:,} rows)")
    licenses = 2 * institutions * members
    print(f"first apply: {institutions / first:.1f} institutions, {licenses / first:,.0f} licenses a second")
    print(f"plan without changes: {institutions / again:.1f} institutions, {licenses / again:,.0f} licenses a second")
    print(f"apply of one new member each: {institutions / one_row:.1f} institutions a second")
    print(f"verify of one institution: {verify:.2f} s")


def _partition(parts: int) -> None:
    subprocess.run([sys.executable, "-m", "seatsync", "ledger", "migrate"], check=True)
    address = os.environ["SEATSYNC_LEDGER"].replace("+psycopg", "")
    script = Path(__file__).parents[1] / "docs" / "partition.sql"
    subprocess.run(["psql", "-q", "-v", f"parts={parts}", "-f", script, address], check=True, stdout=subprocess.DEVNULL)


def _add_a_row(folder: Path) -> None:
    with (folder / "members.csv").open("a", encoding="utf-8") as roster:
        roster.write(f"new@{folder.name}.example,Nora,New,,student;year-1\n")


def _folder(folder: Path, members: int) -> str:
    folder.mkdir()
    config = CONFIG.format(id=folder.name, slots=members + 1)
    rows = (f"m{n}@{folder.name}.example,Ann{n},Lee{n},{n},student;year-{n % 4}\n" for n in range(1, members + 1))
    (folder / "seatsync.yaml").write_text(config, encoding="utf-8")
    (folder / "members.csv").write_text(
        "email,given_name,family_name,student_id,tags\n" + "".join(rows), encoding="utf-8"
    )
    return str(folder)


def _timed(*args: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "seatsync", *args], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


if __name__ == "__main__":
    main(*(int(number) for number in sys.argv[1:])) if len(sys.argv) > 2 else main(400, 500)
