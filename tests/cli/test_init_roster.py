"""``init --roster``: from the file that another program wrote to the first plan, without an editor."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

from tests.sources.tables.workbooks import rows, text, xlsx
from tests.support.command_line import Outcome, seatsync

ADMIN = ("--admin", "Ruth Abel <ruth@grace.example>")
BOOKS = ("--library", "Biblical Studies", "--system", "logos-library", "--slots", "40")
USERS = (
    "user_id,login_id,password,first_name,last_name,email,status\n"
    "007,ann,Secret#1,Zoë,O'Lee,zoe@grace.example,active\n"
    "008,bo,Secret#2,Bo,Ek,bo@grace.example,deleted\n"
)
ENROLLMENTS = "course_id,user_id,role,section_id,status\nNT501,007,student,,active\n"
STUDENTS = "SIS ID,First Name,Last Name,Username,Klasse,Status\n0012,Ann,Lee,ann,9a,active\n"


def init(place: Path, *args: str, code: int = 0) -> Outcome:
    outcome = seatsync("init", "grace", *args, folder=place)
    assert outcome.code == code, f"left with {outcome.code}\n{outcome.out}\n{outcome.err}"
    assert "Secret#" not in outcome.out + outcome.err
    return outcome


def plan(place: Path) -> list[str]:
    outcome = seatsync("plan", "grace", "--format", "json", folder=place)
    assert outcome.code == 0, outcome.err
    return sorted(one["action"] for one in json.loads(outcome.out)["changes"])


def config(place: Path) -> dict[str, object]:
    loaded: dict[str, object] = yaml.safe_load((place / "grace" / "seatsync.yaml").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "sis").mkdir()
    (tmp_path / "sis" / "users.csv").write_text(USERS, encoding="utf-8")
    (tmp_path / "sis" / "enrollments.csv").write_text(ENROLLMENTS, encoding="utf-8")
    (tmp_path / "sis" / "notes.docx").write_bytes(b"nothing of a roster")
    with ZipFile(tmp_path / "sis.zip", "w") as archive:
        for name in ("users.csv", "enrollments.csv"):
            archive.write(tmp_path / "sis" / name, name)
    (tmp_path / "students.csv").write_text(STUDENTS, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", ["sis", "sis.zip"])
def test_a_set_becomes_a_folder_whose_first_plan_has_its_members(name: str, place: Path) -> None:
    told = init(place, "--roster", name, *ADMIN, *BOOKS)
    assert "1 row is no member: 1 deleted." in told.err
    assert f"1 member in rosters/{name}." in told.err
    assert config(place)["rosters"] == [{"path": f"rosters/{name}", "tags": ["member"]}]
    assert not (place / "grace" / "rosters" / "members.csv").exists()
    assert not (place / "grace" / "rosters" / "sis" / "notes.docx").exists()
    assert plan(place) == ["admin-add", "library-add", "member-add"]
    granted = seatsync(
        "edit", "grant", "biblical-studies", "zoe@grace.example", "--kind", "temporary", "-C", "grace", folder=place
    )
    assert granted.code == 0, granted.err
    assert "grant" in plan(place)


def test_the_file_is_copied_byte_for_byte(place: Path) -> None:
    init(place, "--roster", "sis.zip", *ADMIN)
    assert (place / "grace" / "rosters" / "sis.zip").read_bytes() == (place / "sis.zip").read_bytes()


def test_a_file_that_is_in_the_folder_is_named_where_it_is(place: Path) -> None:
    (place / "grace").mkdir()
    (place / "students.csv").rename(place / "grace" / "students.csv")
    init(place, "--roster", "grace/students.csv", "--map", "email={Username}@grace.example", *ADMIN)
    assert not (place / "grace" / "rosters").exists()
    assert "member-add" in plan(place)


def test_what_a_message_wants_in_the_file_can_be_said_at_once(place: Path) -> None:
    told = init(place, "--roster", "students.csv", *ADMIN, code=3)
    assert "--map" in told.err
    assert not (place / "grace").exists()
    how = (
        "--map",
        "email={Username}@grace.example",
        "--take",
        "status=active, on leave",
        "--tags-from",
        "class={Klasse}",
    )
    init(place, "--roster", "students.csv", *how, *ADMIN)
    assert config(place)["rosters"] == [
        {
            "path": "rosters/students.csv",
            "tags": ["member"],
            "map": {"email": "{Username}@grace.example"},
            "take": {"status": ["active", "on leave"]},
            "tags_from": {"class": "{Klasse}"},
        }
    ]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--roster", "sis.zip"), "--admin"),
        (("--roster", "sis.zip", *ADMIN, "--library", "Books"), "--slots books=NUMBER (as many as were bought)"),
        (("--roster", "sis.zip", *ADMIN, "--slots", "5"), "There is none."),
        (("--roster", "sis.zip", *ADMIN, "--map", "email"), "Write KEY=VALUE"),
        (("--roster", "sis.zip", "--roster", "sis.zip", *ADMIN), "the same name"),
        (("--roster", "sis.zip", "--from", "students.csv", *ADMIN), "don't work together"),
        (("--map", "email=Mail"), "only with --roster"),
        (("--roster", "none.csv"), "does not exist"),
    ],
)
def test_what_is_missing_or_wrong_is_told_and_nothing_is_written(args: tuple[str, ...], says: str, place: Path) -> None:
    assert says in init(place, *args, code=64).err
    assert not (place / "grace").exists()


@pytest.mark.parametrize("start", [(), ("--roster", "sis.zip", *ADMIN)])
def test_the_time_zone_can_be_given(start: tuple[str, ...], place: Path) -> None:
    init(place, *start, "--timezone", "Europe/Berlin")
    institution = config(place)["institution"]
    assert isinstance(institution, dict)
    assert institution["timezone"] == "Europe/Berlin"
    assert "no-timezone" not in seatsync("validate", "grace", folder=place).err


@pytest.mark.parametrize(
    ("zone", "guess"), [("Europe/Berlyn", "Europe/Berlin"), ("Chicago", "America/Chicago"), ("../etc/localtime", "")]
)
def test_a_time_zone_that_does_not_exist_is_told_with_the_one_that_was_meant(
    zone: str, guess: str, place: Path
) -> None:
    told = " ".join(init(place, "--timezone", zone, code=64).err.split())
    assert f'"{zone}" is not a time zone' in told
    assert (f'Did you mean "{guess}"?' in told) == bool(guess)
    assert not (place / "grace").exists()


@pytest.mark.parametrize(("typed", "zone"), [("\n", "UTC"), ("Chicago\nAmerica/Chicago\n", "America/Chicago")])
def test_at_a_terminal_it_is_asked(typed: str, zone: str, place: Path) -> None:
    told = seatsync("init", "grace", "--roster", "sis.zip", *ADMIN, folder=place, typed=typed)
    assert told.code == 0, told.err
    assert "In which time zone" in told.err
    institution = config(place)["institution"]
    assert isinstance(institution, dict)
    assert institution["timezone"] == zone


def test_another_file_in_the_place_of_the_copy_stays(place: Path) -> None:
    (place / "grace" / "rosters").mkdir(parents=True)
    (place / "grace" / "rosters" / "sis.zip").write_bytes(b"mine")
    assert "already exists" in init(place, "--roster", "sis.zip", *ADMIN, code=64).err
    assert (place / "grace" / "rosters" / "sis.zip").read_bytes() == b"mine"


def test_a_sheet_and_a_format_can_be_named_and_a_sheet_is_that_of_workbooks_alone(place: Path) -> None:
    people = rows(
        [[*map(text, ("Email", "Given Name", "Family Name"))], [*map(text, ("bo@grace.example", "Bo", "Ek"))]]
    )
    (place / "people.xlsx").write_bytes(xlsx({"2025": people, "2026": people}))
    assert "--sheet" in init(place, "--roster", "people.xlsx", *ADMIN, code=3).err
    init(place, "--roster", "people.xlsx", "--roster", "sis/users.csv", "--sheet", "2026", *ADMIN)
    assert config(place)["rosters"] == [
        {"path": "rosters/people.xlsx", "tags": ["member"], "sheet": "2026"},
        {"path": "rosters/users.csv", "tags": ["member"]},
    ]
    assert "The formats are" in init(place, "--roster", "sis.zip", "--format", "googel", *ADMIN, code=64).err
    told = init(place, "--roster", "sis.zip", *ADMIN, code=64)
    assert "`seatsync edit roster add sis.zip -C grace`" in told.err
