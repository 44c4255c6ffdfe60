"""A GitHub and a GitLab on this machine: HTTP servers that store comments and follow the documentation of the real APIs.

``GitHub.answer`` and ``GitLab.answer`` have the answers. ``Fault`` has what may go wrong on the way.
"""

from __future__ import annotations

import json
import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from tests.support import host_commits
from tests.support.proposals import Proposals
from tests.support.tracked_issues import Issues


class Answer(NamedTuple):
    status: int
    content: Any = None
    headers: Mapping[str, str] = {}


class Request(NamedTuple):
    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        return urlsplit(self.target).path


@dataclass
class Fault:
    """What goes wrong with the next ``times`` requests of a method. QUERY is a POST to GraphQL."""

    method: str
    answer: Answer | None = None  # sent instead of the right one
    lost: str = ""  # the connection breaks "before" or "after" the request is carried out
    slow: float = 0.0  # seconds until the answer; the request is carried out immediately
    then: Callable[[], object] = lambda: None  # something that somebody else does first
    times: int = 1


BOT = {"id": 41898282, "login": "github-actions[bot]", "type": "Bot"}
PERSON = {"id": 7, "login": "mallory", "type": "User"}
HOME = ("grace/seats", 42)
LIMITS = {"github": 65_536, "gitlab": 1_000_000}


@dataclass
class CodeHost(ABC):
    """The parts common to both hosts. ``me`` is the token's user. ``writes`` says whether the token may write."""

    token: str
    me: dict[str, Any] = field(default_factory=lambda: dict(BOT))
    writes: bool = True
    address: str = ""
    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    merges: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    editors: dict[int, dict[str, Any]] = field(default_factory=dict)
    elsewhere: dict[int, int] = field(default_factory=dict)  # the pull request of each comment
    people: dict[str, str] = field(default_factory=dict)  # each person's permission for the repository
    details: dict[int, dict[str, Any]] = field(default_factory=dict)  # pull requests by number, in full
    issues: Issues = field(default_factory=Issues)
    proposals: Proposals = field(default_factory=Proposals)
    open: dict[int, list[str]] = field(
        default_factory=dict
    )  # the files of open pull requests, the one updated last first
    repository: Path | None = None  # whose commits the API tells
    next_id: int = 1000
    statuses: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)  # by commit and name
    may_mark: bool = True
    lock: threading.Lock = field(default_factory=threading.Lock)

    limit = 0
    number = 7
    marks = ""  # the paths of statuses

    def add(self, body: str, author: Mapping[str, Any] = PERSON, to: int | None = None) -> int:
        with self.lock:
            self.next_id += 1
            self.comments[self.next_id] = self.comment(self.next_id, body, author)
            self.elsewhere[self.next_id] = to or self.number
        return self.next_id

    def bodies(self, author: Mapping[str, Any] | None = None) -> list[str]:
        """The texts of an author's comments, oldest first. The default is the token's user."""
        author = author or self.me
        return [one["body"] for _, one in sorted(self.comments.items()) if self.author(one)["id"] == author["id"]]

    def edit(self, id: int, body: str, editor: Mapping[str, Any] = PERSON) -> None:
        """Change a comment, as somebody does on the web."""
        self.comments[id]["body"] = body
        self.editors[id] = dict(editor)

    def count(self, method: str) -> int:
        return sum(request.method == method for request in self.requests)

    def fault(self, method: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.method == method and fault.times:
                    fault.times -= 1
                    return fault
        return None

    def page(self, query: Mapping[str, str], pull: int, newest_first: bool = False) -> tuple[list[Any], int, int]:
        """Return the comments on one page of a pull request, the page's number, and the number of pages."""
        size, number = min(100, int(query.get("per_page", "30"))), int(query.get("page", "1"))
        ids = sorted(self.comments, reverse=newest_first)
        found = [self.comments[id] for id in ids if self.elsewhere.get(id, self.number) == pull]
        return found[(number - 1) * size : number * size], number, -(-len(found) // size)

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The environment variables of a job on this host."""

    def merge(
        self, commit: str, number: int = number, into: str = "main", home: tuple[str, int] = HOME, by: str = ""
    ) -> None:
        """Merge a pull request, with this commit or ``by`` another. A second, closed pull request has the commit too."""
        closed = {"number": 3, "iid": 3, "merged_at": None, "state": "closed", "merge_commit_sha": None}
        merged = {"number": number, "iid": number, "merged_at": "2026-09-01T08:00:00Z", "state": "merged"}
        place = {
            "base": {"ref": into, "repo": {"full_name": home[0]}},
            "target_branch": into,
            "target_project_id": home[1],
        }
        pulls = self.merges.setdefault(commit, [{**closed, **place}])
        pulls.insert(1, {**merged, **place, "merge_commit_sha": by or commit})  # newest first

    def opened(self, number: int, of: str = HOME[0], merged: bool = False) -> None:
        """Let a pull request exist, from a branch of the repository ``of``."""
        head = {"ref": f"pull-{number}", "repo": {"full_name": of}}
        state = "closed" if merged else "open"
        self.details[number] = {"number": number, "state": state, "merged": merged, "head": head}

    @abstractmethod
    def marked(self, request: Request, query: Mapping[str, str], sent: Any, commit: str) -> Answer:
        """Return the newest statuses of a commit, or set one of them."""

    @abstractmethod
    def comment(self, id: int, body: str, author: Mapping[str, Any]) -> dict[str, Any]:
        """A comment in the form of this host's API."""

    @abstractmethod
    def author(self, comment: Mapping[str, Any]) -> Mapping[str, Any]:
        """The author of a comment, as the API names them."""

    @abstractmethod
    def answer(self, request: Request, query: Mapping[str, str], sent: Any) -> Answer:
        """The answer to a request with this JSON in its body."""


class GitHub(CodeHost):
    limit = LIMITS["github"]
    marks = r"/repos/grace/seats/(?:commits/([0-9a-f]{40})/status|statuses/([0-9a-f]{40}))"

    def environment(self) -> dict[str, str]:
        return {"GITHUB_API_URL": self.address, "GITHUB_REPOSITORY": "grace/seats", "GITHUB_TOKEN": self.token}

    def comment(self, id: int, body: str, author: Mapping[str, Any]) -> dict[str, Any]:
        page = f"https://github.example/grace/seats/pull/{self.number}#issuecomment-{id}"
        return {"id": id, "node_id": f"IC_{id}", "body": body, "user": dict(author), "html_url": page}

    def author(self, comment: Mapping[str, Any]) -> Mapping[str, Any]:
        user: Mapping[str, Any] = comment["user"]
        return user

    def answer(self, request: Request, query: Mapping[str, str], sent: Any) -> Answer:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return Answer(401, {"message": "Bad credentials", "status": "401"})
        if "User-Agent" not in request.headers:
            return Answer(403, {"message": "Request forbidden by administrative rules."})
        path = re.sub(r"^/repositories/1/", "/repos/grace/seats/", request.path)
        if (request.method, path) == ("QUERY", "/graphql"):
            return self.queried(sent)
        if said := self.issues.on_github(request.method, path, query, sent, self.me):
            return Answer(*said)
        if said := self.proposals.on_github(request.method, path, query, sent):
            return Answer(*said)
        if (request.method, path) == ("GET", "/repos/grace/seats/pulls"):
            assert query["state"] == "open"
            return Answer(200, [pull for pull in self.pulls if pull["head"]["label"] == query["head"]])
        found = re.fullmatch(r"/repos/grace/seats/issues/(\d+)/comments", path)
        if request.method == "GET" and found:
            comments, number, pages = self.page(query, int(found[1]))
            place = f"{self.address}/repositories/1/issues/{found[1]}/comments?per_page={query['per_page']}&page="
            links = {"next": number + 1, "last": pages} if number < pages else {}
            links |= {"prev": number - 1, "first": 1} if number > 1 else {}
            link = ", ".join(f'<{place}{page}>; rel="{name}"' for name, page in links.items())
            return Answer(200, comments, {"Link": link} if link else {})
        if request.method == "GET" and (known := self.known(path, query)) is not None:
            return Answer(200, known)
        return self.written(request.method, path, sent)

    def written(self, method: str, path: str, sent: Any) -> Answer:
        """Return the answer to writing a comment on a pull request or an issue."""
        found = re.fullmatch(r"/repos/grace/seats/issues/(comments/)?(\d+)(/comments)?", path)
        if not found or method not in ("POST", "PATCH"):
            return Answer(404, {"message": "Not Found", "status": "404"})
        if not self.writes:
            return Answer(403, {"message": "Resource not accessible by integration", "status": "403"})
        if len(sent["body"]) > self.limit:
            why = f"Body is too long (maximum is {self.limit} characters)"
            return Answer(422, {"message": "Validation Failed", "errors": [{"field": "data", "message": why}]})
        id = int(found[2])
        is_there = id in {self.number, *self.details, *self.elsewhere.values()} or self.issues.has(id)
        if method == "POST" and is_there:
            return Answer(201, self.comments[self.add(sent["body"], self.me, id)])
        if id not in self.comments:
            return Answer(404, {"message": "Not Found", "status": "404"})
        self.edit(id, sent["body"], self.me)  # with write access, a user can edit everybody's comments
        return Answer(200, self.comments[id])

    def known(self, path: str, query: Mapping[str, str]) -> Any:
        """What this path says of a person, a commit or a pull request; None if it is about none of these."""
        if found := re.fullmatch(r"/repos/grace/seats/collaborators/([^/]+)/permission", path):
            return {"permission": self.people.get(found[1], "none"), "role_name": "custom"}
        if found := re.fullmatch(r"/repos/grace/seats/commits/([0-9a-f]{40})/pulls", path):
            return self.merges.get(found[1], [])
        if self.repository is not None and re.match("/repos/grace/seats/(commits|compare)", path):
            return self.of_commits(self.repository, path, query)
        found = re.fullmatch(r"/repos/grace/seats/pulls/(\d+)", path)
        return self.details.get(int(found[1])) if found else None

    def marked(self, request: Request, query: Mapping[str, str], sent: Any, commit: str) -> Answer:
        """Return the newest statuses of a commit, or set one of them."""
        if not self.may_mark:
            return Answer(403, {"message": "Resource not accessible by integration", "status": "403"})
        known = self.statuses.setdefault(commit, {})
        if request.method == "POST":
            assert sent["state"] in ("error", "failure", "pending", "success")
            if len(sent["description"]) > 140:
                return Answer(422, {"message": "Validation Failed", "errors": [{"field": "description"}]})
            known[sent["context"]] = {"target_url": None, **sent}
            return Answer(201, known[sent["context"]])
        size, page = int(query["per_page"]), int(query.get("page", "1"))
        path = f"{self.address}/repositories/1/commits/{commit}/status?per_page={size}&page={page + 1}"
        link = {"Link": f'<{path}>; rel="next"'} if len(known) > page * size else {}
        return Answer(200, {"statuses": [*known.values()][(page - 1) * size : page * size]}, link)

    def of_commits(self, repository: Path, path: str, query: Mapping[str, str]) -> Any:
        """What this path says of the repository's commits; None if it names one that is not there."""
        *_, route, names = ["", *path.removeprefix("/repos/grace/seats/").split("/", 1), ""][:3]
        if not names:
            sha = host_commits.last_commit(repository, query["sha"], query["path"], first_parent=False)
            return [{"sha": sha}] if sha else []
        if route == "commits":
            return {"sha": names} if host_commits.has(repository, names) else None
        assert query["page"] == "2", "the first page has the files' contents"
        status = host_commits.status(repository, *names.split("..."))
        return {"status": status, "commits": []} if status else None

    def queried(self, sent: Any) -> Answer:
        """Return the GraphQL API's answer about the token's user or a comment.

        A bot's login ends with [bot] as the viewer, as in the REST API, but not as an author.
        """
        if "viewer {" in sent["query"]:
            return Answer(200, {"data": {"viewer": {"login": self.me["login"]}}})
        if "pullRequests(" in sent["query"]:
            assert sent["variables"] == {"owner": "grace", "repository": "seats"}
            files = {
                number: {"totalCount": len(paths), "nodes": [{"path": path} for path in paths[:100]]}
                for number, paths in [*self.open.items()][:30]
            }
            nodes = [{"number": number, "files": one} for number, one in files.items()]
            return Answer(
                200, {"data": {"repository": {"pullRequests": {"totalCount": len(self.open), "nodes": nodes}}}}
            )
        id = int(sent["variables"]["id"].removeprefix("IC_"))
        if id not in self.comments:
            why = f"Could not resolve to a node with the global id of '{sent['variables']['id']}'"
            return Answer(200, {"data": {"node": None}, "errors": [{"type": "NOT_FOUND", "message": why}]})
        comment, editor = self.comments[id], self.editors.get(id)
        node = {"body": comment["body"], "author": _actor(comment["user"]), "editor": editor and _actor(editor)}
        node["lastEditedAt"] = "2026-09-01T08:00:00Z" if editor is not None else None
        return Answer(200, {"data": {"node": node}})


def _actor(user: Mapping[str, Any]) -> dict[str, str] | None:
    """A user in the form of GraphQL, or None for a deleted user."""
    return {"__typename": user["type"], "login": user["login"].removesuffix("[bot]")} if user else None


class GitLab(CodeHost):
    limit = LIMITS["gitlab"]
    marks = r"/api/v4/projects/42/(?:repository/commits/([0-9a-f]{40})/statuses|statuses/([0-9a-f]{40}))"
    project = "42"

    def environment(self) -> dict[str, str]:
        return {
            "CI_API_V4_URL": f"{self.address}/api/v4",
            "CI_MERGE_REQUEST_IID": str(self.number),
            "CI_PROJECT_ID": self.project,
            "CI_PROJECT_URL": "https://gitlab.example/grace/seats",
            "SEATSYNC_GITLAB_TOKEN": self.token,
        }

    def comment(self, id: int, body: str, author: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": id, "body": body, "author": {"id": author["id"], "username": author["login"]}, "system": False}

    def author(self, comment: Mapping[str, Any]) -> Mapping[str, Any]:
        author: Mapping[str, Any] = comment["author"]
        return author

    def answer(self, request: Request, query: Mapping[str, str], sent: Any) -> Answer:
        if request.headers.get("PRIVATE-TOKEN") != self.token:
            return Answer(401, {"message": "401 Unauthorized"})
        if (request.method, request.path) == ("QUERY", "/api/graphql"):
            return self.queried(sent)
        if (request.method, request.path) == ("GET", "/api/v4/user"):
            return Answer(200, {"id": self.me["id"], "username": self.me["login"]})
        if said := self.proposals.on_gitlab(request.method, request.path, query, sent):
            return Answer(*said)
        if request.method == "GET" and (diffs := self.diffs(request.path, query)):
            return diffs
        if said := self.issues.on_gitlab(request.method, request.path, query, sent, self.me):
            return Answer(*said)
        found = re.fullmatch(rf"/api/v4/projects/{self.project}/(merge_requests|issues)/(\d+)/notes", request.path)
        if request.method == "GET" and found:
            comments, number, pages = self.page(query, int(found[2]), query.get("sort", "desc") == "desc")
            next_page = str(number + 1) if number < pages else ""
            return Answer(200, comments, {"X-Page": str(number), "X-Next-Page": next_page})
        if request.path.startswith("/api/v4/projects/42/repository/"):
            return self.of_commits(request, query)
        return self.written(request, sent)

    def diffs(self, path: str, query: Mapping[str, str]) -> Answer | None:
        """Return the open merge requests, or the files of one of them; None if the path is about something else."""
        found = re.fullmatch(r"/api/v4/projects/42/merge_requests(?:/(\d+)/diffs)?", path)
        if not found:
            return None
        size = int(query["per_page"])
        if found[1] is None:
            assert (query["state"], query["order_by"], query["sort"]) == ("opened", "updated_at", "desc")
            listed: list[dict[str, Any]] = [{"iid": number} for number in self.open]
        else:
            listed = [{"old_path": path, "new_path": path, "diff": ""} for path in self.open[int(found[1])]]
        return Answer(200, listed[:size], {"X-Next-Page": "2" if len(listed) > size else ""})

    def written(self, request: Request, sent: Any) -> Answer:
        """Return the answer to writing a note on a merge request or an issue."""
        notes = re.match(rf"/api/v4/projects/{self.project}/(merge_requests|issues)/(\d+)/notes", request.path)
        number = int(notes[2]) if notes else 0
        if number not in (self.number, *self.details) and not self.issues.has(number):
            return Answer(404, {"message": "404 Not found"})
        if not self.writes:
            why = "The request requires higher privileges than provided by the access token."
            return Answer(403, {"error": "insufficient_scope", "error_description": why, "scope": "api"})
        if len(sent["body"]) > self.limit:
            return Answer(400, {"message": {"note": [f"is too long (maximum is {self.limit} characters)"]}})
        if request.method == "POST":
            return Answer(201, self.comments[self.add(sent["body"], self.me, number)])
        id = int(request.path.rpartition("/")[2])
        if id not in self.comments:
            return Answer(404, {"message": "404 Not found"})
        if self.comments[id]["author"]["id"] != self.me["id"]:
            return Answer(403, {"message": "403 Forbidden"})
        self.edit(id, sent["body"], self.me)
        return Answer(200, self.comments[id])

    def marked(self, request: Request, query: Mapping[str, str], sent: Any, commit: str) -> Answer:
        """Return the newest statuses of a commit, or set one of them. GitLab sets no status a second time."""
        if not self.may_mark:
            return Answer(403, {"message": "403 Forbidden"})
        known = self.statuses.setdefault(commit, {})
        if request.method == "POST":
            assert sent["state"] in ("pending", "running", "success", "failed", "canceled", "skipped")
            if len(sent["description"]) > 255:
                return Answer(400, {"message": {"description": ["is too long (maximum is 255 characters)"]}})
            known[sent["name"]] = {"target_url": None, **sent, "status": sent["state"]}
            return Answer(201, known[sent["name"]])
        size, page = int(query["per_page"]), int(query.get("page", "1"))
        next_page = str(page + 1) if len(known) > page * size else ""
        return Answer(200, [*known.values()][(page - 1) * size : page * size], {"X-Next-Page": next_page})

    def of_commits(self, request: Request, query: Mapping[str, str]) -> Answer:
        route = request.path.removeprefix("/api/v4/projects/42/repository/")
        if found := re.fullmatch(r"commits/([0-9a-f]{40})/merge_requests", route):
            return Answer(200, self.merges.get(found[1], []))
        if self.repository is None:
            return Answer(404, {"message": "404 Not found"})
        has = partial(host_commits.has, self.repository)
        if route == "commits":
            is_straight = query["first_parent"] == "true"
            id = host_commits.last_commit(self.repository, query["ref_name"], query["path"], is_straight)
            return Answer(200, [{"id": id}] if id else [])
        refs = parse_qs(urlsplit(request.target).query).get("refs[]", [route.removeprefix("commits/")])
        if unknown := [ref for ref in refs if not has(ref)]:
            return Answer(400, {"message": f"400 Bad request - Could not find ref: {unknown[0]}"})
        id = host_commits.merge_base(self.repository, refs[0], refs[-1])
        return Answer(200, {"id": id}) if id else Answer(404, {"message": "404 Merge Base Not Found"})

    def queried(self, sent: Any) -> Answer:
        """Return the GraphQL API's answer about a note."""
        id = int(sent["variables"]["id"].removeprefix("gid://gitlab/Note/"))
        if id not in self.comments:
            return Answer(200, {"data": {"note": None}})
        comment, editor = self.comments[id], self.editors.get(id)
        note = {"body": comment["body"], "author": {"username": comment["author"]["username"]}, "lastEditedAt": None}
        by = {"username": editor["login"]} if editor else None
        note |= {"lastEditedBy": by, "lastEditedAt": "2026-09-01T08:00:00Z" if editor is not None else None}
        return Answer(200, {"data": {"note": note}})


class Hasty:
    """A clock that replaces the module ``time``. Its pauses end immediately."""

    def __init__(self) -> None:
        self.passed = 0.0

    def sleep(self, seconds: float) -> None:
        self.passed += seconds

    def monotonic(self) -> float:
        return time.monotonic() + self.passed

    def time(self) -> float:
        return time.time() + self.passed


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_PUT = do_GET  # noqa: N815

    def _serve(self) -> None:
        host = self.server.host
        size = int(self.headers.get("Content-Length", 0))
        sent = json.loads(self.rfile.read(size)) if size else None
        method = "QUERY" if self.path.endswith("/graphql") else self.command  # this POST writes nothing
        request = Request(method, self.path, dict(self.headers.items()))
        host.requests.append(request)
        fault = host.fault(method) or Fault(method)
        fault.then()
        if fault.lost == "before":
            self.close_connection = True
            return
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        marked = re.fullmatch(host.marks, re.sub(r"^/repositories/1/", "/repos/grace/seats/", request.path))
        right = host.marked(request, query, sent, marked[1] or marked[2]) if marked else None
        answer = fault.answer or right or host.answer(request, query, sent)
        if self.server.stopped.wait(fault.slow) or fault.lost == "after":
            self.close_connection = True
            return
        body = b"" if answer.content is None else json.dumps(answer.content).encode()
        self.send_response(answer.status)
        for name, value in {
            **answer.headers,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    host: CodeHost
    stopped: threading.Event

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up before a slow answer."""


@contextmanager
def serving(host: CodeHost) -> Iterator[None]:
    """Run a host on a free port of this machine, and set its ``address``."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.host, server.stopped = host, threading.Event()
    host.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield
    finally:
        server.stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()


def in_a_second() -> str:
    """A time for x-ratelimit-reset."""
    return str(int(time.time()) + 1)
