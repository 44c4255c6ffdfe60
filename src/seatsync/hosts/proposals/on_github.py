"""Pull requests on GitHub from a branch of the repository itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from seatsync.hosts.github import READ, WRITE
from seatsync.hosts.http import Api
from seatsync.hosts.proposals.put import Proposal


class GitHubProposals:
    """The pull requests from ``branch`` into ``base``."""

    def __init__(self, api: Api, repository: str, branch: str, base: str) -> None:
        self._api, self._branch, self._base = api, branch, base
        self._owner = repository.partition("/")[0]
        self._pulls = f"repos/{repository}/pulls"
        self.wait = api.wait

    def find(self) -> Proposal | None:
        head, base = quote(f"{self._owner}:{self._branch}", safe=""), quote(self._base, safe="")
        found = self._api.read(f"{self._pulls}?state=open&head={head}&base={base}&per_page=1", READ)
        return _proposal(found[0]) if found else None

    def create(self, title: str, body: str) -> Proposal:
        values = {"title": title, "body": body, "head": self._branch, "base": self._base}
        return _proposal(self._api.parsed(self._api.send("POST", self._pulls, values, needs=WRITE)))

    def update(self, proposal: Proposal, title: str, body: str) -> None:
        self._change(proposal, {"title": title, "body": body})

    def close(self, proposal: Proposal) -> None:
        self._change(proposal, {"state": "closed"})

    def _change(self, proposal: Proposal, values: Mapping[str, str]) -> None:
        self._api.send("PATCH", f"{self._pulls}/{proposal.number}", values, needs=WRITE)


def _proposal(data: Mapping[str, Any]) -> Proposal:
    return Proposal(data["number"], data["title"], (data.get("body") or "").replace("\r\n", "\n"), data["html_url"])
