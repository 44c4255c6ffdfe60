"""The first month of a registrar whose seats are in both vendors' portals: from their exports to a month's work, done there.

The portals are the simulated ones. What is done there, is done by the check list alone, and what is typed are the commands that
the page docs/portal.md and the check list name.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.command_line import Outcome, seatsync
from tests.support.vendors import template
from tests.support.vendors.jamworks import JamworksPortal, Person
from tests.support.vendors.logos import LogosPortal
from tests.support.vendors.registrar import Portals, Registrar

STUDENTS = ("Ann", "Ben", "Chloe", "Gus")
BOOKS, SUBSCRIPTION = "Biblical Studies", "Logos Subscription"
START, LATER = "2027-03-01", "2027-03-20"


def address(name: str) -> str:
    return f"{name.lower()}@grace.example"


@pytest.fixture
def portals() -> Portals:
    """Years of work by hand: students with a subscription, some with the books, an owner, and somebody who has declined."""
    logos = LogosPortal(lambda: datetime(2026, 9, 1, tzinfo=UTC), opt_out=True, writes_kind_before=True)
    logos.add_library(BOOKS, 4)
    logos.add_library(SUBSCRIPTION, 20, is_subscription=True)
    number = {
        name: logos.create_user(name, "Test", address(name), str(1000 + row))
        for row, name in enumerate((*STUDENTS, "Daniel", "Eva"))
    }
    logos.grant_temporary(SUBSCRIPTION, [number[name] for name in STUDENTS])
    logos.grant_temporary(BOOKS, [number[name] for name in ("Ann", "Ben", "Eva")])
    logos.grant_permanent(BOOKS, [number["Daniel"]])
    for title, name in ((SUBSCRIPTION, "Ann"), (SUBSCRIPTION, "Chloe"), (BOOKS, "Ben"), (BOOKS, "Daniel")):
        logos.claim(title, address(name), f"{name.lower()}@home.example")
    logos.opt_out_of(BOOKS, address("Eva"))
    logos.revoke(SUBSCRIPTION, [number["Gus"]])
    logos.grant_temporary(SUBSCRIPTION, [number["Gus"]])
    jamworks = JamworksPortal(3)
    jamworks.admins[address("dana")] = Person(address("dana"), "Dana", "Fox")
    jamworks.add_members(Person(address("Ann"), "Ann", "Test"), Person(address("Hal"), "Hal", "Test"))
    return Portals(logos, jamworks)


class Desk:
    """The registrar's computer: a folder for downloads, and in it the institution's folder."""

    def __init__(self, home: Path, portals: Portals) -> None:
        self.home, self.portals = home, portals
        self.folder = home / "grace"

    def downloads(self) -> None:
        """Save both portals' exports."""
        (self.home / "users.csv").write_bytes(self.portals.logos.export_user_data())
        (self.home / "members.csv").write_bytes(self.portals.jam.member_list())

    def types(self, *command: str, code: int = 0, day: str = LATER) -> Outcome:
        done = seatsync(*command, "--now", day, folder=self.folder if self.folder.exists() else self.home)
        assert done.code == code, f"seatsync {' '.join(command)} exited with {done.code}\n{done.out}\n{done.err}"
        return done

    def edits(self, file: str, *changes: tuple[str, str], more: str = "") -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text + more, encoding="utf-8")

    def carries_out(self, bundle: str) -> None:
        """Print the check list and do what it says in the portals; they must show its figures and complain of nothing."""
        self.types("worklist", "bundle", bundle)
        done, complaints = Registrar(self.portals, random.Random(1)).carry_out(self.folder / bundle)
        assert complaints == []
        for step in done:
            self.types(*step.command)

    def looks(self, code: int) -> str:
        """Compare both exports with the ledger."""
        self.downloads()
        return self.types("drift", "../users.csv", "../members.csv", code=code).out


def test_the_first_month_leaves_no_question_open(portals: Portals, tmp_path: Path, database: str) -> None:
    desk = Desk(tmp_path, portals)

    # The start: tags are added in a spreadsheet, as the page says.
    desk.downloads()
    header, rows = template.read((tmp_path / "users.csv").read_bytes())
    tagged = [[*row.values(), "student" if row["Given Name"] in STUDENTS else "faculty"] for row in rows]
    (tmp_path / "users.csv").write_bytes(template.written([*header, "Tags"], tagged))
    slots = ("--slots", "biblical-studies=4", "--slots", "logos-subscription=20", "--slots", "jamworks=3")
    files = ("--from", "users.csv", "--from", "members.csv")
    told = desk.types("init", "grace", *files, *slots, "--admin", "Ruth Abel <ruth@grace.example>", day=START)
    assert "everybody with the tag student has a temporary seat" in told.err
    assert "The plan is empty: files and ledger agree." in told.err
    assert desk.looks(0)
    assert "Nothing is to be done in a vendor's portal." in desk.types("worklist", "list").err

    # Fay arrives, Chloe and Hal leave, Ben graduates, Ann has another name and address, Gus gets Hal's seat at Jamworks.
    desk.edits(
        "rosters/members.csv",
        ("ann@grace.example,Ann,Test", "ann.miller@grace.example,Ann,Miller"),
        ("chloe@grace.example,Chloe,Test,1002,,student\n", ""),
        ("hal@grace.example,Hal,Test,,,\n", ""),
        more="fay@grace.example,Fay,Test,1010,,student\n",
    )
    desk.edits("grants/biblical-studies.csv", ("ben@grace.example,temporary", "ben@grace.example,permanent"))
    desk.edits(
        "grants/jamworks.csv",
        ("jamworks,hal@grace.example,temporary,,\n", ""),
        more="jamworks,gus@grace.example,temporary,,1003\n",
    )
    plan = desk.types("plan")
    assert "1 of 10 changes cannot be undone" in plan.out
    assert "warning" not in plan.out + plan.err
    told = desk.types("apply", "--yes")
    assert "To be done at the vendor:" in told.err
    desk.carries_out("to-do")
    assert "Nothing is to be done in a vendor's portal." in desk.types("worklist", "list").err
    assert {user.email for user in portals.logos.users.values()} == {
        "ann.miller@grace.example",
        *map(address, ("Ben", "Gus", "Daniel", "Eva", "Fay")),
    }
    assert {*portals.jam.members} == {"ann.miller@grace.example", address("Gus")}
    assert portals.logos.library(BOOKS).of(portals.logos.user(address("Ben"))).kind == "Permanent"
    assert "differ: 1 difference" in desk.looks(2)  # whoever is in Jamworks' list has claimed the seat

    # Fay claims her seat, and somebody gives Eva one by hand.
    portals.logos.claim(SUBSCRIPTION, address("Fay"), "fay@home.example")
    portals.logos.grant_temporary(SUBSCRIPTION, [portals.logos.user(address("Eva"))])
    seen = desk.looks(2)
    assert "fay@grace.example" in seen
    assert "eva@grace.example" in seen
    assert "differ: 2 differences" in seen
    for file in ("../users.csv", "../members.csv"):
        assert "The plan is empty: files and ledger agree." in desk.types("import", file, "--yes").err
    desk.looks(0)
    assert "Nothing is to be done in a vendor's portal." in desk.types("worklist", "list").err
    desk.types("verify")
