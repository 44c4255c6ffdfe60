"""Exports under review: a plan reads each once, whatever has happened to the ledger since an apply took it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seatsync.plans import partial
from seatsync.sources.portal import committed
from tests.support.command_line import Outcome, seatsync
from tests.support.sealed import IDENTITY, by_age

pytestmark = pytest.mark.usefixtures("database")

CONFIG = """\
version: 1
institution: {id: grace, name: Grace, timezone: UTC, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 9, delivered_by: vendor}}
rosters: [{path: members.csv}]
grants: [{library: books, kind: temporary, to: {everyone: true}}]
"""
EXPORTS = "exports: [{path: books.csv, library: books, taken: 2026-09-02}]\n"
MEMBERS = "email,given_name,family_name\nann@grace.example,Ann,Lee\nben@grace.example,Ben,Ode\n"
HEADER = "Given Name,Family Name,Institution Email Address,License Kind,License Status\n"
ANN = "Ann,Lee,ann@grace.example,Temporary,Delivered\n"
BEN = "Ben,Ode,ben@grace.example,Temporary,Unclaimed\n"
STRAY = "Stray,Cat,stray@grace.example,Temporary,Delivered\n"


class Place:
    """A folder whose grants were applied on 1 September. Its export of the 2nd is not taken yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = "2026-09-01"
        self.write("seatsync.yaml", CONFIG)
        self.write("members.csv", MEMBERS)
        self.run("apply", "--yes")
        self.now = "2026-09-03"
        self.write("books.csv", HEADER + ANN + BEN)
        self.write("seatsync.yaml", CONFIG + EXPORTS)

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_text(text, encoding="utf-8")

    def run(self, *args: str, code: int = 0) -> Outcome:
        outcome = seatsync(*args, "--now", self.now, folder=self.path)
        assert outcome.code == code, outcome
        return outcome

    def plan(self, *args: str) -> dict[str, Any]:
        plan: dict[str, Any] = json.loads(self.run("plan", "--format", "json", *args).out)
        return plan


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*args: object) -> None:
        raise AssertionError("the export was read again")

    monkeypatch.setattr(committed, "read_export", read)


def test_a_taken_export_is_not_read_again_on_any_path(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert place.plan()["summary"] == {"observe": 2}
    place.run("apply", "--yes")
    is_not_read(monkeypatch)
    [(key, entry)] = place.plan()["exports"].items()
    assert (len(key), place.plan()["summary"], entry > 0) == (64, {}, True)
    place.write("members.csv", f"{MEMBERS}cy@grace.example,Cy,Roe\n")  # from some members
    assert (place.plan()["summary"], place.plan()["exports"]) == ({"member-add": 1, "grant": 1}, {key: entry})
    place.write("seatsync.yaml", CONFIG + EXPORTS + "limits: {max_revokes: 7}\n")  # from all members
    assert (place.plan()["summary"], place.plan()["exports"]) == ({"member-add": 1, "grant": 1}, {key: entry})
    place.run("apply", "--yes")
    assert place.plan()["exports"] == {key: entry}


def test_what_is_said_of_its_rows_does_not_slow_down_the_next_plans(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = "ann@grace.example,Ann,Lee,participant\n"
    place.write("books.csv", f"email,First name,Last name,type\n{row}cy@grace.example,Cy,Roe,admin\n")
    place.write(
        "seatsync.yaml", (CONFIG + EXPORTS).replace("logos-library", "jamworks").replace("kind: temporary, ", "")
    )
    assert "row-skipped" in [one["code"] for one in place.plan()["warnings"]]
    assert "row-skipped" not in place.run("validate").err  # the file may stay for years
    place.run("apply", "--yes")

    def read(*args: object) -> None:
        raise AssertionError("members were read")

    monkeypatch.setattr(partial, "partial_plan", read)
    assert (place.plan()["summary"], place.plan()["warnings"]) == ({}, [])


def test_steps_marked_as_done_do_not_slow_down_the_next_plans(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write("seatsync.yaml", CONFIG)
    place.run("worklist", "done", "--yes")

    def read(*args: object) -> None:
        raise AssertionError("members were read")

    with monkeypatch.context() as patched:
        patched.setattr(partial, "partial_plan", read)
        assert place.plan()["summary"] == {}
    place.write("members.csv", MEMBERS.replace("Ode", "Ott"))
    assert place.plan()["worklist"] == {"2-edit": 1}


def test_an_encrypted_export_needs_its_key_once(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (place.path / "books.csv.age").write_bytes(by_age(HEADER + ANN + BEN))
    place.write("seatsync.yaml", CONFIG + EXPORTS.replace("books.csv", "books.csv.age"))
    assert "file-encrypted" in place.run("plan", code=3).err
    monkeypatch.setenv("SEATSYNC_AGE_KEY", str(IDENTITY))
    assert place.plan()["summary"] == {"observe": 2}
    place.run("apply", "--yes")
    monkeypatch.delenv("SEATSYNC_AGE_KEY")
    place.write("members.csv", f"{MEMBERS}cy@grace.example,Cy,Roe\n")
    assert place.plan()["summary"] == {"member-add": 1, "grant": 1}


def test_a_changed_export_is_seen(place: Place) -> None:
    place.run("apply", "--yes")
    place.write("books.csv", HEADER + ANN + BEN.replace("Unclaimed", "Delivered"))
    place.write("seatsync.yaml", CONFIG + EXPORTS.replace("-02", "-03"))
    plan = place.plan()
    assert (plan["summary"], [*plan["exports"].values()]) == ({"observe": 1}, [0])


def test_another_file_of_the_same_name_and_time_is_seen_too(place: Place) -> None:
    place.run("apply", "--yes")
    place.write("books.csv", HEADER + ANN + BEN + STRAY)
    assert [one["what"] for one in place.plan()["drift"]] == ["unknown"]


@pytest.mark.parametrize(
    "command",
    [
        ("ledger", "erase", "eli@grace.example", "--yes"),
        ("ledger", "prune", "--letters-before", "2026-09-02", "--yes"),
        ("ledger", "rebuild"),
    ],
    ids=["erase", "prune", "rebuild"],
)
def test_nothing_that_is_forgotten_makes_it_new(
    command: tuple[str, ...], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.write("members.csv", f"{MEMBERS}eli@grace.example,Eli,Ray\n")
    place.run("apply", "--yes")
    place.run("worklist", "done", "--yes")
    place.write("members.csv", MEMBERS)
    place.run("apply", "--yes")
    place.run("worklist", "done", "--yes")
    before = place.plan()["exports"]
    place.run(*command)
    is_not_read(monkeypatch)
    assert place.plan()["exports"] == before != {}
    place.run("verify")


def test_a_saved_plan_takes_it_and_says_so_in_the_journal(place: Place) -> None:
    place.run("plan", "--out", "plan.json")
    assert "1 claimed, 1 done" in place.run("show", "plan.json").out
    place.run("apply", "plan.json")
    assert place.plan()["summary"] == {}
    assert 0 not in place.plan()["exports"].values()


def test_an_export_with_which_the_ledger_agrees_is_noted_as_taken(place: Place) -> None:
    place.run("apply", "--yes")
    place.write("second.csv", HEADER + ANN + BEN)
    place.write(
        "seatsync.yaml", CONFIG + EXPORTS.replace("}]", "}, {path: second.csv, library: books, taken: 2026-09-03}]")
    )
    place.run("apply", "--yes")
    assert 0 not in place.plan()["exports"].values()


def test_a_blocked_plan_takes_nothing(place: Place) -> None:
    place.write("seatsync.yaml", (CONFIG + EXPORTS).replace("slots: 9", "slots: 1"))
    place.run("apply", "--yes", code=4)
    place.write("seatsync.yaml", CONFIG + EXPORTS)
    assert place.plan()["summary"] == {"observe": 2}


def test_public_output_names_nobody_who_is_seen_or_differs(place: Place) -> None:
    place.write("books.csv", HEADER + ANN.replace("Ann", "Annabel") + BEN + STRAY)
    for format in ("text", "json", "markdown", "html", "github", "sarif"):
        out = place.run("plan", "--redact", "--format", format).out
        assert not [name for name in ("ann@", "Annabel", "Ben", "stray", "Stray") if name in out], format
        assert "drift" in out


def test_reports_fold_what_was_seen_with_its_counts(place: Place) -> None:
    assert "~ 2 seen at the vendor in Books\n    1 claimed, 1 done (--verbose shows each)" in place.run("plan").out
    markdown = place.run("plan", "--format", "markdown").out
    assert "2 changes, all seen at the vendor." in markdown
    assert "<details><summary>Seen at the vendor (2 changes): 1 claimed, 1 done</summary>" in markdown
    assert "ann@grace.example" in place.run("plan", "--verbose").out
    assert "Gain a seat" not in markdown


def test_seats_that_were_all_given_by_hand_and_that_nobody_grants_are_counted_to_the_limit(place: Place) -> None:
    people = [f"m{number}@grace.example" for number in range(6)]
    place.write("seatsync.yaml", CONFIG.replace("slots: 9", "slots: 99").replace("everyone: true", "tags: [nobody]"))
    place.write("members.csv", "email,given_name,family_name\n" + "".join(f"{email},M,Lee\n" for email in people))
    place.run("apply", "--yes")
    place.write("books.csv", HEADER + "".join(f"M,Lee,{email},Temporary,Delivered\n" for email in people))
    place.now = "2026-09-04"
    config = (place.path / "seatsync.yaml").read_text(encoding="utf-8")
    place.write("seatsync.yaml", config + EXPORTS.replace("09-02", "09-04"))
    told = place.run("plan", code=4).out
    assert "6 of 6 people with a seat" in " ".join(told.split())
    assert "would lose it (100%" in " ".join(told.split())
