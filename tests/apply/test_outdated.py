"""A run that is started again must not bring back what was superseded: the real command line, real Git, both databases.

Every apply runs in a checkout of its own, as the jobs of a pipeline do: a fresh clone of the repository at the run's commit.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.code_hosts import CodeHost, GitHub, GitLab, serving
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import location, rows
from tests.support.git_author import commit_as_ruth

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins:
    - {given_name: Ruth, family_name: Abel, email: ruth@grace.example}
libraries: {books: {title: Books, system: logos-library, slots: 9}}
rosters: [{path: members.csv}]
grants: [{path: grants.csv}]
limits: {max_revokes: 100%}
"""
DORA = "    - {given_name: Dora, family_name: Orr, email: dora@grace.example}\n"
MEMBERS = "email,given_name,family_name\nann@grace.example,Ann,Lee\nben@grace.example,Ben,Ode\n"
GRANTS = "library,email,kind,until\n"
TEMPORARY = GRANTS + "books,ann@grace.example,temporary,2027-06-30\n"
PERMANENT = GRANTS + "books,ann@grace.example,permanent,\nbooks,ben@grace.example,permanent,\n"
DAY = ("--now", "2026-09-01")
TOKEN = "t0ken"


class School:
    """A repository with the folder of an institution, whose runs apply to one ledger."""

    def __init__(self, base: Path, folder: str) -> None:
        self.base = base
        self.folder = folder
        self.top = base / "main"
        self.top.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")
        self.clones = 0

    def git(self, *words: str, at: Path | None = None) -> str:
        done = subprocess.run(["git", *words], cwd=at or self.top, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        """Commit files of the institution's folder (``members_csv="…"``), and return the commit."""
        for name, content in files.items():
            path = self.top / self.folder / name.replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", ", ".join(files) or "nothing")
        return self.head

    def elsewhere(self, name: str = "README.md") -> str:
        """Commit a file that no institution reads."""
        (self.top / name).write_text(self.head, encoding="utf-8")
        return self.commit()

    def pull_request(self, number: int, how: str, base: str = "main", **files: str) -> str:
        """Commit files on a branch from ``base``, bring it into main as a host does, and return what main then is."""
        self.git("checkout", "--quiet", "-b", f"pull-{number}", base)
        self.commit(**files)
        if how == "rebase":
            self.git("rebase", "--quiet", "main")
        self.git("checkout", "--quiet", "main")
        match how:
            case "merge":
                self.git("merge", "--quiet", "--no-ff", "--no-edit", f"pull-{number}")
            case "squash":
                self.git("merge", "--quiet", "--squash", f"pull-{number}")
                self.git("commit", "--quiet", "--message", f"pull request {number}")
            case "rebase":
                self.git("merge", "--quiet", "--ff-only", f"pull-{number}")
        return self.head

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def checkout(self, commit: str, depth: int = 0) -> Path:
        """Return the institution's folder in a fresh checkout of the commit."""
        self.clones += 1
        place = self.base / f"clone-{self.clones}"
        place.mkdir()
        self.git("init", "--quiet", at=place)
        self.git("remote", "add", "origin", self.top.as_uri(), at=place)
        wanted = [f"--depth={depth}", commit] if depth else ["+refs/heads/*:refs/remotes/origin/*"]
        self.git("fetch", "--quiet", "origin", *wanted, at=place)
        self.git("checkout", "--quiet", "--detach", commit, at=place)
        return place / self.folder

    def run(self, commit: str, *args: str, code: int = 0, depth: int = 0) -> Outcome:
        """Apply in a fresh checkout of the commit."""
        return self.apply(self.checkout(commit, depth), *args, code=code)

    def apply(self, folder: Path, *args: str, code: int = 0) -> Outcome:
        words = (*(args or ("--yes",)), "--ledger", self.ledger, *DAY)
        outcome = seatsync("apply", *words, folder=folder)
        assert outcome.code == code, outcome.err
        return outcome

    @property
    def ledger(self) -> str:
        return location(self.base)

    def entries(self) -> list[dict[str, Any]]:
        return rows(self.base, "entry")

    def noted(self) -> str:
        """The last commit of the files, as the journal knows it."""
        return str(json.loads(self.entries()[-1]["detail"]).get("files_commit", ""))

    def permanents(self) -> int:
        return sum(one["kind"] == "permanent" for one in rows(self.base, "license"))


@pytest.fixture(autouse=True)
def author(monkeypatch: pytest.MonkeyPatch) -> None:
    commit_as_ruth(monkeypatch)


@pytest.fixture
def school(request: pytest.FixtureRequest, tmp_path: Path, database: str) -> School:
    """A school whose first files are applied. Its folder is below the repository's top, or with ``anywhere`` also the top."""
    made = School(tmp_path, getattr(request, "param", "institutions/grace"))
    made.run(made.commit(seatsync_yaml=CONFIG, members_csv=MEMBERS, grants_csv=TEMPORARY))
    return made


anywhere = pytest.mark.parametrize("school", ["institutions/grace", "."], indirect=True)


@anywhere
@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_a_reverted_grant_is_not_granted_by_a_run_that_is_started_again(school: School, how: str) -> None:
    """The apply of the first pull request fails, the second reverts it and has nothing to do, the first run is started again."""
    granted = school.pull_request(1, how, grants_csv=PERMANENT)
    reverted = school.pull_request(2, how, grants_csv=TEMPORARY)
    done = school.run(reverted)
    assert "notes that these files are applied" in done.err
    assert school.noted() == reverted
    before = school.entries()
    again = school.run(granted, code=5)
    assert (
        f"the files of grace are outdated: a newer state of these files was applied at commit {reverted}" in again.err
    )
    assert f"they are as commit {granted} left them" in again.err
    assert "To fix: If you started an older run again, do nothing" in again.err
    assert (school.permanents(), school.entries(), again.out) == (0, before, "")


def test_a_removed_administrator_does_not_come_back(school: School) -> None:
    added = school.commit(seatsync_yaml=CONFIG.replace("libraries:", f"{DORA}libraries:"))
    school.run(added)
    removed = school.commit(seatsync_yaml=CONFIG)
    school.run(removed)
    school.run(added, code=5)
    assert [one["email"] for one in rows(school.base, "admin")] == ["ruth@grace.example"]


def test_a_revert_is_a_new_commit_and_passes(school: School) -> None:
    first = school.head
    school.run(school.commit(members_csv=MEMBERS + "cy@grace.example,Cy,Fox\n"))
    school.git("revert", "--no-edit", "HEAD")
    assert "1 change" in school.run(school.head).err
    assert school.noted() == school.head != first


@anywhere
def test_commits_that_touch_nothing_that_is_read_make_nothing_outdated(school: School) -> None:
    touched = school.commit(members_csv=MEMBERS + "cy@grace.example,Cy,Fox\n")
    pushed = school.elsewhere()
    later = school.elsewhere("notes.txt")
    school.run(later)
    entries = school.entries()
    for commit in (touched, pushed, later, school.elsewhere()):
        assert school.run(commit).code == 0
    assert school.entries() == entries
    assert school.noted() == touched


def test_two_quick_merges(school: School) -> None:
    one = school.pull_request(1, "merge", members_csv=MEMBERS + "cy@grace.example,Cy,Fox\n")
    two = school.pull_request(2, "merge", grants_csv=TEMPORARY.replace("2027", "2028"))
    school.run(one)
    school.run(two)
    assert school.noted() == two
    school.run(one, code=5)


def test_a_pull_request_from_an_older_base_is_newer_when_it_is_merged(school: School) -> None:
    base = school.head
    one = school.pull_request(1, "merge", members_csv=MEMBERS + "cy@grace.example,Cy,Fox\n")
    two = school.pull_request(2, "merge", base, grants_csv=TEMPORARY.replace("2027", "2028"))
    school.run(two)
    assert (school.noted(), len(rows(school.base, "member"))) == (two, 3)
    school.run(one, code=5)


def test_a_merge_that_brings_old_files_back_is_newer(school: School) -> None:
    """Somebody merges main into their own older branch, keeps their own files, and pushes that as main."""
    old = school.head
    granted = school.commit(grants_csv=PERMANENT.replace("permanent", "temporary"))
    school.run(granted)
    school.git("checkout", "--quiet", "-b", "own", old)
    school.git("merge", "--quiet", "--no-edit", "--strategy=ours", "main")
    merged = school.head
    assert "loses" in school.run(merged).out
    entries = school.entries()
    assert school.run(merged).code == 0
    assert school.run(school.elsewhere()).code == 0
    assert (school.noted(), school.entries()) == (merged, entries)
    school.run(granted, code=5)


def test_files_of_another_branch_or_repository_go_on(school: School, tmp_path: Path) -> None:
    first = school.head
    school.run(school.commit(members_csv=MEMBERS + "cy@grace.example,Cy,Fox\n"))
    school.git("checkout", "--quiet", "-b", "aside", first)
    aside = school.commit(grants_csv=PERMANENT)
    school.run(aside)
    assert school.noted() == aside
    (tmp_path / "other").mkdir()
    other = School(tmp_path / "other", school.folder)
    moved = other.commit(seatsync_yaml=CONFIG, members_csv=MEMBERS, grants_csv=PERMANENT)
    school.apply(other.checkout(moved))
    assert school.noted() == moved


def test_a_branch_that_has_not_touched_the_files_since_is_outdated(school: School) -> None:
    first = school.head
    school.run(school.commit(members_csv=MEMBERS + "cy@grace.example,Cy,Fox\n"))
    school.git("checkout", "--quiet", "-b", "aside", first)
    school.run(school.elsewhere(), code=5)


def test_a_nightly_run_that_meets_newer_files_leaves_with_0(school: School) -> None:
    first = school.head
    newer = school.commit(seatsync_yaml=CONFIG.replace("slots: 9", "slots: 8"))
    school.run(newer)
    before = school.entries()
    night = school.run(first, "--same-files")
    assert f"Nothing to do for grace: a newer state of these files was applied at commit {newer}" in night.err
    assert (night.out, school.entries()) == ("", before)
    school.run(school.elsewhere(), "--same-files")
    assert school.noted() == newer


def test_outdated_files_are_told_before_what_their_plan_breaks(school: School) -> None:
    blocked = school.commit(seatsync_yaml=CONFIG.replace("slots: 9", "slots: 0"))
    school.run(blocked, code=4)
    school.run(school.commit(seatsync_yaml=CONFIG))
    assert "outdated" in school.run(blocked, code=5).err


def test_outdated_files_that_are_allowed_stay_outdated(school: School) -> None:
    granted = school.commit(grants_csv=PERMANENT)
    reverted = school.commit(grants_csv=TEMPORARY)
    school.run(reverted)
    told = school.run(granted, "--yes", "--allow-outdated")
    assert f"The files are outdated, as the journal notes: they are as commit {granted} left them" in told.err
    last = json.loads(school.entries()[-1]["detail"])
    assert (last["files_commit"], last["outdated"], school.permanents()) == (reverted, granted, 2)
    log = seatsync(
        "log",
        "--ledger",
        school.ledger,
        "--what",
        "outdated-files",
        "--format",
        "json",
        folder=school.top / school.folder,
    )
    assert [(line["what"], line["detail"]) for line in json.loads(log.out)] == [
        ("outdated-files", f"as commit {granted} left them, although {reverted} was applied")
    ]
    assert seatsync("verify", "--ledger", school.ledger, folder=school.top / school.folder).code == 0
    school.run(granted, code=5)


def test_files_that_differ_from_their_commit_say_nothing(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    first = school.head
    newer = school.commit(grants_csv=PERMANENT.replace("permanent", "temporary"))
    school.run(newer)
    place = school.checkout(first)
    (place / "members.csv").write_text(MEMBERS + "cy@grace.example,Cy,Fox\n", encoding="utf-8")
    school.apply(place)
    assert (school.noted(), school.entries()[-1]["commit"]) == (newer, f"{first}-dirty")
    (place / "members.csv").write_text(MEMBERS + "dan@grace.example,Dan,Fox\n", encoding="utf-8")
    monkeypatch.setenv("CI", "true")
    assert "outdated" in school.apply(place, "--yes", "--no-redact", code=5).err


def test_files_outside_of_git_say_nothing(school: School, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    for name, text in (("seatsync.yaml", CONFIG), ("members.csv", MEMBERS), ("grants.csv", PERMANENT)):
        (plain / name).write_text(text, encoding="utf-8")
    school.apply(plain)
    assert school.noted() == school.head
    monkeypatch.setenv("CI", "true")
    school.apply(plain)


# ── Saved plans ─────────────────────────────────────────────────────────────────────────────────────────────────────


def saved(school: School, folder: Path) -> Path:
    file = school.base / "plan.json"
    outcome = seatsync("plan", "--out", str(file), "--ledger", school.ledger, *DAY, folder=folder)
    assert outcome.code == 0, outcome.err
    return file


def test_a_saved_plan_of_superseded_files_is_outdated(school: School) -> None:
    granted = school.commit(grants_csv=PERMANENT)
    plan = saved(school, school.checkout(granted))
    assert json.loads(plan.read_text())["files_commit"] == granted
    reverted = school.commit(grants_csv=TEMPORARY)
    school.run(reverted)  # notes the files, which makes no plan stale
    for place in (school.checkout(granted), school.checkout(reverted)):
        assert "outdated" in school.apply(place, str(plan), code=5).err
    school.apply(school.checkout(reverted), str(plan), "--allow-outdated")
    assert school.permanents() == 2


def test_a_saved_plan_is_not_stale_if_its_files_are_noted(school: School) -> None:
    granted = school.commit(grants_csv=PERMANENT)
    plan = saved(school, school.checkout(granted))
    school.run(granted)
    assert "stale" not in school.apply(school.checkout(granted), str(plan), code=5).err
    noted = school.commit(grants_csv=PERMANENT + "\n")
    plan = saved(school, school.checkout(noted))
    school.run(noted)
    school.apply(school.checkout(school.elsewhere()), str(plan))
    assert school.noted() == noted


def test_a_plan_file_without_a_commit_is_compared_by_the_folder(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    granted = school.commit(grants_csv=PERMANENT)
    plan = saved(school, school.checkout(granted, depth=1))
    assert "files_commit" not in json.loads(plan.read_text())
    reverted = school.commit(grants_csv=TEMPORARY)
    school.run(reverted)
    school.apply(school.checkout(granted), str(plan), code=5)
    monkeypatch.setenv("CI", "true")
    told = school.apply(school.checkout(reverted), str(plan), "--no-redact", code=5)
    assert "the plan file does not say which commit its files are of" in told.err


# ── Shallow checkouts ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(params=[GitHub, GitLab])
def host(request: pytest.FixtureRequest, school: School, monkeypatch: pytest.MonkeyPatch) -> Iterator[CodeHost]:
    """A job on a host that has the repository."""
    made: CodeHost = request.param(TOKEN)
    made.repository = school.top
    with serving(made):
        monkeypatch.setenv("GITHUB_ACTIONS" if isinstance(made, GitHub) else "GITLAB_CI", "true")
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        yield made


YES = ("--yes", "--no-redact")


@anywhere
@pytest.mark.parametrize("how", ["merge", "squash"])
def test_a_job_with_a_shallow_checkout_asks_its_host(school: School, host: CodeHost, how: str) -> None:
    granted = school.pull_request(1, how, grants_csv=PERMANENT)
    reverted = school.pull_request(2, how, grants_csv=TEMPORARY)
    later = school.elsewhere()
    school.run(later, *YES, depth=1)
    entries = school.entries()
    school.run(later, *YES, depth=1)
    school.run(school.elsewhere(), *YES, depth=1)
    school.run(later, *YES)
    assert len(school.entries()) - len(entries) <= (how == "merge")  # GitHub names the branch's commit, Git the merge
    told = school.run(granted, *YES, code=5, depth=1)
    assert "outdated" in told.err
    assert TOKEN not in told.err
    assert school.permanents() == 0
    assert reverted != later


def test_a_shallow_checkout_that_has_enough_asks_nobody(school: School, host: CodeHost) -> None:
    touched = school.commit(grants_csv=PERMANENT, seatsync_yaml=CONFIG + "# all\n", members_csv=MEMBERS + "\n")
    school.run(touched, *YES)
    asked = len(host.requests)
    school.run(school.elsewhere(), *YES, depth=3)
    assert len(host.requests) == asked


def test_what_nobody_knows_stops_a_job(school: School, host: CodeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = school.elsewhere()
    host.repository = None
    told = school.run(newer, *YES, code=5, depth=1)
    assert "it is not known whether a newer state of the files of grace was applied before" in told.err
    assert "the checkout has only the newest commits, and the host does not say: " in told.err
    assert "404" in told.err
    for name in ("GITHUB_TOKEN", "SEATSYNC_GITLAB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    told = school.run(newer, *YES, code=5, depth=1)
    assert "There is no token" in told.err
    for setting in ("fetch-depth: 0", "GIT_DEPTH: 0", "git fetch --unshallow"):
        assert setting in told.err
    school.run(newer, *YES, "--allow-outdated", depth=1)
    school.run(newer, *YES)
    school.run(newer, "--same-files", "--no-redact", code=5, depth=1)


def test_a_shallow_checkout_outside_of_a_job(school: School) -> None:
    told = school.run(school.elsewhere(), code=5, depth=1)
    assert "git fetch --unshallow" in told.err


def test_a_commit_that_the_host_does_not_know_is_of_another_repository(
    school: School, host: CodeHost, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = School(tmp_path / "other", school.folder)
    other.commit(seatsync_yaml=CONFIG, members_csv=MEMBERS, grants_csv=TEMPORARY)
    moved = other.commit(grants_csv=PERMANENT)
    host.repository = other.top
    school.apply(other.checkout(moved, depth=1), *YES)
    assert school.noted() == moved


@anywhere
def test_a_job_whose_checkout_git_cannot_read(school: School, host: CodeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as files of another user, or an image without git: actions/checkout then loads them without commits."""
    newer = school.commit(grants_csv=PERMANENT)
    place = school.checkout(newer)
    top = place if school.folder == "." else place.parents[1]
    (top / ".git" / "HEAD").unlink()
    names = ("GITHUB_SHA", "GITHUB_WORKSPACE") if isinstance(host, GitHub) else ("CI_COMMIT_SHA", "CI_PROJECT_DIR")
    monkeypatch.setenv(names[0], newer)
    monkeypatch.setenv(names[1], str(top))
    school.apply(place, *YES)
    assert school.noted() == newer
    host.repository = None
    told = school.apply(place, *YES, code=5)
    assert "Git can't read the checkout (fatal: not a git repository" in told.err
    assert "safe.directory" in told.err


# ── Other places ────────────────────────────────────────────────────────────────────────────────────────────────────


@anywhere
def test_a_linked_work_tree_and_a_submodule(school: School, tmp_path: Path) -> None:
    first = school.head
    newer = school.commit(grants_csv=PERMANENT.replace("permanent", "temporary"))
    school.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"), newer)
    school.apply(tmp_path / "linked" / school.folder)
    assert school.noted() == newer
    (tmp_path / "outer").mkdir()
    outer = School(tmp_path / "outer", "school")
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", school.top.as_uri(), "school")
    outer.commit()
    inner = outer.top / "school" / school.folder
    school.apply(inner)
    assert school.noted() == newer
    outer.git("checkout", "--quiet", first, at=outer.top / "school")
    school.apply(inner, code=5)


def test_a_link_counts_with_the_file_that_it_leads_to(school: School) -> None:
    folder = school.top / school.folder
    (folder / "grants.csv").unlink()
    (folder / "real.csv").write_text(TEMPORARY, encoding="utf-8")
    (folder / "grants.csv").symlink_to("real.csv")
    linked = school.commit()
    school.run(linked)
    granted = school.commit(real_csv=PERMANENT)
    reverted = school.commit(real_csv=TEMPORARY)
    school.run(reverted)
    assert school.noted() == reverted
    school.run(granted, code=5)


def test_a_journal_without_commits_notes_the_first(tmp_path: Path, database: str) -> None:
    """Such as one of an older version, or of an apply outside of Git."""
    school = School(tmp_path, "institutions/grace")
    head = school.commit(seatsync_yaml=CONFIG, members_csv=MEMBERS, grants_csv=TEMPORARY)
    shutil.copytree(school.top / school.folder, tmp_path / "plain")
    school.apply(tmp_path / "plain")
    assert school.noted() == ""
    assert "notes that these files are applied" in school.run(head).err
    assert school.noted() == head
    assert "notes" not in school.run(head).err


def test_a_ledger_on_a_branch_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEATSYNC_LEDGER", "git")
    school = School(tmp_path, "institutions/grace")
    first = school.commit(seatsync_yaml=CONFIG, members_csv=MEMBERS, grants_csv=TEMPORARY)
    place = school.checkout(first)
    assert seatsync("apply", "--yes", *DAY, folder=place).code == 0
    granted = school.commit(grants_csv=PERMANENT)
    reverted = school.commit(grants_csv=TEMPORARY)
    noted = seatsync("apply", "--yes", *DAY, folder=school.checkout(reverted))
    assert "notes that these files are applied" in noted.err
    again = seatsync("apply", "--yes", *DAY, folder=school.checkout(granted))
    assert (again.code, "outdated" in again.err) == (5, True), again


def test_many_institutions_need_no_process_each(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"school-{number}" for number in range(8)]
    school = School(tmp_path, f"institutions/{names[0]}")
    for name in names:
        school.folder = f"institutions/{name}"
        school.commit(seatsync_yaml=CONFIG.replace("grace", name), members_csv=MEMBERS, grants_csv=TEMPORARY)
    folder = school.checkout(school.head).parent
    log = tmp_path / "git.log"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec {shutil.which("git")} "$@"\n')
    (tmp_path / "bin" / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("GITHUB_SHA", school.head)
    ledger = ("--ledger", school.ledger) if database == "postgres" else ()
    for _ in range(2):
        log.write_text("")
        told = seatsync("apply", "--yes", "--no-redact", "--jobs", "2", *ledger, *DAY, *names, folder=folder)
        assert told.code == 0, told.err
        assert len(log.read_text().splitlines()) == 4


def test_another_apply_notes_newer_files_in_the_meantime(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    from seatsync.apply.outdated import FilesInGit

    granted = school.commit(grants_csv=PERMANENT)
    reverted = school.commit(grants_csv=TEMPORARY)
    compared = FilesInGit.compared
    meanwhile: list[Callable[[], Outcome]] = [lambda: school.run(reverted)]

    def slowly(files: FilesInGit, *question: Any) -> Any:
        answer = compared(files, *question)
        if len(meanwhile) == 1 and len(asked) == 1:
            meanwhile.pop()()
        asked.append(1)
        return answer

    asked: list[int] = []
    monkeypatch.setattr(FilesInGit, "compared", slowly)
    told = school.run(granted, code=5)
    assert "another apply has noted other files in the meantime" in told.err
    assert school.permanents() == 0
