"""Which files are applied: an apply with nothing to do notes them, and ``--same-files`` compares what they say."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from seatsync.ledger.database import Ledger
from seatsync.plans import baseline, since
from seatsync.plans.since import since_apply
from seatsync.plans.unchanged import unchanged_plan
from seatsync.sources.institution_folder import InstitutionFolder
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import apart, environment, location, rows, stored

DAY, NIGHT, LATER = "2026-09-01", "2026-09-02", "2026-09-03"
CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins:
    - {given_name: Ruth, family_name: Abel, email: ruth@grace.example}
  opt_out: true
libraries:
  books: {title: Books, system: logos-library, slots: 9}
  sub: {title: Subscription, system: logos-subscription, slots: 9}
rosters:
  - {path: r.csv, tags: [student]}
grants:
  - {library: sub, kind: temporary, to: {tags: [student]}, until: 2026-09-30}
  - {path: extra.csv}
"""
ROSTER = """\
email,given_name,family_name,student_id,tags
ann@grace.example,Ann,Lee,1,a;b
ben@grace.example,Ben,Ode,2,
cy@grace.example,Cy,Fox,3,b
"""
EXTRA = "library,email,kind,until\nbooks,ann@grace.example,permanent,\nbooks,ben@grace.example,temporary,2027-06-30\n"


@pytest.fixture
def place(tmp_path: Path, database: str) -> Path:
    """A folder whose files are applied, on both databases."""
    folder = tmp_path / "grace"
    folder.mkdir()
    for name, text in (("seatsync.yaml", CONFIG), ("r.csv", ROSTER), ("extra.csv", EXTRA)):
        (folder / name).write_text(text, encoding="utf-8", newline="")
    apply(folder)
    return folder


def apply(folder: Path, *args: str, now: str = DAY, code: int = 0) -> Outcome:
    outcome = seatsync("apply", *(args or ("--yes",)), "--now", now, folder=folder)
    assert outcome.code == code, outcome.err
    return outcome


def nightly(folder: Path, now: str = NIGHT, code: int = 0) -> Outcome:
    return apply(folder, "--same-files", now=now, code=code)


def edited(folder: Path, name: str, edit: Callable[[str], str], encoding: str = "utf-8") -> None:
    before = (folder / name).read_bytes()
    (folder / name).write_text(edit(before.decode()), encoding=encoding, newline="")
    assert (folder / name).read_bytes() != before


def end(folder: Path) -> dict[str, Any]:
    """The journal's last entry."""
    return rows(folder, "entry")[-1]


def is_fast(folder: Path, now: str) -> bool:
    """Whether the next plan needs no reading."""
    day = datetime.fromisoformat(now).replace(tzinfo=UTC)
    with Ledger(location(folder)).reading() as connection:
        then = since_apply(connection, "grace", day) if connection is not None else None
        return then is not None and unchanged_plan(InstitutionFolder.open(folder), then, day) is not None


def change(name: str, old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: edited(folder, name, lambda text: text.replace(old, new))


def write(name: str, text: str) -> Callable[[Path], None]:
    return lambda folder: edited(folder, name, lambda _: text)


def reverse_members(folder: Path) -> None:
    header, *rows = ROSTER.splitlines(keepends=True)
    (folder / "r.csv").write_text("".join([header, *reversed(rows)]))


SAME: dict[str, Callable[[Path], None]] = {
    "a comment": write("seatsync.yaml", CONFIG + "# note\n"),
    "a comment above, so that all lines move": write("seatsync.yaml", "# note\n\n" + CONFIG),
    "CRLF in seatsync.yaml": change("seatsync.yaml", "\n", "\r\n"),
    "another order of keys": change(
        "seatsync.yaml", "title: Books, system: logos-library", "system: logos-library, title: Books"
    ),
    "quotes in seatsync.yaml": change("seatsync.yaml", "tags: [student]", "tags: ['student']"),
    "CRLF in the roster": change("r.csv", "\n", "\r\n"),
    "a BOM": lambda folder: edited(folder, "r.csv", str, "utf-8-sig"),
    "UTF-16": lambda folder: edited(folder, "r.csv", str, "utf-16"),
    "blank rows": change("r.csv", "\nben", "\n\n,,,,\nben"),
    "quotes": change("r.csv", "Ben", '"Ben"'),
    "other columns": write(
        "r.csv",
        "tags,role,student_id,given_name,family_name,email\n"
        "b;a,,1,Ann,Lee,ann@grace.example\n,,2,Ben,Ode,ben@grace.example\nb,,3,Cy,Fox,cy@grace.example\n",
    ),
    "semicolons in the grants' file": change("extra.csv", ",", ";"),
    "CRLF in the grants' file": change("extra.csv", "\n", "\r\n"),
}
OTHER: dict[str, Callable[[Path], None]] = {
    "a name": change("r.csv", "Fox", "Foxe"),
    "another order of members": reverse_members,
    "another limit": write("seatsync.yaml", CONFIG + "limits: {max_revokes: 50%}\n"),
    "another end": change("seatsync.yaml", "09-30", "09-29"),
    "reminders": write("seatsync.yaml", CONFIG + "invites: {remind_after: [90d]}\n"),
}


@pytest.mark.parametrize("how", SAME)
def test_files_that_say_the_same_are_the_same_files_at_night(place: Path, how: str) -> None:
    SAME[how](place)
    before = stored(place)
    assert seatsync("plan", "--detailed-exitcode", "--now", NIGHT, folder=place).code == 0
    assert stored(place) == before
    ended = nightly(place, now="2026-10-01")  # the grants of sub have ended, and the files have other bytes
    assert "revoke" in seatsync("log", folder=place).out, ended.err
    assert seatsync("verify", folder=place).code == 0


@pytest.mark.parametrize("how", OTHER)
def test_files_that_say_something_else_wait_for_a_person_at_night(place: Path, how: str) -> None:
    OTHER[how](place)
    before = stored(place)
    outcome = nightly(place, now="2026-10-01", code=5)
    assert "the files of grace has changed since the last apply" in outcome.err
    assert "run `seatsync apply`" in outcome.err
    assert stored(place) == before


@pytest.mark.parametrize("how", [*SAME, "another limit", "reminders", "another order of members"])
def test_an_apply_with_nothing_to_do_notes_the_files_once_and_the_night_is_fast_again(place: Path, how: str) -> None:
    ({**SAME, **OTHER}[how])(place)
    assert not is_fast(place, NIGHT)
    outcome = apply(place, "--yes", "--commit", "c0ffee", "--actor", "ann", now=NIGHT)
    assert "notes that these files are applied" in outcome.err
    noted = end(place)
    assert (noted["kind"], noted["commit"], noted["actor"], noted["at"][:10]) == ("files", "c0ffee", "ann", NIGHT)
    assert is_fast(place, NIGHT)

    before = stored(place)
    for again in (("--yes",), ("--same-files",)):
        apply(place, *again, now=LATER)
    assert stored(place) == before
    assert seatsync("verify", folder=place).code == 0
    nightly(place, now="2026-10-01")
    assert "revoke" in seatsync("log", folder=place).out


@pytest.mark.parametrize("how", OTHER)
def test_a_night_with_nothing_to_do_does_not_take_other_files_for_applied(place: Path, how: str) -> None:
    OTHER[how](place)
    before = stored(place)
    nightly(place, code=5 if how in ("a name", "another end") else 0)
    assert stored(place) == before


def test_a_night_with_nothing_to_do_notes_files_that_say_the_same(place: Path) -> None:
    SAME["a comment"](place)
    nightly(place)
    assert end(place)["kind"] == "files"
    assert is_fast(place, LATER)


@pytest.mark.parametrize("how", ["--yes", "--same-files"])
def test_an_apply_with_nothing_to_do_is_noted_once_after_an_update_of_the_rules(
    how: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan of other rules must be made from everybody; once its apply is noted, the next ones are fast again."""
    for module in (baseline, since):
        monkeypatch.setattr(module, "rules_digest", lambda: 1)
    assert not is_fast(place, NIGHT)
    apply(place, how, now=NIGHT)
    assert end(place)["kind"] == "files"
    assert is_fast(place, NIGHT)
    before = stored(place)
    apply(place, how, now=LATER)
    assert stored(place) == before
    assert seatsync("verify", folder=place).code == 0


def test_an_apply_with_nothing_to_do_is_noted_once_after_a_day_that_could_have_asked_for_more(place: Path) -> None:
    """A grant that begins is told some days before, where there are too few seats; where there are enough, nothing is told."""
    more = "  - {library: books, kind: temporary, to: {everyone: true}, from: 2026-12-01}\n"
    edited(
        place,
        "seatsync.yaml",
        lambda text: text.replace("2026-09-30", "2027-12-31").replace("grants:\n", f"grants:\n{more}"),
    )
    apply(place, now=NIGHT)
    sixty, later = "2026-10-02", "2026-10-03"
    assert is_fast(place, "2026-10-01")
    assert not is_fast(place, sixty)
    apply(place, "--same-files", now=sixty)
    assert end(place)["kind"] == "files"
    assert is_fast(place, later)
    before = stored(place)
    apply(place, "--same-files", now=later)
    assert stored(place) == before


def test_an_import_of_much_is_noted_once_so_that_the_next_plan_does_not_read_everybody(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seatsync.apply.apply.MANY", 2)
    row = "{0}@grace.example,{0},Lee,{1},Temporary,Delivered\n"
    export = "Email,Given Name,Family Name,User ID,License Kind,License Status\n"
    (place / "claimed.csv").write_text(export + row.format("ben", 2))
    assert seatsync("import", "claimed.csv", "--library", "books", "--yes", "--now", NIGHT, folder=place).code == 0
    assert end(place)["kind"] == "import", "one claim is read with each plan"
    many = "".join(row.format(name, number) for number, name in ((1, "ann"), (2, "ben"), (3, "cy")))
    (place / "claimed.csv").write_text(export + many)
    assert seatsync("import", "claimed.csv", "--library", "sub", "--yes", "--now", NIGHT, folder=place).code == 0
    assert end(place)["kind"] == "files"
    assert is_fast(place, NIGHT)
    before = stored(place)
    apply(place, now=LATER)
    assert stored(place) == before
    assert seatsync("verify", folder=place).code == 0


def test_no_file_that_changed_nothing_is_written_down(place: Path) -> None:
    before = stored(place)
    (place / "notes.txt").write_text("Nobody reads this.\n")
    for args in (("--yes",), ("--same-files",), ("--yes", "--commit", "another")):
        apply(place, *args, now=NIGHT)
    assert stored(place) == before


def test_a_saved_plan_is_not_out_of_date_by_an_apply_with_nothing_to_do(place: Path) -> None:
    edited(place, "r.csv", lambda text: text + "di@grace.example,Di,Yu,4,\n")
    assert seatsync("plan", "--out", "plan.json", "--now", DAY, folder=place).code == 0
    edited(place, "r.csv", lambda text: text.replace("di@grace.example,Di,Yu,4,\n", ""))
    for note in ("# one\n", "# two\n"):
        write("seatsync.yaml", CONFIG + note)(place)
        apply(place)
    assert [entry["kind"] for entry in rows(place, "entry")] == ["apply", "files", "files"]
    apply(place, "plan.json")
    assert "di@grace.example" in seatsync("members", folder=place).out
    assert seatsync("verify", folder=place).code == 0


@pytest.mark.parametrize("what", ["a claim", "an apply"])
def test_a_saved_plan_is_out_of_date_by_anything_else_also_behind_such_an_apply(place: Path, what: str) -> None:
    edited(place, "r.csv", lambda text: text + "di@grace.example,Di,Yu,4,\n")
    assert seatsync("plan", "--out", "plan.json", "--now", DAY, folder=place).code == 0
    write("r.csv", ROSTER.replace("Fox", "Foxe") if what == "an apply" else ROSTER)(place)
    if what == "a claim":
        assert seatsync("ledger", "claim", "sub", "ann@grace.example", "--now", DAY, folder=place).code == 0
    apply(place)
    edited(place, "seatsync.yaml", lambda text: text + "# one\n")
    apply(place)
    assert end(place)["kind"] == "files"
    before = stored(place)
    apply(place, "plan.json", code=5)
    assert stored(place) == before


def test_a_plan_for_another_journal_is_out_of_date_also_behind_such_an_apply(place: Path) -> None:
    other = apart(place.parent / "other")
    shutil.copytree(place, other, ignore=shutil.ignore_patterns("*.db*"))
    apply(other)
    edited(other, "r.csv", lambda text: text + "di@grace.example,Di,Yu,4,\n")
    assert seatsync("plan", "--out", "../plan.json", "--now", DAY, folder=other).code == 0
    edited(place, "seatsync.yaml", lambda text: text + "# one\n")
    apply(place)
    apply(place, "../plan.json", code=5)


def test_a_claim_between_plan_and_note_is_not_overlooked(place: Path) -> None:
    """The note says that all is in order, so it must not be written over something that the plan did not see."""
    edited(place, "seatsync.yaml", lambda text: text + "# one\n")
    assert seatsync("plan", "--out", "plan.json", "--now", DAY, folder=place).code == 0
    assert seatsync("ledger", "opt-out", "sub", "ben@grace.example", "--now", DAY, folder=place).code == 0
    before = stored(place)
    apply(place, "plan.json", code=5)
    assert stored(place) == before


def test_what_is_noted_survives_rebuild_dump_and_load(place: Path) -> None:
    SAME["a comment"](place)
    apply(place, now=NIGHT)
    before = stored(place, "institution")
    assert seatsync("ledger", "rebuild", folder=place).code == 0
    assert stored(place, "institution") == before
    assert is_fast(place, NIGHT)

    dumped = seatsync("ledger", "dump", folder=place)
    loaded = apart(place.parent / "loaded")
    loaded.mkdir()
    for name in ("seatsync.yaml", "r.csv", "extra.csv"):
        (loaded / name).write_bytes((place / name).read_bytes())
    (loaded / "dump.jsonl").write_text(dumped.out, encoding="utf-8")
    assert seatsync("ledger", "load", "dump.jsonl", folder=loaded).code == 0
    assert stored(loaded, "institution") == before
    assert seatsync("verify", folder=loaded).code == 0
    nightly(loaded)
    assert is_fast(loaded, NIGHT)


def test_an_erasure_leaves_the_files_that_are_noted_last(place: Path) -> None:
    edited(place, "r.csv", lambda text: text.replace("cy@grace.example,Cy,Fox,3,b\n", ""))
    apply(place)
    edited(place, "seatsync.yaml", lambda text: text + "# one\n")
    apply(place)
    assert seatsync("ledger", "erase", "cy@grace.example", "--yes", folder=place).code == 0
    assert [entry["files"] is not None for entry in rows(place, "entry")] == [False, False, True, False]
    assert seatsync("verify", folder=place).code == 0
    nightly(place, now="2026-10-01")


def test_a_dump_whose_note_was_changed_is_not_loaded(place: Path) -> None:
    SAME["a comment"](place)
    apply(place, now=NIGHT)
    noted = json.loads(end(place)["files"])
    dumped = seatsync("ledger", "dump", folder=place).out.replace(noted["meaning"], "0" * 64)
    loaded = apart(place.parent / "loaded")
    loaded.mkdir()
    (loaded / "seatsync.yaml").write_text(CONFIG)
    (loaded / "dump.jsonl").write_text(dumped, encoding="utf-8")
    outcome = seatsync("ledger", "load", "dump.jsonl", folder=loaded)
    assert outcome.code == 3
    assert "its plan or its files were changed" in outcome.err


def test_two_who_note_the_same_files_at_once_write_one_entry(place: Path) -> None:
    SAME["a comment"](place)
    command = [sys.executable, "-m", "seatsync", "apply", "--yes", "--now", NIGHT]
    running = [
        subprocess.Popen(command, cwd=place, env=environment(place), stderr=subprocess.DEVNULL) for _ in range(3)
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert [entry["kind"] for entry in rows(place, "entry")] == ["apply", "files"]
    assert seatsync("verify", folder=place).code == 0


def test_the_result_says_that_nothing_was_applied_and_where_the_journal_is(place: Path) -> None:
    SAME["a comment"](place)
    result = json.loads(apply(place, "--yes", "--format", "json").out)
    assert (result["applied"], result["serial"], result["letters"]) == (False, end(place)["serial"], 0)


def test_the_meaning_of_the_files_is_in_the_journal_only_where_it_can_be_erased(place: Path) -> None:
    SAME["a comment"](place)
    apply(place)
    for entry in rows(place, "entry"):
        meaning = json.loads(entry["files"])["meaning"]
        assert len(meaning) == 64
        assert meaning not in entry["detail"]
