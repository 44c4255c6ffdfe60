"""The files of the pull requests that are open: those that were updated last, so that few requests are enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import quote

from seatsync.hosts import gitlab
from seatsync.hosts.github import READ
from seatsync.hosts.http import Api

MOST = 30
"""How many pull requests are looked at."""
_FILES = 100  # of each pull request
_ON_GITHUB = f"""query ($owner: String!, $repository: String!) {{ repository(owner: $owner, name: $repository) {{
    pullRequests(states: OPEN, first: {MOST}, orderBy: {{field: UPDATED_AT, direction: DESC}}) {{ totalCount
    nodes {{ number files(first: {_FILES}) {{ totalCount nodes {{ path }} }} }} }} }} }}"""


class OpenRequests(NamedTuple):
    """Paths in the repository by the number of the pull request; ``is_all`` if nothing was left out."""

    files: Mapping[int, frozenset[str]]
    is_all: bool


def on_github(api: Api, repository: str) -> OpenRequests:
    """Return the open pull requests, by one request."""
    owner, _, name = repository.partition("/")
    found = api.query("repository", _ON_GITHUB, READ, owner=owner, repository=name)["pullRequests"]
    lists = {int(one["number"]): one["files"] or {"totalCount": 0, "nodes": []} for one in found["nodes"]}
    is_all = found["totalCount"] <= MOST and all(one["totalCount"] <= _FILES for one in lists.values())
    return OpenRequests(
        {number: _paths(file["path"] for file in one["nodes"]) for number, one in lists.items()}, is_all
    )


def on_gitlab(api: Api, project: str) -> OpenRequests:
    """Return the open merge requests, by a request for the list and one for each of them."""
    base = f"projects/{quote(project, safe='')}/merge_requests"
    query = f"?state=opened&order_by=updated_at&sort=desc&per_page={MOST}"
    answer = api.send("GET", base + query, needs=gitlab.REPORTER)
    is_all = not answer.headers.get("x-next-page")
    files: dict[int, frozenset[str]] = {}
    for one in api.parsed(answer):
        diffs = api.send("GET", f"{base}/{one['iid']}/diffs?per_page={_FILES}", needs=gitlab.REPORTER)
        is_all = is_all and not diffs.headers.get("x-next-page")
        files[int(one["iid"])] = _paths(diff[end] for diff in api.parsed(diffs) for end in ("old_path", "new_path"))
    return OpenRequests(files, is_all)


def _paths(paths: Iterable[object]) -> frozenset[str]:
    return frozenset(str(path) for path in paths)
