"""Read both sides and decide nothing: python benchmarks/yardstick.py DESIRED.csv LEDGER.db (or a postgresql:// URL)."""

import csv
import sys

MEMBERS = "SELECT number, email, given_name, family_name, student_id, tags FROM member"
SEATS = "SELECT member, library, kind, status FROM license"

with open(sys.argv[1], newline="", encoding="utf-8") as file:
    rows = list(csv.reader(file))
if "://" in sys.argv[2]:
    import psycopg

    def copied(query: str) -> list[list[str]]:
        with psycopg.connect(sys.argv[2]) as connection, connection.cursor().copy(f"COPY ({query}) TO STDOUT") as copy:
            text = b"".join(copy)
        return [line.split("\t") for line in text.decode().splitlines()]

    members, seats = copied(MEMBERS), copied(SEATS)
else:
    import sqlite3

    ledger = sqlite3.connect(sys.argv[2])
    members = ledger.execute("SELECT id, email, given_name, family_name, external_id, tags FROM member").fetchall()
    seats = ledger.execute("SELECT member_id, library_id, kind, status FROM seat").fetchall()
print(len(rows), len(members), len(seats))
