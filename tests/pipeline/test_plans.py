"""Pull requests: what the job ``plan`` says of good, blocked and invalid files."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.support.code_hosts import Answer, Fault
from tests.support.command_line import seatsync
from tests.support.paths import ROOT
from tests.support.pipelines import CONFIG, REDACT_KEY, Repository, act, needs_act, pull_request

pytestmark = [pytest.mark.slow, needs_act]


def planned(on: Repository, members: int, config: str = CONFIG, folder: str = ".") -> None:
    """Open a pull request that changes the institution, and check it out as GitHub does."""
    on.propose()
    on.write(members, config, folder)
    on.checked_out()


def test_a_pull_request_that_is_fine_is_planned_and_applied_as_reviewed_once_it_is_merged(
    on_github: Repository,
) -> None:
    planned(on_github, 2)
    ran = act(on_github, "pull_request", pull_request())
    assert ran.code == 0, ran.said
    assert "6 changes" in ran.annotations[0]
    plan = json.loads((ran.plan / "plan.json").read_text(encoding="utf-8"))
    outputs = {"changes": "6", "refused": "false", "invalid": "false", "fingerprint": plan["fingerprint"]}
    for name, value in outputs.items():
        assert f"set-output:: {name}={value}" in ran.said
    assert "canary1@" in (ran.plan / "plan.html").read_text(encoding="utf-8")
    [comment] = on_github.host.bodies()
    assert "✅" in comment
    on_github.merged()
    pushed = act(on_github, "push", {"ref": "refs/heads/main"})
    assert pushed.code == 0, pushed.said
    assert on_github.serial() == 8
    assert act(on_github, "push", {"ref": "refs/heads/main"}).code == 0


def test_a_pull_request_that_is_blocked_fails_and_says_why(on_github: Repository) -> None:
    planned(on_github, 3)
    ran = act(on_github, "pull_request", pull_request())
    assert ran.code == 1
    assert "file=seatsync.yaml,line=3" in "".join(ran.annotations)
    assert "❌" in on_github.host.bodies()[0]
    assert "set-output:: refused=true" in ran.said


def test_files_with_mistakes_leave_no_old_verdict_standing(on_github: Repository) -> None:
    planned(on_github, 2)
    assert act(on_github, "pull_request", pull_request()).code == 0
    on_github.git("checkout", "-q", "pull-7")
    on_github.write(2, CONFIG.replace("slots: 2", "slotz: 2"))
    on_github.checked_out()
    ran = act(on_github, "pull_request", pull_request())
    assert ran.code == 1
    [comment] = on_github.host.bodies()
    assert "slotz" in comment
    assert "✅" not in comment
    assert "seatsync-reviewed" not in comment
    for name, value in {"changes": "0", "refused": "false", "invalid": "true"}.items():
        assert f"set-output:: {name}={value}" in ran.said
    assert "slotz" in (ran.plan / "outcome.json").read_text(encoding="utf-8") or ran.plan.exists()


def test_no_module_and_no_option_among_the_files_is_taken_for_ours(on_github: Repository, tmp_path: Path) -> None:
    """Python looks for modules where it is started, and a pattern may give a folder whose name begins with a hyphen."""
    on_github.propose()
    for name in ("json", "sys", "venv", "site", "ensurepip", "seatsync", "click", "sitecustomize", "usercustomize"):
        (on_github.place / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r})\n")
    grace = on_github.place / "grace"
    grace.mkdir()
    for name in ("seatsync.yaml", "members.csv"):
        (on_github.place / name).rename(grace / name)
    option = on_github.place / f"--out={tmp_path.name}"
    option.mkdir()
    shutil.copy(grace / "members.csv", option)
    workflow = on_github.place / ".github" / "workflows" / "seatsync.yml"
    workflow.write_text(workflow.read_text(encoding="utf-8").replace("folders: .", 'folders: "grace --*"'))
    on_github.commit()
    on_github.checked_out()
    ran = act(on_github, "pull_request", pull_request())
    assert not (tmp_path / "ran").exists()
    assert not (on_github.place / tmp_path.name).exists()
    assert (ran.code, "set-output:: changes=4" in ran.said) == (1, True), ran.said  # a folder without a seatsync.yaml
    assert "seatsync.yaml does not exist" in ran.said
    shell = list((ROOT / ".github" / "action").rglob("*.sh"))
    written = "".join(path.read_text(encoding="utf-8") for path in shell)
    started = re.findall(r"python3?\b.*", re.sub(r"^\s*#.*", "", written, flags=re.MULTILINE))
    assert [line for line in started if "seatsync/bin" not in line and not line.startswith("python3 -I")] == []


def test_a_public_repository_shows_nobody(on_github: Repository) -> None:
    on_github.private = False
    planned(on_github, 2)
    ran = act(on_github, "pull_request", pull_request())
    assert ran.code == 0, ran.said
    bare = json.loads(seatsync("plan", "--format", "json", "--now", "2026-09-01", folder=on_github.place).out)
    on_github.merged()
    pushed = act(on_github, "push", {"ref": "refs/heads/main"})
    assert pushed.code == 0, pushed.said
    assert on_github.serial() == 8
    kept = [path for path in pushed.artifacts.rglob("*") if path.is_file()]
    assert {path.name for path in kept} >= {"plan.json", "plan.html", "outcome.json"}
    everything = ran.said + pushed.said + "".join(on_github.host.bodies())
    everything += "".join(path.read_text(encoding="utf-8") for path in kept)
    assert "canary" not in everything.lower()
    assert REDACT_KEY not in everything
    assert bare["fingerprint"] not in everything
    assert bare["desired_digest"] not in everything


def test_without_a_ledger_nothing_is_planned_on_a_runner(on_github: Repository) -> None:
    planned(on_github, 2)
    on_github.ledger = ""
    ran = act(on_github, "pull_request", pull_request())
    assert (ran.code, "No ledger is set" in ran.said) == (1, True), ran.said


def test_a_host_that_takes_no_comment_does_not_change_the_verdict(on_github: Repository) -> None:
    planned(on_github, 2)
    on_github.host.faults = [Fault("POST", Answer(403, {"message": "Resource not accessible"}), times=9)]
    ran = act(on_github, "pull_request", pull_request())
    assert ran.code == 0, ran.said
    assert "The host could not be told" in ran.said
    assert "set-output:: changes=6" in ran.said
