"""A comment on a pull request starts something only if its author may write, and never for a fork."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.code_hosts import GitHub, serving
from tests.support.command_line import Outcome, seatsync

TOKEN = "a-token"


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    host = GitHub(TOKEN, people={"ann": "write", "mallory": "read"})
    with serving(host):
        for name, value in host.environment().items():
            monkeypatch.setenv(name, value)
        yield host


@pytest.fixture
def asked(host: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(body: str, login: str | None = "ann", pull: bool = True) -> Outcome:
        event = {
            "issue": {"number": 7, **({"pull_request": {"url": "x"}} if pull else {})},
            "comment": {"body": body, "user": {"login": login} if login else None},
        }
        (tmp_path / "event.json").write_text(json.dumps(event), encoding="utf-8")
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(tmp_path / "event.json"))
        return seatsync("asked", folder=tmp_path)

    return run


def test_who_may_write_gets_a_plan_of_what_the_host_would_merge(host: GitHub, asked: Any) -> None:
    host.opened(7)
    told = asked("/seatsync plan\n")
    assert (told.code, told.out) == (0, "command=plan\nref=refs/pull/7/merge\n")


def test_what_is_merged_is_applied_again_and_nothing_else(host: GitHub, asked: Any) -> None:
    host.opened(7, merged=True)
    told = asked("/seatsync apply")
    assert (told.code, told.out) == (0, "command=apply\nref=\n")
    told = asked("/seatsync plan")
    assert (told.code, "is not open" in told.err, told.out) == (1, True, "")
    host.opened(7)
    told = asked("/seatsync apply")
    assert (told.code, "is not merged" in told.err, told.out) == (1, True, "")


@pytest.mark.parametrize("login", ["mallory", "nobody", None, "../ann", "ann/../../x"])
def test_who_may_not_write_gets_nothing(host: GitHub, asked: Any, login: str | None) -> None:
    host.opened(7)
    told = asked("/seatsync plan", login)
    assert (told.code, "may not write" in told.err or "404" in told.err, told.out) == (1, True, "")
    assert not [request for request in host.requests if "/pulls/" in request.path]


@pytest.mark.parametrize("of", ["mallory/seats", ""])
def test_a_fork_gets_nothing(host: GitHub, asked: Any, of: str) -> None:
    host.opened(7, of=of)
    told = asked("/seatsync plan")
    assert (told.code, "comes from a fork" in told.err, told.out) == (1, True, "")


@pytest.mark.parametrize("body", ["/seatsync", "/seatsync drop", "/seatsync plan now", "please /seatsync plan", ""])
def test_no_other_words_are_a_command(host: GitHub, asked: Any, body: str) -> None:
    told = asked(body)
    assert (told.code, told.out, host.requests) == (1, "", [])


def test_a_comment_on_an_issue_is_none_on_a_pull_request(asked: Any) -> None:
    assert asked("/seatsync plan", pull=False).code == 64
