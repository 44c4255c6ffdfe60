"""``seatsync edit roster`` and ``edit library``: what was bought and who the members are, without an editor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sources.tables.workbooks import rows, text, xlsx
from tests.support.command_line import Outcome, seatsync

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]

libraries:   # what we bought
  {}

rosters:
  - {path: members.csv, tags: [member]}   # by hand

grants:
  []

invites: {remind_after: [7d]}
"""
MEMBERS = "email,given_name,family_name,tags\nann@grace.example,Ann,Lee,\n"
STAFF = "Login,First Name,Last Name,State\nzoe,Zoë,Li,on leave\nbo,Bo,Ek,active\n"
LOGIN = ("--map", "email={Login}@grace.example", "--map", "status=")
STATE = ("--map", "status=State", "--take", "status=active,on leave")
BOOKS = ("--system", "logos-library", "--slots", "40")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "grace"
    home.mkdir()
    (home / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (home / "members.csv").write_text(MEMBERS, encoding="utf-8")
    (tmp_path / "staff.csv").write_text(STAFF, encoding="utf-8")
    return home


def edit(folder: Path, *args: str, code: int = 0) -> Outcome:
    done = seatsync("edit", *args, folder=folder)
    assert done.code == code, f"{done.code}\n{done.out}\n{done.err}"
    return done


def config(folder: Path) -> str:
    return (folder / "seatsync.yaml").read_text(encoding="utf-8")


def files(folder: Path) -> dict[str, bytes]:
    """All files of the folder and those below, hidden ones too."""
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def nothing_to_do(folder: Path, *args: str) -> None:
    before = files(folder)
    assert "Nothing to do." in edit(folder, *args).err
    assert files(folder) == before


# ── Rosters ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_from_elsewhere_is_copied_and_named(folder: Path) -> None:
    add = ("roster", "add", "../staff.csv", "--tag", "staff", *LOGIN[:2], *STATE)
    done = edit(folder, *add)
    assert (folder / "rosters" / "staff.csv").read_bytes() == STAFF.encode()
    line = (
        '  - {path: rosters/staff.csv, tags: [staff], map: {email: "{Login}@grace.example", status: State}, '
        "take: {status: [active, on leave]}}\n"
    )
    assert config(folder) == CONFIG.replace("# by hand\n", f"# by hand\n{line}")
    assert done.out.startswith(f"rosters/staff.csv (new)\nseatsync.yaml:12\n+ {line}")
    assert "2 members in rosters/staff.csv." in done.err
    assert "+ 3 people join" in done.out
    nothing_to_do(folder, *add)


def test_a_file_that_cannot_be_read_is_neither_copied_nor_named(folder: Path) -> None:
    before = files(folder)
    done = edit(folder, "roster", "add", "../staff.csv", code=3)
    assert "There is no column with the e-mail" in done.err
    assert "say here: --map" in done.err
    assert (files(folder), (folder / "rosters").exists()) == (before, False)


def test_a_file_in_the_folder_is_named_where_it_is(folder: Path) -> None:
    (folder / "lists").mkdir()
    (folder / "lists" / "more.csv").write_text("email;given_name;family_name\nbo@grace.example;Bo;Ek\n")
    edit(folder, "roster", "add", "lists/more.csv")
    assert "  - {path: lists/more.csv}\n" in config(folder)
    assert not (folder / "rosters").exists()


def test_a_set_of_files_is_copied_as_a_whole(folder: Path) -> None:
    sis = folder.parent / "sis"
    sis.mkdir()
    (sis / "users.csv").write_text(
        "user_id,login_id,first_name,last_name,email,status\n007,zoe,Zoë,Li,zoe@grace.example,active\n"
        "008,bo,Bo,Ek,bo@grace.example,deleted\n"
    )
    (sis / "enrollments.csv").write_text("course_id,user_id,role,section_id,status\nNT501,007,student,,active\n")
    (sis / "notes.docx").write_bytes(b"nothing of a roster")
    done = edit(folder, "roster", "add", "../sis")
    assert {*files(folder / "rosters")} == {"sis/users.csv", "sis/enrollments.csv"}
    assert "1 row is no member: 1 deleted." in done.err
    nothing_to_do(folder, "roster", "add", "../sis")
    assert seatsync("validate", folder=folder).code == 0


def test_a_sheet_of_a_workbook_can_be_named(folder: Path) -> None:
    people = rows(
        [[text("Email"), text("Given Name"), text("Family Name")], [text("bo@grace.example"), text("Bo"), text("Ek")]]
    )
    (folder.parent / "people.xlsx").write_bytes(xlsx({"2025": people, "2026": people}))
    assert "--sheet" in edit(folder, "roster", "add", "../people.xlsx", code=3).err
    edit(folder, "roster", "add", "../people.xlsx", "--sheet", "2026")
    assert '  - {path: rosters/people.xlsx, sheet: "2026"}\n' in config(folder)


def test_another_file_of_that_name_stays(folder: Path) -> None:
    (folder / "rosters").mkdir()
    (folder / "rosters" / "staff.csv").write_text("mine")
    before = files(folder)
    assert "is there already, and says something else" in edit(folder, "roster", "add", "../staff.csv", code=64).err
    assert files(folder) == before


def test_a_roster_that_is_there_is_changed_by_set_alone(folder: Path) -> None:
    edit(folder, "roster", "add", "../staff.csv", *LOGIN)
    again = edit(folder, "roster", "add", "../staff.csv", "--tag", "staff", *LOGIN, code=64)
    assert "`seatsync edit roster set`" in again.err
    change = ("roster", "set", "staff.csv", "--tag", "staff", *STATE)
    done = edit(folder, *change)
    assert "2 members in rosters/staff.csv." in done.err
    assert (
        '  - {path: rosters/staff.csv, map: {email: "{Login}@grace.example", status: State}, tags: [staff], '
        "take: {status: [active, on leave]}}\n"
    ) in config(folder)
    nothing_to_do(folder, *change)


def test_a_roster_with_mistakes_can_be_mended(folder: Path) -> None:
    (folder / "members.csv").write_text("email,given_name,family_name,status\nann@grace.example,Ann,Lee,on leave\n")
    assert seatsync("validate", folder=folder).code == 3
    edit(folder, "roster", "set", "members.csv", "--take", "status=active,on leave")
    assert seatsync("validate", folder=folder).code == 0
    assert "tags: [member], take: {status: [active, on leave]}}   # by hand\n" in config(folder)


THERE_AND_BACK = {
    "a roster": (("add", "../staff.csv", *LOGIN), ("remove", "rosters/staff.csv")),
    "a map": (("set", "members.csv", "--map", "role=", "--map", "org="), ("set", "members.csv", "--drop", "map")),
    "one field of a map": (("set", "members.csv", "--map", "role="), ("set", "members.csv", "--drop", "map.role")),
    "other tags": (("set", "members.csv", "--tag", "choir"), ("set", "members.csv", "--tag", "member")),
    "more tags": (("set", "members.csv", "--tag", "member", "--tag", "x"), ("set", "members.csv", "--tag", "member")),
    "a list of tags": (("set", "members.csv", "--adds", "tags"), ("set", "members.csv", "--drop", "adds")),
}


@pytest.mark.parametrize("edits", THERE_AND_BACK.values(), ids=THERE_AND_BACK)
def test_an_entry_changed_and_changed_back_has_the_same_bytes(folder: Path, edits: tuple[tuple[str, ...], ...]) -> None:
    edit(folder, "roster", *edits[0])
    assert config(folder) != CONFIG
    edit(folder, "roster", *edits[1])
    assert config(folder) == CONFIG


def test_an_entry_in_lines_keeps_its_lines(folder: Path) -> None:
    lines = "  - path: members.csv\n    tags:\n      - member   # all\n    map:\n      role: ~\n"
    text = CONFIG.replace("  - {path: members.csv, tags: [member]}   # by hand\n", lines)
    (folder / "seatsync.yaml").write_text(text)
    edit(
        folder,
        "roster",
        "set",
        "members.csv",
        "--tag",
        "choir",
        "--tag",
        "alto",
        "--map",
        "role=Rolle",
        "--map",
        "org=",
        code=3,
    )
    assert config(folder) == text
    edit(folder, "roster", "set", "members.csv", "--tag", "choir", "--tag", "alto", "--map", "org=")
    assert "    tags:\n      - choir   # all\n      - alto\n    map:\n      role: ~\n      org: ~\n" in config(folder)


def test_a_roster_taken_out_leaves_its_file(folder: Path) -> None:
    edit(folder, "roster", "add", "../staff.csv", *LOGIN)
    done = edit(folder, "roster", "remove", "../staff.csv")
    assert "rosters/staff.csv stays where it is" in done.err
    assert (folder / "rosters" / "staff.csv").exists()


# ── Libraries ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_libraries_are_added_in_lines_of_their_own_and_removed_again(folder: Path) -> None:
    edit(folder, "library", "add", "biblical-studies", *BOOKS)
    edit(folder, "library", "add", "jam", "--system", "jamworks", "--slots", "5", "--title", "Jam: works")
    lines = (
        "  biblical-studies: {title: Biblical Studies, system: logos-library, slots: 40}\n"
        '  jam: {title: "Jam: works", system: jamworks, slots: 5}\n'
    )
    assert config(folder) == CONFIG.replace("  {}\n", lines)
    nothing_to_do(folder, "library", "add", "biblical-studies", *BOOKS)
    edit(folder, "library", "remove", "jam")
    edit(folder, "library", "remove", "biblical-studies")
    assert config(folder) == CONFIG


def test_seats_and_title_of_a_library_are_changed(folder: Path) -> None:
    edit(folder, "library", "add", "books", *BOOKS)
    before = config(folder)
    done = json.loads(edit(folder, "library", "set", "books", "--slots", "60", "--format", "json").out)
    assert done["changes"][0]["after"] == ["  books: {title: Books, system: logos-library, slots: 60}"]
    nothing_to_do(folder, "library", "set", "books", "--slots", "60")
    edit(folder, "library", "set", "books", "--slots", "40")
    assert config(folder) == before


def test_a_library_is_delivered_as_the_others_are(folder: Path) -> None:
    edit(folder, "library", "add", "books", *BOOKS, "--delivered-by", "vendor")
    done = edit(folder, "library", "add", "jam", "--system", "jamworks", "--slots", "5")
    assert "jam is delivered by vendor, like the other libraries." in done.err
    assert "slots: 5, delivered_by: vendor}" in config(folder)


@pytest.mark.parametrize(
    ("args", "says", "code"),
    [
        (("roster", "add", "none.csv"), "none.csv does not exist", 64),
        (("roster", "add", "../staff.csv", "--map", "email"), "Write KEY=VALUE", 64),
        (("roster", "add", "../staff.csv", "--format", "google"), "google-workspace", 64),
        (("roster", "set", "other.csv", "--tag", "x"), "The rosters are members.csv.", 64),
        (("roster", "set", "members.csv"), "Nothing was given that could be changed.", 64),
        (("roster", "set", "members.csv", "--map", "emial=x"), "emial", 3),
        (("roster", "remove", "other.csv"), "is not a roster of seatsync.yaml", 64),
        (("library", "add", "Books", *BOOKS), "can't be the id of a library", 64),
        (("library", "add", "jam", "--system", "jamwork", "--slots", "5"), 'Did you mean "jamworks"?', 64),
        (("library", "add", "jam", "--system", "jamworks", "--slots", "-1"), "--slots", 64),
        (("library", "set", "jam", "--slots", "5"), "The libraries are none.", 64),
        (("library", "set", "jam"), "Say what changes", 64),
        (("library", "remove", "jam"), "is not a library", 64),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    folder: Path, args: tuple[str, ...], says: str, code: int
) -> None:
    before = files(folder)
    done = edit(folder, *args, code=code)
    assert says in " ".join(done.err.split()), done.err
    assert files(folder) == before


def test_a_library_that_is_granted_stays(folder: Path) -> None:
    edit(folder, "library", "add", "jam", "--system", "jamworks", "--slots", "5")
    edit(folder, "grant", "jam", "ann@grace.example")
    before = config(folder)
    assert "So the files would be after this edit" in edit(folder, "library", "remove", "jam", code=3).err
    assert config(folder) == before


def test_where_the_ledger_cannot_be_read_the_warnings_are_told_all_the_same(folder: Path) -> None:
    (folder / "seatsync.db").write_text("no ledger")
    (folder.parent / "staff.csv").write_text(
        "E-Mail,First Name,Last Name\nzoe@g.example,Zoe,MÃ¼ller\n", encoding="utf-8"
    )
    done = edit(folder, "roster", "add", "../staff.csv")
    assert "The plan can't be shown here" in done.err
    assert (done.out + done.err).count("garbled-names") == 1
    assert "rosters/staff.csv:2:1  warning garbled-names" in done.err
