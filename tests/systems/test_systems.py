"""A vendor's system is one file and its place in the registry; all other code uses the registry."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

import seatsync as program
from seatsync.cli.output.explanations import explanations
from seatsync.domain.license import Kind
from seatsync.domain.portal.steps import StepName
from seatsync.sources.rosters.formats.registry import detected
from seatsync.sources.tables.table import squeezed
from seatsync.systems.portal import FILE, LIBRARY, PERSON, Portal
from seatsync.systems.registry import PORTALS, SYSTEMS
from tests.support.paths import ROOT
from tests.support.program_copy import ProgramCopy, changed_program, institution_of

SOURCE = Path(program.__file__).parent

# ── A fourth system ─────────────────────────────────────────────────────────────────────────────────────────────────

READING_ROOM = '''"""The Reading Room lends seats; members with an account get one at once."""

from seatsync.domain.library import Delivery
from seatsync.domain.license import Kind
from seatsync.domain.portal.steps import StepName
from seatsync.systems.portal import LicenseColumns, Portal
from seatsync.systems.system import System
from seatsync.systems.template import Column, Template

TEMPLATE = Template(
    "the Reading Room's template",
    (
        Column("Reader Mail", "email"),
        Column("First", "given_name"),
        Column("Last", "family_name", ("Surname",)),
        Column("Card", "student_id"),
        Column("Class", "class", must_say="reader"),
    ),
)

PORTAL = Portal("reading-room", "Reading Room", TEMPLATE, LicenseColumns("Loan", "Loan State"))
SYSTEM = System("reading-room", (Kind.TEMPORARY,), Delivery.ACCOUNT, PORTAL)
'''
CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]}
libraries: {room: {title: Reading Room, system: reading-room, slots: 3}}
rosters: [{path: readers.csv}]
grants: [{library: room, to: {everyone: true}}]
"""
READERS = """\
Reader Mail,First,Surname,Card,Class
ann@grace.example,Ann,Lee,007,reader
bo@grace.example,Bo,Ek,008,Reader
"""


@pytest.fixture(scope="module")
def with_reading_room(tmp_path_factory: pytest.TempPathFactory) -> ProgramCopy:
    """A copy of the program with a new system, added as CONTRIBUTING.md says: its file, and its place in the registry."""
    edits = (
        ("logos_portal, logos_subscription", "logos_portal, logos_subscription, reading_room"),
        ("jamworks.SYSTEM)", "jamworks.SYSTEM, reading_room.SYSTEM)"),
    )
    return changed_program(
        tmp_path_factory.mktemp("copy"), {"systems/reading_room.py": READING_ROOM}, {"systems/registry.py": edits}
    )


@pytest.fixture
def institution(tmp_path: Path) -> Path:
    return institution_of(tmp_path, {"seatsync.yaml": CONFIG, "readers.csv": READERS})


def test_the_kinds_delivery_and_template_of_a_system_that_is_added_hold(
    with_reading_room: ProgramCopy, institution: Path
) -> None:
    done = with_reading_room.seatsync("plan", "--format", "json", folder=institution)
    assert done.code == 0, done.err
    changes = {change["action"]: change for change in json.loads(done.out)["changes"]}
    rules = {"system": "reading-room", "kinds": ["temporary"], "delivery": "account"}
    assert changes["library-add"]["after"] == {"title": "Reading Room", "slots": 3, **rules}
    assert changes["member-add"]["after"] == {"given_name": "Bo", "family_name": "Ek", "student_id": "008"}
    assert (changes["grant"]["kind"], changes["grant"]["after"]) == ("temporary", {"delivery": "account"})


def test_a_license_that_an_added_system_does_not_have_is_refused(
    with_reading_room: ProgramCopy, institution: Path
) -> None:
    grant = "{library: room, kind: permanent, to: {everyone: true}}"
    (institution / "seatsync.yaml").write_text(CONFIG.replace("{library: room, to: {everyone: true}}", grant))
    done = with_reading_room.seatsync("plan", "--format", "json", folder=institution)
    assert (done.code, [refusal["code"] for refusal in json.loads(done.out)["refusals"]]) == (4, ["kind-not-allowed"])


def test_a_roster_must_say_what_the_template_of_an_added_system_wants(
    with_reading_room: ProgramCopy, institution: Path
) -> None:
    (institution / "readers.csv").write_text(READERS.replace("008,Reader", "008,writer"), encoding="utf-8")
    done = with_reading_room.seatsync("validate", folder=institution)
    assert done.code == 3
    assert 'The Class is "writer"; the Reading Room\'s template needs "reader" for every member.' in done.out + done.err
    assert "readers.csv:3:28" in done.out + done.err


def test_an_export_of_an_added_system_is_taken_over(with_reading_room: ProgramCopy, institution: Path) -> None:
    lines = READERS.splitlines()
    export = [
        f"{lines[0]},Room Loan,Room Loan State",
        f"{lines[1]},Temporary,Delivered",
        f"{lines[2]},Temporary,Unclaimed",
    ]
    (institution / "export.csv").write_text("\n".join(export).replace("Room ", "Reading Room "), encoding="utf-8")
    done = with_reading_room.seatsync("import", "export.csv", "--yes", folder=institution)
    assert done.code == 0, done.err
    assert "2 members, 2 licenses" in done.err
    listed = with_reading_room.seatsync("licenses", "--format", "json", folder=institution)
    assert [license["status"] for license in json.loads(listed.out)] == ["delivered", "unclaimed"]


# ── The existing systems ────────────────────────────────────────────────────────────────────────────────────────────


def test_every_file_of_a_system_is_in_the_registry() -> None:
    files = [
        path for path in (SOURCE / "systems").glob("*.py") if "\nSYSTEM = System(" in path.read_text(encoding="utf-8")
    ]
    assert {path.stem.replace("_", "-") for path in files} == {*SYSTEMS}


def test_kinds_go_from_the_weakest_to_the_strongest() -> None:
    order = [Kind.TEMPORARY, Kind.PERMANENT]
    assert [
        system.name for system in SYSTEMS.values() if [*system.kinds] != [k for k in order if k in system.kinds]
    ] == []


@pytest.mark.parametrize("portal", PORTALS.values(), ids=lambda portal: portal.name)
def test_a_template_is_known_by_its_header(portal: Portal) -> None:
    format = detected({squeezed(name) for name in portal.template.names})
    assert format is not None
    assert (format.name, format.title) == (portal.name, portal.template.name)


@pytest.mark.parametrize("portal", PORTALS.values(), ids=lambda portal: portal.name)
def test_the_page_of_the_header_lists_the_columns_of_a_template(portal: Portal) -> None:
    assert ", ".join(portal.template.names) in " ".join(explanations()["csv-header"].split())


def test_nothing_outside_their_room_names_a_system() -> None:
    """Texts for people may name a system; code uses the registry."""
    vendors = {name.split("-")[0] for name in SYSTEMS}
    naming = []
    for path in sorted(SOURCE.rglob("*.py")):
        if path.parent.name == "systems":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            words = {str(getattr(node, name, "")) for name in ("id", "attr", "name", "arg", "module")}
            text = str(node.value) if isinstance(node, ast.Constant) else ""
            if any(v in word.lower() for v in vendors for word in words) or text in SYSTEMS:
                naming.append(f"{path.relative_to(SOURCE)}:{getattr(node, 'lineno', 0)}")
    assert naming == []


# ── The vendors' portals ────────────────────────────────────────────────────────────────────────────────────────────

SEEDS_WORDS = (
    *(
        "Users",
        "Libraries",
        "Users with license",
        "Users without license",
        "All Users",
        "Select by CSV",
        "Manage users",
    ),
    *("Remove users from institution", "Import users", "Choose File", "Import", "Grant temporary license"),
    *("Grant permanent license", "Revoke license", "Resend Invite Emails"),
    *("Members", "Import CSV", "Add members", "More (…)", "Delete the participant", "Confirm"),
)
"""What is written on the portals' tabs, filters and buttons, as the vendors' help pages spell it."""


@pytest.mark.parametrize("portal", PORTALS.values(), ids=lambda portal: portal.name)
def test_a_portals_tasks_use_its_own_words(portal: Portal) -> None:
    clicks = {click for task in portal.tasks for click in task.clicks}
    assert clicks - {*SEEDS_WORDS, FILE, LIBRARY, PERSON} == set()


@pytest.mark.parametrize("portal", PORTALS.values(), ids=lambda portal: portal.name)
def test_seats_are_freed_before_they_are_taken_and_what_cannot_be_undone_comes_last(portal: Portal) -> None:
    seats = [task.seats for task in portal.tasks if task.seats]
    assert seats == sorted(seats)
    undone = [task.is_irreversible for task in portal.tasks]
    assert undone == sorted(undone)


def test_only_permanent_licenses_cannot_be_undone() -> None:
    irreversible = [
        (portal.name, task.name) for portal in PORTALS.values() for task in portal.tasks if task.is_irreversible
    ]
    assert irreversible == [("logos", "grant-permanent")]


def test_only_the_logos_portal_sends_invitations_again_and_lists_people_apart_from_licenses() -> None:
    assert {portal.name: (portal.has_resend, portal.lists_only_holders) for portal in PORTALS.values()} == {
        "logos": (True, False),
        "jamworks": (False, True),
    }


@pytest.mark.parametrize("portal", PORTALS.values(), ids=lambda portal: portal.name)
def test_the_page_about_portals_lists_each_step(portal: Portal) -> None:
    page = (ROOT / "docs" / "portal.md").read_text(encoding="utf-8")
    names = [f"{number}-{task.name}" for number, task in enumerate(portal.tasks, 1)]
    assert [name for name in names if f"`{name}`" not in page and f"`{name}-LIBRARY`" not in page] == []


@pytest.mark.parametrize("portal", PORTALS.values(), ids=lambda portal: portal.name)
def test_a_portal_has_a_task_for_each_step_that_the_work_list_can_have_there(portal: Portal) -> None:
    """Otherwise a step would be in no file, and nobody would do it."""
    kinds = {kind for system in SYSTEMS.values() if system.portal == portal for kind in system.kinds}
    of_users = {"import", "revoke", "grant-temporary"} | ({"grant-permanent"} if Kind.PERMANENT in kinds else set())
    needed = {"remove", "edit"} | ({"add"} if portal.lists_only_holders else of_users)
    names = {task.name for task in portal.tasks}
    assert needed <= names <= {*StepName}
