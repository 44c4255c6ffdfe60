"""``seatsync propose``: one pull request for what a fetch brought."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.code_hosts import CodeHost, Fault, GitHub, GitLab
from tests.support.command_line import Outcome, seatsync
from tests.support.pipelines import TOKEN, Repository, repository

BRANCH = "seatsync/rosters"


@pytest.fixture(params=["github", "gitlab"])
def on(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Repository]:
    """A checkout of the default branch in a job, with a roster to be fetched into."""
    host: CodeHost = GitHub(TOKEN) if request.param == "github" else GitLab(TOKEN)
    for made in repository(tmp_path, host, "--ci", request.param):
        write(made, "ann")
        made.commit()
        made.git("remote", "add", "origin", made.push())
        job = {**host.environment(), "GITHUB_REF": "refs/heads/main", "CI_COMMIT_BRANCH": "main"}
        for name, value in job.items():
            monkeypatch.setenv(name, value)
        yield made


def write(on: Repository, *names: str, into: str = "ldap.csv") -> None:
    folder = on.place / "rosters"
    folder.mkdir(exist_ok=True)
    rows = "".join(f"{name}@grace.example,{name},Zoë\n" for name in names)
    (folder / into).write_text(f"email,given_name,family_name\n{rows}", encoding="utf-8")


def propose(on: Repository, *args: str, code: int = 0, stdin: str = "") -> Outcome:
    ran = seatsync("propose", "rosters", *args, folder=on.place, stdin=stdin)
    assert ran.code == code, ran
    return ran


def tip(on: Repository, *words: str) -> str:
    bare = on.place.parent / "grace" / "seats.git"
    return on.git("--git-dir", str(bare), *words).strip()


def test_changed_files_become_one_commit_and_one_pull_request(on: Repository) -> None:
    write(on, "ann", "bea")
    (on.place / "rosters" / "new.csv").write_bytes(b"email\r\n")
    (on.place / "elsewhere.csv").write_text("not proposed")
    ran = propose(on, "--title", "Rosters from the directory", "--body", "-", stdin="1 new\n@everybody ```\n")
    [opened] = on.host.proposals.known
    assert ran.out.startswith("opened: https://")
    assert (opened.branch, opened.base, opened.title) == (BRANCH, "main", "Rosters from the directory")
    assert opened.body.startswith("````\n1 new\n@everybody ```\n````")
    assert tip(on, "diff", "--name-status", f"main..{BRANCH}") == "M\trosters/ldap.csv\nA\trosters/new.csv"
    assert tip(on, "show", f"{BRANCH}:rosters/new.csv").encode() == b"email"
    assert tip(on, "log", "--format=%s", f"main..{BRANCH}") == "Rosters from the directory"
    assert on.git("status", "--porcelain") == " M rosters/ldap.csv\n?? elsewhere.csv\n?? rosters/new.csv\n"


def test_the_same_again_changes_nothing_and_more_replaces_it(on: Repository) -> None:
    write(on, "ann", "bea")
    propose(on)
    first = tip(on, "rev-parse", BRANCH)
    assert propose(on).out.startswith("up to date: ")
    assert tip(on, "rev-parse", BRANCH) == first
    write(on, "bea", "cid")
    assert propose(on).out.startswith("updated: ")
    assert len(on.host.proposals.known) == 1
    assert tip(on, "log", "--format=%s", f"main..{BRANCH}") == "New rosters"
    assert "cid" in tip(on, "show", f"{BRANCH}:rosters/ldap.csv")


def test_a_file_that_is_gone_is_gone_in_the_proposal(on: Repository) -> None:
    (on.place / "rosters" / "old.csv").write_text("email\n")
    on.commit()
    on.push()
    (on.place / "rosters" / "old.csv").unlink()
    propose(on)
    assert tip(on, "diff", "--name-status", f"main..{BRANCH}") == "D\trosters/old.csv"


def test_files_as_committed_close_the_pull_request(on: Repository) -> None:
    assert propose(on).out == "Nothing to propose: the files are as committed.\n"
    assert on.host.proposals.known == []
    write(on, "ann", "bea")
    propose(on)
    write(on, "ann")
    assert propose(on).out.startswith("closed: ")
    assert not on.host.proposals.known[0].is_open


# ── A source that could not be fetched ───────────────────────────────────────────────────────────────────────────


def two_proposed(on: Repository) -> None:
    """Propose changes of two rosters, then check out the default branch again, as the next night does."""
    write(on, "kim", into="sis.csv")
    (on.place / "rosters" / "gone.csv").write_text("email\n")
    on.commit()
    on.push()
    write(on, "ann", "bea")
    write(on, "kim", "lou", into="sis.csv")
    (on.place / "rosters" / "new.csv").write_text("email\n")
    (on.place / "rosters" / "gone.csv").unlink()
    propose(on)
    as_committed(on)


def as_committed(on: Repository) -> None:
    on.git("checkout", "-q", "--", ".")
    (on.place / "rosters" / "new.csv").unlink()


def proposed(on: Repository) -> list[str]:
    return tip(on, "diff", "--no-renames", "--name-status", f"main..{BRANCH}").splitlines()


ALL = ["D\trosters/gone.csv", "M\trosters/ldap.csv", "A\trosters/new.csv", "M\trosters/sis.csv"]


def test_what_was_proposed_of_a_source_that_fails_stays_proposed(on: Repository) -> None:
    two_proposed(on)
    write(on, "ann", "cid")
    ran = propose(on, *(f"--keep=rosters/{name}.csv" for name in ("sis", "new", "gone", "never")))
    assert ran.out.startswith("updated: ")
    assert proposed(on) == ALL
    assert "cid" in tip(on, "show", f"{BRANCH}:rosters/ldap.csv")
    assert "lou" in tip(on, "show", f"{BRANCH}:rosters/sis.csv")
    [opened] = on.host.proposals.known
    assert "as proposed before, because its source could not be fetched: rosters/sis.csv\n" in opened.body
    assert len(tip(on, "rev-list", f"main..{BRANCH}").splitlines()) == 1


def test_where_all_sources_fail_the_pull_request_stays_as_it_is(on: Repository) -> None:
    two_proposed(on)
    before = tip(on, "rev-parse", BRANCH)
    for words in ("--keep=rosters",), ("--keep", "."), ("--keep=rosters/ldap.csv", "--keep", str(on.place)):
        assert propose(on, *words).out.startswith("up")
        assert tip(on, "rev-parse", BRANCH) == before
    assert on.host.proposals.known[0].is_open


def test_what_another_source_no_longer_brings_is_dropped(on: Repository) -> None:
    two_proposed(on)
    assert propose(on, "--keep", "rosters/sis.csv").out.startswith("updated: ")
    assert proposed(on) == ["M\trosters/sis.csv"]
    assert propose(on, "--keep", "rosters/ldap.csv").out.startswith("closed: ")


def test_a_file_that_was_changed_since_is_not_set_back(on: Repository) -> None:
    two_proposed(on)
    write(on, "kim", "max", into="sis.csv")
    on.commit()
    on.push()
    assert propose(on, "--keep", "rosters").out.startswith("updated: ")
    assert proposed(on) == [line for line in ALL if "sis" not in line]
    assert "max" in tip(on, "show", f"{BRANCH}:rosters/sis.csv")


def test_what_was_merged_is_not_proposed_again(on: Repository) -> None:
    two_proposed(on)
    on.git("fetch", "-q", "origin", BRANCH)
    on.git("merge", "-q", "--squash", "FETCH_HEAD")
    on.commit()
    on.push()
    assert propose(on, "--keep", "rosters").out.startswith("closed: ")


def test_what_was_closed_without_a_merge_is_not_proposed_again_by_itself(on: Repository) -> None:
    two_proposed(on)
    on.host.proposals.known[0].is_open = False
    assert propose(on, "--keep", "rosters").out == "Nothing to propose: the files are as committed.\n"
    write(on, "ann", "cid")
    propose(on, "--keep", "rosters/sis.csv")
    assert proposed(on) == ["M\trosters/ldap.csv"]


def test_what_is_kept_is_found_from_a_shallow_checkout(on: Repository, tmp_path: Path) -> None:
    two_proposed(on)
    shallow = tmp_path / "shallow"
    on.git("clone", "-q", "--depth", "1", on.push(), str(shallow))
    assert seatsync("propose", "rosters", "--keep", "rosters", folder=shallow).out.startswith("up")
    assert proposed(on) == ALL


def test_a_commit_of_somebody_else_on_the_branch_is_not_lost(on: Repository) -> None:
    write(on, "ann", "bea")
    propose(on)
    on.git("fetch", "-q", "origin", BRANCH)
    on.git("checkout", "-q", "-f", "-b", "mine", "FETCH_HEAD")
    write(on, "dora")
    on.commit()
    on.git("push", "-q", "origin", f"HEAD:{BRANCH}")
    on.git("checkout", "-q", "main")
    write(on, "ann", "cid")
    ran = propose(on, code=1)
    assert f"The branch {BRANCH} ends with a commit that seatsync did not make" in ran.err
    assert "dora" in tip(on, "show", f"{BRANCH}:rosters/ldap.csv")


def test_a_pull_request_that_was_opened_though_the_answer_was_lost_is_the_only_one(on: Repository) -> None:
    write(on, "ann", "bea")
    on.host.faults = [Fault("POST", lost="after")]
    assert propose(on).out.startswith("opened: ")
    assert len(on.host.proposals.known) == 1


def test_what_a_job_lacks_is_told(on: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    write(on, "ann", "bea")
    on.host.proposals.writes = False
    assert "To fix: " in propose(on, code=1).err
    on.host.proposals.writes = True
    on.git("remote", "set-url", "origin", "https://ann:hunter2@127.0.0.1:1/grace/seats.git")
    ran = propose(on, code=1)
    assert "Git can't ls-remote" in ran.err
    assert "hunter2" not in ran.err
    for words in (("--branch", "main"), ("--branch=--force",), ("--branch", "a..b")):
        propose(on, *words, code=64)
    for variable in ("GITHUB_TOKEN", "SEATSYNC_GITLAB_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    assert "There is no token" in propose(on, code=64).err


def test_no_file_outside_of_the_repository_is_proposed(on: Repository) -> None:
    (on.place / "rosters" / "link.csv").symlink_to("/etc/passwd")
    assert propose(on).out == "Nothing to propose: the files are as committed.\n"
    ran = seatsync("propose", "/etc/passwd", folder=on.place)
    assert (ran.code, "/etc/passwd is not in this repository." in ran.err) == (1, True)


def test_the_whole_checkout_may_be_named_and_ignored_files_are_left_out(on: Repository) -> None:
    (on.place / ".gitignore").write_text("*.db\n")
    on.commit()
    on.push()
    write(on, "ann", "bea")
    (on.place / "seatsync.db").write_text("a ledger")
    assert seatsync("propose", ".", folder=on.place).code == 0
    assert tip(on, "diff", "--name-status", f"main..{BRANCH}") == "M\trosters/ldap.csv"


def test_names_are_not_pushed_into_a_repository_that_everybody_may_read(
    on: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(on, "ann", "bea")
    monkeypatch.setenv("CI", "true")
    ran = propose(on, code=4)
    assert "everybody could read the rosters in it. Nothing was proposed." in ran.err
    assert on.host.proposals.known == []
    assert "seatsync/rosters" not in tip(on, "branch")
    propose(on, "--no-redact")
    assert len(on.host.proposals.known) == 1


def test_no_filter_or_hook_of_the_checkout_runs(on: Repository) -> None:
    (on.place / ".gitattributes").write_text("*.csv filter=evil\n")
    on.git("config", "filter.evil.clean", f"touch {on.place}/ran; cat")
    hooks = on.place / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-push", "pre-commit", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {on.place}/ran\n")
        (hooks / name).chmod(0o755)
    write(on, "ann", "bea")
    propose(on)
    assert not (on.place / "ran").exists()


@pytest.mark.parametrize(("login", "is_told"), [("github-actions[bot]", True), ("ann", False)])
def test_a_job_with_its_own_token_says_how_to_plan_it(on: Repository, login: str, is_told: bool) -> None:
    on.host.me["login"] = login
    write(on, "ann", "bea")
    propose(on)
    is_github = isinstance(on.host, GitHub)
    assert ("`/seatsync plan`" in on.host.proposals.known[0].body) is (is_told and is_github)


def test_a_shallow_checkout_is_enough(on: Repository, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    on.git("clone", "-q", "--depth", "1", on.push(), str(shallow))
    (shallow / "rosters" / "ldap.csv").write_text("email\n")
    assert seatsync("propose", "rosters", folder=shallow).code == 0
    assert tip(on, "show", f"{BRANCH}:rosters/ldap.csv") == "email"
