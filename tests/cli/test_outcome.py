"""The outcome of an apply as a file: what became of each institution, without names, whatever happens."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from seatsync.cli import outcome as outcomes
from tests.support.command_line import seatsync
from tests.support.paths import ROOT

SCHEMA = jsonschema.Draft202012Validator(
    json.loads((ROOT / "schemas" / "outcome.schema.json").read_text(encoding="utf-8"))
)
CONFIG = """\
version: 1
institution: {{id: {id}, name: {id}, admins: [{{given_name: R, family_name: A, email: r@{id}.example}}]}}
libraries: {{books: {{title: Books, system: logos-library, slots: {slots}}}}}
rosters: [{{path: members.csv}}]
grants: [{{library: books, kind: temporary, to: {{everyone: true}}}}]
"""


@pytest.fixture
def tmp_path(tmp_path: Path, database: str) -> Path:
    """Every test that makes a folder runs on both databases."""
    return tmp_path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two institutions, one and two, outside CI."""
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "CI_", "GITLAB_"))] + ["CI"]:
        monkeypatch.delenv(name, raising=False)
    write(tmp_path, "one")
    write(tmp_path, "two")
    return tmp_path


def write(place: Path, id: str, slots: int = 9, row: str = "ann@{id}.example,Ann,Lee\n") -> None:
    (place / id).mkdir(exist_ok=True)
    (place / id / "seatsync.yaml").write_text(CONFIG.format(id=id, slots=slots), encoding="utf-8")
    rows = "email,given_name,family_name\n" + row.format(id=id)
    (place / id / "members.csv").write_text(rows, encoding="utf-8")


def applied(place: Path, *args: str, code: int = 0) -> dict[str, Any]:
    """Apply with an outcome. The file keeps its schema and has no e-mail."""
    result = seatsync("apply", *args, "--outcome", "outcome.json", folder=place)
    assert result.code == code, result
    return read(place)


def read(place: Path) -> dict[str, Any]:
    text = (place / "outcome.json").read_text(encoding="utf-8")
    told: dict[str, Any] = json.loads(text)
    SCHEMA.validate(told)
    assert "@" not in text
    assert not (place / "outcome.json.part").exists()
    return told


def test_what_was_applied_is_told_with_its_numbers(place: Path) -> None:
    told = applied(place, "--yes", "one", "two", "--commit", "c0ffee")
    one, two = told["institutions"]
    assert (told["command"], told["commit"], told["run"], told["code"]) == ("apply", "c0ffee", "", 0)
    assert (one["institution"], one["folder"], one["code"], one["result"]) == ("one", "one", 0, "applied")
    assert (one["serial"], one["letters"], one["message"]) == (6, 2, "")
    assert one["summary"]["grant"] == 1
    assert two["result"] == "applied"
    assert len(two["fingerprint"]) == 64
    again = applied(place, "--yes", "one", "two")
    assert [one["result"] for one in again["institutions"]] == ["unchanged", "unchanged"]


def test_what_was_blocked_is_told_by_its_rules_and_stops_no_other(place: Path) -> None:
    write(place, "one", slots=0)
    told = applied(place, "--yes", "one", "two", code=4)
    one, two = told["institutions"]
    assert (told["code"], one["code"], one["result"], two["result"]) == (4, 4, "stopped", "applied")
    assert one["message"] == "The plan is blocked: slots-exceeded."
    assert one["help"].startswith("Correct the files in a new pull request")
    assert one["serial"] is None


def test_errors_in_the_files_are_told_by_place_and_code(place: Path) -> None:
    write(place, "one", row="no e-mail at all,Ann,Lee\n")
    one = applied(place, "--yes", "one", "two", code=3)["institutions"][0]
    assert (one["code"], one["result"]) == (3, "stopped")
    assert "members.csv:2" in one["message"]


def test_a_stale_plan_is_told_with_the_fingerprint_that_would_do(place: Path) -> None:
    told = applied(place, "--expect", "0" * 64, "one", code=5)
    [one] = told["institutions"]
    assert (told["command"], one["code"], one["result"]) == ("apply --expect", 5, "stopped")
    assert one["fingerprint"] in one["message"]
    assert applied(place, "--expect", one["fingerprint"], "one")["institutions"][0]["result"] == "applied"


def test_without_names_the_fingerprint_is_that_of_the_redacted_plan(place: Path) -> None:
    assert applied(place, "--yes", "--redact", "one")["institutions"][0]["fingerprint"] == ""
    write(place, "one", row="ben@one.example,Ben,Lee\n")
    shown = json.loads(seatsync("plan", "one", "--redact", "--format", "json", folder=place).out)["fingerprint"]
    told = applied(place, "--redact", "--expect", "0" * 64, "one", code=5)["institutions"][0]
    assert told["fingerprint"] == shown != ""
    assert applied(place, "--redact", "--expect", shown, "one")["institutions"][0]["fingerprint"] == shown


def test_a_saved_plan_is_told_by_its_institutions(place: Path) -> None:
    assert seatsync("plan", "one", "two", "--out", "plans.json", folder=place).code == 0
    assert applied(place, "--yes", "two")["code"] == 0
    told = applied(place, "plans.json", "one", "two", code=5)
    assert [(one["institution"], one["result"]) for one in told["institutions"]] == [
        ("one", "applied"),
        ("two", "stopped"),
    ]
    assert told["institutions"][1]["message"]
    assert told["institutions"][1]["help"]


def test_a_ledger_that_is_away_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = applied(place, "--yes", "one", "--ledger", "postgresql+psycopg://nobody:secret@127.0.0.1:1/x", code=6)
    [one] = told["institutions"]
    assert (one["code"], one["result"]) == (6, "stopped")
    assert "127.0.0.1" in one["message"]
    assert "secret" not in json.dumps(told)


def test_what_stops_the_whole_run_is_told_once(place: Path) -> None:
    told = applied(place, "--reviewed", "one", "two", code=64)
    assert (told["code"], told["command"]) == (64, "apply --reviewed")
    assert "GITHUB_REPOSITORY" in told["message"]
    assert [(one["result"], one["message"]) for one in told["institutions"]] == [("stopped", "")] * 2


def test_a_file_that_cannot_be_written_stops_the_run_before_it_applies(place: Path) -> None:
    result = seatsync("apply", "--yes", "one", "--outcome", "nowhere/outcome.json", folder=place)
    assert result.code == 1
    assert "nowhere/outcome.json" in result.err
    assert seatsync("plan", "one", "--detailed-exitcode", folder=place).code == 2


def test_the_page_of_the_run_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_JOB_URL", "https://gitlab.example/grace/seats/-/jobs/9")
    assert applied(place, "--yes", "one")["run"] == "https://gitlab.example/grace/seats/-/jobs/9"
    for name, value in {"SERVER_URL": "https://github.example", "REPOSITORY": "grace/seats", "RUN_ID": "7"}.items():
        monkeypatch.setenv(f"GITHUB_{name}", value)
    monkeypatch.setenv("GITHUB_RUN_ATTEMPT", "2")
    assert applied(place, "--yes", "one")["run"] == "https://github.example/grace/seats/actions/runs/7/attempts/2"


def test_many_are_told_as_well_as_few(place: Path) -> None:
    names = [f"school{number}" for number in range(6)]
    for name in names:
        write(place, name, slots=0 if name == "school3" else 9)
    told = applied(place, "--yes", *names, code=4)
    results = ["applied"] * 3 + ["stopped"] + ["applied"] * 2
    assert [one["result"] for one in told["institutions"]] == results


@pytest.mark.sqlite_only("it is about the process")
@pytest.mark.parametrize(
    ("sign", "code", "told_code"),
    [(signal.SIGINT, 130, 130), (signal.SIGTERM, 130, 130), (signal.SIGKILL, -9, None)],
)
def test_a_run_that_is_stopped_leaves_what_is_known(
    place: Path, sign: signal.Signals, code: int, told_code: int | None
) -> None:
    """The lock of the second institution is held, so the run waits there until the signal."""
    assert seatsync("apply", "--yes", "two", folder=place).code == 0
    write(place, "two", row="ben@two.example,Ben,Lee\n")
    holder = hold(place / "two" / "seatsync.db")
    command = [sys.executable, "-m", "seatsync", "apply", "--yes", "one", "two", "--outcome", "outcome.json"]
    process = subprocess.Popen(command, cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + 30
        assert process.stderr is not None
        while b"wait" not in process.stderr.readline().lower() and time.monotonic() < until:
            pass
        process.send_signal(sign)
        assert process.wait(30) == code
    finally:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()
        holder.close()
    told = read(place)
    assert told["code"] == told_code
    assert told["institutions"][1]["result"] == "unknown"
    assert "❌ **The run ended before it was finished." in seatsync("notify", "outcome.json", folder=place).out
    if told_code:
        assert told["institutions"][0]["result"] == "applied"
        assert told["message"] == "The run was interrupted."


def hold(file: Path) -> Any:
    """Hold the lock of a ledger."""
    import sqlite3

    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    return connection


def test_a_disk_that_fills_up_after_the_apply_does_not_hide_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: outcomes.Record, file: Path) -> None:
        raise OSError(28, "No space left on device", "outcome.json")

    def first(self: outcomes.Record, file: Path) -> None:
        monkeypatch.setattr(outcomes.Record, "_write", full)

    monkeypatch.setattr(outcomes.Record, "_write", first)
    result = seatsync("apply", "--yes", "one", "--outcome", "outcome.json", folder=place)
    assert "Applied to" in result.err
    assert "No space left" in result.err
    assert result.code == 0


def test_what_a_day_brings_is_told_once(place: Path) -> None:
    file = place / "one" / "seatsync.yaml"
    file.write_text(
        CONFIG.format(id="one", slots=9).replace("everyone: true}}", "everyone: true}, until: 2027-06-30}"),
        encoding="utf-8",
    )
    applied(place, "one", "--yes", "--now", "2027-04-01")
    [first] = applied(place, "one", "--same-files", "--now", "2027-05-01")["institutions"]
    assert (first["result"], first["told"]) == (
        "unchanged",
        ['1 seat of "Books" (books) ends on 2027-06-30, in 60 days.'],
    )
    told = seatsync("notify", "outcome.json", folder=place)
    assert "ends on 2027-06-30, in 60 days" in told.out
    assert "Something is to be looked at" in told.out
    [second] = applied(place, "one", "--same-files", "--now", "2027-05-01")["institutions"]
    assert second["told"] == []
    saved = seatsync("plan", "one", "--format", "json", "--now", "2027-06-16", folder=place)
    (place / "plan.json").write_text(saved.out, encoding="utf-8")
    assert seatsync("apply", "plan.json", "one", "--now", "2027-06-29", folder=place).code == 0
    [third] = applied(place, "one", "--same-files", "--now", "2027-06-29")["institutions"]
    assert third["told"] == ['1 seat of "Books" (books) ends on 2027-06-30, tomorrow.'], (
        "a saved plan told its own day alone"
    )
