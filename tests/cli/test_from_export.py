"""From an export to the first plan without a text editor: the commands of docs/rosters.md, for a school and other systems' files."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.sources.tables.workbooks import rows, text, xlsx
from tests.support.command_line import seatsync
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "rosters.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## From your export to the first plan")[2].partition("\n## ")[0]
COMMANDS = re.findall(r"^\$ (.+)$", SECTION, re.MULTILINE)
USERS = (
    "user_id,login_id,first_name,last_name,email,status\n007,zoe,Zoë,Li,zoe@my-school.example,active\n"
    "008,bo,Bo,Ek,bo@my-school.example,deleted\n009,cy,Cy,Dorn,cy@my-school.example,active\n"
)
ENROLLMENTS = "course_id,user_id,role,section_id,status\n1,007,student,,active\n1,009,teacher,,active\n"
STAFF = [["Staff 2026"], ["Surname", "Forename", "E-mail", "Dept"], ["Hill", "Hal", "hal@my-school.example", "Music"]]
CHOIR = "Username,First Name,Last Name,Status\nann,Ann,Lee,active\neve,Eve,Ernst,on leave\nfay,Fay,Fox,deleted\n"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    with ZipFile(tmp_path / "sis.zip", "w") as archive:
        archive.writestr("users.csv", USERS)
        archive.writestr("enrollments.csv", ENROLLMENTS)
        archive.writestr("courses.csv", "course_id,short_name,long_name,status\n1,NT501,Paul,active\n")
    (tmp_path / "staff.xlsx").write_bytes(xlsx({"Staff": rows([[*map(text, cells)] for cells in STAFF])}))
    (tmp_path / "choir.csv").write_text(CHOIR, encoding="utf-8")
    return tmp_path


def run(commands: list[str], place: Path) -> Path:
    """Run these commands one after the other, and return the folder where they end."""
    for command in commands:
        program, *args = shlex.split(command)
        if program == "cd":
            place /= args[0]
            continue
        done = seatsync(*args, folder=place)
        assert (program, done.code) == ("seatsync", 0), f"{command}\n{done.out}\n{done.err}"
    return place


def seats(folder: Path) -> list[tuple[str, str, str]]:
    """What the plan grants: the library, to whom, until when."""
    changes = json.loads(seatsync("plan", "--format", "json", folder=folder).out)["changes"]
    granted = [one for one in changes if one["action"] == "grant"]
    return sorted(
        (one["library"], one["member"].split("@")[0], (one.get("after") or {}).get("until", "")) for one in granted
    )


def test_the_commands_of_the_page_lead_to_the_first_plan(place: Path) -> None:
    folder = run(COMMANDS, place)
    assert seats(folder) == [
        ("biblical-studies", "hal", "2030-06-30"),
        ("biblical-studies", "zoe", ""),
        ("jamworks", "cy", ""),
        ("jamworks", "zoe", ""),
    ]
    members = json.loads(seatsync("plan", "--format", "json", folder=folder).out)["changes"]
    assert sum(one["action"] == "member-add" for one in members) == 5


GOOGLE = (
    "First Name [Required],Last Name [Required],Email Address [Required],Password [Required],Org Unit Path [Required],"
    "Status [READ ONLY],Employee ID\nAnn,Lee,ann@x.example,****,/Students,Active,0012\n"
    "Bo,Ek,bo@x.example,****,/Students,Suspended,0013\n"
)
ENTRA = (
    "userPrincipalName,displayName,surname,mail,givenName,objectId,userType,jobTitle,department,accountEnabled\n"
    "dan@x.example,Dan Dorn,Dorn,dan@x.example,Dan,1f,Member,Professor,Theology,True\n"
    "eve@x.example,Eve Ernst,Ernst,,Eve,2f,Member,Lecturer,Theology,False\n"
)
CANVAS = (
    "canvas_user_id,user_id,login_id,first_name,last_name,full_name,email,status\n"
    "1,0021,fay,Fay,Fox,Fay Fox,fay@x.example,active\n2,0022,gus,Gus,Gray,Gus Gray,gus@x.example,deleted\n"
)


@pytest.mark.parametrize(
    ("export", "tag", "who"),
    [(GOOGLE, "org:/Students", "ann"), (ENTRA, "department:Theology", "dan"), (CANVAS, "more", "fay")],
    ids=["google", "entra", "canvas"],
)
def test_the_export_of_each_system_is_a_second_roster_with_a_rule_for_its_tag(
    export: str, tag: str, who: str, place: Path
) -> None:
    (place / "export.csv").write_text(export, encoding="utf-8")
    folder = run(COMMANDS[:2], place)
    run(
        [
            "seatsync edit roster add ../export.csv --tag more",
            "seatsync edit library add jamworks --system jamworks --slots 5",
            f"seatsync edit grant jamworks --tag {shlex.quote(tag)}",
            f"seatsync edit tag choir {who}@x.example",
        ],
        folder,
    )
    assert seats(folder) == [("jamworks", who, "")]
    assert f"{who}@x.example,choir" in (folder / "rosters" / "tags.csv").read_text(encoding="utf-8")
