"""The pull requests that jobs open on the code hosts on this machine, in the forms of both APIs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.tracked_issues import Said

_GITHUB, _GITLAB = "/repos/grace/seats/pulls", "/api/v4/projects/42/merge_requests"


@dataclass
class Proposal:
    number: int
    branch: str
    base: str
    title: str
    body: str
    is_open: bool = True

    @property
    def on_github(self) -> dict[str, Any]:
        page = f"https://github.example/grace/seats/pull/{self.number}"
        return {"number": self.number, "title": self.title, "body": self.body, "html_url": page}

    @property
    def on_gitlab(self) -> dict[str, Any]:
        page = f"https://gitlab.example/grace/seats/-/merge_requests/{self.number}"
        given = {"iid": self.number, "title": self.title, "description": self.body, "web_url": page}
        return {**given, "source_project_id": 42}


@dataclass
class Proposals:
    """``writes`` says whether the token may open pull requests."""

    known: list[Proposal] = field(default_factory=list)
    writes: bool = True

    def on_github(self, method: str, path: str, query: Mapping[str, str], sent: Any) -> Said | None:
        """The answer to a request about them; None if it is about something else."""
        if path == _GITHUB and method == "GET" and "base" in query:
            assert query["state"] == "open"
            owner, _, branch = query["head"].partition(":")
            assert owner == "grace"
            return Said(200, [one.on_github for one in self._open(branch, query["base"])])
        found = re.fullmatch(rf"{_GITHUB}(?:/(\d+))?", path)
        if not found or method not in ("POST", "PATCH"):
            return None
        if not self.writes:
            return Said(403, {"message": "Resource not accessible by integration"})
        if method == "PATCH":
            one = self._changed(int(found[1]), sent.get("title"), sent.get("body"), sent.get("state") == "closed")
            return Said(200, one.on_github)
        if self._open(sent["head"], sent["base"]):
            return Said(422, {"message": "Validation Failed"})
        return Said(201, self._opened(sent["head"], sent["base"], sent["title"], sent["body"]).on_github)

    def on_gitlab(self, method: str, path: str, query: Mapping[str, str], sent: Any) -> Said | None:
        """The answer to a request about them; None if it is about something else."""
        if path == _GITLAB and method == "GET" and "source_branch" in query:
            assert query["state"] == "opened"
            return Said(200, [one.on_gitlab for one in self._open(query["source_branch"], query["target_branch"])])
        found = re.fullmatch(rf"{_GITLAB}(?:/(\d+))?", path)
        if not found or method not in ("POST", "PUT"):
            return None
        if not self.writes:
            return Said(403, {"error": "insufficient_scope"})
        if method == "PUT":
            is_closed = sent.get("state_event") == "close"
            one = self._changed(int(found[1]), sent.get("title"), sent.get("description"), is_closed)
            return Said(200, one.on_gitlab)
        places = sent["source_branch"], sent["target_branch"]
        if self._open(*places):
            return Said(409, {"message": ["Another open merge request already exists for this source branch"]})
        return Said(201, self._opened(*places, sent["title"], sent["description"]).on_gitlab)

    def _open(self, branch: str, base: str) -> list[Proposal]:
        return [one for one in self.known if one.is_open and (one.branch, one.base) == (branch, base)]

    def _opened(self, branch: str, base: str, title: str, body: str) -> Proposal:
        self.known.append(Proposal(70 + len(self.known), branch, base, title, body))
        return self.known[-1]

    def _changed(self, number: int, title: str | None, body: str | None, is_closed: bool) -> Proposal:
        [one] = [one for one in self.known if one.number == number]
        one.title, one.body = title or one.title, body or one.body
        one.is_open = one.is_open and not is_closed
        return one
