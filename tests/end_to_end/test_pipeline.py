"""The pipelines that ``init --ci`` writes, and the action: run for real, by programs that run the hosts' own workflows.

GitHub's by act; GitLab's by gitlab-ci-local, where it is installed (npm). What the hosts would do is done here by the
server of ``code_hosts``; the actions of others that ours builds on are stood in for by the few lines they come to here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from seatsync.cli.commands.init.pipeline import ACTION
from tests.support.code_hosts import CodeHost, GitHub, GitLab, serving
from tests.support.command_line import seatsync
from tests.support.paths import ROOT

HOME = ROOT
pytestmark = pytest.mark.slow

PROGRAMS = Path(sys.executable).parent
ACT = PROGRAMS / "act"
GITLAB = shutil.which("gitlab-ci-local")
TOKEN = "t0ken7hatN0b0dyMayS33"
REDACT_KEY = "n0b0dyGuesses7hatSecretOfThePipeline"
SHA = re.compile(r"[0-9a-f]{40}")
CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 2}}
rosters: [{path: members.csv}]
grants: [{library: books, kind: temporary, to: {everyone: true}}]
"""
ROWS = [f"canary{n}@grace.example,Canary,Number{n}\n" for n in range(4)]

STAND_INS = {
    "actions/upload-artifact": """\
name: upload
inputs: {name: {required: true}, path: {required: true}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {FROM: "${{ inputs.path }}", NAME: "${{ inputs.name }}"}
      run: mkdir -p "$ARTIFACTS" && cp -r "$FROM" "$ARTIFACTS/$NAME"
""",
    "actions/checkout": """\
name: checkout
inputs: {repository: {required: false}, ref: {required: false}, path: {default: .}, persist-credentials: {default: "true"}}
runs:
  using: composite
  steps:
    - if: inputs.repository != github.repository
      shell: bash
      env: {TO: "${{ inputs.path }}", REF: "${{ inputs.ref }}"}
      run: if [ "$REF" ]; then cp -r "$FORK" "$TO"; fi
""",
}


class Ran(NamedTuple):
    code: int
    said: str
    artifacts: Path

    @property
    def annotations(self) -> list[str]:
        return re.findall(r"::(?:error|warning|notice) [^:]*::.*", self.said)


class Repository(NamedTuple):
    """A repository on a code host: ``place`` is what is checked out, ``ledger`` where its ledger is."""

    place: Path
    host: CodeHost
    ledger: Path

    def write(self, members: int, config: str = CONFIG) -> None:
        (self.place / "seatsync.yaml").write_text(config, encoding="utf-8")
        text = "email,given_name,family_name\n" + "".join(ROWS[:members])
        (self.place / "members.csv").write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-qm", "members", "--allow-empty")

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=Ann", "-c", "user.email=ann@grace.example", "-c", "init.defaultBranch=main"]
        return subprocess.run(["git", *who, *words], cwd=self.place, check=True, capture_output=True, text=True).stdout

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    def serial(self) -> int:
        told = seatsync("ledger", "info", "--ledger", str(self.ledger), folder=self.place).out
        return int(re.findall(r"serial +(\d+)", told)[0])


def repository(tmp_path: Path, host: CodeHost, *init: str) -> Iterator[Repository]:
    place = tmp_path / "repository"
    place.mkdir()
    made = Repository(place, host, tmp_path / "ledger.db")
    made.git("init", "-q", "-b", "main")
    (place / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    assert seatsync("init", *init, folder=place).code == 0
    made.write(1)
    with serving(host):
        yield made


# ── GitHub ──────────────────────────────────────────────────────────────────────────────────────────────────────────

needs_act = pytest.mark.skipif(not ACT.exists(), reason="act, which runs GitHub's workflows, is not installed")


@pytest.fixture
def on_github(tmp_path: Path) -> Iterator[Repository]:
    yield from repository(tmp_path, GitHub(TOKEN), "--ci", "github", "--forks")


def act(
    on: Repository, event: str, told: dict[str, Any], private: bool = True, workflow: str = "seatsync", key: str = ""
) -> Ran:
    """Run a workflow as written, with seatsync as it is installed here."""
    home = on.place.parent
    file = on.place / ".github" / "workflows" / f"{workflow}.yml"
    file.write_text(
        file.read_text(encoding="utf-8").replace(
            "with:\n          mode:", "with:\n          install: false\n          mode:"
        )
    )
    locals_ = [f"{ACTION}={_action(home)}"]
    for name, text in STAND_INS.items():
        (home / name).mkdir(parents=True, exist_ok=True)
        (home / name / "action.yml").write_text(text, encoding="utf-8")
        locals_ += [f"{used}={home / name}" for used in _used(name)]
    (home / "event.json").write_text(
        json.dumps({**told, "repository": {"full_name": "grace/seats", "private": private}}), encoding="utf-8"
    )
    command = [str(ACT), event, "-W", str(file), "-P", "ubuntu-latest=-self-hosted", "-e", str(home / "event.json")]
    command += [word for place in locals_ for word in ("--local-repository", place)]
    command += [
        "-s",
        f"GITHUB_TOKEN={TOKEN}",
        "-s",
        f"SEATSYNC_LEDGER={on.ledger if on.ledger.name else ''}",
        *("-s", f"SEATSYNC_LEDGER_KEY={key}"),
        *("-s", f"SEATSYNC_REDACT_KEY={REDACT_KEY}"),
        "--no-cache-server",
    ]
    given = {**on.host.environment(), "ARTIFACTS": str(home / "artifacts"), "FORK": str(home / "fork")}
    command += [word for name, value in given.items() if "TOKEN" not in name for word in ("--env", f"{name}={value}")]
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(home), "SEATSYNC_NOW": "2026-09-01"}
    done = subprocess.run(
        command,
        cwd=on.place,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    return Ran(done.returncode, done.stdout, home / "artifacts" / "seatsync-plan")


def _action(home: Path) -> Path:
    """The action as a checkout of it is, without all that lies beside it."""
    place = home / "action"
    if not place.exists():
        place.mkdir()
        shutil.copy(HOME / "action.yml", place)
        shutil.copytree(HOME / ".github" / "action", place / ".github" / "action")
    return place


def _used(name: str) -> set[str]:
    """How our files name an action of others, pinned."""
    texts = [
        path.read_text(encoding="utf-8")
        for path in (HOME / "src/seatsync/cli/commands/init/starter/ci").glob("github*.yml")
    ]
    texts.append((HOME / "action.yml").read_text(encoding="utf-8"))
    return set(re.findall(rf"{name}@[0-9a-f]{{40}}", "".join(texts)))


def pull_request(repository: str = "grace/seats") -> dict[str, Any]:
    return {"pull_request": {"number": 7, "head": {"ref": "more", "repo": {"full_name": repository}}}}


@needs_act
def test_a_pull_request_that_is_fine_is_planned_and_applied_as_reviewed_once_it_is_merged(
    on_github: Repository,
) -> None:
    ran = act(on_github, "pull_request", pull_request())
    assert ran.code == 0, ran.said
    assert "4 changes." in ran.annotations[0]
    plan = json.loads((ran.artifacts / "plan.json").read_text(encoding="utf-8"))
    for name, value in (("changes", "4"), ("refused", "false"), ("fingerprint", plan["fingerprint"])):
        assert f"set-output:: {name}={value}" in ran.said
    assert "canary0@" in (ran.artifacts / "plan.html").read_text(encoding="utf-8")
    [comment] = on_github.host.bodies()
    assert "4 changes" in comment
    on_github.host.merge(on_github.head)
    pushed = act(on_github, "push", {"ref": "refs/heads/main", "after": on_github.head})
    assert pushed.code == 0, pushed.said
    assert on_github.serial() == 6
    assert act(on_github, "push", {"ref": "refs/heads/main"}).code == 0


@needs_act
def test_a_pull_request_that_is_refused_fails_and_says_why(on_github: Repository) -> None:
    on_github.write(3)
    ran = act(on_github, "pull_request", pull_request())
    assert ran.code == 1
    assert "file=seatsync.yaml,line=3" in "".join(ran.annotations)
    assert "❌ Blocked" in on_github.host.bodies()[0]
    assert "set-output:: refused=true" in ran.said


@needs_act
def test_what_nobody_reviewed_is_not_applied(on_github: Repository) -> None:
    ran = act(on_github, "push", {"ref": "refs/heads/main"})
    assert ran.code == 1
    assert "no plan of grace was reviewed" in ran.said
    assert not on_github.ledger.exists()


@needs_act
def test_a_fork_gets_no_secret_no_ledger_and_no_comment(on_github: Repository) -> None:
    on_github.write(1, CONFIG.replace("slots: 2", "slotz: 2"))
    ran = act(on_github, "pull_request", pull_request("mallory/seats"))
    assert ran.code == 1
    assert "slotz" in "".join(ran.annotations)
    assert "seatsync/plan" not in ran.said
    assert not on_github.host.requests


@needs_act
def test_a_fork_is_planned_by_the_second_workflow_which_runs_nothing_of_it(
    on_github: Repository, tmp_path: Path
) -> None:
    assert seatsync("apply", "--yes", "--ledger", str(on_github.ledger), folder=on_github.place).code == 0
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
    ran = act(on_github, "workflow_run", {"workflow_run": run}, private=False, workflow="seatsync-forks")
    assert ran.code == 0, ran.said
    assert "2 changes" in on_github.host.bodies()[0]
    assert "canary" not in (ran.said + on_github.host.bodies()[0]).lower()
    assert not (tmp_path / "ran").exists()
    assert not (on_github.place / "proposal" / ".git").exists()


@needs_act
def test_no_module_and_no_option_among_the_files_is_taken_for_ours(on_github: Repository, tmp_path: Path) -> None:
    """Python looks for modules where it is started, and a pattern may give a folder whose name begins with a hyphen."""
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
    ran = act(on_github, "pull_request", pull_request())
    assert not (tmp_path / "ran").exists()
    assert not (on_github.place / tmp_path.name).exists()
    assert (ran.code, "set-output:: changes=4" in ran.said) == (1, True), ran.said  # a folder without a seatsync.yaml
    assert "seatsync.yaml does not exist" in ran.said
    started = re.findall(r"python3?\b.*", "".join(map(_text, (HOME / "action.yml", HOME / ".github/action/job.sh"))))
    assert [line for line in started if "seatsync/bin" not in line and not line.startswith("python3 -I")] == []


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@needs_act
def test_a_public_repository_shows_nobody(on_github: Repository) -> None:
    ran = act(on_github, "pull_request", pull_request(), private=False)
    assert ran.code == 0, ran.said
    everything = ran.said + "".join(on_github.host.bodies())
    everything += "".join(path.read_text(encoding="utf-8") for path in ran.artifacts.iterdir())
    assert "canary" not in everything.lower()
    assert REDACT_KEY not in everything
    bare = json.loads(seatsync("plan", "--format", "json", "--now", "2026-09-01", folder=on_github.place).out)
    assert bare["fingerprint"] not in everything
    assert bare["desired_digest"] not in everything
    on_github.host.merge(on_github.head)
    pushed = act(on_github, "push", {"ref": "refs/heads/main"}, private=False)
    assert pushed.code == 0, pushed.said
    assert "canary" not in pushed.said.lower()
    assert on_github.serial() == 6


@pytest.fixture
def with_a_branch(tmp_path: Path) -> Iterator[Repository]:
    """A repository whose ledger is to be on a branch of it."""
    for on in repository(tmp_path, GitHub(TOKEN), "--ci", "github", "--ledger", "git"):
        on.git("init", "-q", "--bare", str(tmp_path / "grace" / "seats.git"))
        on.git("remote", "add", "origin", str(tmp_path / "grace" / "seats.git"))
        yield on


@needs_act
def test_on_a_branch_of_a_public_repository_the_ledger_is_encrypted_or_is_not(with_a_branch: Repository) -> None:
    ran = act(with_a_branch, "pull_request", pull_request(), private=False)
    assert (ran.code, "unencrypted, with every name in it, and this repository is public" in ran.said) == (1, True)
    key = seatsync("ledger", "key", folder=with_a_branch.place).out.strip()
    ran = act(with_a_branch, "pull_request", pull_request(), private=False, key=key)
    assert ran.code == 0, ran.said
    assert "4 changes" in with_a_branch.host.bodies()[-1]
    with_a_branch.host.merge(with_a_branch.head)
    pushed = act(with_a_branch, "push", {"ref": "refs/heads/main"}, private=False, key=key)
    assert pushed.code == 0, pushed.said
    with_a_branch.git("fetch", "-q", "origin", "seatsync-ledger")
    encrypted = with_a_branch.git("grep", "-l", "--text", "^age-encryption.org/v1", "FETCH_HEAD")
    assert encrypted.split() == ["FETCH_HEAD:grace/seatsync.db"]
    assert key not in ran.said + pushed.said


@needs_act
def test_without_a_ledger_nothing_is_planned_on_a_runner(on_github: Repository) -> None:
    ran = act(on_github._replace(ledger=Path()), "pull_request", pull_request())
    assert (ran.code, "No ledger is set" in ran.said) == (1, True), ran.said


@needs_act
def test_nightly_only_the_calendar_counts(on_github: Repository) -> None:
    assert seatsync("apply", "--yes", "--ledger", str(on_github.ledger), folder=on_github.place).code == 0
    assert act(on_github, "schedule", {"schedule": "17 3 * * *"}).code == 0
    on_github.write(2)
    ran = act(on_github, "schedule", {"schedule": "17 3 * * *"})
    assert (ran.code, "has changed since the last apply" in ran.said) == (1, True)


# ── GitLab ──────────────────────────────────────────────────────────────────────────────────────────────────────────

needs_gitlab = pytest.mark.skipif(GITLAB is None, reason="gitlab-ci-local (npm) is not installed")


@pytest.fixture
def on_gitlab(tmp_path: Path) -> Iterator[Repository]:
    yield from repository(tmp_path, GitLab(TOKEN), "--ci", "gitlab")


def gitlab(on: Repository, job: str, source: str, project: str = "42") -> Ran:
    """Run a job as written, but for the installation: seatsync is here."""
    file = on.place / ".gitlab-ci.yml"
    file.write_text(re.sub(r"pip install .*", "seatsync --version", file.read_text(encoding="utf-8")))
    variables = {
        **on.host.environment(),
        "CI_PIPELINE_SOURCE": source,
        "CI_COMMIT_BRANCH": "main" if source != "merge_request_event" else "",
        "CI_DEFAULT_BRANCH": "main",
        "CI_COMMIT_SHA": on.head,
        "CI_MERGE_REQUEST_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": project,
        "SEATSYNC_LEDGER": str(on.ledger),
        "SEATSYNC_NOW": "2026-09-01",
        "GITLAB_CI": "true",
        "CI_PROJECT_VISIBILITY": "private",
    }
    command = [str(GITLAB), "--force-shell-executor", "--no-color", job]
    command += [word for name, value in variables.items() for word in ("--variable", f"{name}={value}")]
    environment = {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}", "HOME": str(on.place.parent)}
    done = subprocess.run(
        command,
        cwd=on.place,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    return Ran(done.returncode, done.stdout, on.place)


@needs_gitlab
def test_a_merge_request_is_planned_and_applied_as_reviewed_once_it_is_merged(on_gitlab: Repository) -> None:
    ran = gitlab(on_gitlab, "seatsync-plan", "merge_request_event")
    assert ran.code == 0, ran.said
    assert "4 changes" in on_gitlab.host.bodies()[0]
    assert gitlab(on_gitlab, "seatsync-apply", "push").code != 0
    on_gitlab.host.merge(on_gitlab.head)
    pushed = gitlab(on_gitlab, "seatsync-apply", "push")
    assert pushed.code == 0, pushed.said
    assert on_gitlab.serial() == 6
    assert gitlab(on_gitlab, "seatsync-nightly", "schedule").code == 0


@needs_gitlab
def test_a_merge_request_that_is_refused_fails_and_says_why(on_gitlab: Repository) -> None:
    on_gitlab.write(3)
    ran = gitlab(on_gitlab, "seatsync-plan", "merge_request_event")
    assert ran.code != 0
    assert "slots-exceeded" in ran.said
    assert "❌ Blocked" in on_gitlab.host.bodies()[0]


@needs_gitlab
def test_a_fork_s_merge_request_is_validated_alone(on_gitlab: Repository) -> None:
    on_gitlab.write(1, CONFIG.replace("slots: 2", "slotz: 2"))
    ran = gitlab(on_gitlab, "seatsync-validate", "merge_request_event", "666")
    assert ran.code != 0
    assert "slotz" in ran.said
    assert not on_gitlab.host.requests


# ── As the vendors want them ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ledger", ["git", ""])
def test_what_is_written_is_valid_and_safe(tmp_path: Path, ledger: str) -> None:
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    for host in ("github", "gitlab"):
        words = [*(["--ledger", ledger] if ledger else []), *(["--forks"] if host == "github" else [])]
        assert seatsync("init", "--ci", host, *words, folder=tmp_path).code == 0
    workflows = sorted((tmp_path / ".github" / "workflows").iterdir())
    assert len(workflows) == 2
    check("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    check("check-jsonschema", "--builtin-schema", "vendor.github-actions", HOME / "action.yml")
    check("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", tmp_path / ".gitlab-ci.yml")
    check("zizmor", "--offline", "--quiet", *workflows, HOME / "action.yml", HOME / ".github" / "workflows")
    for path in (*workflows, HOME / "action.yml"):
        for used in re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8")):
            assert SHA.fullmatch(used.partition("@")[2]), used
    jobs = yaml.safe_load(workflows[-1].read_text(encoding="utf-8"))["jobs"]
    assert "secrets." not in json.dumps(jobs["validate"])
    assert jobs["validate"]["permissions"] == {"contents": "read"}
    for job in ("plan", "apply"):
        given = jobs[job]["steps"][-1]["env"]
        assert given["SEATSYNC_LEDGER"] == (ledger or "${{ secrets.SEATSYNC_LEDGER }}")
        assert given["SEATSYNC_LEDGER_KEY"] == "${{ secrets.SEATSYNC_LEDGER_KEY }}"


def check(program: str, *words: object) -> None:
    done = subprocess.run(
        [str(PROGRAMS / program), *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_pinned_action_is_in_the_history_of_this_repository() -> None:
    commit = ACTION.partition("@")[2]
    told = subprocess.run(
        ["git", "ls-tree", "--name-only", commit], cwd=HOME, capture_output=True, text=True, check=False
    )
    if told.returncode:
        pytest.skip("this is no clone with its history")
    assert {"action.yml", "requirements-action.lock"} <= {*told.stdout.splitlines()}


@needs_act
def test_mistakes_in_one_folder_stand_above_the_plans_of_the_others(on_github: Repository) -> None:
    for name, config in (
        ("wrong", CONFIG.replace("slots: 2", "slotz: 2")),
        ("fine", CONFIG.replace("id: grace", "id: other")),
    ):
        (on_github.place / name).mkdir()
        (on_github.place / name / "seatsync.yaml").write_text(config, encoding="utf-8")
        shutil.copy(on_github.place / "members.csv", on_github.place / name)
    workflow = on_github.place / ".github" / "workflows" / "seatsync.yml"
    workflow.write_text(workflow.read_text(encoding="utf-8").replace("folders: .", "folders: wrong fine"))
    ran = act(on_github, "pull_request", pull_request())
    assert ran.code == 1
    [comment] = on_github.host.bodies()
    assert comment.index("slotz") < comment.index("4 changes")
    assert "seatsync-reviewed" not in comment


def test_in_a_job_an_apply_needs_a_ledger_that_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seatsync("init", ".", folder=tmp_path).code == 0
    monkeypatch.setenv("GITLAB_CI", "true")
    told = subprocess.run(
        [sys.executable, "-m", "seatsync", "apply", "--yes"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert told.returncode == 64
    assert "No ledger is named" in told.stderr
    assert not (tmp_path / "seatsync.db").exists()
