"""A rule over all members sees all of them, on every path to a plan, from the day it is added."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import grimp
import pytest

import seatsync as program
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.origin import Origin
from seatsync.ledger.database import Ledger
from seatsync.plans import baseline, rules_digest, since
from seatsync.plans.partial import partial_plan
from seatsync.plans.rules_digest import ROOMS
from seatsync.plans.since import since_apply
from seatsync.refusals import judge
from seatsync.refusals.case import Case, refusal
from seatsync.sources.institution_folder import InstitutionFolder
from tests.plans.roster_forms import csv_of
from tests.plans.test_fast_path import COLUMNS, grown
from tests.support.command_line import seatsync
from tests.support.databases import location, removed
from tests.support.program_copy import ProgramCopy, changed_program

MEMBERS = 20
NOW = datetime(2099, 9, 1, tzinfo=UTC)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "g"


def one_row_changed(place: Path, roster: list[dict[str, str]]) -> None:
    changed = [roster[0] | {"given_name": "Eve"}, *roster[1:]]
    (place / "one.csv").write_text(csv_of(COLUMNS[0], changed, {}), encoding="utf-8")


# ── A new rule ────────────────────────────────────────────────────────────────────────────────────────────

NO_LEE = '''"""Nobody may be called Lee."""

from collections.abc import Iterator

from seatsync.domain.diagnostic import Diagnostic
from seatsync.refusals.case import Case, refusal

CODE = "no-lee"


def check(case: Case) -> Iterator[Diagnostic]:
    """Yield one refusal for each such member."""
    for member in case.desired.members:
        if member.family_name == "Lee":
            yield refusal(CODE, f"{member.email} is called Lee.", "Choose another name.", member.origin)
'''


@pytest.fixture(scope="module")
def copy_with_rule(tmp_path_factory: pytest.TempPathFactory) -> ProgramCopy:
    """A copy of the program with a new refusal, added as CONTRIBUTING.md says: its file, and its place in RULES."""
    edits = (("    library_in_use,\n", "    library_in_use,\n    no_lee,\n"),)
    return changed_program(
        tmp_path_factory.mktemp("copy"), {"refusals/no_lee.py": NO_LEE}, {"refusals/judge.py": edits}
    )


@pytest.mark.parametrize("since", ["nothing changed", "one row changed", "the ledger went"])
def test_a_rule_that_is_added_is_told_of_everybody(
    place: Path, database: str, copy_with_rule: ProgramCopy, since: str
) -> None:
    roster = grown(place, MEMBERS)
    if since == "one row changed":
        one_row_changed(place, roster)
    elif since == "the ledger went":
        removed(place)
    done = copy_with_rule.seatsync("plan", "--format", "json", folder=place)
    assert done.code == 4, done.err
    told = [entry["message"] for entry in json.loads(done.out)["refusals"] if entry["code"] == "no-lee"]
    assert len(set(told)) == MEMBERS


# ── The existing rules ────────────────────────────────────────────────────────────────────────────────────────────


def rule_that(check: Callable[[Case], Iterator[Diagnostic]]) -> ModuleType:
    rule = ModuleType("seatsync.refusals.of_this_test")
    rule.__dict__.update(CODE="of-this-test", check=check)
    return rule


LOOKS: dict[str, Callable[[Case], int]] = {
    "members of the files": lambda case: len(case.desired.members),
    "e-mails of the files": lambda case: len([member.email for member in case.draft.desired.members]),
    "members of the ledger": lambda case: len({**case.draft.snapshot.members}),
    "licenses": lambda case: len(case.draft.snapshot.licenses["sub"]),
    "entitlements": lambda case: len(case.draft.entitlements.wanted.get("sub", {})),
    "who is who": lambda case: sum(map(bool, case.draft.matching.records)),
    "the count": lambda case: case.count,
    "tags": lambda case: case.tags["a"],
    "seats": lambda case: case.slots["sub"].before.used,
    "whom grants reach": lambda case: sum(case.draft.entitlements.reach.values()),
}


def test_a_rule_over_all_members_sees_all_of_them_where_one_row_changed(
    place: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_row_changed(place, grown(place, MEMBERS))
    seen = {}
    for name, look in LOOKS.items():
        monkeypatch.setattr(judge, "RULES", (rule_that(partial(refused_with, look)),))
        done = seatsync("plan", "--format", "json", folder=place)
        seen[name] = [entry["message"] for entry in json.loads(done.out)["refusals"]]
    assert seen == {name: [f"{MEMBERS} were seen."] for name in LOOKS}


def refused_with(look: Callable[[Case], int], case: Case) -> Iterator[Diagnostic]:
    yield refusal("of-this-test", f"{look(case)} were seen.", "-", Origin("seatsync.yaml"))


def test_a_rule_that_says_so_goes_by_those_who_changed(
    place: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def check(case: Case) -> Iterator[Diagnostic]:
        seen.append(len(case.at_hand.desired.members))
        yield from ()

    monkeypatch.setattr(judge, "RULES", (*judge.RULES, rule_that(check)))
    one_row_changed(place, grown(place, MEMBERS))
    assert seatsync("plan", "--quiet", folder=place).code == 0
    assert seen == [MEMBERS, MEMBERS, 1], "the first plan, the year ahead that its apply runs, and the next plan"


def test_no_rule_that_is_there_needs_everybody_for_one_row(place: Path, database: str) -> None:
    one_row_changed(place, grown(place, MEMBERS))
    with Ledger(location(place)).reading() as connection:
        assert connection is not None
        since = since_apply(connection, "g", NOW)
        assert since is not None
        assert partial_plan(InstitutionFolder.open(place), connection, since, NOW) is not None


# ── The digest of the rules ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the program's files, for the digest of the rules."""
    real = Path(program.__file__).parent
    package = Path(shutil.copytree(real, tmp_path / "seatsync", ignore=shutil.ignore_patterns("__pycache__")))
    monkeypatch.setattr(program, "__file__", str(package / "__init__.py"))
    yield package
    rules_digest.rules_digest.cache_clear()


def number() -> int:
    rules_digest.rules_digest.cache_clear()
    return rules_digest.rules_digest()


def test_the_number_of_the_rules_is_the_same_wherever_the_code_lies(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = number()
    monkeypatch.undo()
    assert here == number() > 0


@pytest.mark.parametrize("room", ROOMS)
def test_the_number_of_the_rules_is_another_when_their_code_is(copy: Path, room: str) -> None:
    numbers = {number()}
    module = next(path for path in sorted((copy / room).glob("*.py")) if path.stat().st_size)
    module.write_bytes(module.read_bytes() + b"\n")
    numbers.add(number())
    (copy / room / "sub_room").mkdir()
    (copy / room / "sub_room" / "new.py").write_text("", encoding="utf-8")
    numbers.add(number())
    assert len(numbers) == 3


def test_the_number_of_the_rules_is_another_with_another_version(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = number()
    monkeypatch.setattr(program, "__version__", "99")
    assert number() != before


def test_the_number_of_the_rules_stays_when_other_code_changes(copy: Path) -> None:
    before = number()
    (copy / "cli" / "main.py").write_text("", encoding="utf-8")
    assert number() == before


def test_the_number_of_the_rules_can_be_read_from_a_zip(tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "app"), "zip", Path(program.__file__).parent.parent, "seatsync")
    code = "from seatsync.plans import rules_digest as r; print(r.__file__, r.rules_digest())"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": archive}, capture_output=True, text=True, check=True
    )
    file, told = done.stdout.split()
    assert file.startswith(archive)
    assert int(told) == number()


def test_where_no_code_can_be_read_there_is_no_baseline(
    place: Path, database: str, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for room in ROOMS:
        shutil.rmtree(copy / room)
    assert number() == 0
    grown(place, 2)
    assert baseline_in(place) is None


def test_what_an_older_program_noted_is_read_and_not_gone_by(
    place: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (baseline, since):
        monkeypatch.setattr(module, "rules_digest", lambda: 1)
    grown(place, 2)
    assert baseline_in(place) is not None
    monkeypatch.undo()
    assert baseline_in(place) is None
    assert seatsync("plan", "--detailed-exitcode", folder=place).code == 0
    assert seatsync("verify", folder=place).code == 0


def baseline_in(place: Path) -> Any:
    with Ledger(location(place)).reading() as connection:
        assert connection is not None
        return since_apply(connection, "g", NOW)


def test_all_code_that_makes_a_plan_is_in_the_number_of_the_rules() -> None:
    """Except the ledger, which only reads stored data, and Git, which gives the root of the checkout."""
    graph = grimp.build_graph("seatsync", cache_dir=None)
    needed = {name.split(".")[1] for name in graph.find_upstream_modules("seatsync.plans.make") if "." in name}
    assert needed - {"ledger", "git"} == {*ROOMS}
