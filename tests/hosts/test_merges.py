"""After merges of every kind, each institution gets what its pull requests showed: real Git, and servers like GitHub and GitLab."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.hosts.test_comment import event, host
from tests.support.code_hosts import CodeHost, Fault, GitHub
from tests.support.command_line import Outcome, seatsync
from tests.support.git_author import commit_as_ruth

__all__ = ["host"]

CONFIG = """\
version: 1
institution: {id: ID, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 9}}
rosters: [{path: members.csv}]
grants: [{library: books, kind: temporary, to: {everyone: true}, until: 2026-09-30}]
"""
HEADER = "email,given_name,family_name\n"
DAY = ("--now", "2026-09-01")
HOWS = ("merge", "squash", "rebase")


class School:
    """A repository with the institutions ``one`` and ``two`` on a code host, and its pipeline on the branch main."""

    def __init__(self, top: Path, host: CodeHost, monkeypatch: pytest.MonkeyPatch) -> None:
        self.top = top
        self.host = host
        self.monkeypatch = monkeypatch
        self.git("init", "--quiet", "--initial-branch=main")
        (top / ".gitignore").write_text("*.db*\n*.json\n", encoding="utf-8")
        (top / ".gitattributes").write_text("*.csv merge=union\n", encoding="utf-8")  # additions never conflict
        for name in ("one", "two"):
            (top / name).mkdir()
            (top / name / "seatsync.yaml").write_text(CONFIG.replace("ID", name), encoding="utf-8")
            (top / name / "members.csv").write_text(f"{HEADER}ann@{name}.example,Ann,Lee\n", encoding="utf-8")
        self.commit()
        assert seatsync("apply", "--yes", "one", "two", *DAY, folder=top).code == 0

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", *words], cwd=self.top, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "members")
        return self.head

    def add(self, folder: str, *names: str) -> str:
        """Commit new members of a folder."""
        members = self.top / folder / "members.csv"
        rows = {*members.read_text(encoding="utf-8").splitlines(keepends=True)[1:]}
        rows |= {f"{name}@{folder}.example,{name.title()},Lee\n" for name in names}
        members.write_text(HEADER + "".join(sorted(rows)), encoding="utf-8")
        return self.commit()

    def pull(self, number: int, **added: str) -> None:
        """Open a pull request that adds one member to each of these folders, one commit for each letter of the name's end."""
        self.git("checkout", "--quiet", "-b", f"pull-{number}", "main")
        for folder, names in added.items():
            for name in names.split():
                self.add(folder, name)
        self.host.opened(number)
        self.plan(number)

    def plan(self, number: int, *, queue: str = "") -> None:
        """The job of a pull request: plan its merge with main as it is now, or the commit of a merge ``queue``."""
        if queue:
            self.git("checkout", "--quiet", queue)
            group = {"head_ref": f"refs/heads/gh-readonly-queue/main/pr-{number}-{self.head}", "head_sha": self.head}
            event(self.top, self.monkeypatch, {"merge_group": group})
            self.monkeypatch.setenv("CI_MERGE_REQUEST_EVENT_TYPE", "merge_train")
        else:
            self.git("checkout", "--quiet", "--detach", "main")
            self.git("merge", "--quiet", "--no-edit", f"pull-{number}")
            event(self.top, self.monkeypatch, {"pull_request": {"number": number}})
            self.monkeypatch.delenv("CI_MERGE_REQUEST_EVENT_TYPE", raising=False)
        self.monkeypatch.setenv("CI_MERGE_REQUEST_IID", str(number))
        since = () if queue else ("--changed-since", "main")
        assert seatsync("plan", "one", "two", *since, "--out", "plan.json", *DAY, folder=self.top).code == 0
        told = seatsync("comment", "plan.json", folder=self.top)
        assert told.code == 0, told
        self.git("checkout", "--quiet", "main")

    def merge(self, number: int, how: str = "merge", into: str = "main") -> str:
        """Merge a pull request as the host does, and return the last commit that it brought."""
        self.git("checkout", "--quiet", into)
        before, branch = self.head, f"pull-{number}"
        if how == "rebase":
            self.git("checkout", "--quiet", "-b", f"rebased-{number}", branch)
            self.git("rebase", "--quiet", into)
            self.git("checkout", "--quiet", into)
            self.git("merge", "--quiet", "--ff-only", f"rebased-{number}")
        elif how == "squash":
            self.git("merge", "--quiet", "--squash", branch)
            self.commit()
        else:
            self.git("merge", "--quiet", "--no-ff", "--no-edit", branch)
        for commit in self.git("rev-list", "--first-parent", f"{before}..HEAD").split():
            self.host.merge(commit, number=number, into=into, by=self.head)
        return self.head

    def applied(self, *options: str, code: int = 0, before: str = "") -> Outcome:
        """The job of a push to main; ``before`` is the commit that main was at."""
        self.git("checkout", "--quiet", "main")
        event(self.top, self.monkeypatch, {"before": before} if before else {})
        self.monkeypatch.setenv("GITHUB_EVENT_NAME", "push")
        self.monkeypatch.setenv("GITHUB_REF", "refs/heads/main")
        self.monkeypatch.setenv("CI_PIPELINE_SOURCE", "push")
        self.monkeypatch.setenv("CI_COMMIT_BEFORE_SHA", before)
        for name in ("GITHUB_SHA", "CI_COMMIT_SHA"):
            self.monkeypatch.setenv(name, self.head)
        told = seatsync("apply", "--reviewed", "one", "two", *(options or DAY), folder=self.top)
        assert told.code == code, told
        return told

    def members(self, folder: str) -> list[str]:
        text = seatsync("members", "--format", "json", folder=self.top / folder).out
        return sorted(member["email"].split("@")[0] for member in json.loads(text))

    def commits(self, folder: str) -> list[str]:
        """The commits of the journal's events, the newest first."""
        text = seatsync("log", "--format", "json", folder=self.top / folder).out
        return [*dict.fromkeys(event["commit"] for event in json.loads(text))]


@pytest.fixture
def school(tmp_path: Path, host: CodeHost, monkeypatch: pytest.MonkeyPatch) -> School:
    commit_as_ruth(monkeypatch)
    monkeypatch.setenv("GITHUB_REF", "refs/heads/main")
    monkeypatch.setenv("CI_COMMIT_BRANCH", "main")
    (tmp_path / "school").mkdir()
    return School(tmp_path / "school", host, monkeypatch)


@pytest.mark.parametrize("how", HOWS)
def test_two_merges_in_one_push_are_applied_one_after_the_other(school: School, how: str) -> None:
    """Each pull request has two commits, and showed only its own changes."""
    school.pull(101, one="ben bo")
    school.pull(102, one="zoe zed")
    merged = [school.merge(101, how), school.merge(102, how)]
    told = school.applied()
    assert school.members("one") == ["ann", "ben", "bo", "zed", "zoe"]
    assert school.commits("one")[:2] == merged[::-1]
    assert f"one at {merged[0][:7]} (pull request 101):" in told.err
    assert school.applied().err.startswith("2 institutions with the files of the last apply")


@pytest.mark.parametrize("how", HOWS)
def test_one_merge_is_applied_as_a_whole(school: School, how: str) -> None:
    school.pull(101, one="ben bo", two="ben")
    school.merge(101, how)
    told = school.applied()
    assert school.members("one") == ["ann", "ben", "bo"]
    assert school.members("two") == ["ann", "ben"]
    assert "pull request 101" not in told.err


def test_what_a_dropped_run_left_is_applied_by_the_next(school: School) -> None:
    school.pull(101, one="ben")
    school.pull(102, two="cy")
    school.merge(101)
    school.merge(102)
    school.applied()
    assert (school.members("one"), school.members("two")) == (["ann", "ben"], ["ann", "cy"])


def test_what_was_added_and_reverted_in_one_push_leaves_nothing_to_do(school: School) -> None:
    school.pull(101, one="ben")
    school.merge(101)
    school.git("revert", "--no-edit", "-m", "1", "HEAD")
    requests = len(school.host.requests)
    assert "2 institutions with the files of the last apply" in school.applied().err
    assert len(school.host.requests) == requests


def test_it_stops_at_the_first_that_is_not_as_reviewed_and_the_printed_command_goes_on(
    school: School, host: CodeHost
) -> None:
    for number, name in ((101, "ben"), (102, "mo"), (103, "zoe")):
        school.pull(number, one=name)
    host.comments = {id: one for id, one in host.comments.items() if host.elsewhere[id] != 102}
    first, second, _ = [school.merge(number) for number in (101, 102, 103)]
    told = school.applied(code=5)
    assert f"Applied before: {first[:7]} (pull request 101)." in told.err
    assert f"the plan of one at {second[:7]} (pull request 102) was reviewed by nobody" in told.err
    assert school.members("one") == ["ann", "ben"]
    assert school.commits("one")[0] == first
    school.applied(code=5)
    [command] = re.findall(r"run `(seatsync .*?)`", told.err)
    assert seatsync(*shlex.split(command)[1:], *DAY, folder=school.top).code == 0
    assert school.members("one") == ["ann", "ben", "mo", "zoe"]


def test_what_is_in_the_way_is_applied_with_the_next_pull_request_that_shows_it(school: School) -> None:
    """The second one was planned on top of a commit that nobody reviewed, and the third at the same time as the second."""
    plain = school.add("one", "mo")
    school.pull(103, one="zoe")
    school.merge(103)
    told = school.applied()
    assert school.members("one") == ["ann", "mo", "zoe"]
    assert plain not in school.commits("one")
    assert "pull request 103" not in told.err


def test_what_a_later_commit_takes_back_is_not_applied_before_it(school: School) -> None:
    """Nothing shows the checked-out files as a whole, so each commit is looked at: the first one is left out."""
    config = school.top / "one" / "seatsync.yaml"
    before = config.read_text(encoding="utf-8")
    config.write_text(before.replace("temporary", "permanent").replace(", until: 2026-09-30", ""), encoding="utf-8")
    school.add("one", "bad")
    school.git("branch", "--force", "pull-101", "main")
    school.git("reset", "--quiet", "--hard", "HEAD^")
    school.host.opened(101)
    school.plan(101)
    first = school.merge(101)
    school.git("checkout", "--quiet", "-b", "pull-102", "main")
    school.git("revert", "--no-edit", "--mainline=1", first)
    school.add("one", "cy")
    school.host.opened(102)
    school.plan(102)
    second = school.merge(102)
    school.add("one", "mo")
    told = school.applied(code=5)
    assert f"Applied before: {second[:7]} (pull request 102)." in told.err
    assert (school.members("one"), first in school.commits("one")) == (["ann", "cy"], False)


@pytest.mark.parametrize("what", ["permanent", "administrator"])
def test_an_older_run_does_not_make_for_good_what_the_branch_has_taken_back(school: School, what: str) -> None:
    """The runs of both pull requests have failed, so the journal knows neither. Then the first one is started again."""
    config = school.top / "one" / "seatsync.yaml"
    before = config.read_text(encoding="utf-8")
    after = {
        "permanent": before.replace("temporary", "permanent").replace(", until: 2026-09-30", ""),
        "administrator": before.replace(
            "r@grace.example}", "r@grace.example}, {given_name: M, family_name: O, email: m@o.example}"
        ),
    }[what]
    school.git("checkout", "--quiet", "-b", "pull-101", "main")
    config.write_text(after, encoding="utf-8")
    school.commit()
    school.host.opened(101)
    school.plan(101)
    first = school.merge(101)
    school.git("checkout", "--quiet", "-b", "pull-102", "main")
    school.git("revert", "--no-edit", "--mainline=1", first)
    school.host.opened(102)
    school.plan(102)
    second = school.merge(102)
    school.git("update-ref", "refs/remotes/origin/main", second)
    school.git("reset", "--quiet", "--hard", first)
    told = school.applied(code=5)
    assert f"one is newer at {second[:7]} of this branch, and no longer asks for all of this plan" in told.err
    assert first not in school.commits("one")
    school.git("update-ref", "refs/remotes/origin/main", first)
    school.applied()
    assert first in school.commits("one")


def test_a_state_that_was_taken_back_stops_where_nothing_shows_what_is_left(school: School) -> None:
    school.pull(101, one="bad")
    first = school.merge(101)
    school.git("revert", "--no-commit", "--mainline=1", first)
    school.add("one", "mo")
    told = school.applied(code=5)
    assert f"{first[:7]} (pull request 101) is as reviewed, but a later commit takes changes of it back" in told.err
    assert school.members("one") == ["ann"]


def test_a_commit_without_a_pull_request_stops_those_that_did_not_show_it(school: School) -> None:
    school.pull(101, one="ben")
    school.pull(103, one="zoe")
    first = school.merge(101)
    plain = school.add("one", "mo")
    school.merge(103)
    told = school.applied(code=5)
    assert f"Applied before: {first[:7]} (pull request 101)." in told.err
    assert (
        f"at {plain[:7]} (without a pull request) was reviewed by nobody: no pull request brought this commit"
        in told.err
    )
    school.pull(104, one="yan")  # it shows everything that is left
    school.merge(104)
    school.applied()
    assert school.members("one") == ["ann", "ben", "mo", "yan", "zoe"]


def test_a_merge_into_another_branch_is_no_review_of_what_that_branch_brings(school: School) -> None:
    school.git("branch", "side", "main")
    school.pull(101, one="ben")
    school.merge(101, into="side")
    school.git("branch", "--force", "pull-102", "side")
    school.merge(102)
    assert "was reviewed by nobody" in school.applied(code=5).err
    school.host.opened(102)
    school.git("reset", "--quiet", "--hard", "HEAD^")
    school.plan(102)
    school.merge(102)
    school.applied()


@pytest.mark.parametrize("together", [True, False])
def test_a_merge_queue_s_plan_counts_and_so_does_the_pull_request_s_own(school: School, together: bool) -> None:
    """104 is in a group behind 101: the group's plan shows both, 104's own plan only itself."""
    school.pull(101, one="ben")
    school.pull(104, one="zoe")
    first = school.merge(101)
    second = school.merge(104)
    school.plan(101, queue=first)
    school.plan(104, queue=second)
    assert sum("seatsync:merge-queue" in body for body in school.host.bodies()) == 2
    if together:
        told = school.applied()
        assert "pull request" not in told.err
        assert school.commits("one")[0] == second
    else:
        school.git("reset", "--quiet", "--hard", first)
        school.applied()
        school.git("reset", "--quiet", "--hard", second)
        school.applied()
        assert school.commits("one")[:2] == [second, first]
    assert school.members("one") == ["ann", "ben", "zoe"]


def test_what_an_earlier_merge_stopped_does_not_fail_the_runs_of_later_pushes(school: School, host: CodeHost) -> None:
    """Two is blocked. The run of that push fails; a push that touches only one is applied, and the nightly run fails for two."""
    config = school.top / "two" / "seatsync.yaml"
    config.write_text(config.read_text(encoding="utf-8").replace("slots: 9", "slots: 0"), encoding="utf-8")
    blocked = school.commit()
    before = school.git("rev-parse", "HEAD^").strip()
    assert "slots-below-used" in school.applied(code=4, before=before).out
    school.pull(101, one="ben")
    school.merge(101)
    told = school.applied(before=blocked)
    assert school.members("one") == ["ann", "ben"]
    assert (
        "two was stopped by an earlier merge, and this push does not touch it. The nightly run fails for it."
        in told.err
    )
    assert "1 left to the nightly run" in told.err
    assert seatsync("apply", "--same-files", "one", "two", *DAY, folder=school.top).code == 4
    assert school.applied(code=4).code == 4  # by hand, all are judged


def test_dates_since_the_review_pass_and_other_institutions_are_left_alone(school: School) -> None:
    """Ann's seat has ended in both institutions. In the one that changed she loses it, in the other the nightly run takes it."""
    school.pull(101, one="ben")
    config = school.top / "one" / "seatsync.yaml"
    school.git("checkout", "--quiet", "pull-101")
    config.write_text(config.read_text(encoding="utf-8").replace(", until: 2026-09-30", ""), encoding="utf-8")
    text = config.read_text(encoding="utf-8").replace("{everyone: true}", "{emails: [ben@one.example]}")
    config.write_text(text, encoding="utf-8")
    school.commit()
    ended = ("--now", "2026-10-01")
    school.git("checkout", "--quiet", "main")
    school.plan(101)
    school.merge(101)
    assert (
        "differs from the reviewed one. What changed: the day" in school.applied(*ended, code=5).err
    )  # Ann's seat was asked back
    school.monkeypatch.setitem(globals(), "DAY", ended)
    school.git("reset", "--quiet", "--hard", "HEAD^")
    school.plan(101)
    school.merge(101)
    school.applied("--now", "2026-10-02")
    assert seats(school, "one") == 1
    assert seats(school, "two") == 1
    assert seatsync("apply", "--same-files", "one", "two", "--now", "2026-10-02", folder=school.top).code == 0
    assert seats(school, "two") == 0


def seats(school: School, folder: str) -> int:
    text = seatsync("status", "--format", "json", folder=school.top / folder).out
    return int(json.loads(text)["libraries"]["books"]["used"])


def test_a_shallow_checkout_knows_only_its_own_commit(school: School, host: CodeHost, tmp_path: Path) -> None:
    school.pull(101, one="ben")
    school.merge(101)
    host.repository = tmp_path / "host.git"
    school.git("clone", "--quiet", "--bare", str(school.top), str(host.repository))
    school.git("fetch", "--quiet", "--depth=1", "--update-shallow", school.top.as_uri(), "main")
    (school.top / ".git" / "shallow").write_text(school.head + "\n", encoding="ascii")
    school.applied()
    assert school.members("one") == ["ann", "ben"]


def test_an_older_run_that_is_started_again_brings_nothing_back(school: School, host: CodeHost) -> None:
    """The apply of a pull request fails, the next one reverts it and has nothing to do, the first run is started again."""
    school.pull(101, one="ben")
    granted = school.merge(101)
    school.git("checkout", "--quiet", "-b", "pull-102", "main")
    school.git("revert", "--no-edit", "--mainline=1", granted)
    host.opened(102)
    school.plan(102)
    school.merge(102)
    assert "Nothing to change in one. Journal entry" in school.applied().err
    assert "Nothing to change" not in school.applied().err
    assert seatsync("verify", folder=school.top / "one").code == 0
    school.git("checkout", "--quiet", "--detach", granted)
    for name in ("GITHUB_SHA", "CI_COMMIT_SHA"):
        school.monkeypatch.setenv(name, granted)
    again = seatsync("apply", "--reviewed", "one", "two", *DAY, folder=school.top)
    assert (again.code, "the files of one are outdated" in again.err) == (5, True), again
    assert school.members("one") == ["ann"]


def test_a_host_that_is_away_stops_only_what_needs_a_review(school: School, host: CodeHost) -> None:
    school.pull(101, one="ben")
    school.merge(101)
    comments = school.top / "two" / "seatsync.yaml"
    comments.write_text(comments.read_text(encoding="utf-8") + "# ours\n", encoding="utf-8")
    school.commit()
    host.faults.append(Fault("GET", lost="before", times=99))
    told = school.applied(code=1)
    assert "Nothing was applied: the reviewed plan can't be read" in told.err
    assert "Nothing to change. Journal entry" in told.err
    host.faults.clear()
    school.applied()


def test_each_commit_and_each_pull_request_is_asked_for_once(school: School, host: CodeHost) -> None:
    school.pull(101, one="ben", two="ben")
    school.pull(102, one="zoe", two="zoe")
    school.merge(101)
    school.merge(102)
    before = len(host.requests)
    school.applied()
    asked = [request.target for request in host.requests[before:] if request.method == "GET"]
    assert len(asked) == len(set(asked)) == (4 if isinstance(host, GitHub) else 5), asked
