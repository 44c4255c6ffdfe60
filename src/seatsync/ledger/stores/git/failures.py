"""What Git says when it fails, told to a person in one line, without credentials."""

from __future__ import annotations

import re

from seatsync.domain.text.ledger_addresses import redacted
from seatsync.ledger.failures import LedgerError

_UNCHANGED = "nothing was changed"
_BY_WORD = (
    (r"dubious ownership", "Git does not trust this folder: git config --global --add safe.directory FOLDER."),
    (r"not a git repository \(or|work tree", "Run it inside of the repository, or name a ledger that is not in Git."),
    (
        r"hook declined|protected branch|GH0\d\d|not allowed to push|prohibited|denyCurrentBranch|checked out",
        f"Let seatsync push to that branch, whose rules forbid it; {_UNCHANGED}.",
    ),
    (
        r"does not appear to be|not found|does not exist|no such file|repository '.*' is not",
        "Correct the remote's address (`git remote get-url`), or name another: --ledger git:REMOTE#BRANCH.",
    ),
    (
        r"permission denied|permission to|denied to|\b40[13]\b|authentication|could not read|access rights|not authorized",
        f"Give this user or runner the right to it (on GitHub Actions `permissions: contents: write`); {_UNCHANGED}.",
    ),
    (r"hash algorithm|object format", "Name a remote whose objects are like this repository's (sha1 or sha256)."),
    (r"no space left|disk full|quota", f"Make room; {_UNCHANGED}."),
    (r"exceeds|too large|larger than", "The file is too large for that server: keep the ledger in PostgreSQL."),
    (r"resolve|connect|timed out|hung up|network|reset|broken pipe|early EOF|unable to access", "Check the network."),
)
"""What to do, by what Git says; the first that fits."""

_MEANWHILE = re.compile(
    r"cannot lock ref|\.lock': File exists|failed to update ref|reference already exists|fetch first|non-fast-forward"
)
_FOR_GOOD = re.compile(r"permission denied|read-only|no space", re.IGNORECASE)


def failure(ledger: object, what: str, said: str, help: str = "") -> LedgerError:
    """An error of Git as ours; ``what`` follows the ledger's name. What to do is told by what Git ``said``, if not given."""
    help = help or next(
        (help for word, help in _BY_WORD if re.search(word, said, re.IGNORECASE)), "Ask who runs that server."
    )
    return LedgerError(f"The ledger {ledger} {what}: {_gist(said)}.", help)


def absent(said: bytes) -> bool:
    """Whether a fetch failed because the remote, which was reached, has no such branch."""
    return re.search(rb"find remote ref", said) is not None


def meanwhile(said: str) -> bool:
    """Whether a push was refused because another was under way, or has just been."""
    return _MEANWHILE.search(said) is not None and _FOR_GOOD.search(said) is None


def _gist(said: str) -> str:
    """Why, in a line: the remote's reason for a refusal and what its hook said, or else Git's last word on it."""
    readable = redacted(said).encode("utf-8", "replace").decode()
    lines = [line.strip() for line in readable.splitlines() if line.strip()]
    reasons = [match[1] for line in lines if (match := re.match(r"!.*\[.*\] \((.*)\)$", line))]
    hooks = [line.removeprefix("remote:").strip() for line in lines if line.startswith("remote:")]
    if reasons:
        return ": ".join([reasons[0], *filter(None, hooks[:1])]).rstrip(".")
    last = (
        [line for line in lines if re.match(r"(fatal|error|ssh|git@|remote): ?", line)] or lines or ["no reason given"]
    )
    return re.sub(r"^(fatal|error|remote): ", "", last[0]).rstrip(".")
