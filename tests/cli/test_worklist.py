"""``worklist list``, ``bundle`` and ``done``, and ``plan --bundle``: a month in the vendors' portals, by the real command line."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seatsync.cli.output.files import write_atomically
from tests.support.command_line import Outcome, seatsync
from tests.support.vendors.jamworks import JamworksPortal
from tests.support.vendors.logos import LogosPortal
from tests.support.vendors.registrar import Portals, Registrar

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  delivered_by: vendor
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
libraries:
  books: {title: Biblical Studies, system: logos-library, slots: 3}
  logos: {title: Logos Subscription, system: logos-subscription, slots: 20}
  jam: {title: Jamworks, system: jamworks, slots: 2}
rosters:
  - {path: members.csv}
grants:
  - {library: logos, to: {tags: [student]}}
  - {library: books, kind: temporary, to: {tags: [reader]}}
  - {library: books, kind: permanent, to: {tags: [graduate]}}
  - {library: jam, to: {tags: [jam]}}
limits: {max_revokes: 100%}
"""
HEADER = "email,given_name,family_name,student_id,tags"
FIRST = (
    "ann@grace.example,Ann,Lee,1,student;reader",
    "ben@grace.example,Ben,Ode,2,student;reader;jam",
    "cid@grace.example,Cid,Poe,3,student;reader",
    "dot@grace.example,Dot,Ray,4,jam",
    "eve@grace.example,Eve,Sol,,student",
)
LATER = (  # Ann graduates, Ben has left, Cid has another name, Dot another e-mail, Fay arrives
    "ann@grace.example,Ann,Lee,1,student;graduate",
    "cid@grace.example,Sid,Poe,3,student;reader",
    "dot.ray@grace.example,Dot,Ray,4,jam",
    "eve@grace.example,Eve,Sol,,student",
    "fay@grace.example,Fay,Tan,6,student;reader;jam",
)
DAY, NEXT = "2026-09-01", "2026-10-01"
Write = Callable[..., None]


@pytest.fixture
def folder(tmp_path: Path, database: str) -> Path:
    """An institution in both portals, on both databases."""
    folder = tmp_path / "grace"
    folder.mkdir()
    (folder / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    members(folder, *FIRST)
    return folder


def members(folder: Path, *rows: str) -> None:
    (folder / "members.csv").write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")


def run(folder: Path, *args: str, code: int = 0, now: str = DAY) -> Outcome:
    done = seatsync(*args, "--now", now, folder=folder)
    assert done.code == code, f"seatsync {' '.join(args)} exited with {done.code}\n{done.out}\n{done.err}"
    return done


def steps(folder: Path, *args: str) -> dict[str, list[str]]:
    """The open steps, each with the e-mails of its people."""
    rows = json.loads(run(folder, "worklist", "list", "--format", "json", *args).out)
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["step"], []).append(row["email"].partition("@")[0])
    return found


def new_portals() -> Portals:
    logos = LogosPortal(lambda: datetime(2026, 9, 1, tzinfo=UTC))
    logos.add_library("Biblical Studies", 3)
    logos.add_library("Logos Subscription", 20, is_subscription=True)
    return Portals(logos, JamworksPortal(2))


def carry_out(folder: Path, portals: Portals, way: str = "whole") -> None:
    """Do everything in the portals by the check list, and mark it as done by the commands that it prints."""
    run(folder, "worklist", "bundle", "to-do")
    done, complaints = Registrar(portals, random.Random(1)).carry_out(folder / "to-do", way)
    assert complaints == []
    for step in done:
        run(folder, *step.command)


# ── A month ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_a_month_in_the_portals_leaves_nothing_to_do_and_the_portals_as_the_files_say(folder: Path) -> None:
    portals = new_portals()
    run(folder, "apply", "--yes")
    assert steps(folder) == {
        "logos/3-import-jam-reader-student": ["ben"],
        "logos/3-import-reader-student": ["ann", "cid"],
        "logos/3-import-student": ["eve"],
        "logos/5-grant-temporary-books": ["ann", "ben", "cid"],
        "logos/5-grant-temporary-logos": ["ann", "ben", "cid", "eve"],
        "jamworks/3-add": ["ben", "dot"],
    }
    carry_out(folder, portals)
    assert steps(folder) == {}

    members(folder, *LATER)
    run(folder, "apply", "--yes", now=NEXT)
    assert steps(folder) == {
        "logos/1-remove": ["ben"],
        "logos/2-edit": ["cid"],
        "logos/3-import": ["fay"],
        "logos/5-grant-temporary-books": ["fay"],
        "logos/5-grant-temporary-logos": ["fay"],
        "logos/7-grant-permanent-books": ["ann"],
        "jamworks/1-remove": ["ben"],
        "jamworks/2-edit": ["dot"],
        "jamworks/3-add": ["fay"],
    }
    carry_out(folder, portals)
    assert steps(folder) == {}
    assert {user.email: user.given_name for user in portals.logos.users.values()} == {
        f"{name.lower()}@grace.example": {"cid": "Sid"}.get(name, name.title()) for name in ("ann", "cid", "eve", "fay")
    }
    assert [*portals.jam.members] == ["dot.ray@grace.example", "fay@grace.example"]
    books = portals.logos.library("Biblical Studies")
    kinds = {
        portals.logos.users[number].given_name: license.kind
        for number, license in books.licenses.items()
        if number in portals.logos.users
    }
    assert {name: kind for name, kind in kinds.items() if kind != "None"} == {
        "Ann": "Permanent",
        "Sid": "Temporary",
        "Fay": "Temporary",
    }
    assert run(folder, "verify").code == 0


def test_a_bundle_that_is_carried_out_twice_or_marked_twice_changes_nothing_more(folder: Path) -> None:
    run(folder, "apply", "--yes")
    run(folder, "worklist", "bundle", "to-do")
    name = "logos/5-grant-temporary-books"
    command = ("worklist", "done", name, "--select", f"to-do/{name}.csv")
    assert "Marked as done: 3 people in logos/5-grant-temporary-books." in run(folder, *command).err
    again = run(folder, *command).err
    assert "None of this is on the work list. Nothing was marked." in again


def test_a_file_marks_nobody_who_was_put_on_the_list_since(folder: Path) -> None:
    run(folder, "apply", "--yes")
    run(folder, "worklist", "bundle", "to-do")
    members(folder, *FIRST, "gil@grace.example,Gil,Ure,7,student")
    run(folder, "apply", "--yes", now=NEXT)
    for name in ("5-grant-temporary-logos", "3-import-student"):
        run(folder, "worklist", "done", f"logos/{name}", "--select", f"to-do/logos/{name}.csv")
    left = steps(folder)
    assert left["logos/5-grant-temporary-logos"] == ["gil"]
    assert left["logos/3-import"] == ["gil"]


def test_whoever_changed_their_e_mail_is_still_found_by_the_file_of_before(folder: Path) -> None:
    """Eve has no student id, so only the old e-mail in the file names her."""
    run(folder, "apply", "--yes")
    run(folder, "worklist", "done", "--yes")
    members(folder, *FIRST[:3], "dot.ray@grace.example,Dot,Ray,4,jam", FIRST[4])
    run(folder, "apply", "--yes", now=NEXT)
    run(folder, "worklist", "bundle", "to-do")
    run(folder, "worklist", "done", "2-edit", "--select", "to-do/jamworks/2-edit.csv")
    assert steps(folder) == {}


def test_an_import_is_marked_by_its_file_although_other_tags_make_other_files_now(folder: Path) -> None:
    run(folder, "apply", "--yes")
    run(folder, "worklist", "bundle", "to-do")
    for name in ("3-import-jam-reader-student", "3-import-student"):
        run(folder, "worklist", "done", f"logos/{name}", "--select", f"to-do/logos/{name}.csv")
    assert "logos/3-import" in steps(folder)  # the only set of tags that is left
    name = "3-import-reader-student"
    run(folder, "worklist", "done", f"logos/{name}", "--select", f"to-do/logos/{name}.csv")
    assert "logos/3-import" not in steps(folder)


def test_people_who_are_done_by_hand_are_marked_by_the_commands_of_the_check_list_too(folder: Path) -> None:
    members(
        folder,
        "ann@grace.example,=1+1,Lee,1,student",
        "ben@grace.example,Ben,Lee,2,student;reader",
        "+cid@grace.example,Cid,Lee,-3,student",
    )
    run(folder, "apply", "--yes")
    carry_out(folder, new_portals())
    assert steps(folder) == {}


@pytest.mark.parametrize("told", ["by command", "by export"])
def test_who_gets_the_e_mail_of_somebody_who_left_and_owns_a_library_is_done_by_hand_once(
    folder: Path, told: str
) -> None:
    portals, owner = new_portals(), "ann@grace.example,Ann,Lee,1,student;graduate"
    members(folder, owner, *FIRST[1:])
    run(folder, "apply", "--yes")
    carry_out(folder, portals)

    members(folder, "ann@grace.example,Amy,Wu,9,student", FIRST[1])
    run(folder, "apply", "--yes", now="2026-10-01")
    run(folder, "worklist", "bundle", "to-do", now="2026-10-01")
    assert "member-1@stand-in.invalid" in (folder / "to-do/CHECKLIST.md").read_text()
    assert "Amy" in (folder / "to-do/logos/3-import.by-hand.csv").read_text()
    if told == "by command":
        carry_out(folder, portals)
    else:
        done, _ = Registrar(portals, random.Random(1)).carry_out(folder / "to-do")
        for step in done:
            if step.name.startswith("jamworks"):
                run(folder, *step.command)
        (folder / "users.csv").write_bytes(portals.logos.export_user_data())
        run(folder, "import", "users.csv", "--yes", now="2026-10-02")
    assert "logos" not in {name.partition("/")[0] for name in steps(folder)}

    members(folder, "ann@grace.example,Amy,Wu,9,student;graduate", FIRST[1])
    run(folder, "apply", "--yes", now="2026-11-01")
    run(folder, "worklist", "bundle", "to-do", now="2026-11-01")
    assert "Before the first step, give these people" not in (folder / "to-do/CHECKLIST.md").read_text()
    assert "Amy,Wu,ann@grace.example" in (folder / "to-do/logos/7-grant-permanent-books.csv").read_text()
    carry_out(folder, portals)
    (folder / "users.csv").write_bytes(portals.logos.export_user_data())
    run(folder, "drift", "users.csv", now="2026-11-02")
    assert run(folder, "verify").code == 0


# ── done: names and questions ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.sqlite_only("names do not depend on the database")
@pytest.mark.parametrize(
    "name",
    [
        "logos/5-grant-temporary-books",
        "5-grant-temporary-books",
        "grant-temporary-books",
        "5-grant-temporary-books.csv",
        "logos/grant-temporary-books.csv",
    ],
)
def test_a_step_is_known_by_its_file_with_or_without_number_portal_and_ending(folder: Path, name: str) -> None:
    run(folder, "apply", "--yes")
    run(folder, "worklist", "done", name, "--yes")
    assert "logos/5-grant-temporary-books" not in steps(folder)


@pytest.mark.sqlite_only("names do not depend on the database")
def test_a_name_that_is_no_step_gets_a_guess_and_one_that_could_be_open_is_no_error(folder: Path) -> None:
    run(folder, "apply", "--yes")
    wrong = run(folder, "worklist", "done", "5-grant-temporay-books", "--yes", code=64).err
    assert 'There is no step "5-grant-temporay-books".' in wrong
    assert "Did you mean" in wrong
    assert "logos/5-grant-temporary-books" in wrong
    nothing = run(folder, "worklist", "done", "7-grant-permanent-books", "--yes").err
    assert "None of this is on the work list. Nothing was marked." in nothing


@pytest.mark.sqlite_only("names do not depend on the database")
def test_a_step_of_both_portals_must_name_one(folder: Path) -> None:
    run(folder, "apply", "--yes")
    run(folder, "worklist", "done", "--yes")
    members(folder, *FIRST[2:4])
    run(folder, "apply", "--yes", now=NEXT)
    assert (
        '"1-remove" is a step in two portals. Write jamworks/1-remove or logos/1-remove.'
        in run(folder, "worklist", "done", "1-remove", "--yes", code=64).err
    )


@pytest.mark.sqlite_only("a question does not depend on the database")
def test_a_whole_step_needs_a_terminal_or_yes_and_a_file_needs_neither(folder: Path) -> None:
    run(folder, "apply", "--yes")
    assert "can't ask without a terminal: give --yes" in run(folder, "worklist", "done", "3-add", code=64).err
    assert "Marked as done: 2 people in jamworks/3-add." in run(folder, "worklist", "done", "3-add", "--yes").err


@pytest.mark.sqlite_only("a file does not depend on the database")
def test_people_of_a_file_who_are_not_in_the_step_are_told(folder: Path) -> None:
    run(folder, "apply", "--yes")
    (folder / "some.csv").write_text("email\nann@grace.example\nzoe@grace.example\n", encoding="utf-8")
    told = run(folder, "worklist", "done", "grant-temporary-books", "--select", "some.csv").err
    assert "Not on the work list in this step, or not clear who is meant: zoe@grace.example." in told
    assert "Marked as done: 1 person in logos/5-grant-temporary-books." in told
    (folder / "some.csv").write_text("name\nAnn\n", encoding="utf-8")
    assert "csv-header" in run(folder, "worklist", "done", "grant-temporary-books", "--select", "some.csv", code=3).err


@pytest.mark.sqlite_only("a file does not depend on the database")
def test_an_e_mail_that_has_passed_to_somebody_else_marks_nobody_unless_an_id_says_who_is_meant(folder: Path) -> None:
    """Eve's e-mail becomes another, and Hal, who is new, gets hers: a file of before means Eve."""
    run(folder, "apply", "--yes")
    run(folder, "worklist", "done", "--yes")
    members(folder, *FIRST[:2], *FIRST[3:4], "eve@grace.example,Eve,Sol,5,student;reader")
    run(folder, "apply", "--yes", now=NEXT)
    members(
        folder,
        *FIRST[:2],
        *FIRST[3:4],
        "sol@grace.example,Eve,Sol,5,student;reader",
        "eve@grace.example,Hal,Ure,8,student",
    )
    (folder / "seatsync.yaml").write_text(
        CONFIG.replace("slots: 3}", "slots: 9}").replace("tags: [reader]", "everyone: true"), encoding="utf-8"
    )
    run(folder, "apply", "--yes", now=NEXT)
    assert {"sol", "eve"} <= {*steps(folder)["logos/5-grant-temporary-books"]}
    (folder / "old.csv").write_text("email\neve@grace.example\n", encoding="utf-8")
    told = run(folder, "worklist", "done", "grant-temporary-books", "--select", "old.csv").err
    assert "not clear who is meant: eve@grace.example" in told
    (folder / "old.csv").write_text("email,student_id\neve@grace.example,5\n", encoding="utf-8")
    run(folder, "worklist", "done", "grant-temporary-books", "--select", "old.csv")
    left = steps(folder)["logos/5-grant-temporary-books"]
    assert "eve" in left
    assert "sol" not in left


# ── list ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.sqlite_only("only printing")
def test_the_list_can_be_narrowed_and_hides_names(folder: Path) -> None:
    run(folder, "apply", "--yes")
    assert steps(folder, "--library", "jam") == {"jamworks/3-add": ["ben", "dot"]}
    assert steps(folder, "--step", "grant-temporary-books") == {"logos/5-grant-temporary-books": ["ann", "ben", "cid"]}
    assert (
        'The ledger has no library "jamm". Did you mean "jam"?'
        in run(folder, "worklist", "list", "--library", "jamm", code=64).err
    )
    text = run(folder, "worklist", "list")
    assert "logos/5-grant-temporary-books" in text.out
    assert "6 steps for 5 people." in text.err
    run(folder, "worklist", "done", "--yes")
    members(folder, *FIRST[:2], FIRST[2].replace("Cid,Poe", "Sid,Poe").replace("cid@", "sid@"), *FIRST[3:])
    run(folder, "apply", "--yes", now=NEXT)
    rows = json.loads(run(folder, "worklist", "list", "--format", "json").out)
    assert [(row["field"], row["old"], row["new"]) for row in rows if row["field"]] == [
        ("given_name", "Cid", "Sid"),
        ("email", "cid@grace.example", "sid@grace.example"),
    ]
    assert run(folder, "worklist", "list", "--step", "2-edit", "--format", "markdown").out.splitlines() == [
        "**1 step for 1 person** at the vendor.",
        "",
        "### logos/2-edit: Correct names and e-mails (1 person)",
        "",
        "| e-mail | name | id | to correct |",
        "| --- | --- | --- | --- |",
        "| `cid@grace.example` | Cid Poe | 3 | given name: Cid → Sid |",
        "| `cid@grace.example` | Sid Poe | 3 | e-mail: `cid@grace.example` → `sid@grace.example` |",
        "",
    ]
    for format in ("text", "csv", "json", "markdown"):
        hidden = run(folder, "worklist", "list", "--redact", "--format", format).out
        assert not any(word in hidden for word in ("Cid", "Sid", "cid@", "sid@", "Poe"))
    assert "Nothing is to be done in a vendor's portal." in run(folder, "worklist", "list", "--library", "jam").err
    assert run(folder, "worklist", "list", "--library", "jam", "--format", "json").out == "[]\n"
    nothing = run(folder, "worklist", "list", "--library", "jam", "--format", "markdown").out
    assert nothing == "Nothing is to be done in a vendor's portal.\n"


# ── bundle ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.sqlite_only("only files")
def test_a_bundle_replaces_an_earlier_one_and_never_a_strangers_files(folder: Path) -> None:
    run(folder, "apply", "--yes")
    run(folder, "worklist", "bundle", "to-do")
    first = {path.name for path in (folder / "to-do").rglob("*")}
    assert {"CHECKLIST.md", "CHECKLIST.html", ".gitignore", "logos", "3-add.csv"} <= first
    note = folder / "to-do" / "notes.txt"
    note.write_text("mine", encoding="utf-8")
    run(folder, "worklist", "done", "--yes")
    assert "Nothing is to be done in a vendor's portal." in run(folder, "worklist", "bundle", "to-do").err
    assert {path.name for path in (folder / "to-do").rglob("*")} == {
        "CHECKLIST.md",
        "CHECKLIST.html",
        ".gitignore",
        "notes.txt",
    }
    assert "Nothing is to be done" in (folder / "to-do" / "CHECKLIST.html").read_text(encoding="utf-8")
    assert note.read_text(encoding="utf-8") == "mine"


@pytest.mark.sqlite_only("only files")
def test_before_the_first_apply_the_list_says_that_nothing_has_been_applied(folder: Path) -> None:
    assert "grace: nothing has been applied yet." in run(folder, "worklist", "list").err
    assert "grace: nothing has been applied yet." in run(folder, "worklist", "bundle", "to-do").err


def test_a_bundle_whose_files_in_a_portal_are_all_others_than_before_replaces_them(folder: Path) -> None:
    run(folder, "apply", "--yes")
    run(folder, "worklist", "bundle", "to-do")
    run(folder, "worklist", "done", "jamworks/3-add", "--yes")
    members(folder, *(row.replace("jam", "student") for row in FIRST))
    run(folder, "apply", "--yes", now=NEXT)
    run(folder, "worklist", "bundle", "to-do", now=NEXT)
    assert [path.name for path in (folder / "to-do" / "jamworks").iterdir()] == ["1-remove.csv"]


def test_a_folder_that_is_no_bundle_of_this_institution_is_not_touched(folder: Path) -> None:
    run(folder, "apply", "--yes")
    before = sorted(path.name for path in folder.iterdir())
    assert (
        "has files and is no bundle of grace, so nothing was written"
        in run(folder, "worklist", "bundle", ".", code=64).err
    )
    assert sorted(path.name for path in folder.iterdir()) == before
    run(folder, "worklist", "bundle", "to-do")
    listed = folder / "to-do" / "CHECKLIST.md"
    listed.write_text(listed.read_text(encoding="utf-8").replace("bundle/1 grace", "bundle/1 other"), encoding="utf-8")
    assert "is no bundle of grace" in run(folder, "worklist", "bundle", "to-do", code=64).err
    (folder / "file").write_text("x", encoding="utf-8")
    assert "is a file" in run(folder, "worklist", "bundle", "file", code=64).err


@pytest.mark.sqlite_only("only files")
def test_a_link_that_leads_nowhere_is_named_as_such(folder: Path) -> None:
    (folder / "to-do").symlink_to("nowhere")

    said = run(folder, "worklist", "bundle", "to-do", code=64).err

    assert "to-do is a link to nowhere, which does not exist, so no bundle was written. Delete the link, or" in said


def test_a_strangers_file_with_the_name_of_a_step_is_kept(folder: Path) -> None:
    run(folder, "worklist", "bundle", "to-do")
    (folder / "to-do" / "jamworks").mkdir()
    mine = folder / "to-do" / "jamworks" / "3-add.csv"
    mine.write_text("mine", encoding="utf-8")
    run(folder, "apply", "--yes")
    assert "is not of the bundle in this folder" in run(folder, "worklist", "bundle", "to-do", code=64).err
    assert mine.read_text(encoding="utf-8") == "mine"


@pytest.mark.sqlite_only("only files")
def test_a_bundle_that_was_stopped_half_way_says_so_and_is_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(folder, "apply", "--yes")
    run(folder, "worklist", "bundle", "to-do")
    members(folder, *FIRST[:4])
    run(folder, "apply", "--yes", now=NEXT)

    def full(path: Path, pieces: list[str], private: bool = False) -> None:
        if path.name == "5-grant-temporary-books.csv":
            raise OSError(28, "No space left on device", str(path))
        write_atomically(path, pieces, private)

    monkeypatch.setattr("seatsync.cli.output.bundles.write_atomically", full)
    assert "No space left" in run(folder, "worklist", "bundle", "to-do", code=1).err
    assert "This check list is not complete" in (folder / "to-do" / "CHECKLIST.md").read_text(encoding="utf-8")
    monkeypatch.undo()
    run(folder, "worklist", "bundle", "to-do")
    shutil.copytree(folder / "to-do", folder / "fresh-copy")
    run(folder, "worklist", "bundle", "fresh")
    fresh = {
        path.relative_to(folder / "fresh"): path.read_bytes()
        for path in (folder / "fresh").rglob("*")
        if path.is_file()
    }
    assert {
        path.relative_to(folder / "to-do"): path.read_bytes()
        for path in (folder / "to-do").rglob("*")
        if path.is_file()
    } == fresh


@pytest.mark.sqlite_only("nothing is read")
def test_where_others_can_read_no_bundle_is_written(folder: Path) -> None:
    for command in (("worklist", "bundle", "to-do"), ("plan", "--bundle", "to-do")):
        assert "A bundle contains names and e-mails" in run(folder, *command, "--redact", code=64).err
    assert not (folder / "to-do").exists()


# ── plan --bundle ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_bundle_of_a_plan_is_the_one_after_its_apply_marked_as_not_applied(folder: Path) -> None:
    run(folder, "apply", "--yes")
    run(folder, "worklist", "done", "3-add", "logos/3-import", "--yes")
    members(folder, *LATER)
    said = run(folder, "plan", "--bundle", "next", now=NEXT).err
    assert "Not applied: do none of it yet." in said
    listed = (folder / "next" / "CHECKLIST.md").read_text(encoding="utf-8")
    assert "NOT APPLIED" in listed
    assert "seatsync worklist done" not in listed
    assert "NOT APPLIED" in (folder / "next" / "CHECKLIST.html").read_text(encoding="utf-8")
    run(folder, "apply", "--yes", now=NEXT)
    run(folder, "worklist", "bundle", "to-do", now=NEXT)
    files = [
        {path.relative_to(folder / name): path.read_bytes() for path in (folder / name).rglob("*.csv")}
        for name in ("next", "to-do")
    ]
    assert files[0] == files[1]
    assert files[0]


@pytest.mark.sqlite_only("only files")
def test_the_bundle_of_a_first_plan_and_of_a_blocked_one(folder: Path) -> None:
    run(folder, "plan", "--bundle", "first")
    assert (folder / "first" / "jamworks" / "3-add.csv").exists()
    (folder / "seatsync.yaml").write_text(CONFIG.replace("slots: 2}", "slots: 1}"), encoding="utf-8")
    assert "The plan is blocked, so blocked was not written." in run(folder, "plan", "--bundle", "blocked", code=4).err
    assert not (folder / "blocked").exists()
    assert "--bundle is for one institution" in run(folder, "plan", ".", ".", "--bundle", "both", code=64).err


@pytest.mark.sqlite_only("only files")
def test_the_bundle_of_a_saved_plan_is_the_plans_own_while_the_ledger_is_as_it_was(folder: Path) -> None:
    run(folder, "plan", "--bundle", "next", "--out", "plan.json")
    run(folder, "show", "plan.json", "--bundle", "again")
    contents = [
        {path.relative_to(folder / name): path.read_bytes() for path in (folder / name).rglob("*") if path.is_file()}
        for name in ("next", "again")
    ]
    assert contents[0] == contents[1]
    run(folder, "apply", "--yes")
    late = run(folder, "show", "plan.json", "--bundle", "late", code=5)
    assert "The plan is out of date: it was made at journal entry 0" in late.err
    assert not (folder / "late").exists()
    run(folder, "plan", "--redact", "--out", "redacted.json")
    nameless = run(folder, "show", "redacted.json", "--bundle", "nameless", code=4)
    assert "The plan has no names, so it has no bundle." in nameless.err


@pytest.mark.sqlite_only("only usage")
def test_a_folder_of_files_is_no_selection(folder: Path) -> None:
    run(folder, "apply", "--yes")
    run(folder, "worklist", "bundle", "to-do")
    before = steps(folder)
    said = run(folder, "worklist", "done", "logos/3-import", "--select", "to-do/logos", code=64).err
    assert "to-do/logos is a folder. Name the step and its file in that folder" in said
    assert steps(folder) == before
