"""Detect proposals from forks: their authors may be unknown to the institution."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PROPOSAL_EVENTS = frozenset(
    {
        *("pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment"),
        *("issue_comment", "workflow_run"),
    }
)
"""The GitHub events that may concern a commit from a fork."""


def is_from_a_fork(environment: Mapping[str, str]) -> bool:
    """Whether this CI job is about a proposal from a fork, or the proposal's repository is unknown."""
    if environment.get("GITHUB_EVENT_NAME") in _PROPOSAL_EVENTS:
        event = _event(environment.get("GITHUB_EVENT_PATH", ""))
        head = _name(event, "pull_request", "head", "repo") or _name(event, "workflow_run", "head_repository")
        base = environment.get("GITHUB_REPOSITORY") or _name(event, "repository")
        return head is None or base is None or head.casefold() != base.casefold()
    source = environment.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID")
    return source is not None and source != environment.get("CI_MERGE_REQUEST_PROJECT_ID")


def _event(path: str) -> Any:
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _name(event: Any, *path: str) -> str | None:
    for step in (*path, "full_name"):
        event = event.get(step) if isinstance(event, dict) else None
    return event if isinstance(event, str) and event else None
