"""The comment on a pull request names other open ones that change the same institutions."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.hosts.test_comment import comment, event, host
from tests.support.code_hosts import Answer, CodeHost, Fault, GitHub
from tests.support.command_line import seatsync

__all__ = ["host"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with two institutions, of which `school` has a plan with changes."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for name in ("school", "other"):
        seatsync("init", f"institutions/{name}", "--name", name, folder=tmp_path)
    seatsync("plan", "institutions/school", "--out", "plan.json", folder=tmp_path)
    event(tmp_path, monkeypatch, {"pull_request": {"number": 7}})
    return tmp_path


def refs(host: CodeHost, *numbers: int) -> str:
    return ", ".join(f"{'#' if isinstance(host, GitHub) else '!'}{number}" for number in numbers)


def test_other_open_pull_requests_of_the_same_institution_are_named(folder: Path, host: CodeHost) -> None:
    host.open = {
        7: ["institutions/school/seatsync.yaml"],
        12: ["institutions/other/seatsync.yaml", "institutions/school/rosters/members.csv"],
        13: ["institutions/other/seatsync.yaml", "README.md", "institutions/new/seatsync.yaml"],
        15: ["institutions/school/rosters/deeper/new.csv"],
    }
    comment(folder)
    assert f"{refs(host, 12, 15)} change the same institutions and are open too." in host.bodies()[0]
    assert len([one for one in host.requests if one.path.endswith("/diffs") or "pulls" in one.path]) <= 4


def test_nothing_is_said_where_nobody_else_changes_it(folder: Path, host: CodeHost) -> None:
    host.open = {7: ["institutions/school/seatsync.yaml"], 13: ["institutions/other/seatsync.yaml"]}
    comment(folder)
    assert "open too" not in host.bodies()[0]
    assert "other open pull requests" not in host.bodies()[0]


def test_that_not_all_were_looked_at_is_said(folder: Path, host: CodeHost) -> None:
    host.open = {number: ["README.md"] for number in range(20, 60)} | {60: ["institutions/school/seatsync.yaml"]}
    comment(folder)
    assert "only those updated last were looked at: 30" in host.bodies()[0]
    host.open = {12: [f"notes/{number}.md" for number in range(101)]}
    comment(folder)
    assert "only those updated last were looked at: 30, and 100 files of each" in host.bodies()[0]


@pytest.mark.parametrize("path", ["../school/seatsync.yaml", "/etc/passwd", "institutions/other/../school/x", ""])
def test_a_path_from_the_host_leads_nowhere(folder: Path, host: CodeHost, path: str) -> None:
    host.open = {12: [path]}
    comment(folder)
    assert "open too" not in host.bodies()[0]


def test_a_host_that_does_not_say_it_gets_its_comment_nevertheless(folder: Path, host: CodeHost) -> None:
    host.faults.append(Fault("QUERY" if isinstance(host, GitHub) else "GET", Answer(403, {"message": "no"})))
    said = comment(folder)
    assert said.out.startswith("commented: ")
    assert "Other open pull requests are not known" in said.err
    assert "pull-requests: read" in said.err if isinstance(host, GitHub) else "Reporter" in said.err


def test_without_a_checkout_nobody_is_asked(folder: Path, host: CodeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".git").rename(folder / "git")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    comment(folder)
    assert not [one for one in host.requests if one.path.endswith("/diffs")]
