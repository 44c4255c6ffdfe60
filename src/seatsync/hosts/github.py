"""A pull request on GitHub, through its REST API."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from seatsync.hosts.comment import Comment, CurrentComment, current_comment
from seatsync.hosts.http import Api, HostError

API = "https://api.github.com"
LIMIT = 65_536
_CURRENT = """query ($id: ID!) { node(id: $id) { ... on IssueComment {
    body lastEditedAt author { __typename login } editor { __typename login } } } }"""
_GROUP = re.compile(r"refs/heads/gh-readonly-queue/.+/pr-([1-9][0-9]*)-[0-9a-f]+")
READ, WRITE = "pull-requests: read", "pull-requests: write"
"""What requests need, as a workflow's ``permissions`` say it."""


def _fix(status: int, needs: str) -> str | None:
    """Return what to do about an error. GitHub answers 403 or 404 to a token that lacks a permission."""
    grant = f"Give the job `permissions: {{contents: read, {needs}}}`." if needs else ""
    match status:
        case 401:
            return "GITHUB_TOKEN is not valid or has expired. Give the step `env: {GITHUB_TOKEN: ${{ github.token }}}`."
        case 403 if needs == WRITE:
            fork = "For a pull request from a fork a job may not comment; use a workflow on `workflow_run` instead (docs/ci.md)."
            return f"{grant} {fork}"
        case 403:
            return grant or "Check the `permissions` of the job (docs/ci.md)."
        case 404:
            check = "Check GITHUB_REPOSITORY and the number of the pull request, and that the token can read this repository."
            return f"{check} {grant}".rstrip()
        case 410:
            return "Turn issues on in the repository's settings, under Features; or do without this."
        case 422:
            return "GitHub does not accept this text. It may have at most 65,536 characters, and the pull request must not be locked."
    return None


def api(base: str, token: str, seconds: float) -> Api:
    """Return GitHub's API with the token of a job, an app or a person."""
    headers = {
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "Authorization": f"Bearer {token}",
    }
    return Api("GitHub", base, headers, seconds, _fix)


def number_of_run(api: Api, repository: str, run: Mapping[str, Any]) -> list[int]:
    """Return the open pull requests whose newest commit a workflow ran for. ``run`` is the run in its event.

    The event does not name pull requests from forks, and may name some of other repositories, so this asks GitHub. (It
    cannot ask by the commit alone, because a fork's commit is not in this repository.)
    """
    owner = ((run.get("head_repository") or {}).get("owner") or {}).get("login", "")
    head = quote(f"{owner}:{run.get('head_branch')}", safe="")
    found = api.read(f"repos/{repository}/pulls?state=open&per_page=100&head={head}", READ)
    return [pull["number"] for pull in found if pull["head"]["sha"] == run.get("head_sha")]


def number_of_group(group: Mapping[str, Any]) -> int | None:
    """Return the pull request that a merge group ends with. ``group`` is the group in its event; only its branch names the number."""
    found = _GROUP.fullmatch(str(group.get("head_ref")))
    return int(found[1]) if found else None


def numbers_of_merge(api: Api, repository: str, branch: str, commit: str) -> list[int]:
    """Return the pull requests that brought ``commit`` into ``branch``, without those merged into other branches."""
    found = api.read(f"repos/{repository}/commits/{commit}/pulls?per_page=100", READ)
    merged = [pull for pull in found if pull.get("merged_at") and _is_into(pull["base"], repository, branch)]
    exact = [pull for pull in merged if pull.get("merge_commit_sha") == commit]
    return [int(pull["number"]) for pull in exact or merged]


def _is_into(base: Mapping[str, Any], repository: str, branch: str) -> bool:
    name = str((base.get("repo") or {}).get("full_name", ""))
    return base.get("ref") == branch and name.lower() == repository.lower()


@cache
def user(api: Api) -> str:
    """Return the token's user. REST knows no user for the token of a job or an app; GraphQL returns its bot."""
    return str(api.query("viewer", "query { viewer { login } }").get("login", ""))


class GitHubCommits:
    """The commits of a repository on GitHub."""

    def __init__(self, api: Api, repository: str) -> None:
        self._api = api
        self._commits = f"repos/{repository}/commits"
        self._compare = f"repos/{repository}/compare"

    def last(self, path: str, at: str) -> str:
        """Return the last commit up to ``at`` that touched the path; empty if none did."""
        found = self._api.read(f"{self._commits}?sha={at}&path={quote(path, safe='')}&per_page=1")
        return str(found[0]["sha"]) if found else ""

    def is_ancestor(self, older: str, newer: str) -> bool | None:
        """Whether ``newer`` is ``older`` or came after it; None if ``older`` is not in the repository. ``newer`` must be."""
        try:
            # The first page also has the changed files.
            found = self._api.read(f"{self._compare}/{older}...{newer}?per_page=1&page=2")
        except HostError as error:
            if error.status != 404:
                raise
            self._api.read(f"{self._commits}/{newer}?per_page=1")  # 404 also means that the token may not read
            return None
        return found["status"] in ("ahead", "identical")


class GitHub:
    """One pull request, or an issue (``kind``). GitHub keeps the comments of both with the issue of that number."""

    limit = LIMIT

    def __init__(self, api: Api, repository: str, number: int, kind: str = "pull-requests") -> None:
        self._api = api
        self._kind = kind
        self.number = number
        self._issues = f"repos/{repository}/issues"
        self._comments = f"{self._issues}/{number}/comments"
        self.wait = api.wait

    def without_commands(self, text: str) -> str:
        return text

    def comments(self) -> Iterator[Comment]:
        where = f"{self._comments}?per_page=100"
        while where:
            response = self._api.send("GET", where, needs=f"{self._kind}: read")
            yield from map(_comment, self._api.parsed(response))
            where = response.links.get("next", {}).get("url", "")

    def is_own(self, comment: Comment) -> bool:
        return comment.author != "" and comment.author == user(self._api)

    def current(self, comment: Comment) -> CurrentComment:
        found = self._api.query("node", _CURRENT, f"{self._kind}: read", id=comment.node)
        return current_comment(found, found.get("editor"), "login")

    def create(self, body: str) -> str:
        answer = self._api.send("POST", self._comments, {"body": body}, needs=f"{self._kind}: write")
        return _comment(self._api.parsed(answer)).url

    def update(self, comment: Comment, body: str) -> None:
        path = f"{self._issues}/comments/{comment.id}"
        self._api.send("PATCH", path, {"body": body}, needs=f"{self._kind}: write")


def _comment(data: Mapping[str, Any]) -> Comment:
    user = data.get("user") or {}  # null if the user's account was deleted
    return Comment(data["id"], user.get("login", ""), data.get("body") or "", data["html_url"], data["node_id"])
