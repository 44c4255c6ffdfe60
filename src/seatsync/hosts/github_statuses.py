"""Statuses of a commit on GitHub, through its REST API."""

from __future__ import annotations

from seatsync.hosts.http import Api
from seatsync.hosts.statuses import Status, cut

_NEEDS = "statuses: write"
_LONGEST = 140


class GitHubCommit:
    """A commit of a repository."""

    def __init__(self, api: Api, repository: str, sha: str) -> None:
        self._api = api
        self._commit = f"repos/{repository}/commits/{sha}/status"
        self._set = f"repos/{repository}/statuses/{sha}"

    def shown(self, status: Status) -> Status:
        return cut(status, _LONGEST)

    def statuses(self) -> dict[str, Status]:
        found: dict[str, Status] = {}
        where = f"{self._commit}?per_page=100"
        while where:
            response = self._api.send("GET", where, needs=_NEEDS)
            for one in self._api.parsed(response)["statuses"]:
                status = Status(str(one["state"]), str(one.get("description") or ""), str(one.get("target_url") or ""))
                found.setdefault(str(one["context"]), status)
            where = response.links.get("next", {}).get("url", "")
        return found

    def set(self, name: str, status: Status) -> None:
        payload = {"context": name, "state": status.state, "description": status.description}
        self._api.send("POST", self._set, payload | ({"target_url": status.url} if status.url else {}), needs=_NEEDS)
