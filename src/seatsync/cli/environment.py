"""For the journal and the outcome: the person or pipeline that runs the command, the Git commit, and the run's page."""

from __future__ import annotations

import getpass
import json
import os
import re
from pathlib import Path


def actor() -> str:
    """The name in SEATSYNC_ACTOR, else the CI user, else the user of the system."""
    for variable in ("SEATSYNC_ACTOR", "GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
        if name := os.environ.get(variable):
            return name
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


def commit(folder: Path) -> str:
    """The commit from CI or Git, with ``-dirty`` if files differ from it; empty outside a repository."""
    for variable in ("GITHUB_SHA", "CI_COMMIT_SHA"):
        if sha := os.environ.get(variable):
            return sha
    from seatsync.git.commit import commit_of

    return commit_of(folder)


def head_commit() -> str:
    """The newest commit of the job's pull request, else the job's commit; empty outside a job, and where a comment started it.

    On GitHub the job's commit is a merge that nobody made: the event has the pull request's own. GitLab's merged results have
    the same in a variable.
    """
    try:
        event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
        run, pull = event.get("workflow_run") or {}, event.get("pull_request") or {}
        if event.get("comment"):
            return ""  # the job's commit is the default branch's
        known = str(run.get("head_sha") or (pull.get("head") or {}).get("sha") or "")
    except (KeyError, OSError, ValueError, AttributeError):
        known = ""
    names = ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "GITHUB_SHA", "CI_COMMIT_SHA")
    found = next(filter(None, [known, *(os.environ.get(name, "") for name in names)]), "")
    return found if re.fullmatch("[0-9a-f]{7,64}", found) else ""


def commit_before_push() -> str:
    """The branch's commit before the push that this job is for; empty in other jobs, and where the branch is new."""
    try:
        is_push = os.environ.get("GITHUB_EVENT_NAME") == "push"
        event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8")) if is_push else {}
        known = str(event.get("before", ""))
    except (KeyError, OSError, ValueError, AttributeError):
        known = ""
    if os.environ.get("CI_PIPELINE_SOURCE") == "push":
        known = os.environ.get("CI_COMMIT_BEFORE_SHA", "")
    return known if re.fullmatch("[0-9a-f]{40,64}", known) and known.strip("0") else ""


def branch() -> str:
    """The branch that this job is for; empty outside a job of a branch."""
    ref = os.environ.get("GITHUB_REF", "")
    return ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else os.environ.get("CI_COMMIT_BRANCH", "")


def run_address() -> str:
    """The address of this job's page on GitHub or GitLab; empty elsewhere."""
    server, repository, number = (
        os.environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID")
    )
    if server and repository and number:
        attempt = os.environ.get("GITHUB_RUN_ATTEMPT", "")
        return f"{server}/{repository}/actions/runs/{number}" + (f"/attempts/{attempt}" if attempt else "")
    return os.environ.get("CI_JOB_URL", "")
