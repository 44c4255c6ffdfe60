"""A merge request on GitLab, by its REST API; its comments are called notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from seatsync.hosts.comment import Comment, Seen, seen
from seatsync.hosts.http import Api

LIMIT = 1_000_000
_SEEN = "query ($id: NoteID!) { note(id: $id) { body lastEditedAt author { username } lastEditedBy { username } } }"
_MENDS = {
    400: "GitLab does not take this text: at most 1,000,000 characters.",
    401: "The token is not valid, has expired, or is a job's: CI_JOB_TOKEN may not write notes. See docs/ci.md.",
    403: "The token needs the scope `api`, and its role in the target project must be Reporter or above.",
    404: "Check the project and the number of the merge request, and that the token's user is a member of the target project.",
}


def api(base: str, token: str, seconds: float) -> Api:
    """GitLab's API with a project's, a group's or a person's access token."""
    return Api("GitLab", base, {"PRIVATE-TOKEN": token}, seconds, _MENDS)


def numbers_of_merge(api: Api, project: str, branch: str, commit: str) -> list[int]:
    """The merge requests by which ``commit`` came into ``branch``; those that were merged elsewhere say nothing of it."""
    found = api.read(f"projects/{quote(project, safe='')}/repository/commits/{commit}/merge_requests?per_page=100")
    here = (branch, project)
    merged = [request for request in found if request.get("state") == "merged"]
    return [int(one["iid"]) for one in merged if (one.get("target_branch"), str(one.get("target_project_id"))) == here]


class GitLab:
    """One merge request. ``project`` is that which it is to be merged into, ``page`` that project's address."""

    limit = LIMIT

    def __init__(self, api: Api, project: str, number: int, page: str) -> None:
        self._api = api
        self._notes = f"projects/{quote(project, safe='')}/merge_requests/{number}/notes"
        self._page = f"{page}/-/merge_requests/{number}" if page else f"!{number}"
        self.wait = api.wait

    def harmless(self, text: str) -> str:
        """Of a line that begins with a slash (``/merge``) GitLab makes a command; not where the slash is escaped."""
        return re.sub(r"^([ \t]*)/", r"\1\\/", text, flags=re.MULTILINE)

    def comments(self) -> Iterator[Comment]:
        page = "1"
        while page:
            response = self._api.send("GET", f"{self._notes}?sort=asc&order_by=created_at&per_page=100&page={page}")
            yield from map(self._comment, self._api.parsed(response))
            page = response.headers.get("x-next-page", "")

    def is_own(self, comment: Comment) -> bool:
        return comment.author == self._user

    @cached_property
    def _user(self) -> str:
        return str(int(self._api.read("user")["id"]))

    def seen(self, comment: Comment) -> Seen:
        found = self._api.query("note", _SEEN, id=comment.node)
        return seen(found, found.get("lastEditedBy"), "username")

    def create(self, body: str) -> str:
        return self._comment(self._api.parsed(self._api.send("POST", self._notes, {"body": body}))).url

    def update(self, comment: Comment, body: str) -> None:
        self._api.send("PUT", f"{self._notes}/{comment.id}", {"body": body})

    def _comment(self, told: Mapping[str, Any]) -> Comment:
        id, author = told["id"], str(told["author"]["id"])
        return Comment(id, author, told["body"], f"{self._page}#note_{id}", f"gid://gitlab/Note/{id}")
