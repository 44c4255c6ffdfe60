"""A ledger on a branch of the repository itself, which the jobs fetch and push."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.code_hosts import GitHub
from tests.support.command_line import seatsync
from tests.support.pipelines import CONFIG, TOKEN, Repository, act, needs_act, pull_request, repository

pytestmark = [pytest.mark.slow, needs_act]


@pytest.fixture
def with_a_branch(tmp_path: Path) -> Iterator[Repository]:
    """A repository whose ledger is to be on a branch of it."""
    for on in repository(tmp_path, GitHub(TOKEN), "--ci", "github", "--ledger", "git"):
        on.ledger = "git"
        yield on


def test_on_a_branch_of_a_public_repository_the_ledger_is_encrypted_or_is_not(with_a_branch: Repository) -> None:
    on = with_a_branch
    on.private = False
    on.propose()
    on.write(2)
    on.checked_out()
    ran = act(on, "pull_request", pull_request())
    assert (ran.code, "unencrypted, with every name in it, and this repository is public" in ran.said) == (1, True)
    key = on.secrets["SEATSYNC_LEDGER_KEY"] = seatsync("ledger", "key", folder=on.place).out.strip()
    ran = act(on, "pull_request", pull_request())
    assert ran.code == 0, ran.said
    assert "6 changes" in on.host.bodies()[-1]
    on.merged()
    pushed = act(on, "push", {"ref": "refs/heads/main"})
    assert pushed.code == 0, pushed.said
    on.git("fetch", "-q", on.push(), "seatsync-ledger")
    encrypted = on.git("grep", "-l", "--text", "^age-encryption.org/v1", "FETCH_HEAD")
    assert encrypted.split() == ["FETCH_HEAD:grace/seatsync.db"]
    assert key not in ran.said + pushed.said
    night = act(on, "schedule", {"schedule": "17 3 * * *"})
    assert night.code == 0, night.said


def test_mistakes_in_one_folder_stand_above_the_plans_of_the_others(with_a_branch: Repository) -> None:
    on = with_a_branch
    workflow = on.place / ".github" / "workflows" / "seatsync.yml"
    written = workflow.read_text(encoding="utf-8")
    workflow.write_text(written.replace("folders: .", "folders: wrong fine"), encoding="utf-8")
    on.commit()
    on.propose()
    on.write(1, CONFIG.replace("slots: 2", "slotz: 2"), "wrong")
    on.write(1, CONFIG.replace("id: grace", "id: other"), "fine")
    on.checked_out()
    ran = act(on, "pull_request", pull_request())
    assert ran.code == 1
    [comment] = on.host.bodies()
    assert comment.index("slotz") < comment.index("4 changes")
    for name, value in {"changes": "4", "refused": "false", "invalid": "true"}.items():
        assert f"set-output:: {name}={value}" in ran.said
    assert "set-output:: fingerprint=other=" in ran.said
