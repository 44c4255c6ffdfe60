"""``seatsync edit``: small changes of the files by command, and everything else as it was."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from seatsync.sources.editing.files import EditedFile
from seatsync.sources.editing.writing import alone, write_all
from tests.support.command_line import Outcome, seatsync
from tests.support.sealed import CSV, IDENTITY, by_age, by_sops, write
from tests.support.sealed import with_sops as with_sops

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]

libraries:   # what we bought
  books: {title: Biblical Studies, system: logos-library, slots: 30}
  logos: {title: Logos Subscription, system: logos-subscription, slots: 30}
  jam: {title: Jamworks, system: jamworks, slots: 30}

rosters:
  - {path: members.csv, tags: [member]}

grants:
  # everybody
  - {library: logos, to: {tags: [member]}}

  # by hand
  - {library: books, kind: temporary, to: {emails: [ben@grace.example]}}   # asked on Monday

invites: {remind_after: [7d]}
"""
MEMBERS = """\
email,given_name,family_name,student_id,role,tags
ann@grace.example,Ann,Lee,001,Student,
ben@grace.example,Ben,Okafor,002,Student,choir
cleo@grace.example,Cleo,"Martin, Jr",003,Professor,faculty;choir
"""
ANN, BEN, CLEO = "ann@grace.example", "ben@grace.example", "cleo@grace.example"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "members.csv").write_text(MEMBERS, encoding="utf-8")
    return tmp_path


def edit(folder: Path, *args: str) -> Outcome:
    return seatsync("edit", *args, folder=folder)


def contents(folder: Path) -> dict[str, bytes]:
    """All files of the folder, hidden ones too."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.suffix != ".db"}


def config(folder: Path) -> str:
    return (folder / "seatsync.yaml").read_text(encoding="utf-8")


def members(folder: Path) -> str:
    return (folder / "members.csv").read_text(encoding="utf-8")


DAN = ("add", "dan@grace.example", "--given-name", "Dan", "--family-name", "Dorn, Sr")
THERE_AND_BACK = {
    "add, remove": (DAN, ("remove", "dan@grace.example")),
    "tag, untag": (("tag", "alto", ANN, BEN, CLEO), ("untag", "alto", CLEO, ANN, BEN)),
    "a new grant": (("grant", "jam", ANN, CLEO), ("revoke", "jam", ANN, CLEO)),
    "a grant that is there": (("grant", "books", ANN, "--kind", "temporary"), ("revoke", "books", ANN)),
    "another kind": (("grant", "books", ANN, "--kind", "permanent"), ("revoke", "books", ANN)),
    "a rule for all of a tag": (("revoke", "logos", ANN, CLEO), ("grant", "logos", CLEO, ANN)),
    "another end date": (("grant", "jam", ANN, "--until", "2099-01-01"), ("revoke", "jam", ANN)),
}


@pytest.mark.parametrize("edits", THERE_AND_BACK.values(), ids=THERE_AND_BACK)
def test_an_edit_and_its_inverse_leave_the_same_bytes(folder: Path, edits: tuple[tuple[str, ...], ...]) -> None:
    before = contents(folder)
    done = edit(folder, *edits[0])
    assert (done.code, contents(folder) != before) == (0, True), done
    again = edit(folder, *edits[0])
    assert (again.code, again.out, "Nothing to do." in again.err) == (0, "", True), again
    assert edit(folder, *edits[1]).code == 0
    assert contents(folder) == before
    assert "Nothing to do." in edit(folder, *edits[1]).err


ENDS = {
    "early": "ann@grace.example,Ann,Lee\nben@grace.example,Ben,Okafor\ncleo@grace.example,Cleo,Martin,,,faculty\n",
    "with all fields": "ann@grace.example,Ann,Lee,,,\nben@grace.example,Ben,Okafor,,,\ncleo@grace.example,Cleo,Martin,,,faculty\n",
    "before the tags": "ann@grace.example,Ann,Lee,,\nben@grace.example,Ben,Okafor,,\ncleo@grace.example,Cleo,Martin,,,faculty\n",
}


CHOIR = "".join(f"m{number}@grace.example,M,N,,,choir\n" for number in range(50))


@pytest.mark.parametrize("between", ["", CHOIR], ids=["beside it", "far from it"])
@pytest.mark.parametrize("rows", ENDS.values(), ids=ENDS)
def test_a_row_whose_last_tag_goes_ends_as_the_nearest_one_without_tags(folder: Path, rows: str, between: str) -> None:
    first, others = rows.split("\n", 1)
    rows = f"{first}\n{between}{others}"
    (folder / "members.csv").write_text("email,given_name,family_name,student_id,role,tags\n" + rows)
    before = contents(folder)
    assert edit(folder, "tag", "alto", ANN).code == 0
    assert "Ann,Lee,,,alto\n" in members(folder)
    assert edit(folder, "untag", "alto", ANN).code == 0
    assert contents(folder) == before


@pytest.mark.parametrize(
    "entry",
    [
        "- {email: ann@grace.example, tags: [], given_name: Ann, family_name: Lee}\n",
        "- email: ann@grace.example\n  tags: []\n  given_name: Ann\n  family_name: Lee\n",
        "- {email: ann@grace.example, given_name: Ann, family_name: Lee}\n",
    ],
)
def test_an_empty_list_of_tags_stays_where_no_edit_would_have_written_one(folder: Path, entry: str) -> None:
    (folder / "members.yaml").write_text(
        f"{entry}- {{email: ben@grace.example, given_name: Ben, family_name: O, tags: [x]}}\n"
    )
    (folder / "seatsync.yaml").write_text(config(folder).replace("members.csv", "members.yaml"))
    before = contents(folder)
    assert edit(folder, "tag", "alto", ANN).code == 0
    assert edit(folder, "untag", "alto", ANN).code == 0
    assert contents(folder) == before


def test_a_selection_names_members_by_id_or_e_mail(folder: Path) -> None:
    (folder / "pick.csv").write_text(f"student_id,email\n001,\n,{CLEO}\n")
    assert edit(folder, "tag", "alto", BEN, "--select", "pick.csv").code == 0
    assert members(folder).count("alto") == 3
    assert edit(folder, "remove", "--select", "pick.csv").code == 0
    again = edit(folder, "remove", "--select", "pick.csv")
    assert (again.code, "Nothing to do." in again.err) == (0, True)
    assert "pick.csv:2: no member has the student id 001." in again.err
    assert edit(folder, "tag", "alto", "--select", "pick.csv").code == 64


def test_the_changed_lines_and_the_plan_are_shown(folder: Path) -> None:
    done = edit(folder, "tag", "alto", BEN)
    diff, _, plan = done.out.partition("\n\n")
    assert diff.splitlines() == [
        "members.csv:3",
        "- ben@grace.example,Ben,Okafor,002,Student,choir",
        "+ ben@grace.example,Ben,Okafor,002,Student,choir;alto",
    ]
    assert "Ben Okafor, student id 002, Student, tags alto, choir, member" in plan


def test_programs_get_the_lines_and_the_plan_as_json(folder: Path) -> None:
    done = json.loads(edit(folder, "grant", "books", "--kind", "temporary", ANN, "--format", "json").out)
    line = "  - {library: books, kind: temporary, to: {emails: [ben@grace.example%s]}}   # asked on Monday"
    assert done["changes"] == [
        {"file": "seatsync.yaml", "line": 20, "before": [line % ""], "after": [line % f", {ANN}"]}
    ]
    assert done["notes"] == ["ann@grace.example: added to the grant of books at seatsync.yaml:20."]
    assert done["plan"]["institution"] == "grace"


@pytest.mark.parametrize("name", ["members.csv", "./members.csv"])
def test_where_several_rosters_can_take_a_member_the_command_asks(folder: Path, name: str) -> None:
    text = config(folder).replace("grants:\n", "  - {path: more.csv}\n\ngrants:\n", 1)
    (folder / "seatsync.yaml").write_text(text)
    (folder / "more.csv").write_text("email;given_name;family_name\n")
    asked = edit(folder, *DAN)
    assert (asked.code, "--roster" in asked.err) == (64, True)
    assert edit(folder, *DAN, "--roster", name).code == 0
    assert members(folder) == MEMBERS + 'dan@grace.example,Dan,"Dorn, Sr",,,\n'


def test_a_whole_file_of_people_is_added_at_once(folder: Path) -> None:
    (folder / "new.csv").write_text(
        "email;given_name;family_name;tags\neve@grace.example;Eve;Ernst;alto\n" + f"{ANN};Ann;Lee;\n"
    )
    done = edit(folder, "add", "--select", "new.csv", "--tag", "member")
    assert done.code == 0, done
    assert members(folder) == MEMBERS + "eve@grace.example,Eve,Ernst,,,alto\n"
    assert "ann@grace.example is a member already (members.csv:2)." in done.err


LEAVING = "email,given_name,family_name,Exit Date\ndan@grace.example,Dan,Sim,31.12.2098\neva@grace.example,Eva,Ek,\n"


def test_the_last_days_of_a_list_are_added_to_a_roster_that_has_them(folder: Path) -> None:
    (folder / "members.csv").write_text("email,given_name,family_name,Austrittsdatum\nann@grace.example,Ann,Lee,\n")
    (folder / "new.csv").write_text(LEAVING)
    before = contents(folder)
    done = edit(folder, "add", "--select", "new.csv")
    assert done.code == 0, done.err
    assert members(folder).endswith("dan@grace.example,Dan,Sim,2098-12-31\neva@grace.example,Eva,Ek,\n")
    assert edit(folder, "remove", "dan@grace.example", "eva@grace.example").code == 0
    assert contents(folder) == before


def test_last_days_that_a_roster_cannot_hold_are_told(folder: Path) -> None:
    (folder / "new.csv").write_text(LEAVING)
    done = edit(folder, "add", "--select", "new.csv")
    assert done.code == 0, done.err
    assert "members.csv has no column for a last day, so dan@grace.example will not leave by it." in done.err


def test_a_member_who_is_there_otherwise_is_no_new_one(folder: Path) -> None:
    done = edit(folder, "add", ANN, "--given-name", "Anna", "--family-name", "Lee")
    assert done.code == 64
    assert "ann@grace.example is a member already (members.csv:2), with another given name." in done.err
    done = edit(folder, "add", ANN, "--given-name", "Ann", "--family-name", "Lee", "--tag", "alto")
    assert (done.code, "seatsync edit tag alto ann@grace.example" in done.err) == (64, True)
    assert members(folder) == MEMBERS


def test_a_removed_member_leaves_every_place_that_names_them(folder: Path) -> None:
    more = (
        "grants:\n  - {path: extra.csv}\n  - {library: jam, to: {file: pick.csv}}\n"
        f"  - library: jam\n    to:\n      emails:\n        - {BEN}\n        # the dean\n        - {CLEO}\n"
    )
    (folder / "seatsync.yaml").write_text(config(folder).replace("grants:\n", more))
    (folder / "extra.csv").write_text(f"library,email\njam,{BEN}\njam,{ANN}\n")
    (folder / "pick.csv").write_text("student_id\n003\n002\n")
    done = edit(folder, "remove", BEN)
    assert done.code == 0, done
    assert "ben@" not in "".join(text.decode() for text in contents(folder).values())
    assert (folder / "pick.csv").read_text() == "student_id\n003\n"
    assert (folder / "extra.csv").read_text() == f"library,email\njam,{ANN}\n"
    assert "    to:\n      emails:\n        # the dean\n        - cleo@grace.example\n" in config(folder)
    assert "  # by hand\n\ninvites" in config(folder)
    assert seatsync("validate", folder=folder).code == 0


def test_a_removed_member_who_is_an_administrator_stays_one_and_that_is_said(folder: Path) -> None:
    (folder / "members.csv").write_text(MEMBERS + "Ruth@grace.example,Ruth,Abel,,,\n")
    done = edit(folder, "remove", "ruth@grace.example")
    assert (done.code, members(folder)) == (0, MEMBERS)
    assert "ruth@grace.example is an administrator, too (seatsync.yaml:5), and stays one" in done.err
    again = edit(folder, "remove", "ruth@grace.example")
    assert ("is on no roster" in again.err, "is an administrator, too" in again.err) == (True, True)


def test_of_a_file_of_people_with_other_columns_it_is_said_what_can_be_done(folder: Path) -> None:
    before = contents(folder)
    (folder / "new people.csv").write_text("Login,First Name,Last Name\nbo,Bo,Ek\n")
    done = edit(folder, "add", "--select", "new people.csv")
    assert (done.code, {**contents(folder)}.items() >= before.items()) == (3, True)
    assert "new people.csv has no entry in seatsync.yaml that could say so." in done.err
    assert "`seatsync edit roster add 'new people.csv' --map …`" in done.err


def test_a_row_is_written_as_the_roster_is_read(folder: Path) -> None:
    text = "Login;Vorname;Nachname;Status;SIS ID;Tags;Notes\nann;Ann;Lee;active;1;;x\nex;E;X;deleted;2;;\n"
    (folder / "members.csv").write_text(text)
    more = '  - {path: members.csv, tags: [member], map: {email: "{Login}@grace.example", student_id: SIS ID}}'
    rules = config(folder).replace("  - {path: members.csv, tags: [member]}", more)
    (folder / "seatsync.yaml").write_text(rules.replace("emails: [ben@grace.example]", "emails: [ann@grace.example]"))
    assert edit(folder, *DAN, "--tag", "alto", "--student-id", "3").code == 0
    assert members(folder) == text + "dan;Dan;Dorn, Sr;active;3;alto;\n"
    done = edit(folder, "add", "eve@other.example", "--given-name", "Eve", "--family-name", "Ernst")
    assert (done.code, 'is read as "…@grace.example" (`map`)' in done.err) == (64, True), done
    assert edit(folder, "remove", "dan@grace.example").code == 0
    assert members(folder) == text


def test_a_vendors_template_keeps_its_fixed_words(folder: Path) -> None:
    text = f"email,First name,Last name,type\n{ANN},Ann,Lee,participant\n{BEN},Ben,Okafor,participant\n"
    (folder / "members.csv").write_text(text)
    assert edit(folder, *DAN).code == 0
    assert members(folder) == text + 'dan@grace.example,Dan,"Dorn, Sr",participant\n'
    done = edit(folder, "add", "eve@grace.example", "--given-name", "Eve", "--family-name", "Ernst", "--tag", "alto")
    assert (done.code, "members.csv:1: this file has no column for the tags." in done.err) == (64, True)


def test_an_export_of_another_program_is_not_edited(folder: Path) -> None:
    users = "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,givenName,familyName,email"
    (folder / "sis").mkdir()
    (folder / "sis" / "users.csv").write_text(f"{users}\nu1,active,,true,o1,student,eve,Eve,Ernst,eve@grace.example\n")
    (folder / "seatsync.yaml").write_text(config(folder).replace("rosters:\n", "rosters:\n  - {path: sis/}\n"))
    assert seatsync("validate", folder=folder).code == 0, seatsync("validate", folder=folder)
    done = edit(folder, "remove", "eve@grace.example")
    assert done.code == 64
    assert "sis/ is made by another program, whose next export would undo the change." in done.err
    assert edit(folder, *DAN).code == 0  # to the only roster that can be changed


def test_what_a_tag_gives_is_taken_away_by_an_exception_of_that_rule(folder: Path) -> None:
    done = edit(folder, "revoke", "logos", BEN)
    assert done.code == 0
    assert "  - {library: logos, to: {tags: [member], not_emails: [ben@grace.example]}}\n" in config(folder)
    told = (
        "ben@grace.example gets logos by the tag member (seatsync.yaml:17); `not_emails` there leaves this member out."
    )
    assert told in " ".join(done.err.split())


def test_a_list_that_others_read_too_is_not_changed_for_one_of_them(folder: Path) -> None:
    more = "grants:\n  - {library: jam, to: {file: pick.csv}}\n  - {library: books, kind: permanent, to: {file: pick.csv}}\n"
    (folder / "seatsync.yaml").write_text(config(folder).replace("grants:\n", more))
    (folder / "pick.csv").write_text(f"email\n{ANN}\n{CLEO}\n")
    done = edit(folder, "revoke", "jam", ANN)
    assert "as one of pick.csv (seatsync.yaml:16), which is read by the grant at seatsync.yaml:17, too" in done.err
    assert "  - {library: jam, to: {file: pick.csv, not_emails: [ann@grace.example]}}\n" in config(folder)
    assert (folder / "pick.csv").read_text() == f"email\n{ANN}\n{CLEO}\n"


UNUSUAL = {
    "a list with an anchor that others use": (
        f"  - {{library: jam, to: {{emails: &those [{BEN}]}}}}\n  - {{library: logos, to: {{emails: *those}}}}\n",
        ("grant", "jam", ANN),
        "would change other things too",
    ),
    "a rule that is an alias": (
        f"  - &it {{library: jam, to: {{emails: [{ANN}, {BEN}]}}}}\n  - {{library: jam, to: *it}}\n".replace(
            "- {library: jam, to: *it}", "- *it"
        ),
        ("revoke", "jam", ANN),
        "",
    ),
    "a comment between names in brackets": (
        f"  - library: jam\n    to:\n      emails: [{BEN}, # the dean\n        {ANN}]\n",
        ("revoke", "jam", ANN),
        "a comment stands between the entries in the brackets",
    ),
    "an entry that begins below its hyphen": (
        f"  -\n    library: jam\n    to: {{emails: [{ANN}]}}\n",
        ("revoke", "jam", ANN),
        "other things stand on the same line",
    ),
}


@pytest.mark.parametrize("case", UNUSUAL.values(), ids=UNUSUAL)
def test_an_unusual_layout_is_left_alone_with_its_place_and_the_reason(
    folder: Path, case: tuple[str, tuple[str, ...], str]
) -> None:
    more, args, says = case
    text = config(folder).replace("grants:\n", "grants:\n" + more)
    (folder / "seatsync.yaml").write_text(text)
    assert seatsync("validate", folder=folder).code == 0
    done = edit(folder, *args)
    assert (done.code, config(folder)) == (64, text), done
    assert re.search(rf"seatsync\.yaml:(1[6-9]|20): this can't be changed by command: .*{says}", done.err), done.err
    assert "To fix: Change the file by hand." in done.err


def test_the_day_of_import_is_asked_of_the_ledger(folder: Path) -> None:
    assert seatsync("apply", "--yes", "--now", "2026-09-01", folder=folder).code == 0
    (folder / "seatsync.yaml").write_text(
        config(folder).replace("grants:\n", 'grants:\n  - {library: jam, to: {tags: ["imported:2026-09-01"]}}\n')
    )
    assert "already, by the grant at seatsync.yaml:16." in edit(folder, "grant", "jam", ANN).err
    assert edit(folder, "revoke", "jam", ANN).code == 0
    assert 'to: {tags: ["imported:2026-09-01"], not_emails: [ann@grace.example]}' in config(folder)


def test_covered_already_is_said_with_the_grant_that_covers(folder: Path) -> None:
    done = edit(folder, "grant", "logos", ANN, "--until", "2027-06-30")
    assert (done.code, done.out) == (0, "")
    assert "ann@grace.example gets logos already, by the grant at seatsync.yaml:17." in done.err


def test_a_grants_file_gets_a_row_where_no_rule_fits(folder: Path) -> None:
    (folder / "seatsync.yaml").write_text(config(folder).replace("grants:\n", "grants:\n  - {path: extra.csv}\n"))
    (folder / "extra.csv").write_text(
        '"library";"email";"kind";"until";"student_id"\r\n"jam";"ben@grace.example";"";"";""'
    )
    assert edit(folder, "grant", "books", "--kind", "permanent", ANN).code == 0
    assert (folder / "extra.csv").read_bytes().endswith(b'""\r\n"books";"ann@grace.example";"permanent";"";"001"')


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("grant", "bookz", ANN), 'Did you mean "books"?'),
        (("grant", "books", ANN), "--kind temporary or --kind permanent"),
        (("grant", "jam", "--kind", "permanent", ANN), "jam has no permanent licenses."),
        (
            ("grant", "jam", "anne@grace.example"),
            'anne@grace.example is on no roster. Did you mean "ann@grace.example"?',
        ),
        (("grant", "jam"), "Say who"),
        (("tag", "a;b", ANN), '"a;b" can\'t be a tag'),
        (("untag", "member", ANN), "seatsync.yaml:13 gives it to everybody there"),
        (("add", "dan@grace.example"), "--given-name"),
        ((*DAN, "--student-id", "N/A"), "is not a student id"),
        (("tag", "alto", ""), "One of the e-mails is empty."),
        (("grant", "jam", ANN, "--until", "2099-06-30T23:00:00-05:00"), "--until is a day"),
        ((*DAN, "--roster", "other.csv"), "The rosters are members.csv."),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(folder: Path, args: tuple[str, ...], says: str) -> None:
    before = contents(folder)
    done = edit(folder, *args)
    assert (done.code, contents(folder)) == (64, before), done
    assert says in " ".join(done.err.split()), done.err


def test_files_that_would_be_wrong_are_not_written(folder: Path) -> None:
    before = contents(folder)
    done = edit(folder, "add", "dan@grace", "--given-name", "Dan", "--family-name", "Dorn")
    assert (done.code, contents(folder)) == (3, before)
    assert "members.csv:5:1" in done.err
    assert "Nothing was written." in done.err


def test_a_permanent_license_is_not_taken_back_in_words_only(folder: Path) -> None:
    assert edit(folder, "grant", "books", "--kind", "permanent", ANN).code == 0
    assert seatsync("apply", "--yes", folder=folder).code == 0
    before = contents(folder)
    done = edit(folder, "revoke", "books", ANN)
    assert (done.code, contents(folder)) == (64, before)
    assert "ann@grace.example owns books permanently." in done.err
    assert edit(folder, "remove", ANN).code == 0  # a leaver keeps what they own


def test_without_a_ledger_the_files_are_changed_and_the_way_to_the_plan_is_said(folder: Path) -> None:
    done = edit(folder, "tag", "alto", ANN, "--ledger", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert done.code == 0
    assert "`seatsync plan` shows it where the ledger can be read." in done.err
    assert "Student,alto" in members(folder)


def test_in_public_output_no_line_is_quoted(folder: Path) -> None:
    done = edit(folder, "tag", "alto", CLEO, "--redact")
    assert done.code == 0
    assert done.out.startswith("members.csv:4\n\n")
    assert "Martin" not in done.out + done.err


@pytest.mark.parametrize("kind", ["age", "sops"])
@pytest.mark.usefixtures("with_sops")
def test_an_encrypted_roster_is_not_touched(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATSYNC_AGE_KEY", str(IDENTITY))
    monkeypatch.setenv("SOPS_AGE_KEY", str(IDENTITY))
    name = {"age": "members.csv.age", "sops": "members.enc.csv"}[kind]
    write(tmp_path, name, by_age(CSV) if kind == "age" else by_sops(tmp_path, CSV, "binary"))
    before = contents(tmp_path)
    done = edit(tmp_path, "remove", ANN)
    assert (done.code, contents(tmp_path)) == (64, before), done
    assert "is encrypted, so it can't be changed by command." in done.err
    assert "Decrypt it, edit the decrypted file" in done.err


@pytest.mark.parametrize("moved", [0, 1, 2])
def test_an_edit_that_was_killed_between_two_files_is_finished_by_the_next(
    folder: Path, moved: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {"members.csv", "seatsync.yaml"}
    moves = 0
    replace = Path.replace

    def killed(path: Path, target: Path) -> Path:
        nonlocal moves
        if target.name in whole:
            if moves == moved:
                raise KeyboardInterrupt
            moves += 1
        return replace(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", killed)
        patched.setattr(Path, "unlink", lambda *_, **__: None) if moved == 2 else None
        edit(folder, "remove", BEN)
    unfinished = seatsync("validate", folder=folder)
    assert (unfinished.code, "edit-unfinished" in unfinished.out) == (3, True)
    assert "is finished: members.csv, seatsync.yaml" in edit(folder, "remove", BEN).err
    assert "ben@" not in config(folder) + members(folder)
    assert {*contents(folder)} == whole


def test_a_file_that_changed_meanwhile_stays_as_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(path: Path, files: list[EditedFile]) -> None:
        (path / "members.csv").write_text(MEMBERS + "x@grace.example,X,Y,,,\n")
        write_all(path, files)

    monkeypatch.setattr("seatsync.sources.editing.writing.write_all", late)
    done = edit(folder, "tag", "alto", ANN)
    assert (done.code, "changed by somebody else meanwhile" in done.err) == (64, True)
    assert members(folder).endswith("x@grace.example,X,Y,,,\n")
    assert {*contents(folder)} == {"members.csv", "seatsync.yaml"}


def test_a_tag_an_e_mail_and_an_id_are_taken_as_they_are_meant(folder: Path) -> None:
    before = contents(folder)
    assert edit(folder, "tag", " Cafe\u0301  choir", ANN).code == 0
    assert "Student,Café choir\n" in members(folder)
    assert edit(folder, "untag", "Café choir", ANN).code == 0
    new = ("add", "'dan\u200b@grace.example", "--given-name", "Dan", "--family-name", "Dorn", "--student-id", "#400")
    assert edit(folder, *new).code == 0
    assert members(folder).endswith("dan@grace.example,Dan,Dorn,400,,\n")
    assert "Nothing to do." in edit(folder, *new).err
    assert edit(folder, "remove", "dan@grace.example").code == 0
    assert contents(folder) == before


def test_all_unknown_members_are_named_at_once(folder: Path) -> None:
    unknown = [f"{letter * 30}@x.example" for letter in "qwyzjkvu"]
    done = edit(folder, "tag", "alto", ANN, *unknown[:2])
    assert (done.code, f"{unknown[0]} is on no roster. {unknown[1]} is on no roster." in done.err) == (64, True)
    assert "Correct the e-mails, or add the members first" in done.err
    assert f"{unknown[4]} is on no roster. 3 more are like that." in edit(folder, "tag", "alto", *unknown).err
    (folder / "pick.csv").write_text("student_id\n7\n001\n8\n")
    done = edit(folder, "tag", "alto", "--select", "pick.csv")
    told = "pick.csv:2: no member has the student id 7. pick.csv:4: no member has the student id 8."
    assert (done.code, told in done.err) == (64, True), done


def test_what_widens_an_edit_is_not_taken_from_the_variables_that_narrow_a_list(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pick.csv").write_text(f"email\n{ANN}\n{CLEO}\n")
    monkeypatch.setenv("SEATSYNC_SELECT", "pick.csv")
    monkeypatch.setenv("SEATSYNC_TAG", "alto")
    assert edit(folder, "remove", BEN).code == 0
    assert (ANN in members(folder), CLEO in members(folder)) == (True, True)
    assert edit(folder, *DAN).code == 0
    assert "alto" not in members(folder)
    monkeypatch.setenv("SEATSYNC_EDIT_SELECT", "pick.csv")
    assert edit(folder, "tag", "bass").code == 0
    assert members(folder).count("bass") == 2


def test_a_file_of_letters_that_all_encodings_have_stays_in_the_one_that_is_named(folder: Path) -> None:
    text = config(folder).replace("members.csv,", "members.csv, encoding: windows-1252,")
    (folder / "seatsync.yaml").write_text(text)
    assert edit(folder, "add", "zoe@grace.example", "--given-name", "Zoë", "--family-name", "Lee").code == 0
    assert (folder / "members.csv").read_bytes().endswith("Zoë,Lee,,,\n".encode("cp1252"))


def test_a_grants_file_is_written_by_what_its_columns_mean(folder: Path) -> None:
    (folder / "seatsync.yaml").write_text(config(folder).replace("grants:\n", "grants:\n  - {path: extra.csv}\n"))
    (folder / "extra.csv").write_text(f"Library;E-Mail Address;Until;Student Number\njam;{BEN};;\n")
    before = contents(folder)
    assert edit(folder, "grant", "jam", "--until", "2099-01-01", ANN).code == 0
    assert (folder / "extra.csv").read_text().endswith(f"jam;{ANN};2099-01-01;001\n")
    assert edit(folder, "revoke", "jam", ANN).code == 0
    assert contents(folder) == before


def test_two_values_for_one_column_are_not_written_over_each_other(folder: Path) -> None:
    more = "members.csv, map: {given_name: Name, family_name: Name},"
    text = config(folder).replace("members.csv,", more)
    (folder / "seatsync.yaml").write_text(text)
    (folder / "members.csv").write_text(f"email,Name\n{ANN},Ann Lee\n{BEN},Ben O\n")
    before = contents(folder)
    done = edit(folder, *DAN)
    assert (done.code, contents(folder)) == (64, before), done
    assert "dan@grace.example would not be a member with all that was given" in done.err


def test_mistakes_that_the_files_had_are_told_apart_from_those_of_the_edit(folder: Path) -> None:
    done = edit(folder, "add", "dan@grace", "--given-name", "Dan", "--family-name", "Dorn")
    assert "So the files would be after this edit" in done.err
    (folder / "members.csv").write_text(MEMBERS + "x,X,Y,,,\n")
    assert "The files have these mistakes already" in edit(folder, "tag", "alto", ANN).err


def test_comments_of_a_section_stay_when_its_last_entry_goes(folder: Path) -> None:
    text = config(folder).replace("  - {library: logos, to: {tags: [member]}}\n\n", "")
    (folder / "seatsync.yaml").write_text(text)
    assert edit(folder, "revoke", "books", BEN).code == 0
    assert "grants:\n  # everybody\n  # by hand\n\ninvites:" in config(folder)
    assert seatsync("validate", folder=folder).code == 0
    assert edit(folder, "grant", "jam", ANN).code == 0
    assert "  # everybody\n  # by hand\n" in config(folder)


def test_two_edits_at_a_time_follow_each_other(folder: Path) -> None:
    with alone(folder, 0.0):
        done = edit(folder, "tag", "alto", ANN, "--lock-timeout", "0.05")
        assert (done.code, "Another `seatsync edit` is changing the files of this folder." in done.err) == (64, True)
    command = [sys.executable, "-m", "seatsync", "edit", "tag", "--quiet", "-C", str(folder), "alto"]
    started = [subprocess.Popen([*command, who], stdout=subprocess.DEVNULL) for who in (ANN, BEN, CLEO)]
    assert [one.wait() for one in started] == [0, 0, 0]
    assert members(folder).count("alto") == 3


def test_a_read_only_file_is_not_replaced(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(folder)
    monkeypatch.setattr("os.access", lambda path, mode: Path(path).name != "seatsync.yaml")  # root may do everything
    done = edit(folder, "remove", BEN)
    assert (done.code, contents(folder)) == (64, before)
    assert "seatsync.yaml is read-only; nothing was written." in done.err


def test_an_edited_file_keeps_its_rights(folder: Path) -> None:
    (folder / "members.csv").chmod(0o664)
    assert edit(folder, "tag", "alto", ANN).code == 0
    assert (folder / "members.csv").stat().st_mode & 0o777 == 0o664


@pytest.mark.parametrize("entry", ["{path: other.csv, adds: tags, format: seatsync}", "{path: 7, colour: red}"])
def test_an_entry_with_a_mistake_is_told_also_where_nothing_would_change(folder: Path, entry: str) -> None:
    (folder / "seatsync.yaml").write_text(config(folder).replace("rosters:\n", f"rosters:\n  - {entry}\n"))
    done = edit(folder, "untag", "no such tag", ANN)
    assert (done.code, "have these mistakes already" in done.err) == (3, True), done


# ── Lists that only add tags ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def with_list(folder: Path) -> Path:
    listed = CONFIG.replace("tags: [member]}\n\ng", "tags: [member]}\n  - {path: tags.csv, adds: tags}\n\ng")
    (folder / "seatsync.yaml").write_text(listed, encoding="utf-8")
    (folder / "tags.csv").write_text("student_id,tags\n001,band\n", encoding="utf-8")
    return folder


def test_a_member_is_added_to_the_roster_and_never_to_a_list_of_tags(with_list: Path) -> None:
    new = ("add", "dan@grace.example", "--given-name", "Dan", "--family-name", "Sim")
    done = edit(with_list, *new, "--roster", "tags.csv")
    assert (done.code, "nobody is a member by it" in done.err) == (64, True)
    assert edit(with_list, *new).code == 0
    assert "dan@grace.example" in (with_list / "members.csv").read_text(encoding="utf-8")


def test_a_tag_is_taken_out_of_a_list_with_its_row_if_it_has_no_other(with_list: Path) -> None:
    (with_list / "tags.csv").write_text("student_id,tags\n001,band;choir\n001,band\n", encoding="utf-8")
    done = edit(with_list, "untag", "band", ANN)
    assert (done.code, done.err) == (0, done.err)
    assert (with_list / "tags.csv").read_text(encoding="utf-8") == "student_id,tags\n001,choir\n"
    assert (with_list / "members.csv").read_text(encoding="utf-8") == MEMBERS


def test_a_roster_without_a_column_of_tags_gets_them_by_a_list_and_back(with_list: Path) -> None:
    roster = (
        "email,given_name,family_name,student_id\nann@grace.example,Ann,Lee,001\nben@grace.example,Ben,Okafor,002\n"
    )
    (with_list / "members.csv").write_text(roster, encoding="utf-8")
    before = "email,tags\nann@grace.example,band\n"
    (with_list / "tags.csv").write_text(before, encoding="utf-8")
    assert edit(with_list, "tag", "choir", ANN, BEN).code == 0
    after = f"{before}ann@grace.example,choir\nben@grace.example,choir\n"
    assert (with_list / "tags.csv").read_text(encoding="utf-8") == after
    assert edit(with_list, "untag", "choir", ANN, BEN).code == 0
    assert (with_list / "tags.csv").read_text(encoding="utf-8") == before
    assert (with_list / "members.csv").read_text(encoding="utf-8") == roster


def test_who_is_removed_leaves_the_lists_of_tags_too(with_list: Path) -> None:
    assert edit(with_list, "remove", ANN).code == 0
    assert (with_list / "tags.csv").read_text(encoding="utf-8") == "student_id,tags\n"


SIS = (
    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,givenName,familyName,email,identifier\n"
)
PUPILS = "u1,active,,true,o1,student,eve,Eve,Ernst,eve@grace.example,77\nu2,active,,true,o1,student,fay,Fay,Fox,fay@grace.example,\n"


@pytest.fixture
def with_export(folder: Path) -> Path:
    """Members of an export that must not be changed, and of a vendor's template that has no column of tags."""
    (folder / "sis").mkdir()
    (folder / "sis" / "users.csv").write_text(SIS + PUPILS)
    (folder / "members.csv").write_text(
        f"email,First name,Last name,type\n{ANN},Ann,Lee,participant\n{BEN},Ben,O,participant\n"
    )
    text = config(folder).replace("rosters:\n", "rosters:\n  - {path: sis, tags: [pupil]}\n")
    (folder / "seatsync.yaml").write_text(text)
    return folder


def test_where_no_roster_can_take_a_tag_and_there_is_no_list_one_is_written(with_export: Path) -> None:
    before = config(with_export)
    done = edit(with_export, "tag", "choir", "eve@grace.example", ANN)
    assert done.code == 0, done.err
    listed = with_export / "rosters" / "tags.csv"
    assert listed.read_text() == f"student_id,email,tags\n77,eve@grace.example,choir\n,{ANN},choir\n"
    named = "  - {path: rosters/tags.csv, adds: tags}\n"
    assert config(with_export) == before.replace("\ngrants:\n", f"{named}\ngrants:\n", 1)
    assert done.out.startswith("rosters/tags.csv (new)\nrosters/tags.csv:1\n+ student_id,email,tags\n+ 77,eve@")
    assert f"Tagged choir in rosters/tags.csv: eve@grace.example, {ANN}." in done.err
    assert "tags choir," in done.out
    assert "Nothing to do." in edit(with_export, "tag", "choir", "eve@grace.example", ANN).err
    assert edit(with_export, "tag", "alto", "fay@grace.example").code == 0
    assert listed.read_text().endswith(f",{ANN},choir\nu2,fay@grace.example,alto\n")
    assert edit(with_export, "untag", "choir", "eve@grace.example", ANN).code == 0
    assert listed.read_text() == "student_id,email,tags\nu2,fay@grace.example,alto\n"


@pytest.mark.parametrize("way_back", [("untag", "choir"), ("remove",)])
def test_a_list_that_an_edit_wrote_goes_with_its_last_row_and_its_entry(
    with_export: Path, way_back: tuple[str, ...]
) -> None:
    before = config(with_export)
    assert edit(with_export, "tag", "choir", ANN).code == 0
    done = edit(with_export, *way_back, ANN)
    assert done.code == 0, done.err
    assert f"rosters/tags.csv (deleted)\nrosters/tags.csv:1\n- student_id,email,tags\n- ,{ANN},choir\n" in done.out
    assert (config(with_export), (with_export / "rosters").exists()) == (before, False)


def test_a_list_whose_entry_says_more_stays_without_rows(with_export: Path) -> None:
    assert edit(with_export, "tag", "choir", ANN).code == 0
    named = config(with_export).replace("tags.csv, adds: tags}", "tags.csv, adds: tags, encoding: utf-8}")
    (with_export / "seatsync.yaml").write_text(named)
    done = edit(with_export, "untag", "choir", ANN)
    assert done.code == 0, done.err
    assert (with_export / "rosters" / "tags.csv").read_text() == "student_id,email,tags\n"
    assert config(with_export) == named


def test_a_file_of_that_name_that_is_no_list_stays(with_export: Path) -> None:
    (with_export / "rosters").mkdir()
    (with_export / "rosters" / "tags.csv").write_text("mine")
    assert edit(with_export, "tag", "choir", ANN).code == 0
    assert (with_export / "rosters" / "tags.csv").read_text() == "mine"
    assert (with_export / "rosters" / "tags-2.csv").read_text().endswith("choir\n")


def test_a_list_of_student_ids_takes_no_tag_for_whoever_has_none(with_list: Path) -> None:
    roster = "email,given_name,family_name,student_id\nann@grace.example,Ann,Lee,001\nben@grace.example,Ben,Okafor,\n"
    (with_list / "members.csv").write_text(roster, encoding="utf-8")
    assert edit(with_list, "tag", "choir", ANN).code == 0
    assert (with_list / "tags.csv").read_text(encoding="utf-8") == "student_id,tags\n001,band\n001,choir\n"
    done = edit(with_list, "tag", "choir", BEN)
    assert (done.code, "by student id alone, and ben@grace.example has none" in done.err) == (64, True), done


def test_tags_in_a_yaml_list_are_taken_away_too(with_list: Path) -> None:
    text = config(with_list).replace("tags.csv", "tags.yaml")
    (with_list / "seatsync.yaml").write_text(text)
    listed = with_list / "tags.yaml"
    before = (
        "# by hand\n- {student_id: '001', tags: [band]}\n- email: ben@grace.example   # the tenor\n  tags: [choir, band]\n"
        "- {email: ann@grace.example, tags: [alto]}\n"
    )
    listed.write_text(before)
    assert edit(with_list, "untag", "band", ANN, BEN).code == 0
    after = before.replace("- {student_id: '001', tags: [band]}\n", "").replace("[choir, band]", "[choir]")
    assert listed.read_text() == after
    assert edit(with_list, "remove", ANN).code == 0
    assert listed.read_text() == after.replace("- {email: ann@grace.example, tags: [alto]}\n", "")
    assert edit(with_list, "untag", "choir", BEN).code == 0
    assert seatsync("validate", folder=with_list).code == 0
