"""Of many institutions only those are done whose files a change touches. The repositories are real."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Outcome, seatsync
from tests.support.git_author import commit_as_ruth

CONFIG = """\
version: 1
institution: {{id: {id}, name: {id}, admins: [{{given_name: R, family_name: A, email: r@{id}.example}}]}}
libraries: {{books: {{title: Books, system: logos-library, slots: 99}}}}
rosters: [{{path: members.csv}}]
grants: [{{library: books, kind: {kind}, to: {{everyone: true}}}}]
"""
HEADER = "email,given_name,family_name\n"


@pytest.fixture(autouse=True)
def author(monkeypatch: pytest.MonkeyPatch) -> None:
    commit_as_ruth(monkeypatch)


class School:
    """A repository with the institutions one, two and three in ``inst``, all committed on main."""

    def __init__(self, top: Path) -> None:
        self.top = top
        (top / "inst").mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")
        (top / ".gitignore").write_text("seatsync.db*\n", encoding="utf-8")
        for id in ("one", "two", "three"):
            self.add(id)
        self.commit()

    def add(self, id: str, kind: str = "temporary", at: str = "") -> Path:
        folder = self.top / "inst" / (at or id)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "seatsync.yaml").write_text(CONFIG.format(id=id, kind=kind), encoding="utf-8")
        (folder / "members.csv").write_text(
            f"{HEADER}ann@{id}.example,Ann,Lee\nbob@{id}.example,Bob,Lo\n", encoding="utf-8"
        )
        return folder

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", *words], cwd=self.top, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "a change")
        return self.git("rev-parse", "HEAD")

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.top / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def write(self, path: str, text: str = "") -> None:
        file = self.top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    @property
    def folders(self) -> list[str]:
        return sorted(f"inst/{path.name}" for path in (self.top / "inst").iterdir())

    def run(self, command: str, *words: str, since: str = "main", folders: list[str] | None = None) -> Outcome:
        named = self.folders if folders is None else folders
        return seatsync(command, "--changed-since", since, *words, "--", *named, folder=self.top)

    def plans(self, *words: str, since: str = "main", folders: list[str] | None = None) -> dict[str, Any]:
        told = self.run("plan", "--format", "json", *words, since=since, folders=folders)
        found = json.loads(told.out)
        return {plan["institution"]: plan for plan in (found if isinstance(found, list) else [found])}

    def apply(self) -> None:
        assert seatsync("apply", "--yes", *self.folders, folder=self.top).code == 0


@pytest.fixture
def school(tmp_path: Path, database: str) -> School:
    return School(tmp_path / "school")


@pytest.fixture
def alone(tmp_path: Path) -> School:
    """The same without a ledger."""
    return School(tmp_path / "school")


def test_only_the_institution_that_a_commit_touches_is_planned(school: School) -> None:
    base = school.git("rev-parse", "HEAD")
    school.git("checkout", "--quiet", "-b", "change")
    school.edit("inst/two/members.csv", "Ann", "Anna")
    school.commit()
    told = school.run("plan", "--format", "json", "--out", "plan.json")
    assert (told.code, list(school.plans())) == (0, ["two"])
    assert f"2 institutions unchanged since {base[:7]}: not planned.\n" in told.err
    assert json.loads((school.top / "plan.json").read_text(encoding="utf-8"))[0]["institution"] == "two"
    assert f"2 institutions unchanged since {base[:7]}: not planned." in school.run("plan", "--format", "markdown").out
    assert f"2 institutions unchanged since {base[:7]}: not planned." in school.run("plan", "--format", "github").out


def test_what_main_did_meanwhile_is_not_this_change(school: School) -> None:
    school.git("checkout", "--quiet", "-b", "change")
    school.edit("inst/two/members.csv", "Ann", "Anna")
    school.commit()
    school.git("checkout", "--quiet", "main")
    school.edit("inst/one/members.csv", "Ann", "Anna")
    school.commit()
    school.git("checkout", "--quiet", "change")
    assert list(school.plans()) == ["two"]
    school.git("merge", "--quiet", "--no-edit", "main")
    assert list(school.plans()) == list(school.plans(since="HEAD^2")) == ["two"]


def test_a_blocked_institution_that_is_not_touched_leaves_the_job_green(school: School) -> None:
    school.edit("inst/one/seatsync.yaml", "slots: 99", "slots: 1")
    school.commit()
    assert seatsync("plan", *school.folders, folder=school.top).code == 4
    school.git("checkout", "--quiet", "-b", "change")
    school.edit("inst/two/members.csv", "Ann", "Anna")
    school.commit()
    assert school.run("plan").code == 0
    assert school.run("apply", "--yes").code == 0
    assert seatsync("members", "-C", "inst/two", folder=school.top).code == 0
    school.edit("inst/one/members.csv", "Ann", "Anna")
    assert school.run("plan").code == school.run("apply", "--yes").code == 4


@pytest.mark.parametrize(
    ("path", "touched"),
    [
        ("inst/two/members.csv", ["two"]),  # an edit that is not committed
        ("inst/two/new.csv", ["two"]),  # a file that is not added
        ("inst/two/letters/invitation.txt.jinja", ["two"]),
        ("inst/two/ignored.csv", ["two"]),
        ("inst/two/plan.json", []),
        ("inst/two/seatsync.db-note", []),
        ("notes.csv", []),
        ("letters/invitation.txt.jinja", ["one", "three", "two"]),
        ("schemas/seatsync.schema.yaml", ["one", "three", "two"]),
        ("inst/letters/x.csv", []),
    ],
)
def test_files_that_are_not_committed_count_if_they_may_be_read(alone: School, path: str, touched: list[str]) -> None:
    folders = alone.folders
    alone.write(".gitignore", "seatsync.db*\nignored.csv\n")
    alone.commit()
    alone.write(path, HEADER)
    told = alone.run("validate", folders=folders)
    shown = {line.partition(": ")[0] for line in told.out.splitlines() if line.startswith("inst/")}
    assert sorted(name for name in ("one", "three", "two") if f"inst/{name}" in shown) == touched, told


@pytest.mark.parametrize(
    ("path", "touched"),
    [
        (".gitattributes", 3),
        ("inst/.gitattributes", 3),
        ("schemas/plan.schema.json", 3),
        ("inst/one/README.md", 1),
        ("README.md", 0),
        (".github/workflows/x.yml", 0),
    ],
)
def test_which_committed_files_touch_how_many(alone: School, path: str, touched: int) -> None:
    folders = alone.folders
    alone.git("checkout", "--quiet", "-b", "change")
    alone.write(path)
    alone.commit()
    told = alone.run("validate", folders=folders)
    assert told.out.count(": no problems") == touched, told
    assert (f"{3 - touched} institution" in told.err) is (touched < 3), told


def test_links_on_the_way_to_a_folder_and_its_target_touch_it(alone: School) -> None:
    (alone.top / "inst").rename(alone.top / "pool")
    (alone.top / "inst").mkdir()
    for id in ("one", "two"):
        (alone.top / "inst" / id).symlink_to(f"../pool/{id}")
    alone.commit()
    alone.git("checkout", "--quiet", "-b", "change")
    alone.edit("pool/one/members.csv", "Ann", "Anna")
    assert "1 institution unchanged" in alone.run("validate").err
    (alone.top / "inst/two").unlink()
    (alone.top / "inst/two").symlink_to("../pool/three")
    assert "unchanged" not in alone.run("validate").err


def test_the_institution_at_the_top_is_touched_by_everything_below(alone: School) -> None:
    alone.git("mv", "inst/one/seatsync.yaml", "inst/one/members.csv", ".")
    alone.commit()
    assert "1 institution unchanged" in alone.run("validate", folders=["."]).err
    alone.edit("inst/two/members.csv", "Ann", "Anna")
    told = alone.run("validate", folders=["."])
    assert "unchanged" not in told.err
    inside = seatsync("validate", "--changed-since", "main", folder=alone.top / "inst/two")
    assert "unchanged" not in inside.err


def test_without_a_change_there_is_an_empty_list_of_plans(school: School) -> None:
    told = school.run("plan", "--format", "json", "--out", "plan.json")
    assert (told.code, json.loads(told.out)) == (0, [])
    assert json.loads((school.top / "plan.json").read_text(encoding="utf-8")) == []
    assert school.run("plan", "--out", "plan.json").code == 0  # a file of an earlier run is replaced
    for format in ("markdown", "github", "html", "sarif", "gitlab", "text"):
        assert school.run("plan", "--format", format).code == 0, format
        assert seatsync("show", "plan.json", "--format", format, folder=school.top).code == 0, format
    said = seatsync("comment", "plan.json", "--print", folder=school.top).out
    assert said.startswith("## ✅ This change touches no institution")
    assert school.run("apply", "--yes").code == 0


# ── What can't be known is never "nothing changed" ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ref", ["gone", "-x", "--all", "0" * 40, "main:inst", "HEAD^{tree}", "a b", "\x1b[31m"])
def test_a_reference_that_is_no_commit_is_named(alone: School, ref: str) -> None:
    for command in ("plan", "validate"):
        told = alone.run(command, since=ref)
        assert (told.code, told.out) == (64, ""), told
        assert "is not known: this checkout has no such commit" in told.err
        assert "fetch-depth: 0" in told.err
        assert "\x1b" not in told.err
    assert alone.run("apply", "--yes", since=ref).code == 64


@pytest.mark.parametrize("ref", ["", " "])
def test_an_empty_reference_is_a_mistake(alone: School, ref: str) -> None:
    assert "--changed-since is empty" in alone.run("plan", since=ref).err


def test_the_environment_names_the_reference(alone: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATSYNC_CHANGED_SINCE", "main")
    assert "3 institutions unchanged" in seatsync("validate", *alone.folders, folder=alone.top).err


def test_a_shallow_checkout_is_told_to_fetch(alone: School, tmp_path: Path) -> None:
    alone.git("checkout", "--quiet", "-b", "change")
    for number in range(3):
        alone.edit("inst/two/members.csv", "Ann", f"Ann{number}")
        alone.commit()
    alone.git("checkout", "--quiet", "main")
    alone.edit("inst/one/members.csv", "Ann", "Anna")
    alone.commit()
    alone.git("merge", "--quiet", "--no-edit", "change")
    shallow = tmp_path / "shallow"

    def cloned(depth: int) -> School:
        shutil.rmtree(shallow, ignore_errors=True)
        alone.git("clone", "--quiet", f"--depth={depth}", "--no-single-branch", f"file://{alone.top}", str(shallow))
        place = School.__new__(School)
        place.top = shallow
        return place

    merged = cloned(2)  # as actions/checkout with fetch-depth: 2 on a pull request
    assert "2 institutions unchanged" in merged.run("validate", since="HEAD^1").err
    told = merged.run("validate", since="HEAD~2")
    assert (told.code, "fetch-depth: 0" in told.err) == (64, True)
    merged.git("checkout", "--quiet", "origin/change")
    told = merged.run("validate", since="HEAD~1")
    assert "2 institutions unchanged" in told.err
    far = cloned(1)
    far.git("checkout", "--quiet", "origin/change")
    told = far.run("plan", since="origin/main")
    assert (told.code, "shallow" in told.err, "fetch-depth: 0" in told.err) == (64, True, True), told


def test_outside_of_git_nothing_is_known(tmp_path: Path, database: str) -> None:
    (tmp_path / "one").mkdir()
    told = seatsync("plan", "--changed-since", "main", "one", folder=tmp_path)
    assert (told.code, "is not in a Git checkout" in told.err) == (64, True), told


def test_without_the_program_git_nothing_is_known(
    alone: School, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told = alone.run("plan")
    assert (told.code, "git is not installed" in told.err) == (64, True), told


def test_unrelated_branches_have_nothing_in_common(alone: School) -> None:
    alone.git("checkout", "--quiet", "--orphan", "other")
    alone.write("notes.md")
    alone.commit()
    told = alone.run("plan")
    assert (told.code, "no commit in common" in told.err) == (64, True), told


def test_folders_of_another_checkout_are_told(alone: School, tmp_path: Path) -> None:
    other = School(tmp_path / "other")
    told = alone.run("plan", folders=["inst/one", str(other.top / "inst/two")])
    assert (told.code, "is not in the checkout" in told.err) == (64, True), told


# ── Institutions that end without a word ────────────────────────────────────────────────────────────────────────────


def gone(school: School, id: str) -> None:
    """Delete an institution's files; its ledger on SQLite stays, as one on a server does."""
    school.git("checkout", "--quiet", "-b", "change")
    school.git("rm", "--quiet", "-r", f"inst/{id}")


def refused(plans: dict[str, Any], id: str) -> dict[str, Any]:
    (refusal,) = plans[id]["refusals"]
    assert not plans[id]["changes"]
    return dict(refusal)


def test_a_deleted_institution_with_seats_stops_the_pull_request(school: School) -> None:
    school.apply()
    gone(school, "two")
    school.commit()
    folders = ["inst/one", "inst/three"]
    told = school.run("plan", folders=folders)
    assert told.code == school.run("apply", "--yes", folders=folders).code == 4
    plans = school.plans("--out", "plan.json", folders=folders)
    refusal = refused(plans, "two")
    assert refusal["code"] == "institution-deleted"
    assert refusal["source"] == {"file": "seatsync.yaml", "line": 2}
    assert "2 members, 2 temporary seats and 0 permanent seats" in refusal["message"]
    assert "institution: {retire: DATE}" in refusal["help"]
    assert "inst/two/seatsync.yaml" in school.run("plan", "--format", "github", folders=folders).out
    assert "inst/two/seatsync.yaml" in school.run("plan", "--format", "sarif", folders=folders).out
    assert "institution-deleted" in school.run("plan", "--format", "markdown", folders=folders).out
    assert seatsync("apply", "plan.json", *folders, folder=school.top).code == 4
    checked = school.run("validate", folders=folders)
    assert (checked.code, "warning institution-deleted" in checked.out) == (0, True), checked


@pytest.mark.parametrize("folders", [["inst/one"], ["inst/two"], ["inst"], ["."], ["inst/*"], ["./inst/one"]])
def test_a_deleted_institution_is_found_however_the_folders_are_named(school: School, folders: list[str]) -> None:
    school.apply()
    gone(school, "two")
    if folders == ["inst/*"]:
        school.git("rm", "--quiet", "-r", "inst")
    school.commit()
    assert refused(school.plans(folders=folders), "two")["code"] == "institution-deleted"


def test_one_that_the_ledger_does_not_know_may_go(school: School) -> None:
    gone(school, "two")
    told = school.run("plan", "--format", "json", folders=["inst/one"])
    plan = json.loads(told.out)
    assert told.code == 0
    assert [(one["code"], "does not know it" in one["message"]) for one in plan["warnings"]] == [
        ("institution-deleted", True)
    ]
    assert school.run("plan", "--strict", folders=["inst/one"]).code == 0
    assert school.run("apply", "--yes", folders=["inst/one"]).code == 0
    school.run("plan", "--out", "plan.json", folders=["inst/one"])
    assert seatsync("apply", "plan.json", "inst/one", folder=school.top).code == 0


def test_a_folder_that_moves_keeps_its_institution(school: School) -> None:
    school.git("checkout", "--quiet", "-b", "change")
    school.git("mv", "inst/two", "inst/second")
    told = school.run("plan", "--format", "json")
    assert [plan["institution"] for plan in json.loads(told.out)] == ["two"]
    assert told.code == 0


def test_a_folder_that_moves_out_of_sight_is_told(school: School) -> None:
    school.apply()
    (school.top / "archive").mkdir()
    school.git("checkout", "--quiet", "-b", "change")
    school.git("mv", "inst/two/seatsync.yaml", "inst/two/members.csv", "archive/")
    refusal = refused(school.plans(folders=["inst/one", "inst/three"]), "two")
    assert "archive" in refusal["message"]
    assert "archive" in refusal["help"]


def test_a_changed_id_stops_the_pull_request(school: School) -> None:
    school.apply()
    school.git("checkout", "--quiet", "-b", "change")
    school.edit("inst/two/seatsync.yaml", "id: two", "id: second")
    told = school.run("plan")
    assert told.code == school.run("apply", "--yes").code == 4
    refusal = refused(school.plans(), "two")
    assert refusal["code"] == "institution-renamed"
    assert '"two"' in refusal["message"]
    assert "2 temporary seats" in refusal["message"]
    assert "was: two" in refusal["help"]
    checked = school.run("validate")
    assert "warning institution-renamed" in checked.out


def test_two_folders_may_swap_their_institutions(school: School) -> None:
    school.apply()
    school.git("checkout", "--quiet", "-b", "change")
    for path, name in (("inst/one", "inst/x"), ("inst/two", "inst/one"), ("inst/x", "inst/two")):
        (school.top / path).rename(school.top / name)
    assert sorted(school.plans()) == ["one", "two"]
    assert school.run("plan").code == 0


def test_a_changed_id_of_an_institution_that_the_ledger_does_not_know_passes(school: School) -> None:
    school.edit("inst/two/seatsync.yaml", "id: two", "id: second")
    assert school.run("plan").code == 0
    assert list(school.plans()) == ["second"]


def test_a_base_that_cannot_be_read_says_that_it_does_not_know(school: School) -> None:
    school.write("inst/two/seatsync.yaml", "institution: [")
    school.commit()
    (school.top / "inst/two/seatsync.yaml").unlink()
    refusal = refused(school.plans(folders=["inst/one"]), "two")
    assert "can't be read" in refusal["message"]
    school.edit("inst/one/seatsync.yaml", "slots: 99", "slots: 98")
    assert "can't be read" in refused(school.plans(folders=["inst/one"]), "two")["message"]


def test_a_copy_may_go_as_long_as_a_folder_has_its_institution(school: School) -> None:
    school.apply()
    for name in ("copy", "another"):
        school.add("two", at=name)
    school.commit()
    shutil.rmtree(school.top / "inst/copy")
    shutil.rmtree(school.top / "inst/another")
    assert school.plans() == {}
    (school.top / "inst/two/seatsync.yaml").unlink()
    assert list(school.plans(folders=["inst/one", "inst/three"])) == ["two"]


def test_a_folder_with_the_id_of_an_unchanged_one_is_still_found(school: School) -> None:
    school.git("checkout", "--quiet", "-b", "change")
    school.add("one", at="again")
    told = school.run("plan", "--ledger", "git")
    assert (told.code, "have the same institution id" in told.err) == (64, True), told


@pytest.mark.parametrize(("day", "code"), [("2026-10-01", 4), ("2026-11-02", 0)])
def test_a_retired_institution_may_go_when_no_temporary_seat_is_left(school: School, day: str, code: int) -> None:
    school.apply()
    school.edit("inst/two/seatsync.yaml", "{id: two,", "{id: two, retire: 2026-10-31,")
    school.commit()
    assert seatsync("apply", "--yes", "inst/two", "--now", "2026-09-01", folder=school.top).code == 0
    gone(school, "two")
    school.commit()
    folders = ["inst/one"]
    if code == 0:
        told = school.run("plan", "--now", day, folders=folders)
        assert (told.code, "Its last day was 2026-10-31" not in told.out) == (4, True), "its seats are not revoked yet"
        school.git("checkout", "--quiet", "main")
        assert seatsync("apply", "--yes", "inst/two", "--now", "2026-11-01", folder=school.top).code == 0
        school.git("checkout", "--quiet", "change")
    told = school.run("plan", "--now", day, folders=folders)
    assert told.code == code, told
    assert ("Its last day was 2026-10-31" in told.out) == (code == 0)


def test_an_institution_that_says_what_it_was_is_not_renamed_in_silence(school: School) -> None:
    school.apply()
    school.git("checkout", "--quiet", "-b", "change")
    school.edit("inst/two/seatsync.yaml", "{id: two,", "{id: second, was: two,")
    assert "institution-renamed" not in school.run("validate").out
    assert "institution-renamed" not in school.run("plan").out


def test_names_are_left_out_of_what_is_told(school: School) -> None:
    school.apply()
    gone(school, "two")
    told = school.run("plan", "--redact", "--format", "json", folders=["inst/one"])
    assert (told.code, json.loads(told.out)["refusals"][0]["code"]) == (4, "institution-deleted")
    assert "2 temporary seats" in told.out


# ── Exceptions that a change gives itself ───────────────────────────────────────────────────────────────────────────

APPROVAL = "- {refusal: empty-roster, roster: members.csv, until: 2099-12-31, reason: closed}\n"


def codes(plan: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in plan["warnings"] if "in-this-change" in warning["code"]]


def test_an_approval_is_told_that_the_same_change_adds_and_uses(school: School) -> None:
    school.apply()
    config = school.top / "inst/two/seatsync.yaml"
    before = config.read_text(encoding="utf-8")
    config.write_text(f"{before}approvals:\n{APPROVAL}", encoding="utf-8")
    school.write("inst/two/members.csv", HEADER)
    plan = school.plans()["two"]
    assert codes(plan) == ["approval-in-this-change"], plan
    (told,) = [one for one in plan["warnings"] if one["code"] == "approval-in-this-change"]
    assert told["source"] == {"file": "seatsync.yaml", "line": 7}
    assert "approval-in-this-change" in school.run("plan", "--format", "github", "--redact").out
    config.write_text(f"{before}approvals:\n{APPROVAL}", encoding="utf-8")
    school.git("stash", "--quiet", "--", "inst/two/members.csv")
    school.commit()
    school.git("stash", "pop", "--quiet")
    assert codes(school.plans()["two"]) == [], "it was there before, and somebody reviewed it"
    config.write_text(f"{before}\napprovals:\n  # reviewed\n  {APPROVAL}", encoding="utf-8")
    assert codes(school.plans()["two"]) == [], "it moved, and says the same"
    config.write_text(f"{before}approvals:\n{APPROVAL.replace('closed', 'other')}", encoding="utf-8")
    assert codes(school.plans()["two"]) == ["approval-in-this-change"]


def test_an_approval_moves_with_its_folder(school: School) -> None:
    school.apply()
    with (school.top / "inst/two/seatsync.yaml").open("a", encoding="utf-8") as config:
        config.write(f"approvals:\n{APPROVAL}")
    school.commit()
    school.git("checkout", "--quiet", "-b", "change")
    (school.top / "inst/two").rename(school.top / "inst/moved")
    school.write("inst/moved/members.csv", HEADER)
    plan = school.plans()["two"]
    assert plan["approvals"]
    assert codes(plan) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("", "20%", True),
        ("", "10%", False),
        ("", "5%", False),
        ("20%", "", False),
        ("50", "20", False),
        ("50", "60", True),
        ("5%", "3", True),
        ("5%", "", True),
        ("9%", "10 %", True),
    ],
)
def test_a_limit_is_told_that_the_same_change_raises(alone: School, before: str, after: str, told: bool) -> None:
    config = alone.top / "inst/two/seatsync.yaml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text + (f"limits: {{max_revokes: {before}}}\n" if before else ""), encoding="utf-8")
    alone.commit()
    config.write_text(text + (f"\nlimits: {{max_revokes: {after}}}\n" if after else "\n"), encoding="utf-8")
    assert codes(alone.plans()["two"]) == (["limit-in-this-change"] if told else [])
    assert alone.run("plan", "--strict").code == 0


# ── Several ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_many_institutions_are_planned_in_processes_of_their_own(alone: School) -> None:
    for number in range(6):
        alone.add(f"more-{number}")
    alone.commit()
    alone.git("checkout", "--quiet", "-b", "change")
    for number in range(5):
        alone.edit(f"inst/more-{number}/seatsync.yaml", "slots: 99", "slots: 98")
    alone.git("rm", "--quiet", "-r", "inst/one")
    told = alone.run("plan", "--jobs", "2", "--outcome", "outcome.json", "--format", "json")
    assert told.code == 0
    assert "3 institutions unchanged" in told.err
    assert len(json.loads(told.out)) == 6
    outcome = json.loads((alone.top / "outcome.json").read_text(encoding="utf-8"))
    assert outcome["unchanged"] == {"institutions": 3, "since": alone.git("rev-parse", "main")}
    assert [one["institution"] for one in outcome["institutions"]] == ["one", *(f"more-{n}" for n in range(5))]


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes")])
def test_a_file_is_never_the_ledger_of_two_institutions(alone: School, command: tuple[str, ...]) -> None:
    for words in ((), ("--changed-since", "main")):
        told = seatsync(*command, *words, "--ledger", "shared.db", *alone.folders, folder=alone.top)
        assert (told.code, told.out) == (4, "")
        assert "institution-mismatch: a ledger in a SQLite file keeps one institution" in told.err
    assert not (alone.top / "shared.db").exists()


def test_a_forks_author_reads_what_happens_after_the_merge(alone: School, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "from a fork" not in alone.run("validate").err
    head = {"repo": {"full_name": "eve/seats"}}
    alone.write("../event.json", json.dumps({"pull_request": {"head": head}}))
    monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
    monkeypatch.setenv("GITHUB_REPOSITORY", "grace/seats")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(alone.top.parent / "event.json"))
    told = alone.run("validate")
    assert "the apply after the merge stops with 5" in told.err
    assert "the apply after the merge stops with 5" in alone.run("validate", "--format", "github").out
    assert "the apply after the merge stops with 5" in alone.run("validate", "--format", "markdown").out
    assert told.code == 0


def test_a_new_id_that_was_never_applied_does_not_hide_the_earlier_one(school: School) -> None:
    school.apply()
    school.edit("inst/two/seatsync.yaml", "{id: two,", "{id: second, was: two,")
    school.commit()
    school.git("checkout", "--quiet", "-b", "change")
    school.git("rm", "--quiet", "-r", "inst/two")
    refusal = refused(school.plans(folders=["inst/one"]), "two")
    assert "2 temporary seats" in refusal["message"]
    school.git("reset", "--quiet", "--hard")
    school.edit("inst/two/seatsync.yaml", "{id: second, was: two,", "{id: third, was: two,")
    assert school.run("plan").code == 0
    school.edit("inst/two/seatsync.yaml", "{id: third, was: two,", "{id: third,")
    assert school.run("plan").code == 4


def test_a_ledger_on_a_branch_still_knows_whose_folder_is_gone(alone: School, tmp_path: Path) -> None:
    alone.git("init", "--quiet", "--bare", str(tmp_path / "remote"))
    alone.git("remote", "add", "origin", str(tmp_path / "remote"))
    ledger = ("--ledger", "git")
    assert seatsync("apply", "--yes", *ledger, *alone.folders, folder=alone.top).code == 0
    alone.git("checkout", "--quiet", "-b", "change")
    alone.git("rm", "--quiet", "-r", "inst/two")
    told = alone.run("plan", *ledger, folders=["inst/one"])
    assert (told.code, "2 temporary seats" in told.out) == (4, True), told
    assert alone.run("apply", "--yes", *ledger, folders=["inst/one"]).code == 4


@pytest.mark.postgres_only(reason="a file holds one institution")
def test_a_nightly_run_names_institutions_that_no_folder_is_about(school: School) -> None:
    school.apply()
    code = "institution-without-folder"
    nightly = ("apply", "--same-files")
    assert code not in seatsync(*nightly, *school.folders, folder=school.top).err
    shutil.rmtree(school.top / "inst/two")
    for command in (nightly, ("plan",), ("plan", "--redact")):
        told = seatsync(*command, *school.folders, folder=school.top)
        assert (told.code, code in told.err, "about: two." in told.err) == (0, True, True), told
    for words in (("--shard", "1/1"), ("--changed-since", "main")):
        assert code not in seatsync("plan", *words, "inst/one", "inst/three", folder=school.top).err
    assert code not in seatsync("plan", "inst/one", folder=school.top).err
    school.git("checkout", "--quiet", "--", ".")
    school.edit("inst/two/seatsync.yaml", "{id: two,", "{id: second, was: two,")
    assert code not in seatsync("plan", *school.folders, folder=school.top).err
    school.git("checkout", "--quiet", "--", ".")
    school.edit("inst/two/seatsync.yaml", "{id: two,", "{id: two, retire: 2026-10-31,")
    for day in ("2026-09-01", "2026-11-01"):
        assert seatsync("apply", "--yes", "inst/two", "--now", day, folder=school.top).code == 0
    shutil.rmtree(school.top / "inst/two")
    assert code not in seatsync("plan", *school.folders, "--now", "2026-11-02", folder=school.top).err


def test_a_forks_files_beside_the_repository_are_compared_with_it(alone: School) -> None:
    shutil.copytree(alone.top / "inst", alone.top / "proposal/inst")
    beside = [f"proposal/{folder}" for folder in alone.folders]
    words = ("--proposal", "proposal")
    told = alone.run("plan", *words, folders=beside, since="HEAD")
    assert (told.code, "3 institutions unchanged" in told.err) == (0, True), told
    alone.edit("proposal/inst/two/members.csv", "Ann", "Anna")
    told = alone.run("plan", *words, "--format", "json", folders=beside, since="HEAD")
    assert "2 institutions unchanged" in told.err
    assert [plan["institution"] for plan in json.loads(told.out)] == ["two"]
    alone.write("proposal/inst/one/new.csv", HEADER)
    (alone.top / "proposal/inst/three/seatsync.yaml").unlink()
    told = alone.run("validate", *words, folders=beside, since="HEAD")
    assert "unchanged" not in told.err
    assert "proposal/inst/three/seatsync.yaml:2:1  warning institution-deleted" in told.out
    assert alone.git("status", "--porcelain") == "?? proposal/"
    assert "give --changed-since too" in seatsync("plan", *words, *beside, folder=alone.top).err
    outside = alone.run("plan", *words, folders=["inst/one"], since="HEAD")
    assert (outside.code, "is not in the checkout" in outside.err) == (64, True), outside
    assert alone.run("plan", *words, folders=beside, since="gone").code == 64


def test_a_forks_repository_beside_is_never_asked(alone: School) -> None:
    shutil.copytree(alone.top / "inst", alone.top / "proposal/inst")
    alone.git("init", "--quiet", "proposal")
    told = alone.run("plan", "--proposal", "proposal", folders=["proposal/inst/one"], since="HEAD")
    assert told.code != 0
    assert "has its own .git inside the repository" in told.err
