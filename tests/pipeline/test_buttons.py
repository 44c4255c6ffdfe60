"""What a person starts: a run with or without a fingerprint, and the comments /seatsync plan and /seatsync apply."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.pipelines import Repository, act, needs_act, pull_request

pytestmark = [pytest.mark.slow, needs_act]


def asked(body: str, login: str = "ann") -> dict[str, Any]:
    """GitHub's event of a comment on pull request 7."""
    issue = {"number": 7, "pull_request": {"url": "https://github.example/7"}}
    return {"action": "created", "issue": issue, "comment": {"body": body, "user": {"login": login}}}


def test_the_button_shows_the_plan_and_its_fingerprint_and_then_applies_it(on_github: Repository) -> None:
    shown = act(on_github, "workflow_dispatch", {"inputs": {"fingerprint": ""}})
    assert shown.code == 0, shown.said
    assert not on_github.host.bodies()
    [fingerprint] = {*re.findall(r"set-output:: fingerprint=(\S+)", shown.said)}
    assert shown.said.count(fingerprint) > 1  # the summary has it too
    wrong = act(on_github, "workflow_dispatch", {"inputs": {"fingerprint": "0" * len(fingerprint)}})
    assert wrong.code == 1
    applied = act(on_github, "workflow_dispatch", {"inputs": {"fingerprint": fingerprint}})
    assert applied.code == 0, applied.said
    assert on_github.serial() == 6


def test_the_button_applies_nothing_of_another_branch(on_github: Repository) -> None:
    on_github.git("checkout", "-q", "-b", "mine")
    ran = act(on_github, "workflow_dispatch", {"inputs": {"fingerprint": "abc"}})
    assert (ran.code, "on the default branch only" in ran.said) == (1, True), ran.said


def test_a_comment_of_somebody_who_may_write_plans_the_pull_request_again(on_github: Repository) -> None:
    on_github.propose()
    on_github.write(2)
    proposed = on_github.head
    on_github.checked_out()
    on_github.git("checkout", "-q", "main")
    on_github.host.people["ann"] = "write"
    on_github.host.opened(7)
    ran = act(on_github, "issue_comment", asked("/seatsync plan"))
    assert ran.code == 0, ran.said
    assert "6 changes" in "".join(ran.annotations)
    [body] = on_github.host.bodies()
    assert proposed[:7] in body
    assert [*on_github.host.statuses] == [proposed]


@pytest.mark.parametrize(
    ("body", "login", "why"),
    [
        ("/seatsync plan", "mallory", "may not write to this repository"),
        ("/seatsync plan; curl evil.example", "ann", "not a command"),
        ("/seatsync apply", "ann", "is not merged"),
    ],
)
def test_other_comments_start_nothing(on_github: Repository, body: str, login: str, why: str) -> None:
    on_github.host.people |= {"ann": "write", "mallory": "read"}
    on_github.host.opened(7)
    ran = act(on_github, "issue_comment", asked(body, login))
    assert (ran.code, why in ran.said) == (1, True), ran.said
    assert "seatsync/plan" not in ran.said
    assert "seatsync/apply" not in ran.said


def test_a_fork_is_not_planned_by_a_comment(on_github: Repository) -> None:
    on_github.host.people["ann"] = "admin"
    on_github.host.opened(7, of="mallory/seats")
    ran = act(on_github, "issue_comment", asked("/seatsync plan"))
    assert (ran.code, "comes from a fork" in ran.said) == (1, True), ran.said


def test_any_other_comment_is_no_business_of_the_pipeline(on_github: Repository) -> None:
    ran = act(on_github, "issue_comment", asked("Looks good."))
    assert ran.code == 0
    assert not on_github.host.requests


def test_a_comment_applies_again_what_was_merged_and_whose_apply_had_failed(on_github: Repository) -> None:
    on_github.propose()
    on_github.write(2)
    on_github.checked_out()
    assert act(on_github, "pull_request", pull_request()).code == 0
    on_github.merged()
    on_github.host.people["ann"] = "write"
    on_github.host.opened(7, merged=True)
    ran = act(on_github, "issue_comment", asked("/seatsync apply"))
    assert ran.code == 0, ran.said
    assert on_github.serial() == 8
