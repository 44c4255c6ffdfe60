"""The pipelines that ``init --ci`` writes."""

from __future__ import annotations

import subprocess
from importlib.resources import files
from pathlib import Path
from string import Template

from seatsync import __version__

ACTION = "seatsync/seatsync@6874646375959cdc46ce0c4f969804d4bcdf3082"
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
    on_a_branch = (ledger or "").split(":")[0] == "git"
    values = {
        "branch": _branch(folder),
        "folders": inside,
        "action": ACTION,
        "version": __version__,
        "ledger": str(ledger) if on_a_branch else "${{ secrets.SEATSYNC_LEDGER }}",
        "contents": "write" if on_a_branch else "read",
        "persist": "true # the ledger's branch is fetched and pushed" if on_a_branch else "false",
    }
    wanted = _FILES[host] | (_FOR_FORKS if forks and host == "github" else {})
    texts = files("seatsync.cli") / "starter" / "ci"
    return {
        top / target: Template((texts / name).read_text(encoding="utf-8")).substitute(values)
        for name, target in wanted.items()
    }


def _branch(folder: Path) -> str:
    """The default branch, as far as the repository knows it."""
    remote = _git(folder, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").removeprefix("origin/")
    return remote or _git(folder, "symbolic-ref", "--short", "HEAD") or "main"


def _git(folder: Path, *words: str) -> str:
    place = next(path for path in (folder, *folder.resolve().parents) if path.is_dir())
    try:
        told = subprocess.run(
            ["git", "-C", str(place), *words], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.strip() if told.returncode == 0 else ""
