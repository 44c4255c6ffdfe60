"""The pipeline files that ``init --ci`` writes."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from seatsync.git.branches import default_branch, root_of

ACTION = "seatsync/seatsync@6166997e3383479e5f13bb27715f18ffc923949a"
"""The pinned action: a commit with the action that this version needs."""

_FILES = {
    "github": {"github.yml": ".github/workflows/seatsync.yml"},
    "gitlab": {"gitlab.yml": ".gitlab-ci.yml"},
}
_FOR_FORKS = {"github-forks.yml": ".github/workflows/seatsync-forks.yml"}


def pipeline(folder: Path, host: str, ledger: str | None, forks: bool) -> dict[Path, str]:
    """The pipeline files of ``host`` for an institution's folder: path → text."""
    top = root_of(folder) or folder.resolve()
    inside = folder.resolve().relative_to(top).as_posix()
    if not re.fullmatch(r"[\w./-]+", inside):
        fact = f"{inside} can't be used in a pipeline, where spaces and special characters have a meaning."
        raise click.UsageError(f"{fact} Rename the folder: use letters, digits, dots and hyphens.")
    in_git = is_in_git(ledger)
    if in_git and re.search(r"\bhttps?://[^/]*@", str(ledger)):
        raise click.UsageError(
            "The ledger's address has a token or user in it, which would be readable in the pipeline. Put it into Git's settings."
        )
    values = {
        "branch": json.dumps(default_branch(folder)),
        "folders": inside,
        "action": ACTION,
        "ledger": str(ledger) if in_git else "${{ secrets.SEATSYNC_LEDGER }}",
        "variables": f'{{SEATSYNC_LEDGER: "{ledger}"}} # allow jobs to push to the repository' if in_git else "{}",
        "contents": "write" if in_git else "read",
        "persist": "true # the ledger's branch is fetched and pushed" if in_git else "false",
    }
    if host == "gitlab" and _has_other_jobs(top / ".gitlab-ci.yml"):
        return {top / ".gitlab" / "seatsync.yml": _text("gitlab.yml", values)}
    templates = _FILES[host] | (_FOR_FORKS if forks and host == "github" else {})
    return {top / target: _text(name, values) for name, target in templates.items()}


def is_in_git(ledger: str | None) -> bool:
    """Whether the ledger is on a branch in Git."""
    return (ledger or "").split(":")[0] == "git"


def _text(name: str, values: dict[str, str]) -> str:
    template = files("seatsync.cli.commands.init") / "starter" / "ci" / name
    return Template(template.read_text(encoding="utf-8")).substitute(values)


def _has_other_jobs(file: Path) -> bool:
    """Whether this pipeline file exists and does not come from seatsync."""
    from seatsync.sources import opening

    return file.is_file() and b"seatsync" not in opening.read(file)
