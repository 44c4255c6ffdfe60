"""Turn Git's error output into one line for people, without credentials."""

from __future__ import annotations

import re

from seatsync.domain.text.ledger_addresses import redacted
from seatsync.ledger.failures import LedgerError

_UNCHANGED = "Nothing was changed."
_NETWORK = "Check the network."
_BY_WORD = (
    (r"dubious ownership", "Tell Git to trust this folder: git config --global --add safe.directory FOLDER."),
    (r"not a git repository \(or|work tree", "Run it inside the repository, or name a ledger that is not in Git."),
    (
        r"hook declined|protected branch|GH0\d\d|not allowed to push|prohibited|denyCurrentBranch|checked out",
        f"Allow seatsync to push to that branch: its rules forbid it. {_UNCHANGED}",
    ),
    (
        r"does not appear to be|not found|does not exist|no such file|repository '.*' is not",
        "Correct the remote's address (`git remote get-url`), or name another: --ledger git:REMOTE#BRANCH.",
    ),
    (
        r"permission denied|permission to|denied to|\b40[13]\b|authentication|could not read|access rights|not authorized",
        f"Give this user or runner access (on GitHub Actions `permissions: contents: write`). {_UNCHANGED}",
    ),
    (r"hash algorithm|object format", "Name a remote with the same object format as this repository (sha1 or sha256)."),
    (r"no space left|disk full|quota", f"Free some disk space. {_UNCHANGED}"),
    (r"exceeds|too large|larger than", "The file is too large for that server: keep the ledger in PostgreSQL."),
    (r"resolve|connect|timed out|hung up|network|reset|broken pipe|early EOF|unable to access", _NETWORK),
)
"""Patterns in Git's output and the help for each; the first match counts."""

_MEANWHILE = re.compile(
    r"cannot lock ref|\.lock': File exists|failed to update ref|reference already exists|fetch first|non-fast-forward"
)
_FOR_GOOD = re.compile(r"permission denied|read-only|no space", re.IGNORECASE)


def failure(ledger: object, what: str, output: str, help: str = "") -> LedgerError:
    """Return a ``LedgerError`` for Git's ``output``; ``what`` follows the ledger's name. Without ``help``, the output decides."""
    help = help or next(
        (help for word, help in _BY_WORD if re.search(word, output, re.IGNORECASE)), "Ask the operator of that server."
    )
    found = LedgerError(f"The ledger {ledger} {what}: {_gist(output)}.", help)
    found.is_temporary = help == _NETWORK
    return found


def is_branch_missing(output: bytes) -> bool:
    """Whether a fetch reached the remote and failed because it has no such branch."""
    return re.search(rb"find remote ref", output) is not None


def is_race(output: str) -> bool:
    """Whether a push was rejected because another push is running, or has just ended."""
    return _MEANWHILE.search(output) is not None and _FOR_GOOD.search(output) is None


def _gist(output: str) -> str:
    """The cause in one line: the remote's reason and its hook's first line, or else Git's error."""
    readable = redacted(output).encode("utf-8", "replace").decode()
    lines = [line.strip() for line in readable.splitlines() if line.strip()]
    reasons = [match[1] for line in lines if (match := re.match(r"!.*\[.*\] \((.*)\)$", line))]
    hooks = [line.removeprefix("remote:").strip() for line in lines if line.startswith("remote:")]
    if reasons:
        return ": ".join([reasons[0], *filter(None, hooks[:1])]).rstrip(".")
    last = (
        [line for line in lines if re.match(r"(fatal|error|ssh|git@|remote): ?", line)] or lines or ["no reason given"]
    )
    return re.sub(r"^(fatal|error|remote): ", "", last[0]).rstrip(".")
