"""A merge request on GitLab, through its REST API. GitLab calls comments notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from seatsync.hosts.comment import Comment, CurrentComment, current_comment
from seatsync.hosts.http import Api, HostError

LIMIT = 1_000_000
_CURRENT = "query ($id: NoteID!) { note(id: $id) { body lastEditedAt author { username } lastEditedBy { username } } }"
REPORTER = "Reporter"
"""The role in the project that most requests need."""


def _fix(status: int, needs: str) -> str | None:
    """Return what to do about an error. ``needs`` is the role that the request needs."""
    match status:
        case 400:
            return "GitLab does not accept this text. It may have at most 1,000,000 characters."
        case 401:
            return (
                "The token is not valid, has expired, or is a job token: CI_JOB_TOKEN may not do this. See docs/ci.md."
            )
        case 403:
            return f"The token needs the scope `api`, and its role in the project must be {needs or REPORTER} or above."
        case 404:
            return (
                "Check the project and the number of the merge request, and that the token's user is a member of the project "
                f"({needs or REPORTER} or above)."
            )
    return None


def api(base: str, token: str, seconds: float) -> Api:
    """Return GitLab's API with the access token of a project, a group or a person."""
    return Api("GitLab", base, {"PRIVATE-TOKEN": token}, seconds, _fix)


def numbers_of_merge(api: Api, project: str, branch: str, commit: str) -> list[int]:
    """Return the merge requests that brought ``commit`` into ``branch``, without those merged into other branches."""
    found = api.read(f"projects/{quote(project, safe='')}/repository/commits/{commit}/merge_requests?per_page=100")
    target = (branch, project)
    merged = [request for request in found if request.get("state") == "merged"]
    return [
        int(request["iid"])
        for request in merged
        if (request.get("target_branch"), str(request.get("target_project_id"))) == target
    ]


@cache
def user(api: Api) -> str:
    """Return the id of the token's user."""
    return str(int(api.read("user")["id"]))


class GitLabCommits:
    """The commits of a project on GitLab."""

    def __init__(self, api: Api, project: str) -> None:
        self._api = api
        self._repository = f"projects/{quote(project, safe='')}/repository"

    def last(self, path: str, at: str) -> str:
        """Return the last commit up to ``at`` that touched the path; empty if none did."""
        words = f"ref_name={at}&path={quote(path, safe='')}&first_parent=true&per_page=1"
        found = self._api.read(f"{self._repository}/commits?{words}")
        return str(found[0]["id"]) if found else ""

    def is_ancestor(self, older: str, newer: str) -> bool | None:
        """Whether ``newer`` is ``older`` or came after it; None if ``older`` is not in the project. ``newer`` must be."""
        try:
            return bool(self._api.read(f"{self._repository}/merge_base?refs[]={older}&refs[]={newer}")["id"] == older)
        except HostError as error:
            if error.status not in (400, 404):  # an unknown commit, or no common one
                raise
            self._api.read(f"{self._repository}/commits/{newer}")  # 404 also means that the token may not read
            return None


class GitLab:
    """One merge request, or an issue (``kind``). ``project`` is the target project's id, ``page`` its address."""

    limit = LIMIT

    def __init__(self, api: Api, project: str, number: int, page: str, kind: str = "merge_requests") -> None:
        self._api = api
        self.number = number
        self._notes = f"projects/{quote(project, safe='')}/{kind}/{number}/notes"
        self._page = f"{page}/-/{kind}/{number}" if page else f"{'!' if kind == 'merge_requests' else '#'}{number}"
        self.wait = api.wait

    def without_commands(self, text: str) -> str:
        """Escape slashes at the start of lines, because GitLab would run such lines as commands (``/merge``)."""
        return re.sub(r"^([ \t]*)/", r"\1\\/", text, flags=re.MULTILINE)

    def comments(self) -> Iterator[Comment]:
        page = "1"
        while page:
            response = self._api.send("GET", f"{self._notes}?sort=asc&order_by=created_at&per_page=100&page={page}")
            yield from map(self._comment, self._api.parsed(response))
            page = response.headers.get("x-next-page", "")

    def is_own(self, comment: Comment) -> bool:
        return comment.author == user(self._api)

    def current(self, comment: Comment) -> CurrentComment:
        found = self._api.query("note", _CURRENT, id=comment.node)
        return current_comment(found, found.get("lastEditedBy"), "username")

    def create(self, body: str) -> str:
        return self._comment(self._api.parsed(self._api.send("POST", self._notes, {"body": body}))).url

    def update(self, comment: Comment, body: str) -> None:
        self._api.send("PUT", f"{self._notes}/{comment.id}", {"body": body})

    def _comment(self, data: Mapping[str, Any]) -> Comment:
        id, author = data["id"], str(data["author"]["id"])
        return Comment(id, author, data["body"], f"{self._page}#note_{id}", f"gid://gitlab/Note/{id}")
