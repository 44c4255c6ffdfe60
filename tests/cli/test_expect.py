"""``apply --expect`` with several institutions, and the commands that seatsync prints: they work as they are."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seatsync.cli.applying.facts import command
from seatsync.cli.run import Run
from tests.support.command_line import Outcome, seatsync

NAMES = ("one", "two and a half", "three")
CONFIG = """\
version: 1
institution: {id: ID, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 9}}
rosters: [{path: members.csv}]
grants: [{library: books, kind: temporary, to: {everyone: true}}]
"""
NOTHING = "f" * 64


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Three institutions, of which the first two have a change."""
    for name in NAMES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "seatsync.yaml").write_text(CONFIG.replace("ID", id_of(name)), encoding="utf-8")
        add(tmp_path, name, "ann")
    applied(tmp_path, "--yes")
    add(tmp_path, NAMES[0], "ben")
    add(tmp_path, NAMES[1], "ben")
    return tmp_path


def id_of(name: str) -> str:
    return name.replace(" ", "-")


def add(place: Path, name: str, member: str) -> None:
    file = place / name / "members.csv"
    before = file.read_text(encoding="utf-8") if file.exists() else "email,given_name,family_name\n"
    file.write_text(f"{before}{member}@{id_of(name)}.example,{member.title()},Lee\n", encoding="utf-8")


def fingerprints(place: Path) -> dict[str, str]:
    told = seatsync("plan", "--format", "json", *NAMES, folder=place)
    return {plan["institution"]: plan["fingerprint"] for plan in json.loads(told.out)}


def applied(place: Path, *words: str, code: int = 0) -> Outcome:
    told = seatsync("apply", *words, *NAMES, folder=place)
    assert told.code == code, told
    return told


def has(place: Path, name: str) -> bool:
    return "ben@" in seatsync("members", folder=place / name).out


def test_what_the_action_s_output_prints_is_applied_and_an_unchanged_institution_is_no_failure(place: Path) -> None:
    printed = " ".join(f"{id}={fingerprint}" for id, fingerprint in fingerprints(place).items())
    assert "2 changed" in applied(place, "--expect", printed).err
    assert "3 without changes" in applied(place, "--expect", printed).err


def test_each_by_its_own_fingerprint_given_once_for_each(place: Path) -> None:
    first, second, _ = fingerprints(place).values()
    applied(place, "--expect", first, "--expect", f"two-and-a-half={second}")
    assert has(place, NAMES[1])


def test_one_with_changes_that_is_not_expected_is_left_and_the_printed_command_applies_it(place: Path) -> None:
    first, second, _ = fingerprints(place).values()
    told = applied(place, "--expect", f"one={first}", "--expect", f"one={second}", code=5)
    assert (has(place, "one"), has(place, NAMES[1])) == (True, False)
    [printed] = re.findall(r"run `(seatsync .*?)`", told.err)
    assert seatsync(*shlex.split(printed)[1:], folder=place).code == 0
    assert has(place, NAMES[1])


def test_a_plan_that_was_applied_before_is_not_to_be_reviewed_again(place: Path) -> None:
    once = fingerprints(place)["one"]
    assert seatsync("apply", "--expect", once, NAMES[0], folder=place).code == 0
    again = seatsync("apply", "--expect", once, NAMES[0], folder=place)
    assert again.code == 5, again
    assert "Nothing was applied: there is nothing to do for one: the ledger already matches the files." in again.err
    assert "Review this plan" not in again.err


def test_an_institution_that_is_none_of_the_folders_is_told_before_anything_is_applied(place: Path) -> None:
    first, *_ = fingerprints(place).values()
    told = applied(place, "--expect", f"one={first} too={NOTHING}", code=64)
    assert '"too", but none of the folders has this institution' in told.err
    assert not has(place, "one")


@pytest.mark.parametrize("empty", ["", " ", "one="])
def test_an_empty_fingerprint_as_an_unset_variable_gives_is_none(place: Path, empty: str) -> None:
    assert "--expect is empty" in applied(place, "--expect", empty, code=64).err


@pytest.mark.parametrize(
    ("ledger", "folder", "shown"),
    [
        (None, "", ""),
        (None, "a b", " 'a b'"),
        ("git", "a", " a --ledger git"),
        ("my ledger.db", "a", " a --ledger 'my ledger.db'"),
        ("postgresql://db.example/seats", "a", " a --ledger postgresql://db.example/seats"),
        ("postgresql://ann:s3cret@db.example/seats", "a", ' a --ledger "$SEATSYNC_LEDGER"'),
        ("postgresql://db.example/seats?password=s3cret", "a", ' a --ledger "$SEATSYNC_LEDGER"'),
    ],
)
def test_a_printed_command_is_whole_and_has_no_password(ledger: str | None, folder: str, shown: str) -> None:
    run = replace(Run(None, datetime.now(UTC)), ledger=ledger)
    assert command(run, Path(folder), NOTHING) == f"seatsync apply --expect {NOTHING}{shown}"


def test_a_ledger_of_the_environment_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATSYNC_LEDGER", "my.db")
    assert command(Run("my.db", datetime.now(UTC)), Path(), NOTHING).endswith('--ledger "$SEATSYNC_LEDGER"')
