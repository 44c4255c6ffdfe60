"""``seatsync import``: the way in for an institution that already has members and licenses in a portal."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from seatsync.sources import yaml_tree
from seatsync.sources.editing.entries import with_entry
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import apart, environment, removed

DAY = "2026-09-01"
HEAD = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins:
    - {given_name: Ruth, family_name: Abel, email: ruth@grace.example}
  opt_out: true
"""
LIBRARIES = """\
libraries:
  books: {title: Biblical Studies, system: logos-library, slots: 40}
  logos: {title: Logos Subscription, system: logos-subscription, slots: 50}
  jamworks: {title: Jamworks, system: jamworks, slots: 10}
"""
LOGOS = ("Role", "Institution Student ID", "Given Name", "Family Name", "Institution Email Address")
KIND_AND_STATUS = ("License Kind", "License Status")


@pytest.fixture
def tmp_path(tmp_path: Path, database: str) -> Path:
    """Run every test with a folder on both databases."""
    return tmp_path


def institution(path: Path, config: str = HEAD + LIBRARIES) -> Path:
    """A folder with only a seatsync.yaml."""
    path.mkdir(parents=True, exist_ok=True)
    (path / "seatsync.yaml").write_bytes(config.encode())
    return path


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([columns, *rows])
    return text.getvalue()


def person(name: str, *more: str, id: str = "") -> list[str]:
    """A row in the Logos portal's columns."""
    return ["", id, name, "Test", f"{name.lower()}@grace.example", *more]


def members(*names: str) -> str:
    return as_csv(LOGOS, [person(name) for name in names])


def licenses(*rows: tuple[str, str, str], prefix: str = "") -> str:
    """An export with (name, kind, status) for each row."""
    columns = (*LOGOS, *(f"{prefix} {column}".strip() for column in KIND_AND_STATUS))
    return as_csv(columns, [person(name, kind, status) for name, kind, status in rows])


def take(
    folder: Path, text: str | bytes, *args: str, code: int = 0, name: str = "users.csv", now: str = DAY
) -> Outcome:
    """Import ``text`` from a file next to the folder."""
    file = folder.parent / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    outcome = seatsync("import", str(file), "--yes", "--now", now, *args, folder=folder)
    assert outcome.code == code, f"left with {outcome.code}\n{outcome.out}\n{outcome.err}"
    assert "This is a bug" not in outcome.err
    return outcome


def told(folder: Path, *args: str, code: int = 0) -> Any:
    outcome = seatsync(*args, "--format", "json", "--now", DAY, folder=folder)
    assert outcome.code == code, outcome.err
    return json.loads(outcome.out)


def held(folder: Path, library: str) -> dict[str, tuple[str, str]]:
    """Map the name of each member on a roster to (kind, status)."""
    rows = told(folder, "members", "--library", library)
    return {row["given_name"]: (row["kind"], row["status"]) for row in rows}


def export(folder: Path) -> str:
    return seatsync("export", "--now", DAY, folder=folder).out


def plan_is_empty(folder: Path) -> bool:
    plan = told(folder, "plan")
    return not plan["changes"] and not plan["refusals"]


def files(folder: Path) -> dict[str, bytes]:
    """All files in the folder except the ledger."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith("seatsync.db")
    }


def everything(folder: Path) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
    """The files and the journal, to see that nothing was written."""
    return files(folder), told(folder, "log", "--limit", "1000")


def on_terminal(folder: Path, *args: str, answer: str) -> int:
    """Run the program with a terminal that gives one answer; return the exit code."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "seatsync", *args, "--now", DAY]
    program = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(folder),
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    os.write(ours, answer.encode())
    code = program.wait(30)
    os.close(ours)
    return code


# What is imported


def test_a_member_list_alone_brings_members_and_no_license(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    take(folder, as_csv(LOGOS, [["Professor", "17", "Ann", "Lee", "ann@grace.example"]]))
    [member] = told(folder, "members")
    assert member == {
        "email": "ann@grace.example",
        "given_name": "Ann",
        "family_name": "Lee",
        "student_id": "17",
        "role": "Professor",
        "tags": ["imported:2026-09-01"],
        "left_on": "",
        "seats_end": "",
    }
    assert told(folder, "licenses", "--all") == []
    assert plan_is_empty(folder)


@pytest.mark.parametrize(
    ("kind", "status", "means"),
    [
        ("None", "None", ("none", "none")),
        ("", "", ("none", "none")),
        ("None", "Opted Out", ("none", "opted_out")),
        ("NONE", "opted_out", ("none", "opted_out")),
        ("None", "Opted-out", ("none", "opted_out")),
        ("", "Revoked", ("none", "revoked")),
        ("Temporary", "Unclaimed", ("temporary", "unclaimed")),
        ("tEmPoRaRy", "DELIVERED", ("temporary", "delivered")),
        (" Temporary ", " Delivered ", ("temporary", "delivered")),
        ("Temporary-Reserved", "Unclaimed", ("temporary", "unclaimed")),
        ("Temporary-Reserved", "", ("temporary", "unclaimed")),
        ("temporary-reserved ", "", ("temporary", "unclaimed")),
        ("Temporary", "Reserved", ("temporary", "unclaimed")),
        ("Permanent-Reserved", "Unclaimed", ("permanent", "unclaimed")),
        ("Permanent", "Unclaimed", ("permanent", "unclaimed")),
        ("PERMANENT", "delivered", ("permanent", "delivered")),
        ("Temporary", "Revoked", ("none", "revoked")),
        ("Temporary", "Temporary, Opted Out", ("none", "opted_out")),
        ("Permanent", "Opted Out", ("none", "opted_out")),
        ("", "Permanent, Unclaimed", ("permanent", "unclaimed")),
    ],
)
def test_every_kind_and_status_is_read_as_the_portals_write_it(
    kind: str, status: str, means: tuple[str, str], tmp_path: Path
) -> None:
    folder = institution(tmp_path / "grace")
    take(folder, licenses(("Ann", kind, status)), "--library", "books")
    assert held(folder, "books") == {"Ann": means}
    assert plan_is_empty(folder)


def test_the_columns_of_several_libraries_are_told_apart_by_id_or_title_in_any_case(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    columns = (*LOGOS, "books License Kind", "LOGOS SUBSCRIPTION License Status", "License Kind", "License Status")
    row = person("Ann", "Permanent", "Unclaimed", "Temporary", "Delivered", "Delivered", "Temporary")
    take(
        folder,
        as_csv((*columns, "Biblical Studies License Status", "logos license kind"), [row]),
        "--library",
        "jamworks",
    )
    assert held(folder, "books") == {"Ann": ("permanent", "delivered")}
    assert held(folder, "logos") == {"Ann": ("temporary", "unclaimed")}
    assert held(folder, "jamworks") == {"Ann": ("temporary", "delivered")}
    assert plan_is_empty(folder)


def test_who_is_on_a_jamworks_list_has_a_delivered_seat(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    listed = "email,First name,Last name,type\nann@grace.example,Ann,Lee,participant\nben@grace.example,Ben,Ode,participant\n"
    take(folder, listed, "--library", "jamworks")
    assert held(folder, "jamworks") == {"Ann": ("temporary", "delivered"), "Ben": ("temporary", "delivered")}
    assert told(folder, "status")["libraries"]["jamworks"] == {
        "total": 10,
        "used": 2,
        "available": 8,
        "reserved": 0,
        "temporary": 2,
        "permanent": 0,
        "temporary_reserved": 0,
        "permanent_reserved": 0,
    }
    assert plan_is_empty(folder)


def test_a_jamworks_list_is_about_the_only_library_at_jamworks(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    take(folder, "email,First name,Last name,type\nann@grace.example,Ann,Lee,participant\n")
    assert held(folder, "jamworks") == {"Ann": ("temporary", "delivered")}


def test_a_jamworks_list_brings_members_alone_where_two_libraries_are_at_jamworks(tmp_path: Path) -> None:
    more = "  more: {title: More, system: jamworks, slots: 10}\n"
    folder = institution(tmp_path / "grace", HEAD + LIBRARIES + more)
    take(folder, "email,First name,Last name,type\nann@grace.example,Ann,Lee,participant\n")
    assert held(folder, "jamworks") == held(folder, "more") == {"Ann": ("none", "none")}


def test_an_export_as_people_save_it_is_read(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    text = "Users;;\r\n" + licenses(("Ann", "Temporary", "Delivered")).replace(",", ";") + ";;;;;;\r\n"
    outcome = take(folder, text.encode("utf-16"), "--library", "books")
    assert held(folder, "books") == {"Ann": ("temporary", "delivered")}
    assert "csv-title-row" in outcome.err


def test_an_institution_with_members_and_licenses_starts_with_an_empty_plan(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", HEAD + LIBRARIES + "invites:\n  remind_after: [3d]\n")
    rows = [(f"M{n}", "Permanent" if n % 3 else "Temporary", "Unclaimed" if n % 2 else "Delivered") for n in range(30)]
    take(folder, licenses(*rows, ("Zoe", "None", "Opted Out"), ("Yan", "None", "Revoked")), "--library", "books")
    assert seatsync("plan", "--detailed-exitcode", "--now", DAY, folder=folder).code == 0
    assert seatsync("verify", folder=folder).code == 0
    assert told(folder, "status")["libraries"]["books"]["used"] == 30


def test_an_import_sends_no_letter(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    take(folder, licenses(("Ann", "Temporary", "Unclaimed"), ("Ben", "Permanent", "Delivered")), "--library", "books")
    take(folder, licenses(("Ann", "Permanent", "Delivered"), ("Ben", "Permanent", "Delivered")), "--library", "books")
    assert told(folder, "outbox", "list") == []


def test_the_journal_says_that_it_was_an_import_and_who_did_it(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    take(folder, licenses(("Ann", "Temporary", "Delivered")), "--library", "books")
    newest = told(folder, "log")[0]
    assert (newest["what"], newest["library"], newest["member"]) == ("observe", "books", "ann@grace.example")
    assert newest["actor"]


def test_what_the_files_ask_for_already_is_not_written_into_them_again(tmp_path: Path) -> None:
    more = "rosters:\n  - {path: all.csv}\ngrants:\n  - {library: books, kind: temporary, to: {everyone: true}}\n"
    folder = institution(tmp_path / "grace", HEAD + LIBRARIES + more)
    (folder / "all.csv").write_text("email,given_name,family_name\nANN@grace.example,Ann,Test\n")
    before = files(folder)
    take(folder, licenses(("Ann", "Temporary", "Delivered")), "--library", "books")
    assert files(folder) == before
    assert held(folder, "books") == {"Ann": ("temporary", "delivered")}
    assert plan_is_empty(folder)


def test_a_permanent_license_of_the_portal_beats_a_temporary_grant_of_the_files(tmp_path: Path) -> None:
    more = "rosters:\n  - {path: all.csv}\ngrants:\n  - {library: books, kind: temporary, to: {everyone: true}}\n"
    folder = institution(tmp_path / "grace", HEAD + LIBRARIES + more)
    (folder / "all.csv").write_text("email,given_name,family_name\nann@grace.example,Ann,Test\n")
    take(folder, licenses(("Ann", "Permanent", "Delivered")), "--library", "books")
    assert held(folder, "books") == {"Ann": ("permanent", "delivered")}
    assert plan_is_empty(folder)


def test_a_later_export_with_claims_reads_them_back_into_the_ledger(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    take(folder, licenses(("Ann", "Temporary", "Unclaimed"), ("Ben", "Temporary", "Unclaimed")), "--library", "books")
    before = files(folder)
    take(folder, licenses(("Ann", "Temporary", "Delivered"), ("Ben", "None", "Opted Out")), "--library", "books")
    assert held(folder, "books") == {"Ann": ("temporary", "delivered"), "Ben": ("none", "opted_out")}
    assert files(folder) == before
    assert plan_is_empty(folder)


def test_claims_of_what_was_applied_are_read_back_without_a_letter(tmp_path: Path) -> None:
    folder = tmp_path / "school"
    assert seatsync("init", str(folder), "--id", "school", folder=tmp_path).code == 0
    assert seatsync("apply", "--yes", "--now", DAY, folder=folder).code == 0
    letters = told(folder, "outbox", "list")
    exported = export(folder).replace("unclaimed", "Delivered")
    take(folder, exported)
    assert {status for _, status in held(folder, "logos-subscription").values()} == {"delivered"}
    after = told(folder, "outbox", "list")
    assert [letter["serial"] for letter in after] == [letter["serial"] for letter in letters]
    assert {letter["state"] for letter in after if letter["letter"] == "invitation"} == {"cancelled"}
    assert plan_is_empty(folder)


def test_a_member_is_known_by_student_id_though_the_portal_has_another_email(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", HEAD + LIBRARIES + "rosters:\n  - {path: all.csv}\n")
    (folder / "all.csv").write_text("email,given_name,family_name,student_id\nann.new@grace.example,Ann,Test,7\n")
    columns = (*LOGOS, *KIND_AND_STATUS)
    take(folder, as_csv(columns, [person("Ann", "Temporary", "Delivered", id="7")]), "--library", "books")
    assert [member["email"] for member in told(folder, "members")] == ["ann.new@grace.example"]
    assert held(folder, "books") == {"Ann": ("temporary", "delivered")}
    assert plan_is_empty(folder)


def test_seats_that_were_bought_in_the_same_edit_do_not_break_an_import(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", HEAD + LIBRARIES.replace("slots: 40", "slots: 1"))
    take(folder, licenses(("Ann", "Temporary", "Delivered")), "--library", "books")
    config = folder / "seatsync.yaml"
    config.write_text(config.read_text().replace("slots: 1}", "slots: 2}"))
    take(folder, licenses(("Ann", "Temporary", "Delivered"), ("Ben", "Temporary", "Delivered")), "--library", "books")
    assert set(held(folder, "books")) == {"Ann", "Ben"}


# Never backwards

NO = ("None", "None")
DECLINED, REVOKED = ("None", "Opted Out"), ("None", "Revoked")
TEMPORARY, CLAIMED = ("Temporary", "Unclaimed"), ("Temporary", "Delivered")
PERMANENT, OWNED = ("Permanent", "Unclaimed"), ("Permanent", "Delivered")
STATES = (NO, DECLINED, REVOKED, TEMPORARY, CLAIMED, PERMANENT, OWNED)

# The rows are the ledger's state, the columns what the export says, in the order of STATES. In brackets: the export differs.
AFTERWARDS: dict[tuple[str, str], list[Any]] = {
    NO: [NO, DECLINED, REVOKED, TEMPORARY, CLAIMED, PERMANENT, OWNED],
    DECLINED: [DECLINED, DECLINED, DECLINED, [DECLINED], CLAIMED, [DECLINED], OWNED],
    REVOKED: [REVOKED, REVOKED, REVOKED, [REVOKED], [REVOKED], PERMANENT, OWNED],
    TEMPORARY: [[TEMPORARY], DECLINED, REVOKED, TEMPORARY, CLAIMED, PERMANENT, OWNED],
    CLAIMED: [[CLAIMED], [CLAIMED], REVOKED, [CLAIMED], CLAIMED, [OWNED], OWNED],
    PERMANENT: [[PERMANENT], DECLINED, [PERMANENT], [PERMANENT], [OWNED], PERMANENT, OWNED],
    OWNED: [[OWNED], [OWNED], [OWNED], [OWNED], [OWNED], [OWNED], OWNED],
}


def as_held(state: tuple[str, str]) -> tuple[str, str]:
    kind, status = (word.lower().replace(" ", "_") for word in state)
    return kind, status


def differences(outcome: Outcome) -> list[str]:
    """The lines about what was not imported, without the library."""
    return [line.removeprefix("  books: ") for line in outcome.err.splitlines() if line.startswith("  books: ")]


def test_every_state_meets_every_state_of_an_export_and_none_goes_back(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", (HEAD + LIBRARIES).replace("slots: 40", "slots: 49"))
    pairs = {f"M{i}{j}": (here, there) for i, here in enumerate(STATES) for j, there in enumerate(STATES)}
    older = licenses(*((name, *here) for name, (here, _) in pairs.items()))
    newer = licenses(*((name, *there) for name, (_, there) in pairs.items()))
    take(folder, older, "--library", "books", name="older.csv")
    assert held(folder, "books") == {name: as_held(here) for name, (here, _) in pairs.items()}
    letters = told(folder, "outbox", "list")

    outcome = take(folder, newer, "--library", "books", name="newer.csv", now="2026-09-02")
    expected = {f"M{i}{j}": AFTERWARDS[here][j] for i, here in enumerate(STATES) for j in range(len(STATES))}
    after = {name: as_held(state[0] if isinstance(state, list) else state) for name, state in expected.items()}
    assert held(folder, "books") == after
    named = [name.lower() for name, state in expected.items() if isinstance(state, list)]
    assert sorted(line.partition("@")[0] for line in differences(outcome)) == named
    assert f"{len(named)} differences" in outcome.err
    assert seatsync("verify", folder=folder).code == 0
    assert told(folder, "outbox", "list") == letters

    before = everything(folder)
    for text in (newer, older):  # again, and the older one after the newer one
        take(folder, text, "--library", "books", name="again.csv", now="2026-09-03")
        assert held(folder, "books").items() >= {n: s for n, s in after.items() if s[1] == "delivered"}.items()
    take(folder, newer, "--library", "books", name="again.csv", now="2026-09-04")
    assert everything(folder)[0] == before[0]
    assert seatsync("verify", folder=folder).code == 0


def test_an_older_export_is_listed_person_by_person_with_what_both_sides_say(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    older = licenses(("Ann", *TEMPORARY), ("Ben", *TEMPORARY), ("Cy", *PERMANENT), ("Di", *TEMPORARY))
    take(folder, older, "--library", "books")
    seatsync("ledger", "claim", "books", "ann@grace.example", "--now", DAY, folder=folder)
    seatsync("ledger", "opt-out", "books", "ben@grace.example", "--now", DAY, folder=folder)
    seatsync("ledger", "claim", "books", "cy@grace.example", "--now", DAY, folder=folder)
    before = everything(folder)
    outcome = take(folder, older, "--library", "books", now="2026-09-02")
    assert everything(folder) == before
    assert "Not imported: 3 differences." in outcome.err
    assert differences(outcome) == [
        "ben@grace.example: opted out in the ledger; temporary, unclaimed in the file (users.csv:3)",
        "ann@grace.example: temporary, claimed in the ledger; temporary, unclaimed in the file (users.csv:2)",
        "cy@grace.example: permanent, claimed in the ledger; permanent, unclaimed in the file (users.csv:4)",
    ]


def test_what_is_listed_names_nobody_where_names_are_left_out(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    take(folder, licenses(("Ann", *CLAIMED)), "--library", "books")
    outcome = take(folder, licenses(("Ann", *TEMPORARY)), "--library", "books", "--redact")
    assert "temporary, claimed in the ledger" in outcome.err
    assert "ann@" not in outcome.err
    assert "person-" in outcome.err


def test_it_is_listed_even_if_nothing_else_is_said(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    take(folder, licenses(("Ann", *CLAIMED)), "--library", "books")
    assert len(differences(take(folder, licenses(("Ann", *TEMPORARY)), "--library", "books", "--quiet"))) == 1


def test_the_rest_of_an_export_with_a_difference_is_taken(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    take(folder, licenses(("Ann", *OWNED)), "--library", "books")
    outcome = take(folder, licenses(("Ann", *CLAIMED), ("New", *CLAIMED)), "--library", "books")
    assert differences(outcome) == [
        "ann@grace.example: permanent, claimed in the ledger; temporary, claimed in the file (users.csv:2)"
    ]
    assert held(folder, "books") == {"Ann": ("permanent", "delivered"), "New": ("temporary", "delivered")}
    assert plan_is_empty(folder)


def applied(folder: Path, roster: str, grants: str = "", now: str = DAY) -> None:
    """Apply a roster of these members, and grants, as (library, e-mail, kind, until) rows."""
    (folder / "all.csv").write_text("email,given_name,family_name\n" + roster)
    (folder / "given.csv").write_text("library,email,kind,until\n" + grants)
    outcome = seatsync("apply", "--yes", "--now", now, folder=folder)
    assert outcome.code == 0, outcome.err


WITH_FILES = HEAD + LIBRARIES + "rosters:\n  - {path: all.csv}\ngrants:\n  - {path: given.csv}\n"
ANN, BEN = "ann@grace.example,Ann,Test\n", "ben@grace.example,Ben,Test\n"


def test_a_revoked_seat_of_an_older_export_comes_back_neither_in_the_ledger_nor_in_the_files(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", WITH_FILES)
    applied(folder, ANN + BEN, "books,ann@grace.example,temporary,\n", now="2026-08-01")
    applied(folder, ANN + BEN, now="2026-08-02")
    before = everything(folder)
    outcome = take(folder, licenses(("Ann", *CLAIMED), ("Ben", *NO)), "--library", "books")
    assert everything(folder) == before
    assert differences(outcome) == [
        "ann@grace.example: revoked in the ledger; temporary, claimed in the file (users.csv:2)"
    ]
    assert plan_is_empty(folder)


def test_a_grant_that_a_pending_change_takes_out_of_the_files_is_not_written_into_them_again(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", WITH_FILES)
    applied(folder, ANN + BEN, "books,ann@grace.example,temporary,\n")
    (folder / "given.csv").write_text("library,email,kind,until\n")
    before = files(folder)
    take(folder, licenses(("Ann", *CLAIMED)), "--library", "books")
    assert files(folder) == before
    assert held(folder, "books")["Ann"] == ("temporary", "delivered")
    assert told(folder, "plan")["summary"] == {"revoke": 1}


def test_who_left_the_rosters_does_not_come_back_by_an_export(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", WITH_FILES)
    applied(folder, ANN + BEN, now="2026-08-01")
    applied(folder, BEN, now="2026-08-02")
    before = everything(folder)
    outcome = take(folder, licenses(("Ann", *CLAIMED), ("Ben", *NO)), "--library", "books")
    assert everything(folder) == before
    assert "  ann@grace.example: in the portal, and on no roster any more (users.csv:2)\n" in outcome.err
    assert differences(outcome) == [
        "ann@grace.example: no license in the ledger; temporary, claimed in the file (users.csv:2)"
    ]
    assert plan_is_empty(folder)


def test_who_is_taken_off_the_rosters_by_a_pending_change_is_not_written_into_them_again(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", WITH_FILES)
    applied(folder, ANN + BEN, "books,ann@grace.example,temporary,\n")
    (folder / "all.csv").write_text("email,given_name,family_name\n" + BEN)
    (folder / "given.csv").write_text("library,email,kind,until\n")
    before = files(folder)
    outcome = take(folder, licenses(("Ann", *CLAIMED)), "--library", "books")
    assert files(folder) == before
    assert not differences(outcome)
    assert held(folder, "books")["Ann"] == ("temporary", "delivered")


def test_who_left_and_owns_a_license_is_no_difference_and_a_claim_of_it_is_taken(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", WITH_FILES)
    applied(folder, ANN + BEN, "books,ann@grace.example,permanent,\n", now="2026-08-01")
    applied(folder, BEN, now="2026-08-02")
    outcome = take(folder, licenses(("Ann", *OWNED), ("Ben", *NO)), "--library", "books")
    assert "Not imported" not in outcome.err
    licensed = told(folder, "licenses", "--library", "books")
    assert [(row["kind"], row["status"]) for row in licensed] == [("permanent", "delivered")]
    assert plan_is_empty(folder)


def test_who_is_on_a_roster_under_a_new_email_is_known_by_the_old_one(tmp_path: Path) -> None:
    grants = "grants:\n  - {library: books, kind: temporary, to: {everyone: true}}\n"
    folder = institution(tmp_path / "grace", HEAD + LIBRARIES + "rosters:\n  - {path: all.csv}\n" + grants)
    roster = folder / "all.csv"
    roster.write_text("email,given_name,family_name,student_id\nann@grace.example,Ann,Test,7\n")
    assert seatsync("apply", "--yes", "--now", DAY, folder=folder).code == 0
    roster.write_text("email,given_name,family_name,student_id\nann.new@grace.example,Ann,Test,7\n")
    before = files(folder)
    take(folder, licenses(("Ann", *CLAIMED)), "--library", "books")
    assert files(folder) == before
    assert held(folder, "books") == {"Ann": ("temporary", "delivered")}


def test_an_import_keeps_the_end_date_that_the_ledger_knows(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", WITH_FILES)
    applied(folder, ANN, "books,ann@grace.example,temporary,2027-06-30\n")
    take(folder, licenses(("Ann", *CLAIMED)), "--library", "books")
    assert held(folder, "books") == {"Ann": ("temporary", "delivered")}
    assert plan_is_empty(folder)
    assert seatsync("verify", folder=folder).code == 0


def test_a_license_that_comes_from_the_portal_ends_when_the_files_say(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", WITH_FILES)
    (folder / "all.csv").write_text("email,given_name,family_name\n" + ANN)
    (folder / "given.csv").write_text("library,email,kind,until\nbooks,ann@grace.example,temporary,2027-06-30\n")
    take(folder, licenses(("Ann", *CLAIMED)), "--library", "books")
    assert plan_is_empty(folder)
    assert seatsync("verify", folder=folder).code == 0


# Our own export


def test_our_own_export_reads_back_the_same(tmp_path: Path) -> None:
    first = institution(tmp_path / "first", HEAD + LIBRARIES + "rosters:\n  - {path: all.csv}\n")
    (first / "all.csv").write_text(
        as_csv(
            ("email", "given_name", "family_name", "student_id", "role", "tags"),
            [
                ["jörg@bücher.example", "Jörg", "Großmann", "007", "Dozent", "m.div;faculty"],
                ["xin@grace.example", "欣怡", "王", "2", "=cmd|' /C calc'!A0", "学生"],
                ["o@grace.example", "Shaun", 'O\'Neil, "Jr."', "-3", "+1 (555)", "-tag;@all"],
                ["amal@grace.example", "أمل", "الحسن", "", "@home", ""],
                ["quoted@grace.example", "'Abd", "'t Hooft", "", "", "'s"],
                ["+x@grace.example", "-Anna", "x;=cmd()", "", "a, ＝b", "t"],
            ],
        ),
        encoding="utf-8",
    )
    (first / "seatsync.yaml").write_text(
        (first / "seatsync.yaml").read_text()
        + "grants:\n  - {library: books, kind: permanent, to: {tags: [faculty]}}\n"
        + "  - {library: logos, to: {everyone: true}}\n  - {library: jamworks, to: {tags: [学生]}}\n",
        encoding="utf-8",
    )
    assert seatsync("apply", "--yes", "--now", DAY, folder=first).code == 0
    assert seatsync("ledger", "claim", "logos", "xin@grace.example", "--now", DAY, folder=first).code == 0
    assert seatsync("ledger", "opt-out", "logos", "o@grace.example", "--now", DAY, folder=first).code == 0

    second = institution(apart(tmp_path / "second"))
    take(second, export(first))
    assert export(second) == export(first)
    assert plan_is_empty(second)
    assert told(second, "members") == told(first, "members")
    written = [path.read_text(encoding="utf-8") for path in second.rglob("*.csv")]
    for text in [export(second), *written]:
        for delimiter in ",;\t":
            found = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
            assert not [cell for row in found for cell in row if cell.strip().startswith(tuple("=+-@＝＋－＠"))]


def test_our_own_export_selects_whom_it_lists(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    take(
        folder, as_csv(LOGOS, [["", "", "Ann", "Lee", "+x@grace.example"], ["", "", "Ben", "Ode", "ben@grace.example"]])
    )
    (folder / "export.csv").write_text(export(folder).replace("ben@", "cy@"), encoding="utf-8")
    [member] = told(folder, "members", "--select", "export.csv")
    assert member["email"] == "+x@grace.example"


def test_a_name_that_begins_like_an_escaped_formula_survives_export_and_import(tmp_path: Path) -> None:
    first = institution(tmp_path / "first")
    take(first, as_csv(LOGOS, [["'=1", "", "'－Ann", "'@Lee", "ann@grace.example"]]))
    [before] = told(first, "members")
    second = institution(apart(tmp_path / "second"))
    take(second, export(first))
    assert told(second, "members") == [before]


# Twice, and interrupted


def test_run_twice_it_does_nothing_the_second_time(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    text = licenses(("Ann", "Temporary", "Unclaimed"), ("Ben", "None", "Opted Out"), ("Cy", "Permanent", "Delivered"))
    take(folder, text, "--library", "books")
    before = everything(folder)
    take(folder, text, "--library", "books", now="2026-09-20")
    assert everything(folder) == before


def test_stopped_between_files_and_ledger_it_converges_when_run_again(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    text = licenses(("Ann", "Temporary", "Delivered"))
    take(folder, text, "--library", "books")
    written = files(folder)
    removed(folder)
    take(folder, text, "--library", "books")
    assert files(folder) == written
    assert held(folder, "books") == {"Ann": ("temporary", "delivered")}
    assert plan_is_empty(folder)


def test_stopped_between_two_files_it_converges_when_run_again(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    (folder / "rosters").mkdir()
    (folder / "rosters" / "users.csv").write_text("email,given_name,family_name\nann@grace.example,Ann,Test\n")
    take(folder, licenses(("Ann", "Temporary", "Delivered")), "--library", "books")
    assert held(folder, "books") == {"Ann": ("temporary", "delivered")}
    assert plan_is_empty(folder)


def test_a_ledger_out_of_reach_leaves_something_that_can_be_run_again(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    text = licenses(("Ann", "Temporary", "Delivered"))
    take(folder, text, "--library", "books", "--ledger", str(tmp_path / "not" / "there" / "x.db"), code=6)
    take(folder, text, "--library", "books")
    assert held(folder, "books") == {"Ann": ("temporary", "delivered")}
    assert plan_is_empty(folder)


# seatsync.yaml, edited

TEXT = {
    "a list in lines": "rosters:\n  - {path: a.csv}\n  - {path: b.csv}  # b\n\nlast: 1\n",
    "a list in lines that is not indented": "rosters:\n- {path: a.csv}\nlast: 1\n",
    "entries over several lines": "rosters:\n  - path: a.csv\n    tags: [x]\n  -   path: b.csv\nlast: 1\n",
    "a list in brackets": "rosters: [{path: a.csv}, {path: b.csv}]  # all\nlast: 1\n",
    "a list in brackets over several lines": "rosters: [\n  # first\n  {path: a.csv},\n  {path: b.csv},\n]\nlast: 1\n",
    "an empty list": "rosters: []  # none yet\nlast: 1\n",
    "an empty list with a space": "rosters: [ ]\nlast: 1\n",
    "nothing behind": "rosters:\nlast: 1\n",
    "only a comment after it": "rosters:   # none yet\n  # - {path: a.csv}\nlast: 1\n",
    "nothing behind at the end": "first: 1\nrosters:\n",
    "nothing behind at the very end": "first: 1\nrosters:",
    "a tilde": "first: 1\nrosters: ~  # none\nlast: 1\n",
    "no such section": "first: 1  # one\n",
    "no such section and no last newline": "first: 1  # one",
    "no such section under a document mark": "---\nfirst: {a: [1]}\n",
    "no such section before an end mark": "first: 1\n...\n",
    "a quoted key": "'rosters':\n  - {path: a.csv}\n",
    "an anchor on a list in lines": "rosters: &all\n  - {path: a.csv}\nlast: *all\n",
    "an anchor on a list in brackets": "rosters: &all [{path: a.csv}]\nlast: 1\n",
    "an anchor on the first entry": "rosters:\n  - &a {path: a.csv}\n  - *a\nlast: 1\n",
    "an alias in its place": "other: &all\n  - {path: a.csv}\nrosters: *all\n",
    "a comment with signs in it": "# rosters: [\nfirst: 'é ☃ 𝄞 \u2028'\nrosters: [{path: é𝄞.csv}] # ] \nlast: 1\n",
}
MAY_BE_REFUSED = {
    "a tilde",
    "no such section before an end mark",
    "an anchor on a list in lines",
    "an anchor on a list in brackets",
    "an alias in its place",
}


def parsed(text: str) -> Any:
    found: list[Any] = []
    tree = yaml_tree.parse(text, "x", found)
    assert not found, f"{found}\n{text}"
    return yaml_tree.plain(tree)


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("shape", TEXT)
def test_an_entry_is_added_and_nothing_else_is_touched(shape: str, newline: str) -> None:
    text = TEXT[shape].replace("\n", newline)
    edited = with_entry(text, "rosters", "{path: new.csv}")
    if edited is None:
        assert shape in MAY_BE_REFUSED, "refused"
        return
    before, after = parsed(text), parsed(edited)
    assert {"path": "new.csv"} in after["rosters"]
    after["rosters"].remove({"path": "new.csv"})
    assert after == before | {"rosters": before.get("rosters") or []}
    assert newline not in text or newline == "\n" or "\n" not in edited.replace("\r\n", "")
    if shape != "a tilde":
        grown = len(edited) - len(text)
        assert any(edited[:at] + edited[at + grown :] == text for at in range(len(text) + 1)), edited


@pytest.mark.parametrize("text", ["rosters: {path: a.csv}\n", "- a\n"])
def test_a_file_that_no_line_can_be_added_to_is_left_alone(text: str) -> None:
    assert with_entry(text, "rosters", "{path: new.csv}") is None


def test_a_comment_stays_with_the_line_it_was_written_for(tmp_path: Path) -> None:
    more = "rosters:\n  # Students, from the registrar\n  - {path: all.csv}\n"
    folder = institution(tmp_path / "grace", HEAD + LIBRARIES + more)
    (folder / "all.csv").write_text("email,given_name,family_name\nben@grace.example,Ben,Test\n")
    take(folder, members("Ann"))
    assert "  # Students, from the registrar\n  - {path: all.csv}\n" in (folder / "seatsync.yaml").read_text()


@pytest.mark.parametrize(
    "more",
    [
        "",
        "rosters: []\ngrants: []\n",
        "rosters:\ngrants:\n",
        "grants:  # who holds what\nrosters:  # who there is\n",
        "# who there is\nrosters:\n  - {path: all.csv}  # everybody\n"
        "# who holds what\ngrants: [ {library: logos, to: {everyone: true}} ]\n",
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_every_line_of_seatsync_yaml_is_still_there_after_an_import(more: str, newline: str, tmp_path: Path) -> None:
    config = ("# ours\n" + HEAD + "\n\n" + LIBRARIES + more).replace("\n", newline)
    folder = institution(tmp_path / "grace", config)
    if "all.csv" in config:
        (folder / "all.csv").write_text("email,given_name,family_name\nben@grace.example,Ben,Test\n")
    take(folder, licenses(("Ann", "Temporary", "Delivered")), "--library", "books")
    edited = (folder / "seatsync.yaml").read_bytes().decode()
    kept = [line for line in config.split(newline) if line and not line.startswith(("rosters: [", "grants: ["))]
    assert [line for line in edited.split(newline) if line in kept] == kept
    assert newline == "\n" or "\n" not in edited.replace("\r\n", "")
    assert seatsync("validate", "--strict", folder=folder).code == 0


def test_a_byte_order_mark_stays(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", "\ufeff" + HEAD + LIBRARIES)
    take(folder, members("Ann"))
    assert (folder / "seatsync.yaml").read_bytes().startswith(b"\xef\xbb\xbf")


def test_no_file_that_is_there_is_overwritten(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    (folder / "rosters").mkdir()
    (folder / "rosters" / "users.csv").write_text("mine")
    take(folder, members("Ann"))
    assert (folder / "rosters" / "users.csv").read_text() == "mine"
    assert (folder / "rosters" / "users-2.csv").exists()


@pytest.mark.parametrize("name", ["Users (1).csv", "ÜSERS.CSV", "学生.csv", "-.csv", "a: b #.csv", "'}.csv"])
def test_an_export_of_any_name_makes_files_that_can_be_read(name: str, tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    take(folder, licenses(("Ann", "Temporary", "Delivered")), "--library", "books", name=name)
    assert plan_is_empty(folder)


# What is rejected: then nothing is written


def refused(folder: Path, text: str, *args: str, code: int) -> Outcome:
    """Import something bad, and check that files and ledger have not changed."""
    before = everything(folder)
    outcome = take(folder, text, *args, code=code, name="second.csv")
    assert everything(folder) == before
    return outcome


def test_more_seats_than_there_are_slots_are_refused_with_the_numbers(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", HEAD + LIBRARIES.replace("slots: 40", "slots: 1"))
    text = licenses(("Ann", "Temporary", "Delivered"), ("Ben", "Permanent", "Unclaimed"))
    outcome = refused(folder, text, "--library", "books", code=4)
    assert "2 seats of books" in outcome.err
    assert "slots: 2" in outcome.err


def test_a_permanent_license_where_the_system_has_none_is_refused_in_words(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    before = everything(folder)
    (tmp_path / "users.csv").write_text(licenses(("Ann", "Permanent", "Delivered")))
    outcome = seatsync("import", "../users.csv", "--library", "logos", "--yes", folder=folder)
    assert outcome.code in (3, 4)
    assert "logos" in outcome.err
    assert "permanent" in outcome.err
    assert everything(folder) == before


@pytest.mark.sqlite_only("a database of PostgreSQL holds several institutions")
def test_a_ledger_of_another_institution_is_refused(tmp_path: Path) -> None:
    other = institution(tmp_path / "other", HEAD.replace("id: grace", "id: other") + LIBRARIES)
    take(other, members("Ben"))
    folder = institution(tmp_path / "grace")
    before = files(folder), told(other, "log")
    outcome = take(folder, members("Ann"), "--ledger", str(other / "seatsync.db"), code=4)
    assert "institution-mismatch" in outcome.err
    assert (files(folder), told(other, "log")) == before


def test_an_unknown_library_is_wrong_usage_with_the_one_that_was_meant(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    outcome = refused(folder, licenses(("Ann", "Temporary", "Delivered")), "--library", "boks", code=64)
    assert 'Did you mean "books"?' in outcome.err


def test_columns_of_an_unknown_library_are_refused(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    outcome = refused(folder, licenses(("Ann", "Temporary", "Delivered"), prefix="bocks"), code=3)
    assert "second.csv:1" in outcome.err
    assert 'Did you mean "books"?' in outcome.err


def test_license_columns_without_a_library_ask_for_one(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    outcome = refused(folder, licenses(("Ann", "Temporary", "Delivered")), code=3)
    assert "--library" in outcome.err


def test_a_kind_without_a_status_is_refused(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    text = as_csv((*LOGOS, "License Kind"), [person("Ann", "None")])
    outcome = refused(folder, text, "--library", "books", code=3)
    assert "License Kind" in outcome.err
    assert "License Status" in outcome.err


def test_a_logos_list_without_license_columns_does_not_say_who_holds_a_library(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    outcome = refused(folder, members("Ann"), "--library", "books", code=3)
    assert "books" in outcome.err


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("None", "Delivered"),
        ("None", "Unclaimed"),
        ("Temporary", "None"),
        ("Permanent", "Revoked"),
        ("Permanent", "Temporary, Revoked"),
        ("Temporary-Reserved", "Delivered"),
        ("Lifetime", "Delivered"),
        ("Temporary", "Pending"),
    ],
)
def test_a_kind_and_a_status_that_contradict_each_other_are_refused(kind: str, status: str, tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    text = licenses(("Ann", "Temporary", "Delivered"), ("Ben", kind, status))
    outcome = refused(folder, text, "--library", "books", code=3)
    assert "second.csv:3" in outcome.err


def test_all_bad_rows_are_told_in_one_run(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    rows = [
        ["", "1", "Ann", "Test", "ann@grace.example", "None", "None"],
        ["", "2", "Ben", "", "ben@grace.example", "None", "None"],
        ["", "3", "Cy", "Test", "cy@grace", "None", "None"],
        ["", "1", "Di", "Test", "di@grace.example", "None", "None"],
        ["", "5", "Ann", "Again", "ANN@grace.example", "None", "None"],
        ["", "6", "E\u202eve", "Test", "eve@grace.example", "None", "None"],
        ["", "7", "Fay", "Test", "fay@grace.example", "Sometimes", "None"],
        ["", "8", "Gus", "Test", "gus@grace.example", "None", "None", "too", "many"],
    ]
    outcome = refused(folder, as_csv((*LOGOS, *KIND_AND_STATUS), rows), "--library", "books", code=3)
    told = {
        3: "missing-value",
        4: "invalid-email",
        5: "duplicate-student-id",
        6: "duplicate-email",
        7: "invisible-character",
        8: "invalid-value",
        9: "csv-row-too-long",
    }
    for line, code in told.items():
        assert any(f"second.csv:{line}:" in said and code in said for said in outcome.err.splitlines()), code


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", 'Given Name,"Family Name\n', "\n\n"])
def test_what_is_no_export_is_refused(text: str, tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    outcome = refused(folder, text, code=3)
    assert ("csv-quotes" if chr(34) in text else "csv-header") in outcome.err


def test_a_jamworks_row_of_another_type_is_refused(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    text = "email,First name,Last name,type\nann@grace.example,Ann,Lee,participant\nben@grace.example,Ben,Ode,robot\n"
    outcome = refused(folder, text, "--library", "jamworks", code=3)
    assert "second.csv:3" in outcome.err


def test_a_file_that_is_not_there_is_told_with_the_one_that_is_near(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    (tmp_path / "users.csv").write_text(members("Ann"))
    outcome = seatsync("import", "../user.csv", "--yes", folder=folder)
    assert outcome.code == 3
    assert 'Did you mean "users.csv"?' in outcome.err


def test_invalid_files_are_told_before_anything_is_imported(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", HEAD + LIBRARIES + "rosterz: []\n")
    outcome = refused(folder, members("Ann"), code=3)
    assert "unknown-key" in outcome.err


def test_a_flow_mapping_that_nothing_can_be_added_to_is_refused_with_what_to_do(tmp_path: Path) -> None:
    config = json.dumps(yaml.safe_load(HEAD) | {"libraries": {}})
    folder = institution(tmp_path / "grace", config)
    outcome = refused(folder, members("Ann"), code=4)
    assert "by hand" in outcome.err


def test_without_a_terminal_it_wants_yes(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    (tmp_path / "users.csv").write_text(members("Ann"))
    before = everything(folder)
    outcome = seatsync("import", "../users.csv", folder=folder)
    assert outcome.code == 64
    assert "--yes" in outcome.err
    assert everything(folder) == before


def test_no_on_a_terminal_writes_nothing_and_yes_does(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    (tmp_path / "users.csv").write_text(members("Ann"))
    before = everything(folder)
    assert on_terminal(folder, "import", "../users.csv", answer="n\n") == 0
    assert everything(folder) == before
    assert on_terminal(folder, "import", "../users.csv", answer="y\n") == 0
    assert held(folder, "books") == {"Ann": ("none", "none")}


# What drift shows first, and the files alone

BOTH = ("--library", "books")


def test_a_dry_run_shows_the_differences_and_what_would_be_taken_and_writes_nothing(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", WITH_FILES)
    applied(folder, ANN + BEN, "books,ann@grace.example,temporary,\nbooks,ben@grace.example,temporary,\n")
    text = licenses(("Ann", *CLAIMED), ("Ben", *NO), ("New", *OWNED))
    before = everything(folder)
    outcome = take(folder, text, *BOTH, "--dry-run", code=2, now="2026-09-02")
    assert everything(folder) == before
    file = tmp_path / "users.csv"
    drift = seatsync("drift", str(file), *BOTH, "--now", "2026-09-02", folder=folder)
    assert (drift.code, drift.out) == (2, outcome.out)
    assert "claimed there" in outcome.out
    assert "New in the files: 1 member, 1 grant." in outcome.err
    assert "writes rosters/users.csv" in outcome.err
    assert "Nothing was written." in outcome.err


def test_json_has_what_drift_has_and_what_was_written(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", WITH_FILES)
    applied(folder, ANN + BEN, "books,ann@grace.example,temporary,\nbooks,ben@grace.example,temporary,\n")
    text = licenses(("Ann", *CLAIMED), ("Ben", *TEMPORARY), ("New", *OWNED))
    as_json = (*BOTH, "--format", "json")
    looked = json.loads(take(folder, text, *as_json, "--dry-run", code=2, now="2026-09-02").out)
    done = json.loads(take(folder, text, *as_json, now="2026-09-02").out)
    assert (looked["written"], looked["events"]) == (False, 0)
    assert (done["written"], done["events"] > 0) == (True, True)
    for document in (looked, done):
        assert {one["what"] for one in document["differences"]} >= {"claimed"}
        assert document["new"] == {"members": 1, "grants": 1}
        assert document["files"][-1] == "seatsync.yaml"


OLD = "contradicts 6 licenses that changed here in the last 14 days, as an older file would"


def test_a_file_that_seems_older_than_it_is_said_to_be_is_told(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", WITH_FILES)
    names = ["Ann", "Ben", "Cy", "Dee", "Eve", "Fay"]
    everybody = "".join(f"{name.lower()}@grace.example,{name},Lee\n" for name in names)
    grants = "".join(f"books,{name.lower()}@grace.example,temporary,\n" for name in names)
    applied(folder, everybody, now="2026-06-01")
    before = licenses(*((name, *NO) for name in names))
    applied(folder, everybody, grants, now="2026-09-01")
    file = tmp_path / "users.csv"
    file.write_text(before)
    for command in (["drift", str(file), *BOTH], ["import", str(file), *BOTH, "--yes"]):
        outcome = seatsync(*command, "--now", "2026-09-02", folder=folder)
        assert OLD in outcome.out + outcome.err, outcome
        taken = seatsync(*command, "--taken", "2026-08-01", "--now", "2026-09-02", folder=folder)
        assert OLD not in taken.out + taken.err
    late = seatsync("drift", str(file), *BOTH, "--now", "2026-10-02", folder=folder)
    assert OLD not in late.out + late.err


def test_a_dry_run_of_what_is_known_finds_nothing(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    text = licenses(("Ann", *CLAIMED), ("Ben", *DECLINED))
    take(folder, text, *BOTH)
    assert "agree" in take(folder, text, *BOTH, "--dry-run", now="2026-09-20").out


def test_a_dry_run_needs_neither_a_ledger_nor_a_terminal(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    before = files(folder)
    file = tmp_path / "users.csv"
    file.write_text(licenses(("Ann", *CLAIMED)))
    assert seatsync("import", str(file), *BOTH, "--dry-run", "--now", DAY, folder=folder).code == 2
    assert files(folder) == before


def test_all_new_members_get_the_tags(tmp_path: Path) -> None:
    grants = "grants:\n  - {library: books, kind: temporary, to: {tags: [fall-2026]}}\n"
    folder = institution(tmp_path / "grace", HEAD + LIBRARIES + grants)
    text = licenses(("Ann", *CLAIMED), ("Ben", *TEMPORARY))
    take(folder, text, *BOTH, "--tag", "fall-2026", "--tag", "student")
    assert [member["tags"][:2] for member in told(folder, "members")] == [["fall-2026", "student"]] * 2
    assert not (folder / "grants").exists()  # the rule gives it
    assert plan_is_empty(folder)


@pytest.mark.parametrize("tag", ["imported:2026-09-01", "a;b", ""])
def test_a_tag_that_is_none_is_wrong_usage(tag: str, tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    assert "can't be a tag" in take(folder, members("Ann"), "--tag", tag, code=64).err


def test_what_changed_after_the_export_was_taken_is_left_alone(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", WITH_FILES)
    given = "books,ann@grace.example,temporary,\n"
    applied(folder, ANN, given, now="2026-03-01")
    applied(folder, ANN, now="2026-06-01")
    applied(folder, ANN, given, now="2026-09-01")
    spring = licenses(("Ann", *CLAIMED))
    outcome = take(folder, spring, *BOTH, "--taken", "2026-04-01", now="2026-09-02")
    assert held(folder, "books") == {"Ann": ("temporary", "unclaimed")}
    assert not differences(outcome)
    take(folder, spring, *BOTH, "--taken", "2026-09-02", now="2026-09-03")
    assert held(folder, "books") == {"Ann": ("temporary", "delivered")}


def test_an_export_from_the_future_is_wrong_usage(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    assert "is in the future" in take(folder, members("Ann"), "--taken", "2027-01-01", code=64).err


def test_names_that_changed_are_told_with_what_to_do(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", HEAD + LIBRARIES + "rosters:\n  - {path: all.csv}\n")
    (folder / "all.csv").write_text("email,given_name,family_name,student_id\nann@grace.example,Ann,Abel,7\n")
    columns = (*LOGOS, *KIND_AND_STATUS)
    outcome = take(folder, as_csv(columns, [person("Ann", *CLAIMED, id="7")]), *BOTH)
    assert (
        "ann@grace.example: family name Abel in the ledger; family name Test in the file (users.csv:2)" in outcome.err
    )
    assert "To fix: Correct it there, or in the roster." in outcome.err
    assert held(folder, "books") == {"Ann": ("temporary", "delivered")}


def test_who_holds_a_seat_here_and_is_missing_there_is_named(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace")
    take(folder, licenses(("Ann", *CLAIMED), ("Ben", *CLAIMED)), *BOTH)
    outcome = take(folder, licenses(("Ann", *CLAIMED)), *BOTH, now="2026-09-02")
    assert differences(outcome) == ["ben@grace.example: holds a seat here and is missing there"]


def test_a_rule_by_the_day_of_the_import_is_seen_and_no_second_grant_is_written(tmp_path: Path) -> None:
    grants = "grants:\n  - {library: books, kind: temporary, to: {tags: ['imported:2026-09-01']}, until: 2027-06-30}\n"
    folder = institution(tmp_path / "grace", HEAD + LIBRARIES + grants)
    take(folder, licenses(("Ann", *NO), ("Ben", *CLAIMED)), *BOTH, now="2026-09-01")
    take(folder, licenses(("Ann", *CLAIMED), ("Ben", *CLAIMED)), *BOTH, now="2026-09-20")
    assert not (folder / "grants").exists()
    assert held(folder, "books") == {"Ann": ("temporary", "delivered"), "Ben": ("temporary", "delivered")}
    assert {row["until"] for row in told(folder, "licenses")} == {"2027-06-30"}
    assert plan_is_empty(folder)


def test_files_alone_leave_the_ledger_as_it_is_and_have_a_copy_of_the_export(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", WITH_FILES)
    applied(folder, ANN + BEN, "books,ann@grace.example,temporary,\n")
    journal = told(folder, "log", "--limit", "1000")
    text = licenses(("Ann", *CLAIMED), ("Ben", *NO), ("New", *OWNED))
    outcome = take(folder, text.encode("utf-16"), *BOTH, "--files-only", now="2026-09-02")
    assert told(folder, "log", "--limit", "1000") == journal
    assert (folder / "exports" / "users.csv").read_bytes().decode() == text
    entry = "{path: exports/users.csv, library: books, taken: 2026-09-02T00:00:00Z}"
    assert f"exports:\n  - {entry}\n" in (folder / "seatsync.yaml").read_text()
    assert "open a pull request" in outcome.err
    before = files(folder)
    take(folder, text, *BOTH, "--files-only", now="2026-09-02")
    assert files(folder) == before


def test_files_alone_are_taken_by_the_apply_of_their_pull_request(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", WITH_FILES)
    applied(folder, ANN + BEN, "books,ann@grace.example,temporary,\n")
    text = licenses(("Ann", *CLAIMED), ("Ben", *NO), ("New", *OWNED))
    take(folder, text, *BOTH, "--files-only", now="2026-09-02")
    assert seatsync("apply", "--yes", "--now", "2026-09-03", folder=folder).code == 0
    assert held(folder, "books") == {
        "Ann": ("temporary", "delivered"),
        "Ben": ("none", "none"),
        "New": ("permanent", "delivered"),
    }
    assert plan_is_empty(folder)
    before = files(folder)
    take(folder, text, *BOTH, "--files-only", now="2026-09-04")
    assert files(folder) == before


def test_files_of_a_shared_repository_and_a_shared_ledger_go_through_a_pull_request(
    tmp_path: Path, database: str
) -> None:
    folder = institution(tmp_path / "grace")
    for words in (("init", "-q"), ("remote", "add", "origin", str(tmp_path / "origin.git"))):
        subprocess.run(("git", *words), cwd=folder, check=True)
    before = files(folder)
    text = licenses(("Ann", *CLAIMED))
    outcome = take(folder, text, *BOTH, code=64 if database == "postgres" else 0)
    if database == "postgres":
        assert files(folder) == before
        assert "--files-only" in outcome.err
        assert "empty-roster" in outcome.err
    take(folder, text, *BOTH, "--files-only")


def test_files_alone_do_not_count_on_a_rule_by_a_day_that_is_not_yet_known(tmp_path: Path) -> None:
    grants = "grants:\n  - {library: books, kind: temporary, to: {tags: ['imported:2026-09-01']}}\n"
    folder = institution(tmp_path / "grace", HEAD + LIBRARIES + grants)
    take(folder, licenses(("Ann", *CLAIMED)), *BOTH, "--files-only", now="2026-09-01")
    assert "ann@grace.example" in (folder / "grants" / "users.csv").read_text()


# Who left and owns a license


def test_permanent_licenses_of_who_left_survive_an_export_and_an_import(tmp_path: Path) -> None:
    first = institution(tmp_path / "first", WITH_FILES)
    given = "books,ann@grace.example,permanent,\nbooks,ben@grace.example,temporary,2027-06-30\n"
    applied(first, ANN + BEN, given, now="2026-08-01")
    seatsync("ledger", "claim", "books", "ann@grace.example", "--now", "2026-08-01", folder=first)
    applied(first, BEN, given.splitlines(keepends=True)[1], now="2026-08-02")
    text = export(first)
    second = institution(apart(tmp_path / "second"), WITH_FILES)
    for name in ("all.csv", "given.csv"):
        (second / name).write_bytes((first / name).read_bytes())
    before = files(second)
    take(second, text)
    assert files(second) == before  # nobody comes back to a roster
    again = export(second).replace(f"imported:{DAY}", "imported:2026-08-01")
    assert sorted(again.splitlines()) == sorted(text.splitlines())
    assert plan_is_empty(second)
    assert seatsync("verify", folder=second).code == 0
    journal = told(second, "log", "--limit", "1000")
    take(second, text, now="2026-09-20")
    assert told(second, "log", "--limit", "1000") == journal


# Libraries at the vendor

AT_VENDOR = HEAD + LIBRARIES.replace("slots: 40}", "slots: 40, delivered_by: vendor}").replace(
    "slots: 10}", "slots: 10, delivered_by: vendor}"
)


def to_do(folder: Path) -> list[dict[str, Any]]:
    """What is on the work list."""
    steps: list[dict[str, Any]] = told(folder, "worklist", "list")
    return steps


def test_a_library_at_the_vendor_that_is_taken_over_leaves_nothing_to_be_done_there(tmp_path: Path) -> None:
    folder = institution(tmp_path / "grace", AT_VENDOR)
    text = licenses(("Ann", *CLAIMED), ("Ben", *TEMPORARY), ("Cy", *PERMANENT), ("Di", *OWNED), ("Ed", *REVOKED))
    take(folder, text, *BOTH)
    take(folder, "email,First name,Last name,type\nann@grace.example,Ann,Test,participant\n", "--library", "jamworks")
    assert to_do(folder) == []
    assert {row["there"] for row in told(folder, "licenses", "--all") if "there" in row} <= {""}
    assert plan_is_empty(folder)
    assert seatsync("verify", folder=folder).code == 0
    before = everything(folder)
    take(folder, text, *BOTH, now="2026-09-20")
    assert everything(folder) == before


def test_what_is_still_to_be_done_at_the_vendor_survives_an_export_and_an_import(tmp_path: Path) -> None:
    config = AT_VENDOR + "rosters:\n  - {path: all.csv}\ngrants:\n  - {path: given.csv}\n"
    first = institution(tmp_path / "first", config)
    given = "books,ann@grace.example,permanent,\nbooks,ben@grace.example,temporary,\n"
    applied(first, ANN + BEN, given)
    assert to_do(first)
    text = export(first)
    second = institution(apart(tmp_path / "second"), config)
    for name in ("all.csv", "given.csv"):
        (second / name).write_bytes((first / name).read_bytes())
    take(second, text)
    assert to_do(second) == to_do(first)
    assert export(second) == text
    assert plan_is_empty(second)
    before = told(first, "log", "--limit", "1000")
    take(first, text, now="2026-09-20")  # our own file is no sign that a person did it there
    assert to_do(first)
    assert told(first, "log", "--limit", "1000") == before
