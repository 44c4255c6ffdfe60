"""The issues of a repository on GitHub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from seatsync.hosts.comment import Host
from seatsync.hosts.github import GitHub, user
from seatsync.hosts.http import Api
from seatsync.hosts.issues import Issue

_READ, _WRITE = "issues: read", "issues: write"


class GitHubIssues:
    """The issues of a repository, as the token's user sees them."""

    def __init__(self, api: Api, repository: str) -> None:
        self._api = api
        self._repository = repository
        self._issues = f"repos/{repository}/issues"
        self.wait = api.wait

    def open_issues(self) -> Iterator[Issue]:
        author = quote(self._user, safe="")
        where = f"{self._issues}?state=open&creator={author}&sort=created&direction=asc&per_page=100"
        while where:
            response = self._api.send("GET", where, needs=_READ)
            found = self._api.parsed(response)
            yield from (_issue(one) for one in found if "pull_request" not in one)
            where = response.links.get("next", {}).get("url", "")

    def is_own(self, issue: Issue) -> bool:
        return issue.author != "" and issue.author == self._user

    @cached_property
    def _user(self) -> str:
        return user(self._api)

    def create(self, title: str, body: str) -> Issue:
        return _issue(
            self._api.parsed(self._api.send("POST", self._issues, {"title": title, "body": body}, needs=_WRITE))
        )

    def update(self, issue: Issue, title: str, body: str) -> None:
        self._change(issue, {"title": title, "body": body})

    def close(self, issue: Issue) -> None:
        self._change(issue, {"state": "closed", "state_reason": "completed"})

    def _change(self, issue: Issue, values: Mapping[str, str]) -> None:
        self._api.send("PATCH", f"{self._issues}/{issue.number}", values, needs=_WRITE)

    def comments_of(self, issue: Issue) -> Host:
        return GitHub(self._api, self._repository, issue.number, "issues")


def _issue(data: Mapping[str, Any]) -> Issue:
    author = (data.get("user") or {}).get("login", "")  # null if the user's account was deleted
    return Issue(
        data["number"], author, data["title"], (data.get("body") or "").replace("\r\n", "\n"), data["html_url"]
    )
