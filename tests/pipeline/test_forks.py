"""Pull requests from forks: their files are data, and they get no secret."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.pipelines import CONFIG, ROWS, Repository, act, needs_act, pull_request

pytestmark = [pytest.mark.slow, needs_act]


def test_a_fork_gets_no_secret_no_ledger_and_no_comment(on_github: Repository) -> None:
    on_github.propose()
    on_github.write(1, CONFIG.replace("slots: 2", "slotz: 2"))
    on_github.checked_out()
    ran = act(on_github, "pull_request", pull_request("mallory/seats"))
    assert ran.code == 1
    assert "slotz" in "".join(ran.annotations)
    assert "seatsync/plan" not in ran.said
    assert not on_github.host.requests


def test_a_fork_is_planned_by_the_second_workflow_which_runs_nothing_of_it(
    on_github: Repository, tmp_path: Path
) -> None:
    on_github.cli("apply", "--yes")
    shutil.copytree(on_github.place, tmp_path / "fork")
    for name in ("action.yml", "seatsync.py", "conftest.py", "sitecustomize.py", ".github/action/job.sh"):
        (tmp_path / "fork" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "fork" / name).write_text(f"raise SystemExit(open({str(tmp_path / 'ran')!r}, 'w'))\n")
    with (tmp_path / "fork" / "members.csv").open("a") as file:
        file.write(ROWS[1])
    head = {"ref": "more", "sha": "a" * 40, "label": "mallory:more"}
    on_github.host.pulls.append({"number": 7, "head": head})
    owner = {"full_name": "mallory/seats", "owner": {"login": "mallory"}}
    run = {"event": "pull_request", "head_sha": "a" * 40, "head_branch": "more", "head_repository": owner}
    on_github.private = False
    ran = act(on_github, "workflow_run", {"workflow_run": run}, workflow="seatsync-forks")
    assert ran.code == 0, ran.said
    assert "2 changes" in on_github.host.bodies()[0]
    assert "canary" not in (ran.said + on_github.host.bodies()[0]).lower()
    assert on_github.host.statuses["a" * 40]["seatsync"]["state"] == "success"
    assert not (tmp_path / "ran").exists()
    assert not (on_github.place / "proposal" / ".git").exists()
