"""Saved plans: their contents, that they are carried out exactly or not at all, and which ones are refused.

Most tests use one institution. Its ledger has every kind of license, and its files require nearly every kind of change.
``plan.json`` is the plan for these changes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, cast

import jsonschema
import pytest

from seatsync.domain.action import ACTIONS
from seatsync.domain.origin import Origin
from seatsync.formats.plan_document import to_text
from seatsync.ledger import tables
from seatsync.planning.change import Change, grouped
from seatsync.planning.plan import fingerprint
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import contents, copied, environment, is_untouched, location, opened, removed, stored
from tests.support.paths import ROOT

DONE, CHANGES, INVALID, REFUSED, STALE, USAGE = 0, 2, 3, 4, 5, 64
FORMATS = ["text", "json", "markdown", "html"]
SCHEMA = json.loads((ROOT / "schemas" / "plan.schema.json").read_text(encoding="utf-8"))
PLAN = jsonschema.Draft202012Validator(SCHEMA)

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  contacts: [{name: Dana Fox, email: dana@vendor.example, role: Sales}]
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
  opt_out: true
libraries:
  books: {title: Books, system: logos-library, slots: 6}
  sub: {title: Subscription, system: logos-subscription, slots: 3}
rosters:
  - {path: members.csv}
  - {path: guests.csv, tags: [guest]}
grants:
  - {library: books, kind: temporary, to: {tags: [temporary]}}
  - {library: books, kind: permanent, to: {tags: [permanent]}}
  - {library: sub, to: {tags: [sub]}}
"""
HEADER = "email,given_name,family_name,student_id,tags\n"
BEFORE = {
    "seatsync.yaml": CONFIG,
    "members.csv": HEADER
    + "ann@grace.example,Ann,Lee,S1,temporary;sub\n"  # will have claimed both
    + "ben@grace.example,Ben,Ode,S2,temporary\n"  # will not have claimed
    + "cy@grace.example,Cy,Roe,S3,permanent\n"  # will have claimed
    + "dee@grace.example,Dee,Fox,S4,sub\n"  # will have opted out
    + "eli@grace.example,Eli,Ray,S5,temporary\n",  # will have claimed
    "guests.csv": HEADER + "fay@grace.example,Fay,Orr,,\n",
}
AFTER = {
    "seatsync.yaml": CONFIG.replace("slots: 6", "slots: 7")
    .replace("Grace Seminary", "Grace Theological Seminary")
    .replace("{library: books, kind: temporary,", "{library: books, kind: temporary, resend: again,")
    .replace("rosters:", "  maps: {title: Maps, system: logos-library, slots: 2}\nrosters:"),
    "members.csv": HEADER
    + "ann@grace.example,Ann,Lee,S1,permanent;sub\n"  # an upgrade
    + "ben@grace.example,Benjamin,Ode,S2,temporary\n"  # another name, and invited once more
    + "cy.roe@grace.example,Cy,Roe,S3,permanent\n"  # another e-mail
    + "dee@grace.example,Dee,Fox,S4,sub\n"  # opted out: a notice
    + "gil@grace.example,Gil,Yew,S6,permanent\n",  # new, with a permanent grant; and Eli leaves
    "guests.csv": HEADER + "fay@grace.example,Fay,Orr,,sub\n",  # a temporary grant
}
ON = ("--now", "2026-09-02")


@pytest.fixture
def tmp_path(tmp_path: Path, database: str) -> Path:
    """Every test that makes a folder runs on both databases."""
    return tmp_path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, database: str) -> Path:
    """A folder with ``plan.json``, for copying."""
    folder = tmp_path_factory.mktemp("made") / "grace"
    write(folder, BEFORE)
    ran("apply", "--yes", "--now", "2026-09-01", folder=folder)
    for library, member in (("books", "ann"), ("sub", "ann"), ("books", "cy"), ("books", "eli")):
        ran("ledger", "claim", library, f"{member}@grace.example", "--now", "2026-09-01", folder=folder)
    ran("ledger", "opt-out", "sub", "dee@grace.example", "--now", "2026-09-01", folder=folder)
    write(folder, AFTER)
    ran("plan", "--out", "plan.json", *ON, folder=folder)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """Grace Seminary with changed files, and the plan for the changes."""
    return copied(made, tmp_path / "grace")


@pytest.fixture
def plan(folder: Path) -> dict[str, Any]:
    """Return the parsed ``plan.json``."""
    return read(folder)


# ── What a plan file is ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_plan_has_a_change_of_nearly_every_sort(plan: dict[str, Any]) -> None:
    assert plan["summary"] == {
        "institution-update": 1,
        "library-add": 1,
        "library-update": 1,
        "member-add": 1,
        "member-update": 4,
        "revoke": 1,
        "member-remove": 1,
        "upgrade": 1,
        "grant": 2,
        "resend": 1,
    }
    assert [warning["code"] for warning in plan["warnings"]].count("opted-out") == 1
    assert plan["refusals"] == []


@pytest.mark.parametrize("which", ["of changes", "of a new ledger", "of nothing", "refused"])
def test_a_plan_file_is_valid_by_its_schema(which: str, folder: Path) -> None:
    prepare(which, folder)
    document = saved(folder)
    PLAN.validate(document)
    assert list(document["ledger"]) == ["serial", "head"]
    assert document["now"] == "2026-09-02"


def test_the_schema_of_plans_is_that_of_the_program() -> None:
    assert json.loads(seatsync("schema", "plan", folder=Path.cwd()).out) == SCHEMA


def test_a_plan_file_is_what_plan_prints_as_json(folder: Path) -> None:
    assert ran("plan", "--format", "json", *ON, folder=folder).out == text_of(folder)


class Later(datetime):
    """Set the clock some years ahead."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + timedelta(days=1000)


def test_the_same_input_gives_the_same_bytes_whenever_it_is_planned(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = text_of(folder)
    for path in folder.iterdir():
        os.utime(path, (0, 0))
    monkeypatch.setattr("seatsync.cli.options.shared.datetime", Later)
    saved(folder)
    assert text_of(folder) == first
    ran("plan", "--out", "plan.json", folder=folder)  # without --now it uses the clock
    assert text_of(folder) != first


def test_the_same_input_gives_the_same_bytes_in_every_process(folder: Path) -> None:
    for seed in ("1", "2"):
        command = [sys.executable, "-m", "seatsync", "plan", "--format", "json", *ON]
        result = subprocess.run(
            command, cwd=folder, env={**environment(folder), "PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        assert result.stdout == (folder / "plan.json").read_bytes()


def test_the_same_input_gives_the_same_bytes_from_wherever_it_is_planned(folder: Path) -> None:
    ran("plan", "grace", "--out", "plan.json", *ON, folder=folder.parent)
    assert (folder.parent / "plan.json").read_bytes() == (folder / "plan.json").read_bytes()


def test_without_now_only_the_instant_and_the_seal_differ(folder: Path) -> None:
    first, second = saved(folder, "--now", "2026-09-02T08:00"), saved(folder, "--now", "2026-09-02T17:30")
    assert {key for key in first if first[key] != second[key]} == {"created_at", "seal"}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("which", ["of changes", "of a new ledger", "of nothing", "refused"])
def test_show_prints_just_what_plan_printed(which: str, format: str, folder: Path) -> None:
    prepare(which, folder)
    printed = seatsync("plan", "--out", "plan.json", "--format", format, *ON, folder=folder)
    shown = seatsync("show", "plan.json", "--format", format, folder=folder)
    assert (shown.code, shown.out) == (DONE, printed.out)


def test_show_needs_neither_files_nor_ledger(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(folder / "plan.json", elsewhere)
    shown = ran("show", "plan.json", "--format", "markdown", folder=elsewhere)
    assert shown.out == ran("plan", "--format", "markdown", *ON, folder=folder).out


@pytest.mark.parametrize(
    ("which", "code"),
    [("of changes", CHANGES), ("of nothing", DONE), ("refused", REFUSED), ("of broken files", INVALID)],
)
def test_detailed_exitcode_tells_changes_from_none(which: str, code: int, folder: Path) -> None:
    prepare(which, folder)
    assert seatsync("plan", "--detailed-exitcode", *ON, folder=folder).code == code
    assert seatsync("plan", *ON, folder=folder).code == (DONE if code == CHANGES else code)


# ── Fingerprints ────────────────────────────────────────────────────────────────────────────────────────────────────


def _replace(name: str, old: str, new: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")

    return change


def _reverse_rows(folder: Path) -> None:
    header, *rows = (folder / "members.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "members.csv").write_text(header + "".join(reversed(rows)), encoding="utf-8")


def _reverse_columns(folder: Path) -> None:
    rows = (folder / "members.csv").read_text(encoding="utf-8").splitlines()
    turned = "".join(",".join(reversed(row.split(","))) + "\n" for row in rows)
    (folder / "members.csv").write_text(turned, encoding="utf-8")


def _move_to_the_other_roster(folder: Path) -> None:
    _replace("members.csv", "gil@grace.example,Gil,Yew,S6,permanent\n", "")(folder)
    with open(folder / "members.csv", "a", encoding="utf-8") as file:
        file.write("\n\n")
    (folder / "more.csv").write_text(HEADER + "gil@grace.example,Gil,Yew,S6,permanent\n", encoding="utf-8")
    _replace("seatsync.yaml", "- {path: members.csv}", "- {path: members.csv}\n  - {path: more.csv}")(folder)


@pytest.mark.parametrize(
    "otherwise",
    [
        pytest.param(_reverse_rows, id="rows in another order"),
        pytest.param(_reverse_columns, id="columns in another order"),
        pytest.param(_move_to_the_other_roster, id="members in another file"),
        pytest.param(_replace("members.csv", "\n", "\r\n"), id="other line ends"),
        pytest.param(_replace("members.csv", "permanent;sub", " sub ; permanent "), id="tags in another order"),
        pytest.param(_replace("seatsync.yaml", "rosters:\n", "\n# who is who\nrosters:\n"), id="comments"),
    ],
)
def test_equal_plans_have_equal_fingerprints(
    otherwise: Callable[[Path], object], folder: Path, plan: dict[str, Any]
) -> None:
    otherwise(folder)
    assert saved(folder)["fingerprint"] == plan["fingerprint"]


def test_equal_plans_of_other_days_have_equal_fingerprints(folder: Path, plan: dict[str, Any]) -> None:
    assert saved(folder, "--now", "2026-10-17")["fingerprint"] == plan["fingerprint"]


@pytest.mark.parametrize(
    "otherwise",
    [
        pytest.param(_replace("members.csv", "gil@", "gill@"), id="another member"),
        pytest.param(_replace("members.csv", "Gil,", "Gilbert,"), id="another name"),
        pytest.param(_replace("members.csv", "S6,permanent", "S6,temporary"), id="another kind"),
        pytest.param(_replace("members.csv", "S6,permanent", "S6,sub"), id="another library"),
        pytest.param(_replace("members.csv", "S6,permanent", "S6,permanent;alumni"), id="another tag"),
        pytest.param(_replace("members.csv", "S6,permanent", "S6,"), id="a grant less"),
        pytest.param(_replace("members.csv", "dee@grace.example,Dee,Fox,S4,sub\n", ""), id="a removal more"),
        pytest.param(_replace("seatsync.yaml", "slots: 7", "slots: 8"), id="other slots"),
        pytest.param(_replace("seatsync.yaml", "resend: again", "resend: and-again"), id="another resend"),
        pytest.param(_replace("seatsync.yaml", "{tags: [sub]}}", "{tags: [sub]}, until: 2027-06-30}"), id="an until"),
        pytest.param(_replace("seatsync.yaml", "opt_out: true", "opt_out: false"), id="another setting"),
        pytest.param(_replace("seatsync.yaml", "Dana Fox", "Dan Fox"), id="another contact"),
        pytest.param(_replace("seatsync.yaml", "Ruth,", "Rut,"), id="another admin"),
    ],
)
def test_different_changes_have_different_fingerprints(
    otherwise: Callable[[Path], object], folder: Path, plan: dict[str, Any]
) -> None:
    otherwise(folder)
    assert saved(folder)["fingerprint"] != plan["fingerprint"]


def test_first_plans_that_set_the_institution_up_differently_have_different_fingerprints(folder: Path) -> None:
    prepare("of a new ledger", folder)
    first = saved(folder)
    _replace("seatsync.yaml", "opt_out: true", "opt_out: false")(folder)
    second = saved(folder)
    assert first["settings"] != second["settings"]
    assert first["fingerprint"] != second["fingerprint"]


# ── apply plan.json ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_saved_plan_is_carried_out_without_a_question(folder: Path, plan: dict[str, Any]) -> None:
    outcome = ran("apply", "plan.json", *ON, folder=folder)
    assert f"{len(plan['changes'])} changes" in outcome.err
    assert saved(folder)["changes"] == []
    assert {row["email"]: (row["library"], row["kind"], row["status"]) for row in held(folder)} == {
        "ann@grace.example": ("sub", "temporary", "delivered"),
        "ben@grace.example": ("books", "temporary", "unclaimed"),
        "cy.roe@grace.example": ("books", "permanent", "delivered"),
        "gil@grace.example": ("books", "permanent", "unclaimed"),
        "fay@grace.example": ("sub", "temporary", "unclaimed"),
    }
    ran("verify", folder=folder)


def _broken_yaml(folder: Path) -> None:
    (folder / "seatsync.yaml").write_text("version: 1\n  institution: [", encoding="utf-8")


@pytest.mark.parametrize(
    "since",
    [
        pytest.param(_replace("members.csv", "gil@", "mallory@"), id="another member"),
        pytest.param(_replace("seatsync.yaml", "slots: 7", "slots: 0"), id="other slots"),
        pytest.param(lambda folder: (folder / "members.csv").unlink(), id="a roster deleted"),
        pytest.param(_replace("seatsync.yaml", "grants:", "grunts:"), id="an invalid seatsync.yaml"),
        pytest.param(_broken_yaml, id="a seatsync.yaml that is no YAML"),
    ],
)
def test_a_saved_plan_is_carried_out_whatever_became_of_the_files(
    since: Callable[[Path], object], folder: Path, plan: dict[str, Any]
) -> None:
    since(folder)
    ran("apply", "plan.json", *ON, folder=folder)
    write(folder, AFTER)
    assert held(folder)
    assert saved(folder)["changes"] == []
    assert saved(folder)["slots"] == {library: both(slots["after"]) for library, slots in plan["slots"].items()}


def test_a_saved_plan_needs_no_folder_where_the_ledger_is_named(folder: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    shutil.copy(folder / "plan.json", bare)
    ran("apply", "plan.json", "--ledger", location(folder), *ON, folder=bare)
    assert saved(folder)["changes"] == []


def test_a_saved_plan_is_carried_out_once(folder: Path) -> None:
    ran("apply", "plan.json", folder=folder)
    refused(folder, STALE, "The plan is out of date")


def test_a_saved_plan_is_carried_out_by_one_of_two_who_try_at_once(folder: Path) -> None:
    command = [sys.executable, "-m", "seatsync", "apply", "plan.json", "--quiet"]
    surroundings = environment(folder)
    both = [
        subprocess.Popen(command, cwd=folder, env=surroundings, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    outcomes = sorted((process.communicate(timeout=60)[1], process.returncode) for process in both)
    assert [code for _, code in outcomes] == [DONE, STALE]
    assert "The plan is out of date" in outcomes[1][0]
    assert saved(folder)["changes"] == []
    ran("verify", folder=folder)


def test_a_saved_plan_of_nothing_can_be_applied_again_and_does_nothing(folder: Path) -> None:
    prepare("of nothing", folder)
    saved(folder)
    before = stored(folder)
    for _ in range(2):
        assert "Nothing to apply" in ran("apply", "plan.json", folder=folder).err
    assert stored(folder) == before


def test_a_saved_first_plan_makes_the_ledger(folder: Path) -> None:
    prepare("of a new ledger", folder)
    saved(folder)
    ran("apply", "plan.json", folder=folder)
    assert saved(folder)["changes"] == []


@pytest.mark.parametrize(
    "since",
    [
        pytest.param([("ledger", "claim", "books", "ben@grace.example")], id="a claim"),
        pytest.param([("ledger", "opt-out", "books", "ben@grace.example")], id="an opt-out"),
        pytest.param([("resend", "--library", "books", "--yes")], id="a resend"),
        pytest.param([("import", "portal.csv", "--library", "books", "--yes")], id="an import"),
        pytest.param([("apply", "--yes")], id="another apply"),
    ],
)
def test_a_saved_plan_is_stale_after_the_ledger_has_moved(since: list[tuple[str, ...]], folder: Path) -> None:
    portal = "email,given_name,family_name,License Kind,License Status\n"
    (folder / "portal.csv").write_text(portal + "ben@grace.example,Ben,Ode,temporary,delivered\n", encoding="utf-8")
    for command in since:
        ran(*command, *ON, folder=folder)
    refused(folder, STALE, "The plan is out of date")


def test_a_saved_plan_is_not_stale_after_what_does_not_move_the_ledger(folder: Path) -> None:
    for command in (("plan",), ("status",), ("members",), ("log",), ("verify",), ("ledger", "rebuild")):
        ran(*command, folder=folder)
    ran("apply", "plan.json", folder=folder)


def test_days_count_from_the_apply_of_a_saved_plan(folder: Path) -> None:
    ran("apply", "plan.json", "--now", "2026-09-06", folder=folder)
    invited = {row["library"] + " " + str(row["member"]): row["invited_on"] for row in stored(folder)["license"]}
    imported = {row["email"]: row["imported_on"] for row in stored(folder)["member"]}
    assert imported["gil@grace.example"] == "2026-09-06"
    assert sorted(invited.values())[-2:] == ["2026-09-06", "2026-09-06"]
    with opened(folder) as ledger:  # every invitation goes out when it is written
        ledger.execute(tables.outbox.update().values(state="sent", sent_at=tables.outbox.c.created_at))
    reminded = {"seatsync.yaml": AFTER["seatsync.yaml"] + "invites: {remind_after: [3d]}\n"}
    write(folder, reminded)
    for day, due in (("2026-09-08", 0), ("2026-09-09", 3)):
        plan = json.loads(ran("plan", "--format", "json", "--now", day, folder=folder).out)
        assert plan["summary"] == ({"resend": due} if due else {}), day


@pytest.mark.parametrize(
    ("until", "day", "code"),
    [("2026-09-10", "2026-09-10", DONE), ("2026-09-10", "2026-09-11", STALE), ("2026-09-10", "2026-09-01", STALE)],
    ids=["the last day", "the day after", "before its day"],
)
def test_a_saved_plan_is_stale_after_a_seat_in_it_has_ended(until: str, day: str, code: int, folder: Path) -> None:
    config = AFTER["seatsync.yaml"].replace("to: {tags: [sub]}}", f"to: {{tags: [sub]}}, until: {until}}}")
    write(folder, AFTER | {"seatsync.yaml": config})
    ran("plan", "--out", "plan.json", *ON, folder=folder)
    before = contents(folder)
    assert seatsync("apply", "plan.json", "--now", day, folder=folder).code == code
    assert (contents(folder) == before) == (code == STALE)


@pytest.mark.parametrize(("day", "code"), [("2026-09-10", DONE), ("2026-09-11", STALE)])
def test_a_saved_plan_is_stale_after_the_institution_has_ended(day: str, code: int, folder: Path) -> None:
    write(
        folder, AFTER | {"seatsync.yaml": AFTER["seatsync.yaml"].replace("  name:", "  retire: 2026-09-10\n  name:", 1)}
    )
    ran("plan", "--out", "plan.json", *ON, folder=folder)
    before = contents(folder)
    assert seatsync("apply", "plan.json", "--now", day, folder=folder).code == code
    assert (contents(folder) == before) == (code == STALE)


def test_a_plan_with_refusals_is_refused(folder: Path) -> None:
    prepare("refused", folder)
    saved(folder)
    before = stored(folder)
    outcome = seatsync("apply", "plan.json", folder=folder)
    assert outcome.code == REFUSED
    assert "slots-exceeded" in outcome.out + outcome.err
    assert "Nothing was applied." in outcome.err
    assert stored(folder) == before


def test_a_plan_is_refused_in_another_institution_s_folder(folder: Path, tmp_path: Path) -> None:
    other = another(tmp_path, folder)
    ran("apply", "--yes", folder=other)
    refused(other, REFUSED, "institution-mismatch")
    assert [member["email"] for member in members(other)] == ["hal@hope.example"]


@pytest.mark.sqlite_only("a database of PostgreSQL holds several institutions")
def test_a_plan_for_another_institution_s_ledger_is_refused(folder: Path, tmp_path: Path) -> None:
    other = another(tmp_path, folder)
    ran("apply", "--yes", folder=other)
    refused(folder, REFUSED, "institution-mismatch", "--ledger", location(other))
    assert [member["email"] for member in members(other)] == ["hal@hope.example"]


def test_a_plan_is_not_applied_in_another_institution_s_folder_that_has_no_ledger_yet(
    folder: Path, tmp_path: Path
) -> None:
    prepare("of a new ledger", folder)
    saved(folder)
    other = another(tmp_path, folder)
    outcome = seatsync("apply", "plan.json", folder=other)
    assert outcome.code in (REFUSED, USAGE)
    assert is_untouched(other)


# ── apply --expect, apply --yes ─────────────────────────────────────────────────────────────────────────────────────


def test_expecting_the_right_fingerprint_applies_without_a_question(folder: Path, plan: dict[str, Any]) -> None:
    ran("apply", "--expect", plan["fingerprint"], *ON, folder=folder)
    assert saved(folder)["changes"] == []


@pytest.mark.parametrize("how", [(), ("--yes",)], ids=["alone", "with --yes"])
@pytest.mark.parametrize(
    "expected",
    [
        pytest.param(lambda right: "0" * 64, id="another one"),
        pytest.param(lambda right: right[:12], id="its beginning"),
        pytest.param(lambda right: right[:-1] + ("0" if right[-1] != "0" else "1"), id="one letter off"),
        pytest.param(lambda right: "rubbish", id="rubbish"),
    ],
)
def test_expecting_any_other_fingerprint_does_nothing(
    expected: Callable[[str], str], how: tuple[str, ...], folder: Path, plan: dict[str, Any]
) -> None:
    before = contents(folder)
    outcome = seatsync("apply", *how, "--expect", expected(plan["fingerprint"]), *ON, folder=folder)
    assert outcome.code == STALE
    assert contents(folder) == before


@pytest.mark.parametrize("how", [(), ("--yes",)], ids=["alone", "with --yes"])
def test_expecting_an_empty_fingerprint_as_an_unset_variable_gives_does_nothing(
    how: tuple[str, ...], folder: Path
) -> None:
    before = contents(folder)
    outcome = seatsync("apply", *how, "--expect", "", *ON, folder=folder)
    assert outcome.code in (STALE, USAGE)
    assert contents(folder) == before


def test_a_fingerprint_that_was_right_is_stale_after_the_changes_are_others(folder: Path, plan: dict[str, Any]) -> None:
    _replace("members.csv", "gil@", "mallory@")(folder)
    before = contents(folder)
    outcome = seatsync("apply", "--expect", plan["fingerprint"], *ON, folder=folder)
    assert outcome.code == STALE
    assert saved(folder)["fingerprint"] in outcome.err
    assert "To fix: " in outcome.err
    (folder / "plan.json").write_bytes(before["plan.json"])
    assert contents(folder) == before


def test_a_refused_plan_is_refused_though_its_fingerprint_is_expected(folder: Path) -> None:
    prepare("refused", folder)
    expected = saved(folder)["fingerprint"]
    before = contents(folder)
    assert seatsync("apply", "--expect", expected, *ON, folder=folder).code == REFUSED
    assert contents(folder) == before


def test_without_yes_and_without_a_terminal_nothing_is_applied(folder: Path) -> None:
    before = contents(folder)
    outcome = seatsync("apply", *ON, folder=folder, stdin="y\n")
    assert (outcome.code, outcome.out) == (USAGE, "")
    assert "give --yes, a plan file, or --expect FINGERPRINT" in outcome.err
    assert contents(folder) == before


# ── Several institutions ────────────────────────────────────────────────────────────────────────────────────────────


def test_several_folders_give_an_array_that_applies_to_each(folder: Path, tmp_path: Path) -> None:
    another(tmp_path, folder)
    ran("plan", "grace", "hope", "--out", "both.json", *ON, folder=tmp_path)
    documents = json.loads((tmp_path / "both.json").read_text(encoding="utf-8"))
    assert [document["institution"] for document in documents] == ["grace", "hope"]
    assert documents[0] == read(folder)
    for document in documents:
        PLAN.validate(document)
    ran("apply", "both.json", "hope", "grace", *ON, folder=tmp_path)
    after = json.loads(ran("plan", "grace", "hope", "--format", "json", *ON, folder=tmp_path).out)
    assert [document["changes"] for document in after] == [[], []]
    assert [member["email"] for member in members(tmp_path / "hope")] == ["hal@hope.example"]


@pytest.mark.parametrize("format", FORMATS)
def test_show_prints_several_plans_just_as_plan_did(format: str, folder: Path, tmp_path: Path) -> None:
    another(tmp_path, folder)
    printed = ran("plan", "grace", "hope", "--out", "both.json", "--format", format, *ON, folder=tmp_path)
    assert ran("show", "both.json", "--format", format, folder=tmp_path).out == printed.out


@pytest.mark.parametrize("named", [("grace",), ("hope",), ("grace", "third")], ids=" ".join)
def test_an_array_is_not_applied_where_a_folder_of_it_is_not_named(
    named: tuple[str, ...], folder: Path, tmp_path: Path
) -> None:
    another(tmp_path, folder)
    shutil.copytree(tmp_path / "hope", tmp_path / "third")
    _replace("seatsync.yaml", "id: hope", "id: third")(tmp_path / "third")
    ran("plan", "grace", "hope", "--out", "both.json", *ON, folder=tmp_path)
    before = contents(tmp_path)
    assert seatsync("apply", "both.json", *named, *ON, folder=tmp_path).code in (REFUSED, STALE, USAGE)
    assert contents(tmp_path) == before


def test_one_institution_of_several_that_is_refused_is_told_and_not_applied(folder: Path, tmp_path: Path) -> None:
    other = another(tmp_path, folder)
    prepare("refused", folder)
    before = ran("ledger", "dump", folder=folder).out
    assert seatsync("plan", "grace", "hope", "--out", "both.json", *ON, folder=tmp_path).code == REFUSED
    assert seatsync("apply", "both.json", "grace", "hope", *ON, folder=tmp_path).code == REFUSED
    assert ran("ledger", "dump", folder=folder).out == before
    assert is_untouched(other) or len(members(other)) == 1


# ── Plan files that were changed ────────────────────────────────────────────────────────────────────────────────────

KEYS = [key for key in SCHEMA["required"] if key != "format"]


def _otherwise(value: Any) -> Any:
    """Return a different value of the same type."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str() if len(value) == 64:
            return value[:-1] + ("0" if value[-1] != "0" else "1")
        case str() if value[:2] == "20":
            return value.replace("20", "21", 1)
        case str():
            return value + "x"
        case list():
            return value[:-1] if value else [{"code": "x", "message": "x", "help": "x"}]
        case dict():
            key = next(iter(value))
            return {**value, key: _otherwise(value[key])}
    raise AssertionError(value)


@pytest.mark.parametrize("key", KEYS)
def test_a_plan_in_which_anything_was_changed_is_refused(key: str, folder: Path, plan: dict[str, Any]) -> None:
    plan[key] = _otherwise(plan[key])
    save(folder, plan)
    refused(folder, STALE, "the plan file can't be used")


@pytest.mark.parametrize("key", ["format", *KEYS])
def test_a_plan_from_which_anything_was_deleted_is_refused(key: str, folder: Path, plan: dict[str, Any]) -> None:
    del plan[key]
    save(folder, plan)
    refused(folder, STALE, key)


def test_a_plan_to_which_anything_was_added_is_refused(folder: Path, plan: dict[str, Any]) -> None:
    save(folder, plan | {"approved": True})
    refused(folder, STALE, "approved")


@pytest.mark.parametrize("format", ["seatsync-plan/0", "seatsync-plan/2", "SEATSYNC-PLAN/1", None, 1])
def test_a_plan_of_another_format_is_refused(format: Any, folder: Path, plan: dict[str, Any]) -> None:
    plan["format"] = format
    save(folder, plan, seal=True)
    refused(folder, STALE, "format")


@pytest.mark.parametrize("seal", [False, True], ids=["under its old seal", "sealed anew"])
@pytest.mark.parametrize(
    ("action", "key", "value"),
    [
        ("grant", "kind", "temporary"),
        ("grant", "member", "mallory@grace.example"),
        ("grant", "library", "sub"),
        ("grant", "status", "delivered"),
        ("grant", "after", {"until": "2099-12-31"}),
        ("revoke", "member", "cy@grace.example"),
        ("revoke", "kind", "permanent"),
        ("revoke", "before", {"kind": "none"}),
        ("revoke", "action", "resend"),
        ("member-add", "after", {"given_name": "Mallory", "family_name": "Yew"}),
        ("library-update", "after", {"slots": 700}),
    ],
)
def test_a_plan_with_a_changed_change_is_refused(
    action: str, key: str, value: Any, seal: bool, folder: Path, plan: dict[str, Any]
) -> None:
    change = next(change for change in plan["changes"] if change["action"] == action)
    assert change.get(key) != value
    change[key] = value
    save(folder, plan, seal=seal)
    refused(folder, STALE, "its changes do not match" if seal else "its seal does not match")


@pytest.mark.parametrize("key", ["reason", "source"])
def test_a_plan_with_another_reason_or_place_is_refused(key: str, folder: Path, plan: dict[str, Any]) -> None:
    plan["changes"][0][key] = _otherwise(plan["changes"][0][key])
    save(folder, plan)
    refused(folder, STALE, "its seal does not match")


def _without_first(changes: list[Any]) -> list[Any]:
    return changes[1:]


def _without_last(changes: list[Any]) -> list[Any]:
    return changes[:-1]


def _twice(changes: list[Any]) -> list[Any]:
    return [*changes, changes[-1]]


def _none(changes: list[Any]) -> list[Any]:
    return []


@pytest.mark.parametrize("seal", [False, True], ids=["under its old seal", "sealed anew"])
@pytest.mark.parametrize("other", [_without_first, _without_last, _twice, _none])
def test_a_plan_with_changes_deleted_or_added_is_refused(
    other: Callable[[list[Any]], list[Any]], seal: bool, folder: Path, plan: dict[str, Any]
) -> None:
    plan["changes"] = other(plan["changes"])
    save(folder, plan, seal=seal)
    refused(folder, STALE, "the plan file can't be used")


def test_a_plan_whose_changes_stand_in_another_order_is_refused(folder: Path, plan: dict[str, Any]) -> None:
    plan["changes"].reverse()
    save(folder, plan)
    refused(folder, STALE, "its seal does not match")


@pytest.mark.parametrize("key", ["refusals", "warnings"])
def test_a_plan_whose_refusals_or_warnings_were_deleted_is_refused(key: str, folder: Path) -> None:
    prepare("refused", folder)
    document = saved(folder)
    assert document[key]
    document[key] = []
    save(folder, document)
    refused(folder, STALE, "its seal does not match")


@pytest.mark.parametrize("wrong", ["0" * 64, "f" * 64])
def test_a_plan_sealed_anew_with_a_wrong_fingerprint_is_refused(wrong: str, folder: Path, plan: dict[str, Any]) -> None:
    plan["fingerprint"] = wrong
    save(folder, plan, seal=True)
    refused(folder, STALE, "its changes do not match its fingerprint")


@pytest.mark.parametrize("key", ["serial", "head"])
def test_a_plan_made_for_another_state_of_the_ledger_is_stale_however_well_sealed(
    key: str, folder: Path, plan: dict[str, Any]
) -> None:
    plan["ledger"][key] = _otherwise(plan["ledger"][key])
    save(folder, plan, seal=True)
    refused(folder, STALE, "The plan is out of date")


TERRAFORM = '{"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {}, "resource_changes": []}'


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda text: "", id="empty"),
        pytest.param(lambda text: text[:1], id="cut after the first letter"),
        pytest.param(lambda text: text[: len(text) // 2], id="cut in half"),
        pytest.param(lambda text: text[:-3], id="cut before the end"),
        pytest.param(lambda text: "Grace Seminary: 3 changes\n", id="prose"),
        pytest.param(lambda text: "null", id="null"),
        pytest.param(lambda text: "42", id="a number"),
        pytest.param(lambda text: "[]", id="an empty list"),
        pytest.param(lambda text: '["plan"]', id="a list of something else"),
        pytest.param(lambda text: '"a plan"', id="a string"),
        pytest.param(lambda text: "{}", id="an empty object"),
        pytest.param(lambda text: TERRAFORM, id="another tool's plan"),
        pytest.param(lambda text: "[" * 100_000, id="brackets without end"),
        pytest.param(lambda text: text + text, id="written twice"),
        pytest.param(lambda text: f"[{text},{text}]", id="twice in an array"),
        pytest.param(lambda text: f"[[{text}]]", id="an array in an array"),
        pytest.param(lambda text: text.replace("{", '{"changes": [],', 1), id="a key twice"),
        pytest.param(lambda text: text.replace('"serial": ', '"serial": 1e'), id="a number beyond numbers"),
        pytest.param(lambda text: text.replace('"serial": ', '"serial": NaN, "x": '), id="NaN"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_in_one_line(spoil: Callable[[str], str], folder: Path) -> None:
    spoiled = spoil(text_of(folder))
    (folder / "plan.json").write_text(spoiled, encoding="utf-8")
    shown = seatsync("show", "plan.json", folder=folder)
    assert "Traceback" not in shown.err
    refused(folder, STALE, "the plan file can't be used")


@pytest.mark.parametrize("content", [b"\xff\xfe{\0}\0", b"\x89PNG\r\n\x1a\n\0\0", b"\xef\xbb\xbf", b"\0\0\0\0"])
def test_a_file_that_is_not_even_text_is_refused_in_one_line(content: bytes, folder: Path) -> None:
    (folder / "plan.json").write_bytes(content)
    refused(folder, STALE, "the plan file can't be used")
    one_line(seatsync("show", "plan.json", folder=folder), STALE, "the plan file can't be used")


@pytest.mark.parametrize("other", [str.strip, lambda text: text.replace("\n", "\r\n"), lambda text: f"[{text}]"])
def test_white_space_and_an_array_around_it_do_not_change_a_plan(other: Callable[[str], str], folder: Path) -> None:
    (folder / "plan.json").write_bytes(other(text_of(folder)).encode())
    ran("apply", "plan.json", *ON, folder=folder)
    assert saved(folder)["changes"] == []


# ── Plans that were forged: sealed as seatsync does, but against the rules ──────────────────────────────────────────


def change(action: str, **fields: Any) -> dict[str, Any]:
    return {"action": action, **fields, "reason": "forged", "source": {"file": "seatsync.yaml", "line": 1}}


ANN, BEN, CY, DEE, ELI, FAY = (
    {"member": f"{name}@grace.example", "record": number}
    for number, name in enumerate(("ann", "ben", "cy", "dee", "eli", "fay"), start=1)
)
BOOKS, SUB = {"library": "books"}, {"library": "sub"}
TEMPORARY = {"kind": "temporary", "status": "unclaimed"}
PERMANENT = {"kind": "permanent", "status": "unclaimed"}
REVOKED = {"status": "revoked"}


def _new(number: int) -> dict[str, Any]:
    return change(
        "member-add", member=f"n{number}@grace.example", after={"given_name": "N", "family_name": str(number)}
    )


FORGERIES: dict[str, list[dict[str, Any]]] = {
    "a permanent license granted as temporary": [change("grant", **BOOKS, **CY, **TEMPORARY)],
    "a permanent license revoked": [change("revoke", **BOOKS, **CY, kind="permanent", **REVOKED)],
    "a permanent license revoked as if it were temporary": [change("revoke", **BOOKS, **CY, kind="temporary", **REVOKED)],
    "more grants than slots": [
        *map(_new, range(4)),
        *(change("grant", **BOOKS, member=f"n{number}@grace.example", **TEMPORARY) for number in range(4)),
    ],
    "slots below what is used": [change("library-update", **BOOKS, before={"slots": 6}, after={"slots": 3})],
    "permanent where the system has none": [change("grant", **SUB, **FAY, **PERMANENT)],
    "an upgrade where the system has none": [
        change("upgrade", **SUB, **ANN, kind="permanent", status="delivered", before={"kind": "temporary"})
    ],
    "an upgrade of what is permanent": [change("upgrade", **BOOKS, **CY, kind="permanent", status="delivered")],
    "an upgrade of who holds nothing": [change("upgrade", **BOOKS, **FAY, kind="permanent", status="unclaimed")],
    "a grant to who is unknown": [change("grant", **BOOKS, member="nobody@grace.example", **TEMPORARY)],
    "a grant to a number that is unknown": [
        change("grant", **BOOKS, member="nobody@grace.example", record=999, **TEMPORARY)
    ],
    "a grant to nobody": [change("grant", **BOOKS, **TEMPORARY)],
    "a grant of no kind": [change("grant", **BOOKS, **FAY, kind="none", status="unclaimed")],
    "a grant without a kind": [change("grant", **BOOKS, **FAY)],
    "a grant that is revoked at once": [change("grant", **BOOKS, **FAY, kind="temporary", status="revoked")],
    "a grant delivered to who has no account": [
        change("grant", **BOOKS, **FAY, kind="temporary", status="delivered")
    ],
    "a grant of an unknown library": [change("grant", library="nowhere", **FAY, **TEMPORARY)],
    "a grant of what is held": [change("grant", **BOOKS, **ANN, **TEMPORARY)],
    "a revoke of what is not held": [change("revoke", **BOOKS, **FAY, kind="temporary", **REVOKED)],
    "a revoke of what was declined": [change("revoke", **SUB, **DEE, kind="temporary", **REVOKED)],
    "a revoke from who is unknown": [change("revoke", **BOOKS, member="nobody@grace.example", kind="temporary")],
    "a resend of what is claimed": [change("resend", **BOOKS, **ANN, kind="temporary", status="unclaimed")],
    "a resend of what is not held": [change("resend", **BOOKS, **FAY, kind="temporary", status="unclaimed")],
    "a removal of who is unknown": [change("member-remove", member="nobody@grace.example", record=999)],
    "a removal of who keeps a temporary license": [change("member-remove", **ELI)],
    "a removal and a grant after it": [change("member-remove", **FAY), change("grant", **BOOKS, **FAY, **TEMPORARY)],
    "a change of who is unknown": [
        change("member-update", member="nobody@grace.example", record=999, before={"given_name": "M"}, after={"given_name": "N"})
    ],
    "a second member with the same e-mail": [
        change("member-add", member="ann@grace.example", after={"given_name": "Ann", "family_name": "Lee"})
    ],
    "an e-mail that another member has": [
        change("member-update", **BEN, before={"email": "ben@grace.example"}, after={"email": "ann@grace.example"})
    ],
    "a library twice": [
        change("library-add", **BOOKS, after={"title": "B", "system": "", "kinds": ["temporary"], "delivery": "claim", "slots": 9})
    ],
    "a library in use removed": [change("library-remove", **BOOKS, before={"title": "Books"})],
    "an unknown library removed": [change("library-remove", library="nowhere", before={"title": "Nowhere"})],
    "an unknown administrator removed": [
        change("admin-remove", before={"email": "no@grace.example", "given_name": "N", "family_name": "O"})
    ],
    "an administrator twice": [
        change("admin-add", after={"email": "ruth@grace.example", "given_name": "R", "family_name": "A"})
    ],
    "one legal change and one that is not": [
        change("grant", **BOOKS, **FAY, **TEMPORARY),
        change("revoke", **BOOKS, **CY, kind="permanent", **REVOKED),
    ],
}  # fmt: skip


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forged_plan_that_breaks_a_rule_is_refused(what: str, folder: Path, plan: dict[str, Any]) -> None:
    forge(folder, plan, FORGERIES[what])
    refused(folder, REFUSED, "The plan breaks a rule")
    ran("verify", folder=folder)


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("library-update", {"slots": 3}, {"slots": -1}),
        ("library-update", {"slots": 3}, {"slots": "many"}),
        ("library-update", {"slots": 3}, {"slots": 10**30}),
        ("library-update", {"title": "Subscription"}, {"title": 5}),
        ("library-update", {}, {"title": "Other"}),
        ("library-add", None, None),
        ("member-update", {"shoe_size": "43"}, {"shoe_size": "44"}),
        ("admin-add", None, {"email": "new@grace.example"}),
        ("member-update", {"tags": ["a"]}, {"tags": None}),
        ("member-update", {"email": "fay@grace.example"}, {"email": "fay@grace.example\u202e"}),
        ("member-add", None, {"account": "x@y.example"}),
        ("resend", None, {"reminders": "1"}),
        ("admin-add", None, {"email": "x@y.example", "given_name": -1, "family_name": "Y"}),
    ],
)
def test_a_sealed_plan_with_fields_that_no_plan_has_is_no_plan(
    action: str, before: object, after: object, folder: Path, plan: dict[str, Any]
) -> None:
    of = SUB if action.startswith("library") else {} if action.startswith("admin") else FAY
    given = {name: value for name, value in (("before", before), ("after", after)) if value is not None}
    forge(folder, plan, [change(action, **of, **given)])
    refused(folder, STALE, "can't be used")
    ran("verify", folder=folder)


def test_a_number_with_a_fraction_is_none_of_a_plan(folder: Path, plan: dict[str, Any]) -> None:
    forge(folder, plan, [change("grant", **BOOKS, **(FAY | {"record": 2.0}), **TEMPORARY)])
    refused(folder, STALE, "2.0 is not a whole number")


def test_a_forged_plan_that_breaks_no_rule_shows_that_forging_itself_works(folder: Path, plan: dict[str, Any]) -> None:
    forge(folder, plan, [change("grant", **BOOKS, **FAY, **TEMPORARY)])
    ran("apply", "plan.json", *ON, folder=folder)
    assert ("fay@grace.example", "books") in [(row["email"], row["library"]) for row in held(folder)]


@pytest.mark.parametrize("action", ["grant", "member-remove"])
def test_a_forged_plan_that_names_one_member_and_means_another_is_refused(
    action: str, folder: Path, plan: dict[str, Any]
) -> None:
    meant = {"member": FAY["member"], "record": DEE["record"]}
    license = {**BOOKS, **TEMPORARY} if action == "grant" else {}
    forge(folder, plan, [change(action, **meant, **license)])
    refused(folder, REFUSED, "The plan breaks a rule")


def test_a_plan_over_the_slots_from_which_the_refusal_was_deleted_is_refused(folder: Path) -> None:
    prepare("refused", folder)
    document = saved(folder)
    forge(folder, document | {"refusals": []}, document["changes"])
    refused(folder, REFUSED, "The plan breaks a rule")


def test_a_forged_action_that_plans_do_not_have_is_refused(folder: Path, plan: dict[str, Any]) -> None:
    plan["changes"] = [change("claim", **BOOKS, **BEN)]
    save(folder, plan, seal=True)
    refused(folder, STALE, "the plan file can't be used")


# ── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def write(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def prepare(which: str, folder: Path) -> None:
    """Change files and ledger so that the plan is of a certain kind."""
    if which == "of a new ledger":
        removed(folder)
    elif which == "of nothing":
        ran("apply", "--yes", *ON, folder=folder)
    elif which == "refused":
        _replace("seatsync.yaml", "slots: 3", "slots: 1")(folder)
    elif which == "of broken files":
        _broken_yaml(folder)


def another(tmp_path: Path, folder: Path) -> Path:
    """Create another institution next to the folder, with a copy of its plan."""
    other = tmp_path / "hope"
    config = CONFIG.replace("id: grace", "id: hope").replace("Grace", "Hope")
    roster = HEADER + "hal@hope.example,Hal,Kay,S1,temporary\n"
    write(other, {"seatsync.yaml": config, "members.csv": roster, "guests.csv": HEADER})
    shutil.copy(folder / "plan.json", other)
    return other


def ran(*args: str, folder: Path) -> Outcome:
    outcome = seatsync(*args, folder=folder)
    assert outcome.code == DONE, outcome
    return outcome


def read(folder: Path) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(text_of(folder)))


def text_of(folder: Path) -> str:
    return (folder / "plan.json").read_bytes().decode()


def saved(folder: Path, *args: str) -> dict[str, Any]:
    """Write ``plan.json`` again."""
    seatsync("plan", "--out", "plan.json", "--quiet", *(args or ON), folder=folder)
    return read(folder)


def save(folder: Path, document: Mapping[str, Any], seal: bool = False) -> None:
    """Write a changed ``plan.json`` with its old seal, or sealed again with the program's own function."""
    if seal:
        unsealed = {key: value for key, value in document.items() if key != "seal"}
        text = "".join(to_text([unsealed], as_array=False))
    else:
        text = json.dumps(document, ensure_ascii=False)
    (folder / "plan.json").write_text(text, encoding="utf-8")


def forge(folder: Path, plan: Mapping[str, Any], changes: list[dict[str, Any]]) -> None:
    """Write a ``plan.json`` of these changes in the correct form: its fingerprint and seal match."""
    forged = [
        Change(
            ACTIONS[change["action"]],
            change["reason"],
            Origin(change["source"]["file"], change["source"]["line"]),
            library=change.get("library", ""),
            member=change.get("member", ""),
            kind=change.get("kind", ""),
            status=change.get("status", ""),
            before=change.get("before"),
            after=change.get("after"),
            record=change.get("record", 0),
        )
        for change in changes
    ]
    save(folder, {**plan, "changes": changes, "fingerprint": fingerprint(grouped(forged))}, seal=True)


def refused(folder: Path, code: int, said: str, *options: str) -> None:
    """Check that ``apply plan.json`` exits with this code and one clear line, and does not change the ledgers."""
    before = contents(folder.parent)
    outcome = seatsync("apply", "plan.json", *options, *ON, folder=folder)
    assert contents(folder.parent) == before, f"something was written, and the exit code was {outcome.code}"
    one_line(outcome, code, said)


def one_line(outcome: Outcome, code: int, said: str) -> None:
    """Check for one line with the problem, and one with what to do."""
    assert (outcome.code, outcome.out) == (code, ""), outcome
    lines = outcome.err.splitlines()
    assert len(lines) == 2, outcome.err
    assert lines[0].startswith("seatsync: ")
    assert said in lines[0]
    assert lines[1].startswith("  To fix: ")


def held(folder: Path) -> list[dict[str, Any]]:
    """Return who holds which license."""
    output = ran("licenses", "--with-license", "--format", "json", folder=folder).out
    return cast("list[dict[str, Any]]", json.loads(output))


def members(folder: Path) -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", json.loads(ran("members", "--format", "json", folder=folder).out))


def both(slots: Any) -> dict[str, Any]:
    return {"before": slots, "after": slots}
