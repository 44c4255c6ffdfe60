"""Backups restored as docs/ledger.md says: the ledger comes back unchanged, and an outdated backup is found."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.command_line import Outcome, seatsync
from tests.support.databases import ledgers, location, pg_program, plain

CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 9}}
rosters: [{path: members.csv}]
grants: [{library: books, kind: permanent, to: {everyone: true}}]
"""


@pytest.fixture
def folder(database: str, tmp_path: Path) -> Path:
    """Grace Seminary after its first apply."""
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "members.csv").write_text("email,given_name,family_name\nann@grace.example,Ann,Lee\n", encoding="utf-8")
    ran(tmp_path, "apply", "--yes")
    return tmp_path


def test_a_backup_comes_back_as_it_was(folder: Path) -> None:
    before = ran(folder, "ledger", "dump").out
    restored = back_up_and_restore(folder)
    assert ran(folder, "ledger", "dump", "--ledger", restored).out == before
    ran(folder, "verify", "--ledger", restored)
    assert "Nothing to do" in ran(folder, "plan", "--ledger", restored).out


def test_a_backup_that_is_behind_is_found_by_the_head_of_the_last_apply(folder: Path) -> None:
    restored = back_up_and_restore(folder)
    ran(folder, "ledger", "claim", "books", "ann@grace.example")
    head = ran(folder, "verify").out.split()[-1]
    ran(folder, "verify", "--ledger", restored)
    outcome = seatsync("verify", "--head", head, "--ledger", restored, folder=folder)
    assert outcome.code == 1
    assert re.search(r"the journal ends at entry (\d+); .* missing: it was restored to an earlier state", outcome.err)
    assert "If you have restored it, hold its letters" in outcome.err
    without_number = seatsync("verify", "--head", head.rpartition(":")[2], "--ledger", restored, folder=folder)
    assert (without_number.code, "given as SERIAL:HASH" in without_number.err) == (1, True)
    assert "After a restore" in without_number.err


def test_a_journal_that_went_on_from_an_earlier_state_is_told_from_one_that_only_lacks_its_end(folder: Path) -> None:
    first = ran(folder, "verify").out.split()[-1]
    restored = ("--ledger", back_up_and_restore(folder))
    ran(folder, "ledger", "claim", "books", "ann@grace.example")
    head = ran(folder, "verify").out.split()[-1]
    ran(folder, "ledger", "claim", "books", "ann@grace.example", *restored)
    ran(folder, "verify", "--head", first, *restored)
    outcome = seatsync("verify", "--head", first, "--head", head, *restored, folder=folder)
    assert outcome.code == 1
    assert f"does not have the head {head.partition(':')[2]}: the journal was rewritten" in outcome.err
    assert "Do not write to this ledger" in outcome.err
    assert "If somebody has restored it" in outcome.err, "nobody who has just restored it is told only to do so"
    assert first.partition(":")[2] not in outcome.err


@pytest.mark.sqlite_only(reason="it is about copying the file")
def test_a_plain_copy_will_do_while_nobody_writes(folder: Path) -> None:
    shutil.copy(folder / "seatsync.db", folder / "copy.db")
    assert ran(folder, "ledger", "dump", "--ledger", "copy.db").out == ran(folder, "ledger", "dump").out


def back_up_and_restore(folder: Path) -> str:
    """The options that name the restored ledger."""
    if ledgers.kind == "sqlite":
        with (
            closing(sqlite3.connect(location(folder))) as source,
            closing(sqlite3.connect(folder / "grace.db")) as target,
        ):
            source.backup(target)  # what `sqlite3 seatsync.db ".backup grace.db"` does
        return str(folder / "grace.db")
    url = ledgers.shelf.server.fresh(template=None)
    backup = str(folder / "seatsync.dump")
    subprocess.run([pg_program("pg_dump"), "--format=custom", f"--file={backup}", plain(location(folder))], check=True)
    subprocess.run([pg_program("pg_restore"), f"--dbname={plain(url)}", backup], check=True)
    return url


def ran(folder: Path, *args: str) -> Outcome:
    outcome = seatsync(*args, folder=folder)
    assert outcome.code == 0, outcome.err
    return outcome


@pytest.mark.parametrize(
    "slip",
    [
        lambda serial, digits: f"{serial}:{digits[:20]}{'1' if digits[20] == '0' else '0'}{digits[21:]}",
        lambda serial, digits: f"{serial}:{digits[:5]}{digits[6:]}",
        lambda serial, digits: f"{digits[:11]}{'1' if digits[11] == '0' else '0'}",
        lambda serial, digits: f"{serial}7:{digits}",
    ],
    ids=["a digit is wrong", "a digit is missing", "without the number", "the number is wrong"],
)
def test_a_mistyped_head_is_told_from_a_journal_that_was_changed(slip: Callable[[str, str], str], folder: Path) -> None:
    head = ran(folder, "verify").out.split()[-1]
    given = slip(*head.split(":"))
    outcome = seatsync("verify", "--head", given, folder=folder)
    assert outcome.code == 1
    assert f"no entry has the head {given}; yours may be mistyped, for {head} is almost the same." in outcome.err
    assert "Compare it with your note" in outcome.err
    assert "restored" not in outcome.err


def test_a_mistyped_head_beside_one_that_is_missing_hides_nothing(folder: Path) -> None:
    serial, hash = ran(folder, "verify").out.split()[-1].split(":")
    outcome = seatsync(
        "verify", "--head", f"{serial}:{hash[:5]}{hash[6:]}", "--head", f"{serial}:{'0' * 12}", folder=folder
    )
    assert "yours may be mistyped" in outcome.err
    assert f"journal entry {serial} does not have the head 000000000000" in outcome.err
    assert "Do not write to this ledger" in outcome.err


@pytest.mark.parametrize(
    ("head", "fault"),
    [
        ("16:8c1f0c2a5bxd", '"x" is no digit of a hash'),
        ("8c1f", "8c1f has 4 digits"),
        ("0:8c1f0c2a5b7d", "what stands before the colon is no number of an entry"),
    ],
)
def test_what_is_no_head_is_told_with_what_one_looks_like(head: str, fault: str, folder: Path) -> None:
    outcome = seatsync("verify", "--head", head, folder=folder)
    assert outcome.code == 64
    told = " ".join(outcome.err.split())
    assert f'"{head}" is not a head: {fault}.' in told
    assert "64 digits of 0-9 and a-f" in told
    assert "SEATSYNC_HEAD" not in told
