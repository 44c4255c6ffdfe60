"""The pipelines that ``init --ci`` writes."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from seatsync.git.branches import default_branch, root_of

ACTION = "seatsync/seatsync@e84111013d94d69a9ecef87137371a65d102bf81"
"""The action that is pinned: a commit in which it is as this version needs it."""

_FILES = {
    "github": {"github.yml": ".github/workflows/seatsync.yml"},
    "gitlab": {"gitlab.yml": ".gitlab-ci.yml"},
}
_FOR_FORKS = {"github-forks.yml": ".github/workflows/seatsync-forks.yml"}


def pipeline(folder: Path, host: str, ledger: str | None, forks: bool) -> dict[Path, str]:
    """The files of the pipeline of ``host`` for an institution's folder, by where they belong in its repository."""
    top = root_of(folder) or folder.resolve()
    inside = folder.resolve().relative_to(top).as_posix()
    if not re.fullmatch(r"[\w./-]+", inside):
        fact = f"{inside} can't stand in a pipeline, where blanks and signs mean something."
        raise click.UsageError(f"{fact} Give the folder a name of letters, digits, dots, hyphens and slashes.")
    in_git = on_a_branch(ledger)
    if in_git and re.search(r"\bhttps?://[^/]*@", str(ledger)):
        raise click.UsageError(
            "A token in the ledger's address would stand in the pipeline: keep it in Git's own settings."
        )
    values = {
        "branch": json.dumps(default_branch(folder)),
        "folders": inside,
        "action": ACTION,
        "ledger": str(ledger) if in_git else "${{ secrets.SEATSYNC_LEDGER }}",
        "variables": f'{{SEATSYNC_LEDGER: "{ledger}"}} # a job has to be let push' if in_git else "{}",
        "contents": "write" if in_git else "read",
        "persist": "true # the ledger's branch is fetched and pushed" if in_git else "false",
    }
    if host == "gitlab" and _is_of_others(top / ".gitlab-ci.yml"):
        return {top / ".gitlab" / "seatsync.yml": _text("gitlab.yml", values)}
    wanted = _FILES[host] | (_FOR_FORKS if forks and host == "github" else {})
    return {top / target: _text(name, values) for name, target in wanted.items()}


def on_a_branch(ledger: str | None) -> bool:
    """Whether the ledger is to be on a branch in Git."""
    return (ledger or "").split(":")[0] == "git"


def _text(name: str, values: dict[str, str]) -> str:
    template = files("seatsync.cli.commands.init") / "starter" / "ci" / name
    return Template(template.read_text(encoding="utf-8")).substitute(values)


def _is_of_others(file: Path) -> bool:
    """Whether a pipeline is there that is none of ours."""
    from seatsync.sources import opening

    return file.is_file() and b"seatsync" not in opening.read(file)
