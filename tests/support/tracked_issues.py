"""The issues of the code hosts on this machine, in the forms of both APIs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

PAGE = {
    "github": "https://github.example/grace/seats/issues/",
    "gitlab": "https://gitlab.example/grace/seats/-/issues/",
}


class Said(NamedTuple):
    """An answer: status, content and headers."""

    status: int
    content: Any
    headers: Mapping[str, str] = {}


@dataclass
class Issue:
    number: int
    title: str
    body: str
    author: Mapping[str, Any]
    is_open: bool = True


@dataclass
class Issues:
    """``are_on`` says whether the project has issues at all, ``writes`` whether the token may write them."""

    known: list[Issue] = field(default_factory=list)
    are_on: bool = True
    writes: bool = True

    def add(self, title: str, body: str, author: Mapping[str, Any]) -> Issue:
        issue = Issue(50 + len(self.known), title, body, author)
        self.known.append(issue)
        return issue

    @property
    def open(self) -> list[Issue]:
        return [issue for issue in self.known if issue.is_open]

    def has(self, number: int) -> bool:
        return any(issue.number == number for issue in self.known)

    def on_github(
        self, method: str, path: str, query: Mapping[str, str], sent: Any, me: Mapping[str, Any]
    ) -> Said | None:
        """Return GitHub's answer; None if the request is about something else. GitHub lists pull requests as issues, too."""
        found = re.fullmatch(r"/repos/grace/seats/issues(?:/(\d+))?", path)
        if not found:
            return None
        if not self.are_on:
            return Said(410, {"message": "Issues has been disabled in this repository.", "status": "410"})
        if method != "GET" and not self.writes:
            return Said(403, {"message": "Resource not accessible by integration", "status": "403"})
        if method == "GET":
            assert (query["state"], query["sort"], query["direction"]) == ("open", "created", "asc")
            mine = [issue for issue in self.open if issue.author["login"] == query["creator"]]
            pull = {**_on_github(Issue(7, "members", "", me)), "pull_request": {}}
            return Said(200, [pull, *map(_on_github, mine)])
        if method == "POST":
            return Said(201, _on_github(self.add(sent["title"], sent["body"], me)))
        issue = next(one for one in self.known if one.number == int(found[1]))
        issue.title, issue.body = sent.get("title", issue.title), sent.get("body", issue.body)
        issue.is_open = sent.get("state", "open" if issue.is_open else "closed") == "open"
        return Said(200, _on_github(issue))

    def on_gitlab(
        self, method: str, path: str, query: Mapping[str, str], sent: Any, me: Mapping[str, Any]
    ) -> Said | None:
        """Return GitLab's answer; None if the request is about something else."""
        found = re.fullmatch(r"/api/v4/projects/42/issues(?:/(\d+))?", path)
        if not found:
            return None
        if not self.are_on or (method != "GET" and not self.writes):
            return Said(403, {"message": "403 Forbidden"})
        if method == "GET":
            assert (query["state"], query["order_by"], query["sort"]) == ("opened", "created_at", "asc")
            mine = [issue for issue in self.open if str(issue.author["id"]) == query["author_id"]]
            return Said(200, [_on_gitlab(issue) for issue in mine], {"X-Next-Page": ""})
        if method == "POST":
            return Said(201, _on_gitlab(self.add(sent["title"], sent["description"], me)))
        issue = next(one for one in self.known if one.number == int(found[1]))
        issue.title, issue.body = sent.get("title", issue.title), sent.get("description", issue.body)
        issue.is_open = issue.is_open and sent.get("state_event") != "close"
        return Said(200, _on_gitlab(issue))


def _on_github(issue: Issue) -> dict[str, Any]:
    state = "open" if issue.is_open else "closed"
    page = PAGE["github"] + str(issue.number)
    values = {"number": issue.number, "title": issue.title, "body": issue.body, "state": state}
    return {**values, "user": dict(issue.author), "html_url": page}


def _on_gitlab(issue: Issue) -> dict[str, Any]:
    page, author = PAGE["gitlab"] + str(issue.number), {"id": issue.author["id"], "username": issue.author["login"]}
    values = {"iid": issue.number, "title": issue.title, "description": issue.body, "author": author}
    return {**values, "state": "opened" if issue.is_open else "closed", "web_url": page}
