"""Statuses of a commit on GitLab, through its REST API. GitLab shows each as a job of the pipeline."""

from __future__ import annotations

from urllib.parse import quote

from seatsync.hosts.http import Api
from seatsync.hosts.statuses import ERROR, FAILURE, Status, cut

_NEEDS = "Developer"
_LONGEST = 255
_FAILED = "failed"


class GitLabCommit:
    """A commit of a project. ``pipeline`` is the id of the pipeline that shows the statuses; empty for the commit's newest."""

    def __init__(self, api: Api, project: str, sha: str, pipeline: str) -> None:
        self._api = api
        self._project = f"projects/{quote(project, safe='')}"
        self._sha = sha
        self._pipeline = {"pipeline_id": int(pipeline)} if pipeline.isdecimal() else {}

    def shown(self, status: Status) -> Status:
        return cut(status._replace(state=FAILURE) if status.state == ERROR else status, _LONGEST)

    def statuses(self) -> dict[str, Status]:
        found: dict[str, Status] = {}
        of = "".join(f"&{name}={value}" for name, value in self._pipeline.items())
        page = "1"
        while page:
            where = f"{self._project}/repository/commits/{self._sha}/statuses?per_page=100&page={page}{of}"
            response = self._api.send("GET", where, needs=_NEEDS)
            for one in self._api.parsed(response):
                state = FAILURE if one["status"] == _FAILED else str(one["status"])
                found[str(one["name"])] = Status(
                    state, str(one.get("description") or ""), str(one.get("target_url") or "")
                )
            page = response.headers.get("x-next-page", "")
        return found

    def set(self, name: str, status: Status) -> None:
        state = _FAILED if status.state == FAILURE else status.state
        payload = {"name": name, "state": state, "description": status.description, **self._pipeline}
        where = f"{self._project}/statuses/{self._sha}"
        self._api.send("POST", where, payload | ({"target_url": status.url} if status.url else {}), needs=_NEEDS)
