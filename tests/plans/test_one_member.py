"""``why`` reads only the rows and records around a member. It says the same as if it had read everything."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from seatsync.plans import one_member
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import Loaded, load
from seatsync.sources.rosters.files import ReadRosters
from tests.support.command_line import seatsync

CONFIG = """\
version: 1
institution: {id: grace, name: Grace, opt_out: true, admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]}
libraries:
  books: {title: Books, system: logos-library, slots: 900}
  old: {title: Old, system: logos-library, slots: 900}
  logos: {title: Logos, system: logos-subscription, slots: 900}
rosters:
  - {path: students.csv, tags: [student]}
  - {path: staff.yaml, tags: [staff]}
  - {path: guests.csv, encoding: windows-1252}
grants:
  - {library: logos, to: {everyone: true}}
  - {library: books, kind: temporary, until: 2027-06-30, to: {tags: [student]}}
  - {library: books, kind: permanent, to: {tags: [staff], not_tags: [guest]}}
  - {library: books, kind: temporary, to: {tags: ["imported:2026-09-01"]}}
  - {library: old, kind: permanent, to: {emails: [BEN@Grace.example, nobody@grace.example]}}
  - {library: old, kind: temporary, to: {file: chosen.csv}}
  - {path: grants.csv}
"""
STUDENTS = """\
email;student_id;family_name;given_name;tags
Ann@Grace.example;="0012";Lee;Ann;mdiv
BEN@grace.example; 13;"Ode; Jr.";Ben;
soft\u00adhyphen@grace.example;'14;Şahin;Çağla;
dora@grace.example;15;Doe;Dora;
eve@grace.example;;Eve;Eve;guest
fay.long@grace.example;17;Fay;Fay;
m\u00fcller@grace.example;18;M\u00fcller;Max;
"""
STAFF = """\
- email: dora@grace.example
  given_name: Dora
  family_name: Doe
  tags: [guest]
- email: Gus@grace.example
  given_name: Gus
  family_name: Gray
  student_id: "0020"
"""
PLAIN_STAFF = STAFF.replace('"0020"', "S20")
GUESTS = "email,given_name,family_name,student_id\nhal@grace.example,Hal,Häll,21\nida@grace.example,Ida,Ida,22\n"
CHOSEN = (
    "student id,email\n0012,ben@grace.example\n22,ann@grace.example\n15,\n,GUS@grace.example\n99,eve@grace.example\n"
)
GRANTS = "library,email,kind,student_id\nold,x@grace.example,temporary,17\nold,max@grace.example,temporary,18\n"
NAMES = (
    *("ann@grace.example", "ben@grace.example", "softhyphen@grace.example", "dora@grace.example", "eve@grace.example"),
    *(
        "fay@grace.example",
        "fay.long@grace.example",
        "m\u00fcller@grace.example",
        "gus@grace.example",
        "hal@grace.example",
    ),
    *("ida@grace.example", "0012", "13", "14", "15", "17", "18", "0020", "S20", "21", "22", "99", "gone@grace.example"),
)


def applied(folder: Path, staff: str) -> Path:
    """A folder after two days: who was gone has left, Fay's e-mail and Max's id are new, the library ``old`` may go."""
    before = STUDENTS.replace("fay.long@", "fay@").replace(";18;", ";17x;") + "gone@grace.example;66;Gone;Gil;\n"
    for day, students in ("2026-09-01", before), ("2026-09-02", STUDENTS):
        files = {
            "seatsync.yaml": CONFIG,
            "students.csv": students,
            "staff.yaml": staff,
            "chosen.csv": CHOSEN,
            "grants.csv": GRANTS,
        }
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "guests.csv").write_text(GUESTS, encoding="windows-1252")
        outcome = seatsync("apply", "--yes", "--now", day, folder=folder)
        assert outcome.code == 0, outcome.err
    return folder


def answers(folder: Path) -> dict[str, tuple[int, str, str]]:
    found = {}
    for name in NAMES:
        outcome = seatsync("why", name, "--format", "json", "--now", "2026-09-03", folder=folder)
        found[name] = (outcome.code, outcome.out, outcome.err)
    return found


@pytest.mark.parametrize("staff", [STAFF, PLAIN_STAFF], ids=["YAML with quotes", "plain YAML"])
def test_why_says_the_same_from_a_part_and_from_everything(
    staff: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = applied(tmp_path, staff)
    assert seatsync("ledger", "claim", "books", "gus@grace.example", folder=folder).code == 0
    from_a_part = answers(folder)
    (folder / "seatsync.yaml").write_text(f"{CONFIG}# changed\n")
    from_all_rows = answers(folder)
    monkeypatch.setattr(one_member._Names, "has", lambda self, row: True)
    from_everything = answers(folder)
    assert from_a_part == from_all_rows == from_everything
    told = {name: json.loads(out)[0] for name, (code, out, _) in from_a_part.items() if code == 0}
    assert {*NAMES} - {*told} == {"99", "S20" if staff == STAFF else "0020"}
    assert told["fay@grace.example"] == {"formerly": "fay@grace.example", **told["fay.long@grace.example"]}
    asked_for = {
        name: [
            (grant["file"], grant["line"], grant["counts"])
            for library in who["libraries"].values()
            for grant in library["asked_for"]
        ]
        for name, who in told.items()
    }
    assert ("seatsync.yaml", 17, True) in asked_for["ann@grace.example"]
    assert ("grants.csv", 2, True) in asked_for["fay.long@grace.example"]


MAPPED = CONFIG.replace(
    "{path: guests.csv, encoding: windows-1252}",
    '{path: guests.csv, map: {email: "{Login}@grace.example", student_id: SIS}, take: {status: [on leave, active]}}',
)
LOGINS = "SIS,Login,First Name,Last Name,Status\n0021,hal,Hal,Häll,on leave\n22,ida,Ida,Ida,left\n,jo,Jo,Jones,active\n"


def test_why_says_the_same_of_unchanged_rosters_whose_columns_are_mapped(tmp_path: Path) -> None:
    files = {"students.csv": STUDENTS, "staff.yaml": STAFF, "chosen.csv": CHOSEN, "grants.csv": GRANTS}
    for name, text in {**files, "seatsync.yaml": MAPPED, "guests.csv": LOGINS}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert seatsync("apply", "--yes", "--now", "2026-09-02", folder=tmp_path).code == 0
    names = ("hal@grace.example", "0021", "jo@grace.example", "ida@grace.example")

    def told() -> list[tuple[int, str]]:
        done = [seatsync("why", name, "--format", "json", "--now", "2026-09-03", folder=tmp_path) for name in names]
        return [(one.code, one.out) for one in done]

    from_a_part = told()
    (tmp_path / "seatsync.yaml").write_text(f"{MAPPED}# changed\n")
    assert from_a_part == told()
    people = [json.loads(out)[0]["member"] for code, out in from_a_part if code == 0]
    assert people == [names[0], names[0], names[2]]


def test_why_reads_few_rows_of_applied_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = applied(tmp_path, PLAIN_STAFF)
    monkeypatch.setattr(one_member, "load", partial(_load_a_part, load))
    assert seatsync("why", "hal@grace.example", folder=folder).code == 0


def _load_a_part(
    really: Callable[..., Loaded], folder: InstitutionFolder, *read: ReadRosters, **more: object
) -> Loaded:
    loaded = really(folder, *read, **more)
    assert loaded.desired is not None
    assert [row.email for row in loaded.desired.members] == ["hal@grace.example"]
    return loaded


def test_why_reports_mistakes_of_changed_files(tmp_path: Path) -> None:
    folder = applied(tmp_path, PLAIN_STAFF)
    with (folder / "students.csv").open("a") as file:
        file.write("not an e-mail;;X;Y;\n")
    outcome = seatsync("why", "ann@grace.example", folder=folder)
    assert (outcome.code, "not an e-mail" in outcome.err + outcome.out) == (3, True)


def test_who_is_the_same_by_an_approval_is_found_by_all_names(tmp_path: Path) -> None:
    folder = applied(tmp_path, PLAIN_STAFF)
    students = STUDENTS.replace("eve@grace.example;;Eve;Eve", "eva@grace.example;77;Eve;Eve")
    (folder / "students.csv").write_text(students, encoding="utf-8")
    approval = "approvals: [{refusal: identity-changed, member: [eva@grace.example], is: same, until: 2026-12-31, reason: asked}]\n"
    (folder / "seatsync.yaml").write_text(CONFIG + approval)
    outcome = seatsync("why", "eve@grace.example", "--now", "2026-09-03", "--format", "json", folder=folder)
    assert json.loads(outcome.out)[0]["roster"] == {"file": "students.csv", "line": 6}
