"""The issues of a project on GitLab."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from seatsync.hosts.comment import Host
from seatsync.hosts.gitlab import REPORTER, GitLab, user
from seatsync.hosts.http import Api
from seatsync.hosts.issues import Issue


class GitLabIssues:
    """The issues of a project, as the token's user sees them. ``page`` is the project's address."""

    def __init__(self, api: Api, project: str, page: str) -> None:
        self._api = api
        self._project = project
        self._page = page
        self._issues = f"projects/{quote(project, safe='')}/issues"
        self.wait = api.wait

    def open_issues(self) -> Iterator[Issue]:
        page = "1"
        while page:
            query = f"state=opened&author_id={self._user}&order_by=created_at&sort=asc&per_page=100&page={page}"
            response = self._api.send("GET", f"{self._issues}?{query}", needs=REPORTER)
            yield from map(_issue, self._api.parsed(response))
            page = response.headers.get("x-next-page", "")

    def is_own(self, issue: Issue) -> bool:
        return issue.author == self._user

    @cached_property
    def _user(self) -> str:
        return user(self._api)

    def create(self, title: str, body: str) -> Issue:
        values = {"title": title, "description": body}
        return _issue(self._api.parsed(self._api.send("POST", self._issues, values, needs=REPORTER)))

    def update(self, issue: Issue, title: str, body: str) -> None:
        self._change(issue, {"title": title, "description": body})

    def close(self, issue: Issue) -> None:
        self._change(issue, {"state_event": "close"})

    def _change(self, issue: Issue, values: Mapping[str, str]) -> None:
        self._api.send("PUT", f"{self._issues}/{issue.number}", values, needs=REPORTER)

    def comments_of(self, issue: Issue) -> Host:
        return GitLab(self._api, self._project, issue.number, self._page, "issues")


def _issue(data: Mapping[str, Any]) -> Issue:
    body = (data.get("description") or "").replace("\r\n", "\n")
    return Issue(data["iid"], str(data["author"]["id"]), data["title"], body, data["web_url"])
