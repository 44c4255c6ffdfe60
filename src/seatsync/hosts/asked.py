"""What a comment on a GitHub pull request asks the pipeline to do, if its author may write to the repository.

GitHub runs the default branch's workflow, with its secrets, for every comment of anybody. So the author's permission is read from
the API: the event only says how they are associated with the repository, and a member of the organization may have no write access.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from seatsync.domain.failure import Failure
from seatsync.domain.text.characters import printable
from seatsync.hosts.http import Api

COMMANDS = ("plan", "apply")
_MAY_WRITE = ("admin", "maintain", "write")


class Asked(NamedTuple):
    """The command, and for a plan what to check out: GitHub's merge of the pull request into its branch."""

    command: str
    ref: str = ""


def asked(api: Api, repository: str, event: Mapping[str, Any]) -> Asked:
    """Return what the comment of this event asks for.

    Raises:
        Failure: it is no command; its author may not write; or the command does not suit the pull request.
        HostError: GitHub rejects a request or cannot be reached.
    """
    comment, issue = event.get("comment") or {}, event.get("issue") or {}
    command, number = _command(str(comment.get("body") or "")), int(issue.get("number") or 0)
    _check_author(api, repository, str((comment.get("user") or {}).get("login") or ""))
    pull = api.read(f"repos/{repository}/pulls/{number}")
    if command == "apply":
        if not pull.get("merged"):
            raise Failure(f"#{number} is not merged, so nothing is applied.", "Merge it: the merge applies its plan.")
        return Asked(command)
    head = str(((pull.get("head") or {}).get("repo") or {}).get("full_name") or "")
    if head.lower() != repository.lower():
        raise Failure(
            f"#{number} comes from a fork, so it is not planned with this repository's secrets.",
            "Use the workflow of `seatsync init --ci github --forks` (docs/ci.md).",
        )
    if pull.get("state") != "open":
        raise Failure(
            f"#{number} is not open, so there is nothing to plan.", "To apply it again, write /seatsync apply."
        )
    return Asked(command, f"refs/pull/{number}/merge")


def _command(body: str) -> str:
    words = body.split()
    if len(words) != 2 or words[0] != "/seatsync" or words[1] not in COMMANDS:
        raise Failure("The comment is not a command.", "Write /seatsync plan or /seatsync apply, and nothing else.")
    return words[1]


def _check_author(api: Api, repository: str, login: str) -> None:
    found = api.read(f"repos/{repository}/collaborators/{quote(login, safe='')}/permission") if login else {}
    if str(found.get("permission")) not in _MAY_WRITE:
        who = printable(login, 80) or "The author"
        raise Failure(f"{who} may not write to this repository, so the comment is ignored.", "Ask somebody who may.")
