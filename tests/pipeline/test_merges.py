"""Merges: each change is applied as it was reviewed, whichever way it came to the default branch."""

from __future__ import annotations

import pytest

from tests.support.pipelines import CONFIG, Ran, Repository, act, needs_act, pull_request

pytestmark = [pytest.mark.slow, needs_act]

PUSH = {"ref": "refs/heads/main"}
ROOMY = CONFIG.replace("slots: 2", "slots: 9")


def reviewed(on: Repository, members: int, number: int) -> None:
    """Open a pull request with this many members, and let the pipeline plan it."""
    on.propose(number)
    on.write(members, ROOMY)
    on.checked_out(number)
    planned(on, number)


def planned(on: Repository, number: int) -> None:
    """Let the pipeline plan the pull request that is checked out."""
    on.host.number = number
    ran = act(on, "pull_request", pull_request(number=number))
    assert ran.code == 0, ran.said


def pushed(on: Repository) -> Ran:
    """Let the pipeline run for the newest commit of the default branch."""
    return act(on, "push", PUSH)


def test_what_nobody_reviewed_is_not_applied(on_github: Repository) -> None:
    ran = pushed(on_github)
    assert ran.code == 1
    assert "was reviewed by nobody" in ran.said
    assert "serial" not in on_github.cli("ledger", "info") or on_github.serial() == 0


def test_a_merge_queue_has_its_check_and_is_applied(on_github: Repository) -> None:
    reviewed(on_github, 2, 7)
    base = on_github.git("rev-parse", "main").strip()
    group = {"head_sha": on_github.head, "base_sha": base, "head_ref": f"refs/heads/gh-readonly-queue/main/pr-7-{base}"}
    group |= {"base_ref": "refs/heads/main"}
    queued = act(on_github, "merge_group", {"merge_group": group})
    assert queued.code == 0, queued.said
    assert "6 changes" in queued.annotations[0]
    on_github.git("branch", "-f", "main", "HEAD")  # the queue's commit becomes the branch's
    on_github.git("checkout", "-q", "main")
    on_github.host.merge(on_github.head, 7)
    ran = pushed(on_github)
    assert ran.code == 0, ran.said
    assert on_github.serial() == 8


@pytest.fixture
def applied(on_github: Repository) -> Repository:
    """A repository whose first pull request, with two members, is applied."""
    reviewed(on_github, 2, 7)
    on_github.merged(7)
    ran = pushed(on_github)
    assert ran.code == 0, ran.said
    return on_github


def test_two_merges_at_once_are_applied_by_one_push(applied: Repository) -> None:
    applied.propose(8)
    applied.propose(9)
    for number, config in ((8, ROOMY.replace("title: Books", "title: Library")), (9, ROOMY)):
        applied.git("checkout", "-q", f"pull-{number}")
        applied.write(2 if number == 8 else 3, config)
        applied.checked_out(number)
        planned(applied, number)
    applied.merged(8)
    applied.merged(9, "--no-ff", "-m", "pull request 9", "-X", "theirs")
    ran = pushed(applied)
    assert ran.code == 0, ran.said
    assert "canary2" in applied.cli("members")


def test_a_revert_is_applied_and_a_re_run_of_the_older_run_is_not(applied: Repository) -> None:
    reviewed(applied, 3, 8)
    older = applied.merged(8)
    assert pushed(applied).code == 0
    applied.propose(9)
    applied.git("revert", "--no-edit", "-m", "1", older)
    applied.checked_out(9)
    planned(applied, 9)
    newer = applied.merged(9)
    assert pushed(applied).code == 0
    serial = applied.serial()
    applied.git("checkout", "-q", "-B", "main", older)
    again = pushed(applied)
    assert (again.code, "newer" in again.said) == (1, True), again.said
    applied.git("checkout", "-q", "-B", "main", newer)
    assert applied.serial() == serial
    assert "canary2" not in applied.cli("members")


def test_what_a_dropped_run_left_is_applied_by_the_next(applied: Repository) -> None:
    reviewed(applied, 3, 8)
    applied.merged(8)  # its run never comes
    applied.propose(9)
    (applied.place / "README.md").write_text("Our seats.\n")
    applied.commit()
    applied.checked_out(9)
    planned(applied, 9)
    applied.merged(9)
    ran = pushed(applied)
    assert ran.code == 0, ran.said
    assert "canary2" in applied.cli("members")


@pytest.mark.parametrize("way", ["--squash", "--ff-only"])
def test_a_squash_and_a_rebase_are_applied_as_reviewed(on_github: Repository, way: str) -> None:
    reviewed(on_github, 2, 7)
    on_github.merged(7, way)
    ran = pushed(on_github)
    assert ran.code == 0, ran.said
    assert on_github.serial() == 8
