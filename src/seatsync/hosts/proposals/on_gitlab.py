"""Merge requests on GitLab from a branch of the project itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from seatsync.hosts.http import Api
from seatsync.hosts.proposals.put import Proposal

_NEEDS = "Developer"


class GitLabProposals:
    """The merge requests from ``branch`` into ``base``."""

    def __init__(self, api: Api, project: str, branch: str, base: str) -> None:
        self._api, self._project, self._branch, self._base = api, project, branch, base
        self._requests = f"projects/{quote(project, safe='')}/merge_requests"
        self.wait = api.wait

    def find(self) -> Proposal | None:
        places = f"source_branch={quote(self._branch, safe='')}&target_branch={quote(self._base, safe='')}"
        found = self._api.read(f"{self._requests}?state=opened&{places}&per_page=100", _NEEDS)
        own = (one for one in found if str(one.get("source_project_id")) == self._project)
        return next(map(_proposal, own), None)

    def create(self, title: str, body: str) -> Proposal:
        values = {"title": title, "description": body, "source_branch": self._branch, "target_branch": self._base}
        sent = {**values, "remove_source_branch": True}
        return _proposal(self._api.parsed(self._api.send("POST", self._requests, sent, needs=_NEEDS)))

    def update(self, proposal: Proposal, title: str, body: str) -> None:
        self._change(proposal, {"title": title, "description": body})

    def close(self, proposal: Proposal) -> None:
        self._change(proposal, {"state_event": "close"})

    def _change(self, proposal: Proposal, values: Mapping[str, str]) -> None:
        self._api.send("PUT", f"{self._requests}/{proposal.number}", values, needs=_NEEDS)


def _proposal(data: Mapping[str, Any]) -> Proposal:
    body = (data.get("description") or "").replace("\r\n", "\n")
    return Proposal(data["iid"], data["title"], body, data["web_url"])
