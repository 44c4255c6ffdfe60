"""``init --from``: a folder and a ledger that say what the vendors' portals say, so that the first plan is empty."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.metrics.scraping import locked
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import environment

DAY = "2027-03-01"
LOGOS = ("Given Name", "Family Name", "Institution Email Address", "Institution Student ID", "Role", "Tags")
BOOKS = ("Biblical Studies License Kind", "Biblical Studies License Status")
LOGOS_SUBSCRIPTION = ("Logos Subscription License Kind", "Logos Subscription License Status")
JAMWORKS = ("email", "First name", "Last name", "type")
ADMIN = ("--admin", "Ruth Abel <ruth@grace.example>")
TEMPORARY, RESERVED, PERMANENT = ("Temporary", "Delivered"), ("Temporary", "Unclaimed"), ("Permanent", "Delivered")
NONE = ("None", "None")


@pytest.fixture
def place(tmp_path: Path, database: str) -> Path:
    """An empty folder, on both databases."""
    folder = tmp_path / "grace"
    folder.mkdir()
    return folder


def export(place: Path, name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A file next to the folder, and its name from there."""
    text = io.StringIO()
    csv.writer(text).writerows([columns, *rows])
    (place.parent / name).write_text(text.getvalue(), encoding="utf-8")
    return f"../{name}"


def person(name: str, *licenses: str, id: str = "", role: str = "", tags: str = "") -> list[str]:
    return [name, "Test", f"{name.lower()}@grace.example", id, role, tags, *licenses]


def users(place: Path, *rows: Sequence[str], columns: Sequence[str] = BOOKS, name: str = "users.csv") -> str:
    return export(place, name, (*LOGOS, *columns), rows)


def participants(place: Path, *names: str, name: str = "members.csv") -> str:
    rows = [[f"{one.lower()}@grace.example", one, "Test", "participant"] for one in names]
    return export(place, name, JAMWORKS, [*rows, ["dana@grace.example", "Dana", "Fox", "admin"]])


def init(place: Path, *args: str, code: int = 0) -> Outcome:
    outcome = seatsync("init", *args, "--now", DAY, folder=place)
    assert outcome.code == code, f"left with {outcome.code}\n{outcome.out}\n{outcome.err}"
    assert "This is a bug" not in outcome.err
    return outcome


def start(place: Path, *args: str, code: int = 0) -> Outcome:
    return init(place, *args, *ADMIN, code=code)


def told(place: Path, *args: str) -> Any:
    outcome = seatsync(*args, "--format", "json", "--now", DAY, folder=place)
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


def held(place: Path, library: str) -> dict[str, tuple[str, str]]:
    rows = told(place, "members", "--library", library)
    return {row["given_name"]: (row["kind"], row["status"]) for row in rows}


def config(place: Path) -> Any:
    return yaml.safe_load((place / "seatsync.yaml").read_text(encoding="utf-8"))


def rows_of(place: Path, name: str) -> list[dict[str, str]]:
    with (place / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def agrees(place: Path) -> None:
    """Files and ledger agree, nothing is to be done at the vendor, no member gets a letter, and the ledger is sound."""
    plan = told(place, "plan")
    assert (plan["changes"], plan["refusals"]) == ([], [])
    assert told(place, "worklist", "list") == []
    assert {letter["letter"] for letter in told(place, "outbox", "list")} <= {"admin-welcome"}
    assert seatsync("validate", "--strict", "--now", DAY, folder=place).code == 0
    assert seatsync("verify", folder=place).code == 0


def untouched(place: Path) -> bool:
    return not [file for file in place.rglob("*") if file.is_file()]


# What comes out


def test_an_export_of_logos_becomes_files_and_a_ledger_that_agree(place: Path) -> None:
    file = users(
        place,
        person("Ann", *PERMANENT, *TEMPORARY, id="0007", role="Professor", tags="faculty;german"),
        person("Ben", *RESERVED, *TEMPORARY, id="8", role="Student", tags="student"),
        person("Cleo", "None", "Opted Out", *RESERVED, id="9", tags="student"),
        person("Dan", "Temporary", "Revoked", *NONE, id="10"),
        columns=(*BOOKS, *LOGOS_SUBSCRIPTION),
    )
    outcome = start(place, "--from", file, "--slots", "biblical-studies=40", "--slots", "logos-subscription=250")
    assert "Biblical Studies: 2 seats in use, 1 declined, 1 revoked." in outcome.err
    assert "The plan is empty: files and ledger agree." in outcome.err
    assert held(place, "biblical-studies") == {
        "Ann": ("permanent", "delivered"),
        "Ben": ("temporary", "unclaimed"),
        "Cleo": ("none", "opted_out"),
        "Dan": ("none", "revoked"),
    }
    assert held(place, "logos-subscription")["Cleo"] == ("temporary", "unclaimed")
    assert config(place)["libraries"] == {
        "biblical-studies": {
            "title": "Biblical Studies",
            "system": "logos-library",
            "slots": 40,
            "delivered_by": "vendor",
        },
        "logos-subscription": {
            "title": "Logos Subscription",
            "system": "logos-subscription",
            "slots": 250,
            "delivered_by": "vendor",
        },
    }
    assert config(place)["institution"]["opt_out"] is True
    assert config(place)["institution"]["admins"][0]["email"] == "ruth@grace.example"
    assert rows_of(place, "rosters/members.csv")[0] == {
        "email": "ann@grace.example",
        "given_name": "Ann",
        "family_name": "Test",
        "student_id": "0007",
        "role": "Professor",
        "tags": "faculty;german",
    }
    assert [(row["email"], row["kind"]) for row in rows_of(place, "grants/biblical-studies.csv")] == [
        ("ann@grace.example", "permanent"),
        ("ben@grace.example", "temporary"),
    ]
    assert seatsync("drift", file, "--now", DAY, folder=place).code == 0
    agrees(place)


def test_a_list_of_jamworks_members_becomes_one_rule(place: Path) -> None:
    file = participants(place, "Ann", "Ben", "Cleo")
    outcome = start(place, "--from", file, "--slots", "100")
    assert "Jamworks: everybody has a temporary seat" in outcome.err
    assert held(place, "jamworks") == dict.fromkeys(("Ann", "Ben", "Cleo"), ("temporary", "delivered"))
    assert config(place)["grants"] == [{"library": "jamworks", "to": {"everyone": True}}]
    assert "opt_out" not in config(place)["institution"]
    assert not (place / "grants").exists()
    agrees(place)


def test_the_folder_may_be_new(place: Path) -> None:
    file = users(place, person("Ann", *PERMANENT))
    outcome = start(place, "my-school", "--from", file, "--slots", "40", "--ledger", str(place / "ledger.db"))
    assert "seatsync status my-school" in outcome.err
    assert "my-school/grants/biblical-studies.csv" in outcome.err
    assert (place / "my-school" / "seatsync.yaml").exists()


def test_exports_of_both_portals_become_one_roster(place: Path) -> None:
    logos = users(place, person("Ann", *PERMANENT, id="7"), person("Ben", *NONE, id="8"))
    jamworks = participants(place, "Ann", "Cleo")
    start(place, "--from", logos, "--from", jamworks, "--slots", "jamworks=10", "--slots", "Biblical Studies=40")
    assert [(row["given_name"], row["student_id"]) for row in rows_of(place, "rosters/members.csv")] == [
        ("Ann", "7"),
        ("Ben", "8"),
        ("Cleo", ""),
    ]
    assert held(place, "jamworks") == {
        "Ann": ("temporary", "delivered"),
        "Ben": ("none", "none"),
        "Cleo": ("temporary", "delivered"),
    }
    for file in (logos, jamworks):
        assert seatsync("drift", file, "--now", DAY, folder=place).code == 0
    agrees(place)


def test_a_list_of_users_alone_becomes_a_roster(place: Path) -> None:
    file = users(place, person("Ann", id="7"), columns=())
    start(place, "--from", file)
    assert [row["email"] for row in told(place, "members")] == ["ann@grace.example"]
    assert config(place)["libraries"] == {}
    agrees(place)


def test_columns_that_do_not_name_their_library_get_its_title_by_an_option(place: Path) -> None:
    file = users(place, person("Ann", *PERMANENT), columns=("License Kind", "License Status"))
    outcome = start(place, "--from", file, "--slots", "40", code=64)
    assert "../users.csv does not say which library" in outcome.err
    assert untouched(place)
    start(place, "--from", file, "--slots", "40", "--library", "Biblical Studies")
    assert config(place)["libraries"]["biblical-studies"]["title"] == "Biblical Studies"
    agrees(place)


def test_a_title_is_first_for_the_export_that_needs_it(place: Path) -> None:
    jamworks = participants(place, "Ann")
    logos = users(place, person("Ann", *PERMANENT), columns=("License Kind", "License Status"))
    given = ("--library", "Greek", "--slots", "greek=40", "--slots", "jamworks=9")
    start(place, "--from", jamworks, "--from", logos, *given)
    assert held(place, "greek") == {"Ann": ("permanent", "delivered")}
    agrees(place)


def test_a_list_without_types_is_of_the_library_that_its_title_names(place: Path) -> None:
    file = export(place, "list.csv", JAMWORKS[:3], [["ann@grace.example", "Ann", "Test"]])
    start(place, "--from", file, "--library", "Jamworks 2027", "--slots", "9")
    assert held(place, "jamworks-2027") == {"Ann": ("temporary", "delivered")}
    agrees(place)


def test_two_exports_of_one_library_are_put_together(place: Path) -> None:
    students = users(place, person("Ann", *PERMANENT), name="students.csv")
    faculty = users(place, person("Ben", *RESERVED), person("Ann", *PERMANENT), name="faculty.csv")
    start(place, "--from", students, "--from", faculty, "--slots", "40")
    assert held(place, "biblical-studies") == {"Ann": ("permanent", "delivered"), "Ben": ("temporary", "unclaimed")}
    agrees(place)


def test_what_seatsync_exported_comes_back_with_its_end_dates(place: Path, tmp_path: Path) -> None:
    school = tmp_path / "school"
    assert seatsync("init", str(school), folder=tmp_path).code == 0
    text = (school / "seatsync.yaml").read_text(encoding="utf-8")
    (school / "seatsync.yaml").write_text(
        text.replace("{library: logos-subscription,", "{library: logos-subscription, until: 2027-06-30,"),
        encoding="utf-8",
    )
    assert seatsync("apply", "--yes", "--now", DAY, folder=school).code == 0
    (tmp_path / "export.csv").write_text(seatsync("export", "--now", DAY, folder=school).out, encoding="utf-8")
    more = ("--slots", "logos-subscription=50", "--slots", "biblical-studies=10")
    start(place, "--from", "../export.csv", *more)
    assert {row["until"] for row in rows_of(place, "grants/logos-subscription.csv")} == {"2027-06-30"}
    before, after = (told(one, "status")["libraries"] for one in (school, place))
    assert before == after
    agrees(place)


# Rules


def three(tags: str) -> list[list[str]]:
    """Three people with these tags who have a temporary seat."""
    return [
        person(name, *license, tags=tags)
        for name, license in (("Ann", RESERVED), ("Ben", TEMPORARY), ("Eli", TEMPORARY))
    ]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([*three("student"), person("Cy", *NONE)], {"tags": ["student"]}, id="everybody with a tag"),
        pytest.param(three("student"), {"tags": ["student"]}, id="a tag says more than everybody"),
        pytest.param(three(""), {"everyone": True}, id="everybody"),
        pytest.param([*three("no"), person("Cy", *NONE)], {"tags": ["no"]}, id="a tag that YAML knows"),
        pytest.param([*three("a: {b} #"), person("Cy", *NONE)], {"tags": ["a: {b} #"]}, id="punctuation"),
        pytest.param(
            [*three("x"), person("Di", *PERMANENT, tags="x"), person("Cy", *NONE)], {"tags": ["x"]}, id="an owner"
        ),
        pytest.param(
            [*three("x"), person("Di", "None", "Opted Out", tags="x"), person("Cy", *NONE)],
            {"tags": ["x"]},
            id="somebody has declined",
        ),
        pytest.param([*three("x"), person("Di", "None", "Revoked", tags="x")], None, id="revoked"),
        pytest.param([*three("x"), person("Cy", *NONE, tags="x")], None, id="not all"),
        pytest.param([*three("x"), person("Di", *RESERVED), person("Cy", *NONE)], None, id="others too"),
        pytest.param(three("x")[:2], None, id="two may be chance"),
        pytest.param(
            [person(name, *PERMANENT, tags="x") for name in ("Ann", "Ben", "Di")], None, id="never for permanent ones"
        ),
        pytest.param([*three("2026-09-01 08:12"), person("Cy", *NONE)], None, id="the day of an import"),
    ],
)
def test_a_rule_is_written_where_it_says_exactly_who_has_a_temporary_seat(
    rows: list[list[str]], expected: dict[str, Any] | None, place: Path
) -> None:
    start(place, "--from", users(place, *rows), "--slots", "9", "--system", "logos-library")
    by_rule = [grant["to"] for grant in config(place)["grants"] if "to" in grant]
    assert by_rule == ([expected] if expected else [])
    agrees(place)


# What the exports do not say


def test_without_a_terminal_all_that_is_missing_is_named_with_the_number_in_use(place: Path) -> None:
    file = users(place, person("Ann", *RESERVED), person("Ben", *RESERVED))
    outcome = init(place, "--from", file, code=64)
    assert "--slots biblical-studies=NUMBER" in outcome.err
    assert "2 in use" in outcome.err
    choice = "--system biblical-studies=logos-subscription (temporary) or logos-library (temporary and permanent)"
    assert choice in outcome.err
    assert '--admin "NAME <EMAIL>"' in outcome.err
    assert untouched(place)


@pytest.mark.parametrize(
    ("more", "fact"),
    [
        (["--slots", "1"], "2 seats of Biblical Studies are in use in the exports, more than --slots"),
        (["--slots", "biblical-study=40"], 'Did you mean "biblical-studies"?'),
        (["--slots", "many"], "can't be read"),
        (["--slots", "9", "--system", "logos-subscription"], "have permanent and temporary licenses"),
        (["--slots", "9", "--system", "jamworks"], "Biblical Studies can't be of jamworks"),
        (["--slots", "9", "--library", "Greek"], 'There is no export for --library "Greek"'),
    ],
)
def test_what_is_given_must_fit_the_exports(more: list[str], fact: str, place: Path) -> None:
    file = users(place, person("Ann", *PERMANENT), person("Ben", *RESERVED))
    outcome = start(place, "--from", file, *more, code=64)
    assert fact in " ".join(outcome.err.split())
    assert untouched(place)


def test_options_of_a_start_from_exports_need_an_export(place: Path) -> None:
    assert "only with --from" in init(place, "--slots", "40", code=64).err


def test_on_a_terminal_it_asks_until_the_answer_can_be_true(place: Path) -> None:
    file = users(place, person("Ann", *RESERVED), person("Ben", *RESERVED))
    answers = "logos-library\nforty\n1\n40\nRuth\nRuth Abel <ruth@grace.example>\nEurope/Berlyn\nEurope/Berlin\n"
    ours, theirs = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "seatsync", "init", "--from", file, "--now", DAY],
        cwd=place,
        env=environment(place) | {"COLUMNS": "50"},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.close(theirs)
    os.write(ours, answers.encode())
    said, _ = program.communicate(timeout=30)
    os.close(ours)
    assert program.returncode == 0, said
    assert "How many seats of Biblical Studies did you buy? 2\n  are in use: " in said
    said = " ".join(said.split())
    assert '"forty" is no number of seats. Write it in digits: 40.' in said
    assert "2 seats are in use, more than 1." in said
    library = config(place)["libraries"]["biblical-studies"]
    assert (library["system"], library["slots"]) == ("logos-library", 40)
    institution = config(place)["institution"]
    assert institution["admins"][0]["given_name"] == "Ruth"
    assert 'Did you mean "Europe/Berlin"?' in said
    assert institution["timezone"] == "Europe/Berlin"
    agrees(place)


# Next month


def test_a_row_in_the_roster_is_enough_for_a_seat_by_a_rule_and_apply_says_that_steps_are_open(place: Path) -> None:
    start(place, "--from", participants(place, "Ann", "Ben", "Cleo"), "--slots", "100")
    with (place / "rosters" / "members.csv").open("a", encoding="utf-8") as roster:
        roster.write("dan@grace.example,Dan,Test,,,\n")
    outcome = seatsync("apply", "--yes", "--now", DAY, folder=place)
    for said in (outcome, seatsync("plan", "--now", DAY, folder=place)):
        assert "To be done at the vendor: Add people (Jamworks): 1. `seatsync worklist bundle to-do` writes" in said.err
    assert [(row["step"], row["email"]) for row in told(place, "worklist", "list")] == [("3-add", "dan@grace.example")]
    participants(place, "Ann", "Ben", "Cleo", "Dan")
    assert seatsync("import", "../members.csv", "--yes", "--now", DAY, folder=place).code == 0
    assert held(place, "jamworks")["Dan"] == ("temporary", "delivered")
    agrees(place)


# Wrong files


def test_the_mistakes_of_all_exports_are_told_in_one_run(place: Path) -> None:
    logos = users(
        place,
        person("Ann", "Permanent", "Sometimes"),
        ["Ben", "", "ben@grace", "", "", "", *NONE],
        person("Cleo", *RESERVED),
    )
    jamworks = export(place, "members.csv", JAMWORKS, [["cleo@grace.example", "Cleo", "Other", "participant"], ["x"]])
    outcome = start(place, "--from", logos, "--from", jamworks, "--from", "../absent.csv", "--slots", "40", code=3)
    for where in ("../users.csv:2", "../users.csv:3", "../members.csv:3", "../absent.csv"):
        assert where in outcome.err
    assert untouched(place)


def test_who_has_other_names_in_another_portal_is_told_with_both_places(place: Path) -> None:
    logos = users(place, person("Ann", *PERMANENT))
    jamworks = export(place, "members.csv", JAMWORKS, [["ann@grace.example", "Anne", "Test", "participant"]])
    outcome = start(place, "--from", logos, "--from", jamworks, "--slots", "40", code=3)
    assert "../users.csv:2" in outcome.err
    assert "../members.csv:2" in outcome.err
    assert untouched(place)


def test_exports_that_say_different_things_of_one_license_are_not_mixed(place: Path) -> None:
    one = users(place, person("Ann", *TEMPORARY), name="one.csv")
    two = users(place, person("Ann", *PERMANENT), name="two.csv")
    outcome = start(place, "--from", one, "--from", two, "--slots", "40", code=3)
    assert "../two.csv:2" in outcome.err
    assert "permanent, claimed and temporary, claimed" in " ".join(outcome.err.split())
    assert untouched(place)


def test_a_row_that_is_there_twice_is_read_once(place: Path) -> None:
    file = users(place, person("Ann", *PERMANENT), person("Ann", *PERMANENT))
    start(place, "--from", file, "--slots", "40")
    assert held(place, "biblical-studies") == {"Ann": ("permanent", "delivered")}
    agrees(place)


def test_names_and_titles_that_programs_read_as_something_else_stay_what_they_are(place: Path) -> None:
    title = 'Bible: "Greek", {old} #1'
    columns = (f"{title} License Kind", f"{title} License Status")
    ann = ["=cmd()", "Té st", "ann@grace.example", "", "", "null; yes", *TEMPORARY]
    start(
        place,
        "--from",
        users(place, ann, person("Ben", *NONE), columns=columns),
        "--slots",
        "4",
        "--system",
        "logos-library",
    )
    [member] = [row for row in told(place, "members") if row["email"] == "ann@grace.example"]
    assert (member["given_name"], member["tags"][:2]) == ("=cmd()", ["null", "yes"])
    assert config(place)["libraries"]["bible-greek-old-1"]["title"] == title
    agrees(place)


# Twice, and half-way


def test_a_folder_that_is_there_is_not_started_again_and_the_way_on_works(place: Path) -> None:
    file = users(place, person("Ann", *RESERVED, id="7"), person("Ben", *PERMANENT))
    start(place, "--from", file, "--slots", "40")
    before = {path: path.read_bytes() for path in place.rglob("*.csv")}
    outcome = start(place, "--from", file, "--slots", "40", code=64)
    assert "`seatsync import ../users.csv`" in outcome.err
    assert before == {path: path.read_bytes() for path in place.rglob("*.csv")}
    users(place, person("Ann", *TEMPORARY, id="7"), person("Ben", *PERMANENT))
    assert seatsync("import", file, "--yes", "--now", DAY, folder=place).code == 0
    assert held(place, "biblical-studies")["Ann"] == ("temporary", "delivered")
    agrees(place)


def test_a_start_that_stopped_before_the_ledger_is_finished_by_the_command_it_names(place: Path) -> None:
    logos = users(place, person("Ann", *RESERVED, id="7"), person("Cy", "None", "Opted Out"))
    jamworks = participants(place, "Ann", "Ben")
    given = ("--slots", "biblical-studies=40", "--slots", "jamworks=9", "--system", "biblical-studies=logos-library")
    start(place, "--from", logos, "--from", jamworks, *given, "--ledger", str(place.parent / "lost.db"))
    outcome = start(place, "--from", logos, "--from", jamworks, *given, code=64)
    for file in (logos, jamworks):
        assert f"`seatsync import {file}`" in outcome.err
        assert seatsync("import", file, "--yes", "--now", DAY, folder=place).code == 0
    assert held(place, "biblical-studies")["Cy"] == ("none", "opted_out")
    agrees(place)


@pytest.mark.postgres_only("a ledger in SQLite is made by the start itself")
def test_a_start_whose_ledger_is_locked_says_how_to_finish(place: Path) -> None:
    file = users(place, person("Ann", *PERMANENT))
    with locked(place):
        outcome = start(place, "--from", file, "--slots", "40", "--lock-timeout", "0", code=6)
    assert "the ledger is not filled. To finish: Run `seatsync import ../users.csv`" in outcome.err
    assert seatsync("import", file, "--yes", "--now", DAY, folder=place).code == 0
    agrees(place)


def test_a_ledger_that_has_the_institution_is_not_filled_again(place: Path) -> None:
    file = users(place, person("Ann", *PERMANENT))
    start(place, "--from", file, "--slots", "40")
    for path in place.rglob("*"):
        if path.is_file() and not path.name.startswith("seatsync.db"):
            path.unlink()
    outcome = start(place, "--from", file, "--slots", "40", code=64)
    assert "already has grace" in outcome.err
    assert not (place / "seatsync.yaml").exists()


def test_a_file_of_somebody_else_is_not_written_over(place: Path) -> None:
    (place / "rosters").mkdir()
    (place / "rosters" / "members.csv").write_text("mine\n", encoding="utf-8")
    outcome = start(place, "--from", users(place, person("Ann", *PERMANENT)), "--slots", "40", code=64)
    assert "rosters/members.csv already exists" in outcome.err
    assert (place / "rosters" / "members.csv").read_text(encoding="utf-8") == "mine\n"
    assert not (place / "seatsync.yaml").exists()


# In a pipeline


def test_with_a_pipeline_the_first_plan_reads_the_exports(place: Path) -> None:
    logos = users(
        place,
        person("Ann", *PERMANENT, id="7"),
        person("Ben", *RESERVED),
        person("Cy", "None", "Opted Out"),
        columns=("License Kind", "License Status"),
    )
    jamworks = participants(place, "Ann", "Dan", name="users of Jamworks.csv")
    given = ("--library", "Greek", "--slots", "greek=40", "--slots", "jamworks=9")
    outcome = start(place, "--from", logos, "--from", jamworks, *given, "--ci", "github", "--ledger", "git")
    assert "made up" not in outcome.err
    assert (place / ".github" / "workflows" / "seatsync.yml").exists()
    assert config(place)["exports"] == [
        {"path": "exports/users.csv", "library": "greek", "taken": date.fromisoformat(DAY)},
        {"path": "exports/users-of-jamworks.csv", "taken": date.fromisoformat(DAY)},
    ]
    first = told(place, "plan")
    assert not first["refusals"]
    assert {change["action"] for change in first["changes"]} == {"library-add", "admin-add", "member-add", "observe"}
    assert seatsync("apply", "--yes", "--now", DAY, folder=place).code == 0
    assert held(place, "greek") == {
        "Ann": ("permanent", "delivered"),
        "Ben": ("temporary", "unclaimed"),
        "Cy": ("none", "opted_out"),
        "Dan": ("none", "none"),
    }
    assert held(place, "jamworks")["Dan"] == ("temporary", "delivered")
    agrees(place)
