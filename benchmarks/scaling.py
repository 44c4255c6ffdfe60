"""Bytes and rates of many institutions in one PostgreSQL: the measured figures of docs/scaling.md.

SEATSYNC_LEDGER=postgresql+psycopg://…/empty python benchmarks/scaling.py [INSTITUTIONS] [MEMBERS]
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
SIZES = text(
    "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relname IN"
    " ('member', 'license', 'entry', 'event', 'outbox')"
)


def main(institutions: int, members: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folders = [_folder(Path(name) / f"school-{number:05}", members) for number in range(institutions)]
        first = _timed("apply", "--yes", "--quiet", *folders)
        again = _timed("plan", "--quiet", *folders)
        verify = _timed("verify", "-C", folders[0])
    with create_engine(os.environ["SEATSYNC_LEDGER"]).connect() as connection:
        sizes = dict(connection.execute(SIZES).all())
        print("bytes a row, with indexes:")
        for table in ("member", "license", "event", "outbox"):
            count = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            print(f"  {table:8} {sizes[table] / count:6.0f}  ({count:,} rows)")
    licenses = 2 * institutions * members
    print(f"first apply: {institutions / first:.1f} institutions, {licenses / first:,.0f} licenses a second")
    print(f"plan without changes: {institutions / again:.1f} institutions, {licenses / again:,.0f} licenses a second")
    print(f"verify of one institution: {verify:.2f} s")


def _folder(folder: Path, members: int) -> str:
    folder.mkdir()
    config = CONFIG.format(id=folder.name, slots=members)
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
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400, int(sys.argv[2]) if len(sys.argv) > 2 else 500)
