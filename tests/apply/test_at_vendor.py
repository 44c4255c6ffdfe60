"""Steps of the work list are done in one transaction; tables, journal, dump and rebuild agree, on every database."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from seatsync.apply.at_vendor import done
from seatsync.domain.failure import ExitCode
from seatsync.domain.portal.namesakes import namesakes
from seatsync.domain.portal.steps import Step, StepName, used_there
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.database import Ledger
from seatsync.ledger.queries.work import open_work
from seatsync.ledger.read import read_snapshot
from tests.cli.test_lists import write_csv
from tests.support.command_line import seatsync
from tests.support.databases import ledgers, location

CONFIG = """\
version: 1
institution: {{id: grace, name: Grace, admins: [{{given_name: Ruth, family_name: Abel, email: ruth@grace.example}}]}}
libraries:
  books: {{title: Books, system: logos-library, slots: 9, delivered_by: {delivered_by}}}
  jam: {{title: Jamworks, system: jamworks, slots: 9, delivered_by: vendor}}
rosters: [{{path: members.csv}}]
grants: [{grants}]
limits: {{max_revokes: 100%}}
approvals: [{{refusal: empty-roster, roster: members.csv, until: 2026-12-31, reason: test}}]
"""
EVERYONE = "{library: books, kind: temporary, to: {everyone: true}}"
HEADER = ["email", "given_name", "family_name", "student_id"]
ANN = ["ann@grace.example", "Ann", "Lee", "1"]
BEN = ["ben@grace.example", "Ben", "Ode", "2"]
NOW = "2026-09-02T08:00:00+00:00"


class Here:
    """An institution's folder, its ledger, and its work list."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = Ledger(location(folder))

    def apply(self, *members: Sequence[str], grants: str = EVERYONE, delivered_by: str = "vendor") -> None:
        text = CONFIG.format(grants=grants, delivered_by=delivered_by)
        (self.folder / "seatsync.yaml").write_text(text, encoding="utf-8")
        write_csv(self.folder / "members.csv", HEADER, *map(list, members))
        self.ran("apply", "--yes", "--now", "2026-09-01")
        self.ran("verify")

    def ran(self, *command: str) -> str:
        outcome = seatsync(*command, folder=self.folder)
        assert outcome.code == 0, outcome.err
        return outcome.out

    def work(self) -> tuple[Snapshot, list[Step]]:
        with self.ledger.reading() as connection:
            return open_work(connection, "grace")

    def steps(self) -> list[tuple[str, int]]:
        return [(str(step.step), step.member) for step in self.work()[1]]

    def done(self, *names: StepName) -> Sequence[Step]:
        chosen = [step for step in self.work()[1] if not names or step.step in names]
        did = done(self.ledger, "grace", chosen, NOW, "ruth")
        self.ran("verify")
        return did


@pytest.fixture
def here(tmp_path: Path, database: str) -> Here:
    found = Here(tmp_path)
    found.apply(ANN, BEN)
    return found


def test_what_is_granted_is_to_be_done_until_somebody_says_that_it_is_done(here: Here) -> None:
    assert here.steps() == [("import", 1), ("import", 2), ("grant-temporary", 1), ("grant-temporary", 2)]
    assert len(here.done(StepName.IMPORT)) == 2
    assert here.steps() == [("grant-temporary", 1), ("grant-temporary", 2)]
    here.done()
    assert here.steps() == []
    assert "observe" in here.ran("log", "--format", "json")
    assert "Nothing to do" in here.ran("plan", "--now", "2026-09-01")


FOREVER = "{library: books, kind: permanent, to: {emails: [ann@grace.example]}}"


def test_whoever_has_an_e_mail_of_theirs_comes_with_the_people_of_the_steps(here: Here) -> None:
    """Without them, nobody sees that a file would select somebody else."""
    here.apply(ANN, grants=FOREVER)
    here.done()
    newcomer = ["ANN@grace.example", "Zoe", "New", "9"]
    here.apply(newcomer, grants=EVERYONE)
    books, steps = here.work()
    assert {step.member for step in steps} == {3}
    assert {number: member.on_roster for number, member in books.members.items()} == {1: False, 3: True}
    assert namesakes(books, steps)["logos"].listed_leavers == [1]


def test_what_is_done_twice_is_told_and_does_no_harm(here: Here) -> None:
    _, steps = here.work()
    assert [*done(here.ledger, "grace", steps, NOW, "ruth")] == steps
    with here.ledger.reading() as connection:
        before = read_snapshot(connection, "grace")
    assert done(here.ledger, "grace", steps, NOW, "ruth") == []
    with here.ledger.reading() as connection:
        assert read_snapshot(connection, "grace") == before


def test_only_the_members_who_are_named_are_done(here: Here) -> None:
    _, steps = here.work()
    here.apply(ANN, BEN, ["cy@grace.example", "Cy", "Roe", "3"])
    done(here.ledger, "grace", steps, NOW, "ruth")
    assert here.steps() == [("import", 3), ("grant-temporary", 3)]


def test_corrections_leavers_and_revokes_come_onto_the_list_and_go(here: Here) -> None:
    here.done()
    anna = [ANN[0], "Anna", *ANN[2:]]
    here.apply(anna, BEN)
    books, steps = here.work()
    assert [str(step.step) for step in steps] == ["edit"]
    assert books.members[1].there == '{"logos":{"given_name":"Ann"}}'
    here.apply(ANN, BEN)
    assert here.steps() == []
    here.apply(anna)
    assert here.steps() == [("remove", 2), ("edit", 1)]
    here.done()
    here.apply(anna, grants="")
    assert here.steps() == [("revoke", 1)]
    here.done()
    here.apply()
    assert here.steps() == [("remove", 1)]
    here.done()
    assert here.steps() == []


def test_an_unclaimed_invitation_goes_out_again_there_if_the_e_mail_is_corrected(here: Here) -> None:
    here.done()
    here.apply(["anna@grace.example", *ANN[1:]], BEN)
    assert here.steps() == [("edit", 1), ("resend", 1)]
    here.done(StepName.EDIT)
    assert here.steps() == [("resend", 1)]


def test_jamworks_has_one_list(here: Here) -> None:
    jam = "{library: jam, to: {everyone: true}}"
    here.apply(ANN, BEN, grants=jam)
    assert here.steps() == [("add", 1), ("add", 2)]
    here.done()
    here.apply([ANN[0], "Anna", "Lee", "1"], grants=jam)
    assert here.steps() == [("remove", 2), ("edit", 1)]
    here.done()
    here.apply([ANN[0], "Anna", "Lee", "99"], grants=jam)
    assert here.steps() == []


def test_the_portals_counts_say_what_they_must_before_and_after(here: Here) -> None:
    def used() -> tuple[int, int]:
        books = here.work()[0]
        return used_there(books)["books"], books.slots("books").used

    assert used() == (0, 2)
    here.done()
    here.apply(ANN, grants="{library: books, kind: permanent, to: {everyone: true}}")
    assert used() == (2, 1)  # of Ann, who is to be made permanent, and of Ben, who is to be removed


def test_a_dump_and_a_rebuild_have_the_work_list(here: Here, tmp_path: Path) -> None:
    here.done(StepName.IMPORT)
    here.apply(["anna@grace.example", "Anna", "Lee", "1"], BEN)
    found = here.work()
    here.ran("ledger", "rebuild")
    assert here.work() == found
    dumped = here.ran("ledger", "dump")
    (tmp_path / "dump.jsonl").write_text(dumped, encoding="utf-8")
    other = str(tmp_path / "other.db")
    here.ran("ledger", "load", "dump.jsonl", "--ledger", other)
    with Ledger(other).reading() as connection:
        assert open_work(connection, "grace") == found


def test_a_library_that_comes_back_from_the_vendor_leaves_nothing_to_do(here: Here) -> None:
    here.apply(ANN, BEN, delivered_by="seatsync")
    assert here.steps() == []
    here.apply(ANN, BEN)
    assert here.steps() == []


def test_who_is_to_be_removed_at_the_vendor_is_not_erased_before(here: Here) -> None:
    here.done()
    here.apply(ANN)
    outcome = seatsync("ledger", "erase", BEN[0], "--yes", folder=here.folder)
    assert "still to be done at the vendor" in outcome.err
    here.done()
    here.ran("ledger", "erase", BEN[0], "--yes")
    here.ran("verify")
    here.ran("ledger", "rebuild")
    here.ran("verify")


def test_an_erased_person_leaves_no_old_name_behind(here: Here) -> None:
    here.done()
    here.apply(ANN, ["benno@grace.example", "Benno", "Ode", "2"])
    here.apply(ANN)
    here.done()
    here.ran("ledger", "erase", "benno@grace.example", "--yes")
    for trace in (b"ben@grace", b"Benno"):
        assert ledgers.kind != "sqlite" or trace not in Path(location(here.folder)).read_bytes()
    assert "ben@grace" not in here.ran("ledger", "dump")
    here.ran("verify")


def test_several_who_do_the_same_at_once_beside_an_apply_do_it_once(here: Here) -> None:
    _, steps = here.work()
    did: list[int] = []

    def click() -> None:
        did.append(len(done(Ledger(location(here.folder)), "grace", steps, NOW, "ruth")))

    clicks = [threading.Thread(target=click) for _ in range(3)]
    for thread in clicks:
        thread.start()
    write_csv(here.folder / "members.csv", HEADER, ANN, BEN, ["cy@grace.example", "Cy", "Roe", "3"])
    while seatsync("apply", "--yes", "--now", "2026-09-01", folder=here.folder).code == ExitCode.STALE:
        pass
    for thread in clicks:
        thread.join()
    assert sorted(did) == [0, 0, 4]
    assert here.steps() == [("import", 3), ("grant-temporary", 3)]
    here.ran("verify")


def test_a_library_at_the_vendor_is_dropped_once_its_licenses_are_revoked_there(here: Here) -> None:
    here.done()
    text = (here.folder / "seatsync.yaml").read_text(encoding="utf-8")
    dropped = text.replace("  books: {title: Books, system: logos-library, slots: 9, delivered_by: vendor}\n", "")
    dropped = dropped.replace(f"grants: [{EVERYONE}]", "grants: []")
    (here.folder / "seatsync.yaml").write_text(dropped, encoding="utf-8")
    outcome = seatsync("plan", folder=here.folder)
    assert (outcome.code, "2 members have it at the vendor" in outcome.out) == (4, True)
    here.apply(ANN, BEN, grants="")
    here.done()
    (here.folder / "seatsync.yaml").write_text(dropped, encoding="utf-8")
    here.ran("apply", "--yes", "--now", "2026-09-01")
    here.ran("verify")
