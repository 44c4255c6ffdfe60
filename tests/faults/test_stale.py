"""A plan that is too late: after any change of the ledger, it is refused as stale, and nothing is done."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from seatsync.domain.action import Action
from seatsync.domain.failure import ExitCode
from tests.faults.history_checks import everything
from tests.faults.history_databases import Databases, databases_of
from tests.faults.history_torture import figures, replayable, seeds
from tests.support.command_line import Outcome, seatsync

SEVERAL = (4, 300)
"""Numbers of rounds with several changes, in the short and the long form."""

OMAR = "{given_name: Omar, family_name: Bell, email: omar@grace.example}"
NOA = "{given_name: Noa, family_name: Levi, email: noa@grace.example}"
CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins:
    - {given_name: Ruth, family_name: Abel, email: ruth@grace.example}
    - {given_name: Omar, family_name: Bell, email: omar@grace.example}
  opt_out: true
libraries:
  books: {title: Books, system: logos-library, slots: 9}
  sub: {title: Subscription, system: logos-subscription, slots: 9}
  maps: {title: Maps, system: logos-library, slots: 2}
  hall: {title: Hall, system: logos-subscription, slots: 0, when_full: wait}
rosters: [{path: members.csv}]
grants:
  - {library: books, kind: temporary, to: {emails: [ann@grace.example, ben@grace.example]}}
  - {library: books, kind: permanent, to: {emails: [cy@grace.example]}}
  - {library: sub, to: {emails: [ann@grace.example, ben@grace.example, cy@grace.example]}, resend: once}
  - {library: hall, to: {emails: [ben@grace.example]}}
"""
MEMBERS = """\
email,given_name,family_name,student_id
ann@grace.example,Ann,Lee,S1
ben@grace.example,Ben,Ode,S2
cy@grace.example,Cy,Roe,S3
dee@grace.example,Dee,Fox,S4
"""
GONE = "eli@grace.example,Eli,Ray,S5\n"
WANTED = MEMBERS + "gil@grace.example,Gil,Yew,S7\n"
"""The plan's change: one more member."""

PORTAL = """\
Given Name,Family Name,Institution Email Address,Institution Student ID,License Kind,License Status
Ben,Ode,ben@grace.example,S2,Temporary,Delivered
"""

Edit = tuple[str, str, str]
EDITS: dict[Action, Edit] = {
    Action.INSTITUTION_UPDATE: ("seatsync.yaml", "Grace Seminary", "Grace College"),
    Action.LIBRARY_ADD: ("seatsync.yaml", "rosters:", "  atlas: {title: Atlas, system: jamworks, slots: 1}\nrosters:"),
    Action.LIBRARY_UPDATE: ("seatsync.yaml", "title: Books,", "title: Bookshelf,"),
    Action.LIBRARY_REMOVE: ("seatsync.yaml", "  maps: {title: Maps, system: logos-library, slots: 2}\n", ""),
    Action.ADMIN_REMOVE: ("seatsync.yaml", f"    - {OMAR}\n", ""),
    Action.ADMIN_UPDATE: ("seatsync.yaml", "given_name: Ruth", "given_name: Rut"),
    Action.ADMIN_ADD: ("seatsync.yaml", "  opt_out:", f"    - {NOA}\n  opt_out:"),
    Action.MEMBER_ADD: ("members.csv", "dee@", "fay@grace.example,Fay,Orr,S6\ndee@"),
    Action.MEMBER_UPDATE: ("members.csv", "Ann,Lee", "Anna,Lee"),
    Action.MEMBER_REMOVE: ("members.csv", "dee@grace.example,Dee,Fox,S4\n", ""),
    Action.OBSERVE: ("seatsync.yaml", "rosters:", "exports: [{path: portal.csv, library: books, taken: 2026-09-20}]\nrosters:"),
    Action.REVOKE: ("seatsync.yaml", ", cy@grace.example]}, resend", "]}, resend"),
    Action.UPGRADE: ("seatsync.yaml", "permanent, to: {emails: [", "permanent, to: {emails: [ben@grace.example, "),
    Action.LICENSE_UPDATE: ("seatsync.yaml", "}, resend: once", "}, until: 2027-06-30, resend: once"),
    Action.UNWAIT: ("seatsync.yaml", "hall, to: {emails: [ben@grace.example]}", "hall, to: {tags: [none]}"),
    Action.WAIT: ("seatsync.yaml", "hall, to: {emails: [", "hall, to: {emails: [dee@grace.example, "),
    Action.GRANT: ("seatsync.yaml", "sub, to: {emails: [", "sub, to: {emails: [dee@grace.example, "),
    Action.RESEND: ("seatsync.yaml", "resend: once", "resend: twice"),
}  # fmt: skip
"""For each action an edit of the files that requires only this action."""

COMMANDS = {
    "claim": ("ledger", "claim", "books", "ann@grace.example"),
    "opt-out": ("ledger", "opt-out", "sub", "ann@grace.example"),
    "one-off resend": ("resend", "--library", "sub", "--yes"),
    "import": ("import", "portal.csv", "--library", "books", "--yes"),
    "erase": ("ledger", "erase", "eli@grace.example", "--yes"),
    "prune": ("ledger", "prune", "--letters-before", "2026-09-10", "--yes"),
}
NO_CHANGES = {"migrate": ("ledger", "migrate"), "rebuild": ("ledger", "rebuild")}
REPLACEMENTS = (
    "another of the same length",
    "an earlier one",
    "a later one, loaded",
    "one in which nothing has happened",
    "another institution's",
)


class World(NamedTuple):
    """Folder and ledger at the time of the plans, for copying."""

    databases: Databases
    folder: Path
    ledger: str
    earlier: str


class Here(NamedTuple):
    """A copy of the world that a test may change."""

    databases: Databases
    folder: Path
    ledger: str

    def run(self, *args: str, folder: str = "grace", ledger: str = "") -> Outcome:
        now = () if "--now" in args else ("--now", "2026-09-20")
        return seatsync(*args, *now, "--ledger", ledger or self.ledger, folder=self.folder / folder)

    def ran(self, *args: str, folder: str = "grace", ledger: str = "") -> str:
        outcome = self.run(*args, folder=folder, ledger=ledger)
        assert outcome.code == ExitCode.DONE, outcome
        return outcome.out

    def edit(self, *edits: Edit) -> None:
        """Edit a copy of the files, as others do, and apply them."""
        for name, old, new in edits:
            path = self.folder / "others" / name
            text = path.read_text(encoding="utf-8")
            assert text.count(old) == 1, (name, old)
            path.write_text(text.replace(old, new), encoding="utf-8")
        self.ran("apply", "--yes", folder="others")


_worlds: dict[str, World] = {}


@pytest.fixture
def here(database: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """Grace Seminary with a history and with two plans: plan.json has a change, nothing.json has none."""
    if database not in _worlds:
        _worlds[database] = _world(database, tmp_path_factory.mktemp("stale"))
    world = _worlds[database]
    shutil.copytree(world.folder, tmp_path / "world")
    here = Here(world.databases, tmp_path / "world", world.databases.copy(world.ledger))
    yield here
    world.databases.drop(here.ledger)


def _world(database: str, at: Path) -> World:
    databases = databases_of(database, at)
    earlier, ledger = _make_history(Here(databases, at, databases.fresh()), "Ruth")
    here = Here(databases, at, ledger)
    here.ran("plan", "--quiet", "--out", "nothing.json")
    (at / "grace" / "members.csv").write_text(WANTED, encoding="utf-8")
    here.ran("plan", "--quiet", "--out", "plan.json")
    return World(databases, at, ledger, earlier)


def _make_history(here: Here, actor: str) -> tuple[str, str]:
    """Create a ledger with a fixed history; return the ledger before the last apply, and the final one."""
    for folder in ("grace", "others"):
        (here.folder / folder).mkdir(exist_ok=True)
        (here.folder / folder / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
        (here.folder / folder / "members.csv").write_text(MEMBERS, encoding="utf-8")
        (here.folder / folder / "portal.csv").write_text(PORTAL, encoding="utf-8")
    (here.folder / "grace" / "members.csv").write_text(MEMBERS + GONE, encoding="utf-8")
    apply = ("apply", "--yes", "--quiet", "--actor", actor, "--now", "2026-09-01")
    here.ran(*apply)
    here.ran("ledger", "claim", "books", "cy@grace.example", "--now", "2026-09-02")
    (here.folder / "grace" / "members.csv").write_text(MEMBERS, encoding="utf-8")
    earlier = here.databases.copy(here.ledger)
    here.ran(*apply)
    return earlier, here.ledger


# ── What makes a plan stale ─────────────────────────────────────────────────────────────────────────────────────────


def test_there_is_an_edit_for_every_action_and_it_asks_for_nothing_else(here: Here) -> None:
    assert set(EDITS) == set(Action)
    for action, edit in EDITS.items():
        shutil.copytree(here.folder / "others", here.folder / action)
        path = here.folder / action / edit[0]
        path.write_text(path.read_text(encoding="utf-8").replace(edit[1], edit[2]), encoding="utf-8")
        assert json.loads(here.ran("plan", "--format", "json", folder=action))["summary"].keys() == {action}


@pytest.mark.parametrize("action", EDITS, ids=str)
def test_a_plan_is_stale_after_any_other_apply(action: Action, here: Here) -> None:
    here.edit(EDITS[action])
    _must_be_stale(here)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_plan_is_stale_after_anything_that_happens_between_applies(command: str, here: Here) -> None:
    before = everything(here.ledger)
    here.ran(*COMMANDS[command], folder="others")
    assert everything(here.ledger) != before
    _must_be_stale(here)


@pytest.mark.parametrize("replacement", REPLACEMENTS)
def test_a_plan_is_stale_for_a_ledger_put_in_the_place_of_its_own(
    replacement: str, here: Here, database: str, tmp_path: Path
) -> None:
    ledger = here.databases.fresh()
    match replacement:
        case "another of the same length":
            aside = Here(here.databases, tmp_path / "aside", ledger)
            aside.folder.mkdir()
            _, ledger = _make_history(aside, "Ruth")
            assert _info(here, "serial", ledger) == _info(here, "serial")
            assert _info(here, "head", ledger) != _info(here, "head")
        case "an earlier one":
            ledger = here.databases.copy(_worlds[database].earlier)
        case "a later one, loaded":
            here.ran(*COMMANDS["claim"])
            here.ran("ledger", "dump", "--out", "dump.jsonl")
            here.ran("ledger", "load", "dump.jsonl", ledger=ledger)
        case "another institution's":
            other = shutil.copytree(here.folder / "others", here.folder / "hope")
            (other / "seatsync.yaml").write_text(CONFIG.replace("id: grace", "id: hope"), encoding="utf-8")
            here.ran("apply", "--yes", folder="hope", ledger=ledger)
    is_foreign = replacement == "another institution's" and database == "sqlite"
    _must_be_stale(here._replace(ledger=ledger), ExitCode.REFUSED if is_foreign else ExitCode.STALE)


def test_a_plan_is_stale_after_several_changes(here: Here, database: str) -> None:
    """They can happen in any order: none of them undoes another so that the plan would fit again."""
    with figures("stale", database) as count:
        for seed in seeds(*SEVERAL):
            with replayable(seed) as chance:
                aside = here._replace(ledger=here.databases.copy(here.ledger), folder=here.folder / str(seed))
                for name in ("grace", "others"):
                    shutil.copytree(here.folder / name, aside.folder / name)
                _change_several(aside, chance)
                _must_be_stale(aside)
                here.databases.drop(aside.ledger)
            count["rounds"] += 1


def _change_several(here: Here, chance: random.Random) -> None:
    commands = [*COMMANDS.values(), *NO_CHANGES.values()]
    changes: list[Callable[[], object]] = [partial(here.edit, edit) for edit in EDITS.values()]
    changes += [partial(here.run, *command, folder="others") for command in commands]
    here.edit(chance.choice(list(EDITS.values())))
    for change in chance.sample(changes, chance.randint(1, 4)):
        try:
            change()
        except AssertionError:  # that edit was made already, or conflicts with the others
            continue


# ── What does not ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("command", [*NO_CHANGES, "dump and load"])
def test_a_plan_is_good_after_what_changes_nothing(command: str, here: Here) -> None:
    if command == "dump and load":
        here.ran("ledger", "dump", "--out", "dump.jsonl")
        here = here._replace(ledger=here.databases.fresh())
        here.ran("ledger", "load", "dump.jsonl")
    else:
        here.ran(*NO_CHANGES[command])
    before = everything(here.ledger)
    here.ran("apply", "nothing.json")
    assert everything(here.ledger) == before
    here.ran("apply", "plan.json")
    assert "gil@grace.example" in here.ran("members", "--format", "csv")


def test_a_plan_is_good_once(here: Here) -> None:
    here.ran("apply", "plan.json")
    _must_be_stale(here)


# ── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _must_be_stale(here: Here, code: int = ExitCode.STALE) -> None:
    """Check that neither plan is applied, nor the reviewed fingerprint, unless the same change is still needed."""
    before, dumped = everything(here.ledger), _dump(here)
    for plan in ("plan.json", "nothing.json"):
        outcome = here.run("apply", plan)
        assert outcome.code == code, outcome
        said = (
            "Nothing was done. The plan is out of date: the ledger has changed since the plan was made"
            if code == ExitCode.STALE
            else "institution-mismatch: "
        )
        assert outcome.err.startswith(f"seatsync: {said}")
        assert outcome.err.count("\n") == 2, "what is so, and what to do"
        assert outcome.out == ""
    reviewed = json.loads((here.folder / "grace" / "plan.json").read_text(encoding="utf-8"))["fingerprint"]
    fresh = json.loads(here.run("plan", "--format", "json").out)
    is_reviewed = fresh["fingerprint"] == reviewed
    if fresh["refusals"] or not is_reviewed:
        outcome = here.run("apply", "--expect", reviewed)
        assert outcome.code == (ExitCode.REFUSED if fresh["refusals"] else ExitCode.STALE), outcome
        assert "Nothing was applied" in outcome.err
    assert everything(here.ledger) == before
    assert _dump(here) == dumped
    if is_reviewed and not fresh["refusals"]:
        here.ran("apply", "--expect", reviewed)


def _dump(here: Here) -> str:
    return here.run("ledger", "dump").out


def _info(here: Here, what: str, ledger: str = "") -> str:
    info = dict(line.split(maxsplit=1) for line in here.ran("ledger", "info", ledger=ledger).splitlines())
    return info[what]
