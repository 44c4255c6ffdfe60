"""Repositories on a code host, and their pipelines: run for real, by programs that run the hosts' own workflows.

GitHub's are run by act; GitLab's by gitlab-ci-local, where it is installed (npm). What the hosts would do is done by the server of
``code_hosts``; the actions of others that ours builds on are replaced by the few lines that matter here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from seatsync.cli.commands.init.pipeline import ACTION
from tests.support.code_hosts import CodeHost, serving
from tests.support.command_line import seatsync
from tests.support.paths import ROOT

PROGRAMS = Path(sys.executable).parent
ACT = PROGRAMS / "act"
GITLAB = shutil.which("gitlab-ci-local")
TOKEN = "t0ken7hatN0b0dyMayS33"
REDACT_KEY = "n0b0dyGuesses7hatSecretOfThePipeline"
TEMPLATES = ROOT / "src/seatsync/cli/commands/init/starter/ci"
IID = "CI_MERGE_REQUEST_IID"
TODAY = "2026-09-01"

needs_act = pytest.mark.skipif(not ACT.exists(), reason="act, which runs GitHub's workflows, is not installed")
needs_gitlab = pytest.mark.skipif(GITLAB is None, reason="gitlab-ci-local (npm) is not installed")

CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 2}}
rosters: [{path: members.csv}]
grants: [{library: books, kind: temporary, to: {everyone: true}}]
"""
ROWS = [f"canary{n}@grace.example,Canary,Number{n}\n" for n in range(4)]

_STAND_INS = {
    "actions/upload-artifact": """\
name: upload
inputs: {name: {required: true}, path: {required: true}, if-no-files-found: {default: warn}, overwrite: {default: "false"}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {FROM: "${{ inputs.path }}", NAME: "${{ inputs.name }}"}
      run: if [ -e "$FROM" ]; then rm -rf "$ARTIFACTS/$NAME"; mkdir -p "$ARTIFACTS" && cp -r "$FROM" "$ARTIFACTS/$NAME"; fi
""",
    "actions/download-artifact": """\
name: download
inputs: {name: {required: true}, path: {required: true}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {TO: "${{ inputs.path }}", NAME: "${{ inputs.name }}"}
      run: cp -r "$ARTIFACTS/$NAME" "$TO"
""",
    "actions/checkout": """\
name: checkout
inputs:
  repository: {required: false}
  ref: {required: false}
  path: {default: .}
  persist-credentials: {default: "true"}
  fetch-depth: {default: "1"}
runs:
  using: composite
  steps:
    - shell: bash
      env:
        OF: "${{ inputs.repository }}"
        TO: "${{ inputs.path }}"
        REF: "${{ inputs.ref }}"
        DEPTH: "${{ inputs.fetch-depth }}"
      run: |
        if [ "$OF" ] && [ "$OF" != "$GITHUB_REPOSITORY" ]; then cp -r "$FORK" "$TO"; exit; fi
        git init -q -b main . && git remote add origin "$ORIGIN"
        if [ "$DEPTH" = 0 ]; then
          git fetch -q origin "+refs/heads/*:refs/remotes/origin/*" && git fetch -q origin "${REF:-$GITHUB_SHA}"
        else
          git fetch -q --depth "$DEPTH" origin "${REF:-$GITHUB_SHA}"
        fi
        git checkout -q --detach FETCH_HEAD
""",
}


class Ran(NamedTuple):
    """How a run ended, what it printed, and the folder of its artifacts."""

    code: int
    said: str
    artifacts: Path

    @property
    def annotations(self) -> list[str]:
        return re.findall(r"::(?:error|warning|notice) [^:]*::.*", self.said)

    @property
    def plan(self) -> Path:
        return self.artifacts / "seatsync-plan"


@dataclass
class Repository:
    """A repository on a code host: ``place`` is what is checked out, ``ledger`` where its ledger is.

    ``secrets`` and ``variables`` are those of the repository and of all its environments.
    """

    place: Path
    host: CodeHost
    ledger: str
    secrets: dict[str, str] = field(default_factory=lambda: {"SEATSYNC_REDACT_KEY": REDACT_KEY})
    variables: dict[str, str] = field(default_factory=dict)
    now: str = TODAY
    private: bool = True

    def write(self, members: int, config: str = CONFIG, folder: str = ".") -> None:
        """Commit an institution with this many members."""
        (self.place / folder).mkdir(parents=True, exist_ok=True)
        (self.place / folder / "seatsync.yaml").write_text(config, encoding="utf-8")
        text = "email,given_name,family_name\n" + "".join(ROWS[:members])
        (self.place / folder / "members.csv").write_text(text, encoding="utf-8")
        self.commit()

    def commit(self) -> str:
        """Commit what is in the folder, and return the commit."""
        self.git("add", "-A")
        self.git("commit", "-qm", "members", "--allow-empty")
        return self.head

    def propose(self, number: int = 7) -> None:
        """Begin a pull request: a branch of its own. ``checked_out`` makes GitHub's merge of it the checkout."""
        self.git("checkout", "-q", "-b", f"pull-{number}", "main")

    def checked_out(self, number: int = 7) -> None:
        """Check out the pull request as GitHub does: merged into its branch."""
        self.git("checkout", "-q", "--detach", "main")
        self.git("merge", "-q", "--no-ff", "-m", "merged", f"pull-{number}")
        self.git("update-ref", f"refs/pull/{number}/merge", "HEAD")

    def merged(self, number: int = 7, *how: str) -> str:
        """Merge the pull request into its branch, tell the host, and return the new commit of the branch."""
        self.git("checkout", "-q", "main")
        self.git("merge", "-q", *(how or ("--no-ff", "-m", f"pull request {number}")), f"pull-{number}")
        if "--squash" in how:
            self.git("commit", "-qm", f"pull request {number}")
        self.host.merge(self.head, number)
        return self.head

    def push(self) -> str:
        """Bring everything to the host, and return the address of its repository."""
        bare = self.place.parent / "grace" / "seats.git"
        if not bare.exists():
            self.git("init", "-q", "--bare", "-b", "main", str(bare))
            self.git("--git-dir", str(bare), "config", "uploadpack.allowAnySHA1InWant", "true")
        self.git(
            "push", "-qf", bare.as_uri(), "refs/heads/*:refs/heads/*", "refs/pull/*:refs/pull/*", "HEAD:refs/runs/last"
        )
        return bare.as_uri()

    def git(self, *words: str) -> str:
        who = ["-c", "user.name=Ann", "-c", "user.email=ann@grace.example", "-c", "init.defaultBranch=main"]
        return subprocess.run(["git", *who, *words], cwd=self.place, check=True, capture_output=True, text=True).stdout

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    def cli(self, *words: str, folder: str = ".") -> str:
        """Run a command with this ledger on the day of the runs, and return what it prints."""
        told = seatsync(*words, "--ledger", self.ledger, "--now", self.now, folder=self.place / folder)
        assert told.code == 0, told.err
        return told.out

    def serial(self, folder: str = ".") -> int:
        """The number of the ledger's last journal entry."""
        return int(re.findall(r"serial +(\d+)", self.cli("ledger", "info", folder=folder))[0])


def repository(tmp_path: Path, host: CodeHost, *init: str) -> Iterator[Repository]:
    """A repository with one institution, its pipeline as ``init`` writes it, and one member."""
    place = tmp_path / "repository"
    place.mkdir()
    made = Repository(place, host, str(tmp_path / "ledger.db"))
    made.git("init", "-q", "-b", "main")
    (place / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    assert seatsync("init", *init, folder=place).code == 0
    with (place / ".git" / "info" / "exclude").open("a", encoding="utf-8") as excluded:
        excluded.write("/seatsync-*\n/gl-code-quality.json\n/.gitlab-ci-local/\n*.json\n*.html\n")
    made.write(1)
    with serving(host):
        yield made


# ── GitHub ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def act(on: Repository, event: str, told: Mapping[str, Any] | None = None, workflow: str = "seatsync") -> Ran:
    """Run a workflow as written, with seatsync as it is installed here."""
    home = on.place.parent
    file = home / f"{workflow}.yml"
    written = (on.place / ".github" / "workflows" / f"{workflow}.yml").read_text(encoding="utf-8")
    written = written.replace(
        "        with:\n          mode:", "        with:\n          install: false\n          mode:"
    )
    file.write_text(written.replace("      queue: max\n", ""), encoding="utf-8")  # act does not know it yet
    repository = {"full_name": "grace/seats", "private": on.private, "default_branch": "main"}
    (home / "event.json").write_text(json.dumps({**(told or {}), "repository": repository}), encoding="utf-8")
    command = [str(ACT), event, "-W", str(file), "-P", "ubuntu-latest=-self-hosted", "-e", str(home / "event.json")]
    command += ["--no-cache-server", "--defaultbranch", "main", "--no-skip-checkout"]
    command += [word for place in _replaced(home) for word in ("--local-repository", place)]
    secrets = {"GITHUB_TOKEN": on.host.token, "SEATSYNC_LEDGER": on.ledger, **on.secrets}
    command += [word for name, value in secrets.items() for word in ("-s", f"{name}={value}")]
    command += [word for name, value in on.variables.items() for word in ("--var", f"{name}={value}")]
    given = {**on.host.environment(), "ARTIFACTS": str(home / "artifacts"), "FORK": str(home / "fork")}
    given |= {"ORIGIN": on.push()}
    command += [word for name, value in given.items() if "TOKEN" not in name for word in ("--env", f"{name}={value}")]
    return _ran(command, on, {"SEATSYNC_NOW": on.now})


def _ran(command: list[str], on: Repository, environment: Mapping[str, str]) -> Ran:
    home = on.place.parent
    path = f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=on.place,
        env={"PATH": path, "HOME": str(home), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
    lines = (line for line in done.stdout.splitlines() if not _NOISE.search(line))
    return Ran(done.returncode, "\n".join(lines), home / "artifacts")


_NOISE = re.compile(r"\] (LocalRepositoryCache|⭐ Run|  ✅  Success - |Cleaning up)")
"""What act says of itself."""


def _replaced(home: Path) -> Iterator[str]:
    """The actions that the workflows use, as act wants them: the name that a workflow gives it, and the folder to use."""
    yield f"{ACTION}={_action(home)}"
    for name, text in _STAND_INS.items():
        (home / name).mkdir(parents=True, exist_ok=True)
        (home / name / "action.yml").write_text(text, encoding="utf-8")
        yield from (f"{used}={home / name}" for used in _used(name))


def _action(home: Path) -> Path:
    """The action as a checkout of it is, without all that lies beside it."""
    place = home / "action"
    if not place.exists():
        place.mkdir()
        shutil.copy(ROOT / "action.yml", place)
        shutil.copytree(ROOT / ".github" / "action", place / ".github" / "action")
    return place


def _used(name: str) -> set[str]:
    """How our files name an action of others, pinned."""
    texts = [path.read_text(encoding="utf-8") for path in (*TEMPLATES.glob("github*.yml"), ROOT / "action.yml")]
    return set(re.findall(rf"{name}@[0-9a-f]{{40}}", "".join(texts)))


def pull_request(repository: str = "grace/seats", number: int = 7) -> dict[str, Any]:
    """GitHub's event of a pull request that was opened or pushed to."""
    return {"pull_request": {"number": number, "head": {"ref": f"pull-{number}", "repo": {"full_name": repository}}}}


# ── GitLab ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def gitlab(on: Repository, job: str, source: str, **variables: str) -> Ran:
    """Run a job as written, but for the installation: seatsync is here."""
    file = on.place / ".gitlab-ci.yml"
    written = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r"pip install .*", "seatsync --version", written), encoding="utf-8")
    is_merge_request = source == "merge_request_event"
    predefined = {
        **{name: value for name, value in on.host.environment().items() if is_merge_request or name != IID},
        "CI_PIPELINE_SOURCE": source,
        "CI_COMMIT_BRANCH": "" if is_merge_request else "main",
        "CI_DEFAULT_BRANCH": "main",
        "CI_COMMIT_SHA": on.head,
        "CI_MERGE_REQUEST_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "42",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": on.git("merge-base", "main", "HEAD").strip(),
        "SEATSYNC_LEDGER": on.ledger,
        "SEATSYNC_NOW": on.now,
        "GITLAB_CI": "true",
        "CI_PROJECT_VISIBILITY": "private" if on.private else "public",
        **on.secrets,
        **on.variables,
        **variables,
    }
    command = [str(GITLAB), "--force-shell-executor", "--no-color", job]
    command += [word for name, value in predefined.items() for word in ("--variable", f"{name}={value}")]
    try:
        return _ran(command, on, {})._replace(artifacts=on.place)
    finally:
        file.write_text(written, encoding="utf-8")
