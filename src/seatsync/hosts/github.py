"""A pull request on GitHub, by its REST API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from seatsync.hosts.comment import Comment, Seen, seen
from seatsync.hosts.http import Api

API = "https://api.github.com"
LIMIT = 65_536
_SEEN = """query ($id: ID!) { node(id: $id) { ... on IssueComment {
    body lastEditedAt author { __typename login } editor { __typename login } } } }"""
_MENDS = {
    401: "GITHUB_TOKEN is not valid, or has expired: give the step `env: {GITHUB_TOKEN: ${{ github.token }}}`.",
    403: (
        "Give the job `permissions: {pull-requests: write}`. In a pull request from a fork no job may comment: "
        "let a workflow on `workflow_run` do it (docs/ci.md)."
    ),
    404: "Check GITHUB_REPOSITORY and the number of the pull request, and that the token may read this repository.",
    422: "GitHub does not take this text: at most 65,536 characters, and no comment on what is locked as spam.",
}


def api(base: str, token: str, seconds: float) -> Api:
    """GitHub's API with a job's, an app's or a person's token."""
    headers = {
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "Authorization": f"Bearer {token}",
    }
    return Api("GitHub", base, headers, seconds, _MENDS)


def number_of_run(api: Api, repository: str, run: Mapping[str, Any]) -> list[int]:
    """The open pull requests whose newest commit a workflow ran for, by the event that told of the run.

    The event names none of a fork's, and sometimes those of another repository, so GitHub is asked. (It can't be asked by
    the commit alone: a fork's commit is not in this repository.)
    """
    owner = ((run.get("head_repository") or {}).get("owner") or {}).get("login", "")
    head = quote(f"{owner}:{run.get('head_branch')}", safe="")
    found = api.read(f"repos/{repository}/pulls?state=open&per_page=100&head={head}")
    return [pull["number"] for pull in found if pull["head"]["sha"] == run.get("head_sha")]


def numbers_of_merge(api: Api, repository: str, branch: str, commit: str) -> list[int]:
    """The pull requests by which ``commit`` came into ``branch``; those that were merged elsewhere say nothing of it."""
    found = api.read(f"repos/{repository}/commits/{commit}/pulls?per_page=100")
    merged = [pull for pull in found if pull.get("merged_at") and _is_into(pull["base"], repository, branch)]
    exactly = [pull for pull in merged if pull.get("merge_commit_sha") == commit]
    return [int(pull["number"]) for pull in exactly or merged]


def _is_into(base: Mapping[str, Any], repository: str, branch: str) -> bool:
    name = str((base.get("repo") or {}).get("full_name", ""))
    return base.get("ref") == branch and name.lower() == repository.lower()


class GitHub:
    """One pull request; its comments are those of the issue of the same number."""

    limit = LIMIT

    def __init__(self, api: Api, repository: str, number: int) -> None:
        self._api = api
        self._issues = f"repos/{repository}/issues"
        self._comments = f"{self._issues}/{number}/comments"
        self.wait = api.wait

    def harmless(self, text: str) -> str:
        return text

    def comments(self) -> Iterator[Comment]:
        where = f"{self._comments}?per_page=100"
        while where:
            response = self._api.send("GET", where)
            yield from map(_comment, self._api.parsed(response))
            where = response.links.get("next", {}).get("url", "")

    def is_own(self, comment: Comment) -> bool:
        return comment.author != "" and comment.author == self._user

    @cached_property
    def _user(self) -> str:
        """Whose token this is. By REST that of a job or an app is nobody's; by GraphQL it is that of its bot."""
        return str(self._api.query("viewer", "query { viewer { login } }").get("login", ""))

    def seen(self, comment: Comment) -> Seen:
        found = self._api.query("node", _SEEN, id=comment.node)
        return seen(found, found.get("editor"), "login")

    def create(self, body: str) -> str:
        return _comment(self._api.parsed(self._api.send("POST", self._comments, {"body": body}))).url

    def update(self, comment: Comment, body: str) -> None:
        self._api.send("PATCH", f"{self._issues}/comments/{comment.id}", {"body": body})


def _comment(told: Mapping[str, Any]) -> Comment:
    user = told.get("user") or {}  # who has left GitHub is nobody
    return Comment(told["id"], user.get("login", ""), told.get("body") or "", told["html_url"], told["node_id"])
