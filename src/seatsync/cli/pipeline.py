"""The pipelines that ``init --ci`` writes."""

from __future__ import annotations

import json
import os
import re
import subprocess
from importlib.resources import files
from pathlib import Path
from string import Template

import click

ACTION = "seatsync/seatsync@e20b69426ccc698b3b78224495acb3a0300b84e0"
"""The action that is pinned: a commit in which it is as this version needs it."""

_FILES = {
    "github": {"github.yml": ".github/workflows/seatsync.yml"},
    "gitlab": {"gitlab.yml": ".gitlab-ci.yml"},
}
_FOR_FORKS = {"github-forks.yml": ".github/workflows/seatsync-forks.yml"}


def pipeline(folder: Path, host: str, ledger: str | None, forks: bool) -> dict[Path, str]:
    """The files of the pipeline of ``host`` for an institution's folder, by where they belong in its repository."""
    root = _git(folder, "rev-parse", "--show-toplevel")
    top = Path(root) if root else folder
    inside = folder.resolve().relative_to(top.resolve()).as_posix()
    if not re.fullmatch(r"[\w./-]+", inside):
        fact = f"{inside} can't stand in a pipeline, where blanks and signs mean something."
        raise click.UsageError(f"{fact} Give the folder a name of letters, digits, dots, hyphens and slashes.")
    on_a_branch = (ledger or "").split(":")[0] == "git"
    values = {
        "branch": json.dumps(default_branch(folder)),
        "folders": inside,
        "action": ACTION,
        "ledger": str(ledger) if on_a_branch else "${{ secrets.SEATSYNC_LEDGER }}",
        "variables": f'{{SEATSYNC_LEDGER: "{ledger}"}} # a job has to be let push' if on_a_branch else "{}",
        "contents": "write" if on_a_branch else "read",
        "persist": "true # the ledger's branch is fetched and pushed" if on_a_branch else "false",
    }
    if host == "gitlab" and _is_of_others(top / ".gitlab-ci.yml"):
        return {top / ".gitlab" / "seatsync.yml": _text("gitlab.yml", values)}
    wanted = _FILES[host] | (_FOR_FORKS if forks and host == "github" else {})
    return {top / target: _text(name, values) for name, target in wanted.items()}


def _text(name: str, values: dict[str, str]) -> str:
    template = files("seatsync.cli") / "starter" / "ci" / name
    return Template(template.read_text(encoding="utf-8")).substitute(values)


def _is_of_others(file: Path) -> bool:
    """Whether a pipeline is there that is none of ours."""
    return file.is_file() and "seatsync" not in file.read_text(encoding="utf-8", errors="replace")


def default_branch(folder: Path) -> str:
    """The default branch, as far as the repository or its remote knows it; else one of the usual names, or that one is on."""
    known = _git(folder, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")
    asked = re.search(
        r"^ref: refs/heads/(\S+)\s+HEAD$", _git(folder, "ls-remote", "--symref", "origin", "HEAD"), re.MULTILINE
    )
    there = _git(folder, "for-each-ref", "--format=%(refname:short)", "refs/heads/main", "refs/heads/master").split()
    here = _git(folder, "symbolic-ref", "--short", "HEAD")
    return known or (asked[1] if asked else "") or (there[0] if there else "") or here or "main"


def _git(folder: Path, *words: str) -> str:
    place = next(path for path in (folder, *folder.resolve().parents) if path.is_dir())
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "-C", str(place), *words]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.strip() if told.returncode == 0 else ""
