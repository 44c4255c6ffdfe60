"""Sets in a repository: what changes in one of their files is noticed by everything that looks for changed files."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.sources.rosters.sets.a_set import enrollment, oneroster, pack, table, user, write
from tests.support.command_line import seatsync
from tests.support.git_author import commit_as_ruth

CONFIG = """\
version: 1
institution: {{id: grace, name: Grace, timezone: UTC, admins: [{{given_name: R, family_name: A, email: r@grace.example}}]}}
libraries: {{books: {{title: Books, system: logos-library, slots: 99}}}}
rosters: [{{path: {path}}}]
grants: [{{library: books, kind: temporary, to: {{tags: ["class:NT501"]}}}}]
"""
NOW = ("--now", "2026-09-01")


@pytest.fixture(autouse=True)
def author(monkeypatch: pytest.MonkeyPatch) -> None:
    commit_as_ruth(monkeypatch)


def _folder(path: Path, roster: str) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    (path / "seatsync.yaml").write_text(CONFIG.format(path=roster), encoding="utf-8")
    return (pack if roster.endswith(".zip") else write)(path, oneroster(), roster)


def _summary(folder: Path) -> dict[str, int]:
    outcome = seatsync("plan", *NOW, "--format", "json", folder=folder)
    summary: dict[str, int] = json.loads(outcome.out)["summary"]
    return summary


@pytest.mark.parametrize("roster", ["sis", "sis.zip"])
def test_a_change_of_one_file_of_the_set_is_planned_after_an_apply(tmp_path: Path, roster: str) -> None:
    folder = _folder(tmp_path / "grace", roster)
    assert seatsync("apply", "--yes", *NOW, folder=folder).code == 0
    assert _summary(folder) == {}
    less = oneroster(enrollments=table(enrollment("u1", "student")))
    (pack if roster.endswith(".zip") else write)(folder, less, roster)
    assert _summary(folder) == {"member-update": 1, "revoke": 1}


@pytest.mark.parametrize("roster", ["sis", "sis.zip"])
def test_where_nothing_changed_a_set_has_the_same_files_and_still_may_not_be_emptied(
    tmp_path: Path, roster: str
) -> None:
    people = [user("u1", "student", "Ann", "Lee"), user("u2", "teacher", "Tom", "Ode")]

    def plan() -> dict[str, object]:
        made: dict[str, object] = json.loads(seatsync("plan", *NOW, "--format", "json", folder=folder).out)
        return made

    write_it = pack if roster.endswith(".zip") else write
    folder = _folder(tmp_path / "grace", roster)
    write_it(folder, oneroster(users=table(*people)), roster)
    first = plan()
    for _ in range(2):
        assert seatsync("apply", "--yes", *NOW, folder=folder).code == 0
    for kept in ("desired_digest", "rosters"):
        assert plan()[kept] == first[kept]
    write_it(folder, oneroster(users=table(*(person | {"status": "tobedeleted"} for person in people))), roster)
    assert "empty-roster" in seatsync("plan", *NOW, folder=folder).out


@pytest.mark.parametrize("roster", ["sis", "sis.zip"])
def test_why_finds_a_person_of_a_set_before_and_after_it_was_applied(tmp_path: Path, roster: str) -> None:
    folder = _folder(tmp_path / "grace", roster)
    for is_applied in (False, True):
        if is_applied:
            assert seatsync("apply", "--yes", *NOW, folder=folder).code == 0
        ran = seatsync("why", "ann@school.example", *NOW, folder=folder)
        assert (ran.code, f"{roster}/users.csv:2" in ran.out) == (0, True), ran
        assert "until 2026-12-18 with class:NT501" in ran.out


def test_a_file_that_comes_into_the_folder_later_is_read(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "grace", "sis")
    people = user("u1", "student", "Ann", "Lee")
    write(folder, oneroster(users=table(people)))
    assert seatsync("apply", "--yes", *NOW, folder=folder).code == 0
    write(folder, {"roles.csv": table({"userSourcedId": "u1", "role": "aide", "endDate": "2026-12-01"})})
    assert _summary(folder) == {"member-update": 1}


@pytest.mark.parametrize("roster", ["sis", "sis.zip"])
def test_changed_since_sees_the_files_of_a_set(tmp_path: Path, roster: str) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)

    folders = [_folder(tmp_path / id, roster) for id in ("one", "two")]
    (tmp_path / "two" / "seatsync.yaml").write_text(
        CONFIG.format(path=roster).replace("id: grace", "id: two"), encoding="utf-8"
    )
    git("init", "--quiet", "--initial-branch=main")
    git("add", "--all")
    git("commit", "--quiet", "--message", "All")
    less = oneroster(enrollments=table(enrollment("u1", "student")))
    (pack if roster.endswith(".zip") else write)(folders[1], less, roster)
    for is_committed in (False, True):
        if is_committed:
            git("checkout", "--quiet", "-b", "proposal")
            git("commit", "--quiet", "--all", "--message", "Fewer")
        outcome = seatsync("plan", "one", "two", "--changed-since", "main", *NOW, "--format", "json", folder=tmp_path)
        plans = json.loads(outcome.out)
        assert [plan["institution"] for plan in (plans if isinstance(plans, list) else [plans])] == ["two"]


def test_the_same_files_are_known_again_by_the_night(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "grace", "sis")
    git = ["git", "-C", str(folder)]
    (folder / ".gitignore").write_text("seatsync.db*\n", encoding="utf-8")
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "All"]):
        subprocess.run([*git, *words], check=True, capture_output=True)
    assert seatsync("apply", "--yes", *NOW, folder=folder).code == 0
    assert seatsync("apply", "--yes", "--same-files", "--now", "2026-12-19", folder=folder).code == 0
    held = json.loads(seatsync("licenses", "--all", "--format", "json", folder=folder).out)
    assert {license["status"] for license in held} == {"revoked"}
