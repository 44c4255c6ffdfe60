"""Another id for an institution: every row moves with it, and its journal holds from its beginning."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from seatsync.cli.commands.outbox.send import _due
from seatsync.ledger.database import Ledger
from seatsync.ledger.failures import LedgerError
from tests.ledger import test_shared_ledger
from tests.ledger.test_shared_ledger import (
    CONFIG,
    DONE,
    FIRST,
    LEDGER,
    LISTS,
    OMAR,
    REFUSED,
    Bound,
    dumped,
    head,
    json_of,
    of,
    one_line,
    ran,
    shared,
)
from tests.support.command_line import seatsync
from tests.support.databases import KINDS, add, environment, location, opened, psql, rows, stored, stored_at
from tests.support.long_form import times
from tests.support.paths import ROOT

after_three_days, grace, hope = test_shared_ledger.after_three_days, test_shared_ledger.grace, test_shared_ledger.hope
bound, elsewhere = test_shared_ledger.bound, test_shared_ledger.elsewhere

NOW = ("--now", "2026-09-04")
COLLEGE = CONFIG.replace(OMAR, "").replace("  id: grace\n", "  id: college\n  was: grace\n")


def renamed(folder: Path) -> Path:
    """Write the new id into the files, and return the folder."""
    (folder / "seatsync.yaml").write_text(COLLEGE, encoding="utf-8")
    return folder


def lists(folder: Path, *more: str) -> dict[str, Any]:
    shown: dict[str, Any] = {name: ran(*command, *more, folder=folder).out for name, command in LISTS.items()}
    return shown | {"status": json.loads(shown["status"])["libraries"]}


def without_id(found: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The rows as sorted texts, without the id and without what every entry changes."""
    varying = ("institution", "serial", "head", "link_head", "applied_on", "applied_at", "told_on", "settled")
    return {
        name: sorted(
            str({key: row[key] for key in row if key not in varying or (key == "serial" and name != "institution")})
            for row in rows
        )  # type: ignore[misc]
        for name, rows in found.items()
    }


def test_every_row_moves_and_nothing_else_changes(grace: Path, hope: Path) -> None:
    add(grace, "holding", {"institution": "grace", "library": "books", "member": 2, "account": "ben"})
    ours, theirs, noted, before = of("grace", grace), of("hope", hope), head(grace), lists(grace)
    renamed(grace)
    assert lists(grace) == before  # also before the apply, under the earlier id
    assert json_of("plan", *NOW, folder=grace)["summary"] == {"institution-update": 1}
    ran("apply", "--yes", *NOW, folder=grace)
    assert all(row["institution"] != "grace" for found in stored(grace).values() for row in found)
    now = of("college", grace)
    new = ("entry", "event")
    assert {n: r for n, r in without_id(now).items() if n not in new} == {
        n: r for n, r in without_id(ours).items() if n not in new
    }
    assert [len(now[name]) - len(ours[name]) for name in new] == [1, 1]
    assert of("hope", hope) == theirs
    assert lists(grace) == before
    ran("verify", "--head", noted, folder=grace)
    assert json_of("plan", *NOW, folder=grace)["changes"] == []


def test_the_past_is_the_same_under_the_new_id(grace: Path) -> None:
    seen = {day: lists(grace, "--as-of", day) for day in (FIRST, "2026-09-03")}
    ran("apply", "--yes", *NOW, folder=renamed(grace))
    assert {day: lists(grace, "--as-of", day) for day in seen} == seen
    [change, *_] = json_of("log", folder=grace)
    assert (change["what"], change["detail"]) == ("institution-update", "id college, was grace")


@pytest.mark.parametrize("kind", KINDS)
def test_a_renamed_ledger_is_the_same_after_being_dumped_and_loaded(
    kind: str, grace: Path, elsewhere: Callable[[str], str]
) -> None:
    ran("apply", "--yes", *NOW, folder=renamed(grace))
    lines, place = dumped(grace), elsewhere(kind)
    ran("ledger", "load", "../grace.jsonl", "--ledger", place, folder=grace)
    assert ran("ledger", "dump", "--ledger", place, folder=grace).out == "".join(lines)
    assert stored_at(place) == stored(grace)
    ran("verify", "--ledger", place, "--head", head(grace), folder=grace)
    (grace / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    assert "college" in ran("apply", "--yes", "--ledger", place, folder=grace, code=REFUSED).out


def test_the_tables_are_rebuilt_from_a_renamed_journal(grace: Path) -> None:
    ran("apply", "--yes", *NOW, folder=renamed(grace))
    before = stored(grace)
    with opened(grace) as connection:
        connection.execute(text("UPDATE writer SET renamed_to = ''"))
    outcome = seatsync("verify", folder=grace)
    assert "the journal says that the institution had the id grace, and the tables do not" in outcome.out + outcome.err
    ran("ledger", "rebuild", folder=grace)
    ran("verify", folder=grace)
    assert stored(grace) == before


def test_an_id_that_was_changed_by_hand_is_found(grace: Path) -> None:
    with opened(grace) as connection:
        for name in ("institution", "library", "admin", "member", "license", "entry", "event", "outbox", "link"):
            connection.execute(text(f"UPDATE {name} SET institution = 'college'"))
    renamed(grace)
    outcome = seatsync("verify", folder=grace)
    assert outcome.code != DONE
    assert "institution: " in outcome.out + outcome.err


def test_a_journal_that_was_moved_to_another_id_without_an_entry_is_broken(grace: Path) -> None:
    ran("apply", "--yes", *NOW, folder=renamed(grace))
    with opened(grace) as connection:
        connection.execute(text("UPDATE event SET detail = replace(detail, 'grace', 'hope') WHERE serial = 2"))
    outcome = seatsync("verify", folder=grace)
    assert "the chain is broken" in outcome.out + outcome.err


def test_a_saved_plan_renames_once(grace: Path) -> None:
    renamed(grace)
    ran("plan", "--out", "plan.json", *NOW, folder=grace)
    ran("apply", "plan.json", *NOW, folder=grace)
    before = stored(grace)
    again = seatsync("apply", "plan.json", *NOW, folder=grace)
    assert again.code == REFUSED
    assert "institution-mismatch" in again.err
    assert stored(grace) == before


def test_a_plan_that_renames_something_else_is_refused(grace: Path) -> None:
    renamed(grace)
    ran("plan", "--out", "plan.json", *NOW, folder=grace)
    text_of = (grace / "plan.json").read_text(encoding="utf-8")
    (grace / "plan.json").write_text(text_of.replace('"college"', '"convent"', 1), encoding="utf-8")
    before = stored(grace)
    assert seatsync("apply", "plan.json", *NOW, folder=grace).code != DONE
    assert stored(grace) == before


def test_no_id_changes_while_letters_are_being_sent(grace: Path) -> None:
    with opened(grace) as connection:
        connection.execute(text("UPDATE outbox SET held_until = '2026-09-04T00:10:00Z' WHERE state = 'pending'"))
    before = stored(grace)
    outcome = seatsync("apply", "--yes", *NOW, folder=renamed(grace))
    assert outcome.code == LEDGER
    assert "being sent" in outcome.err
    assert stored(grace) == before
    ran("apply", "--yes", "--now", "2026-09-04T00:10:00Z", folder=grace)


def test_a_sender_that_runs_ends_and_says_why(grace: Path) -> None:
    sending: Any = SimpleNamespace(ledger=Ledger(location(grace)), now=lambda: datetime(2026, 9, 5, tzinfo=UTC))
    letters = frozenset({"invitation"})
    assert _due(sending, letters, "grace") == ["grace"]
    ran("apply", "--yes", *NOW, folder=renamed(grace))
    with pytest.raises(LedgerError, match='"grace" is now "college"'):
        _due(sending, letters, "grace")
    assert _due(sending, letters, "college") == ["college"]


def test_names_left_out_are_the_same_pseudonyms_before_and_after(grace: Path) -> None:
    def who() -> set[str]:
        return {row["email"] for row in json.loads(ran("members", "--redact", "--format", "json", folder=grace).out)}

    before = who()
    assert renamed(grace)
    plan = json_of("plan", "--redact", *NOW, folder=grace)
    assert who() == before
    ran("apply", "--expect", plan["fingerprint"], "--redact", *NOW, folder=grace)
    assert who() == before


def test_an_import_waits_for_the_new_id(grace: Path) -> None:
    (grace / "portal.csv").write_text(
        "Given Name,Family Name,Institution Email Address,License Kind,License Status\n", encoding="utf-8"
    )
    before = stored(grace)
    outcome = seatsync("import", "portal.csv", "--library", "books", "--yes", folder=renamed(grace))
    assert outcome.code == REFUSED
    assert "apply a changed id first" in outcome.err
    assert stored(grace) == before


def test_the_next_letter_is_shown_before_the_id_is_changed(grace: Path) -> None:
    command = ("outbox", "preview", "--limit", "99")
    before = ran(*command, folder=grace).out
    assert "To: ruth@grace.example" in before
    assert ran(*command, folder=renamed(grace)).out.replace("/college", "/grace") == before


def test_a_sender_waits_for_the_new_id(grace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATSYNC_SMTP_URL", "smtp://127.0.0.1:9")
    outcome = seatsync("outbox", "send", "--mail-from", "a@grace.example", folder=renamed(grace))
    assert outcome.code == REFUSED
    one_line(outcome, 'the ledger belongs to "grace"', "apply a changed id first")


@pytest.mark.parametrize(
    "command",
    [
        ("verify",),
        ("outbox", "list"),
        ("outbox", "preview"),
        ("outbox", "cancel", "--letter", "invitation", "--yes"),
        ("outbox", "retry"),
        ("outbox", "release", "--yes"),
        ("ledger", "claim", "books", "ben@grace.example"),
    ],
    ids=" ".join,
)
def test_files_with_the_earlier_id_are_told_the_new_one(grace: Path, command: tuple[str, ...]) -> None:
    ran("apply", "--yes", *NOW, folder=renamed(grace))
    (grace / "seatsync.yaml").write_text(CONFIG.replace(OMAR, ""), encoding="utf-8")
    before = stored(grace)
    outcome = seatsync(*command, folder=grace)
    assert outcome.code == REFUSED
    one_line(outcome, 'the institution is "grace", but the ledger belongs to "college"')
    assert stored(grace) == before


@shared
@pytest.mark.slow
def test_killed_at_any_moment_it_has_the_old_or_the_new_id_whole(grace: Path, hope: Path) -> None:
    noted, theirs = head(grace), of("hope", hope)
    renamed(grace)
    for tenths in range(6, 6 + times(short=2, long=15)):
        command = [sys.executable, "-m", "seatsync", "apply", "--yes", *NOW]
        process = subprocess.Popen(command, cwd=grace, env=environment(grace), stdout=subprocess.DEVNULL)
        time.sleep(tenths / 10)
        process.kill()
        process.wait()
        ran("verify", "--head", noted, folder=grace)
    ran("apply", "--yes", *NOW, folder=grace)
    ran("verify", "--head", noted, folder=grace)
    assert {row["institution"] for row in rows(grace, "event")} == {"college", "hope"}
    assert of("hope", hope) == theirs


@shared
def test_an_id_that_is_in_use_is_not_taken_over(grace: Path, hope: Path) -> None:
    (grace / "seatsync.yaml").write_text(COLLEGE.replace("college", "hope"), encoding="utf-8")
    before = stored(grace)
    outcome = seatsync("apply", "--yes", folder=grace)
    assert outcome.code == REFUSED
    assert "the ledger has an institution of either id" in outcome.out
    assert stored(grace) == before


@shared
def test_an_earlier_id_is_not_given_to_a_new_institution(grace: Path, hope: Path) -> None:
    ran("apply", "--yes", *NOW, folder=renamed(grace))
    for config in (
        CONFIG,
        CONFIG.replace("  id: grace\n", "  id: grace\n  was: hope\n"),
    ):
        (hope / "seatsync.yaml").write_text(config, encoding="utf-8")
        outcome = seatsync("apply", "--yes", folder=hope)
        assert outcome.code == REFUSED
        assert 'The institution "grace" is now "college" in the ledger' in outcome.out
    assert rows(hope, "institution")[0]["institution"] == "college"


@shared
def test_a_bound_role_is_told_who_changes_an_id(bound: Bound, grace: Path) -> None:
    renamed(grace)
    assert json.loads(bound.by("read", "plan", *NOW, "--format", "json", folder=grace).out)["summary"] == {
        "institution-update": 1
    }
    for _ in range(2):
        outcome = bound.by("write", "apply", "--yes", *NOW, folder=grace)
        assert outcome.code == LEDGER
        assert "as the owner of the tables" in outcome.err
        psql(bound.url, ROOT / "docs/roles.sql", institution="college", role=bound.role("write"), access="write")
    assert seatsync("apply", "--yes", *NOW, "--ledger", bound.url, folder=grace).code == DONE
    assert bound.by("write", "verify", folder=grace).code == DONE
    assert bound.by("write", "apply", "--yes", *NOW, folder=grace).code == DONE
    moved = bound.by("read", "plan", *NOW, folder=grace)
    assert moved.code == REFUSED
    one_line(bound.by("read", "status", folder=grace), "institution-mismatch", "college")
