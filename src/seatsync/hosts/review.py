"""The record of a review: a hidden line in the comment on a pull request says which plans the comment shows."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from seatsync.domain.text.characters import printable
from seatsync.hosts.comment import PLAN, QUEUE, Comment, Host, marker
from seatsync.hosts.environment import Merges
from seatsync.hosts.http import HostError
from seatsync.planning.plan import Plan

MOST = 45_000
"""The most characters of a line, so that a useful comment fits beside it. It has room for about 500 institutions."""
_LINE = re.compile(r"^<!-- seatsync-reviewed (\{.*\}) -->$", re.MULTILINE)
_ASKED, _FILES = 24, 6
"""How many bytes of a digest are kept: enough that nobody can find another plan for it, and enough to tell files apart."""


class Reviewed(NamedTuple):
    """A reviewed plan: what its files ask for (``Plan.asked``), the ledger's serial, the plan's day, and its files.

    ``asked`` and ``files`` are shortened digests; ``asked`` is empty for a plan that was shown without its fingerprint.
    """

    asked: str
    serial: int
    now: str
    files: str

    def shows(self, asked: Collection[str]) -> bool:
        """Whether one of these digests is that of the plan."""
        return any(_short(digest, _ASKED) == self.asked != "" for digest in asked)

    def is_of(self, files: Collection[str]) -> bool:
        """Whether one of these digests is that of the plan's files."""
        return any(_short(digest, _FILES) == self.files for digest in files)


class Record(NamedTuple):
    """What a comment shows: the ``commit``, the number of changes of each action over all plans, and the plans that files ask
    for, by institution. ``left_out`` plans had no room: they count as not reviewed.
    """

    commit: str
    summary: Mapping[str, int]
    plans: Mapping[str, Reviewed]
    left_out: int = 0


def line(plans: Collection[Plan], commit: str, most: int = MOST) -> str:
    """Return the hidden line about these plans, in at most ``most`` characters. It names nobody, and cannot end the HTML comment.

    Plans that change nothing, or only what is due by the calendar, need no review.
    """
    counts: Counter[str] = Counter()
    for plan in plans:
        counts.update(plan.possible)
    to_review = [plan for plan in plans if plan.changes and (plan.asked or not plan.fingerprint)]
    day = max((plan.now for plan in to_review), default="")
    known = commit if re.fullmatch("[0-9a-f]*", commit) else ""
    record = {"commit": known, "summary": dict(counts), "now": day, "left_out": len(to_review), "plans": {}}
    left = most - len(_written(record))
    shown: dict[str, list[Any]] = {}
    for plan in to_review:
        entry: list[Any] = [_short(plan.asked, _ASKED), plan.serial, _short(plan.desired_digest, _FILES)]
        entry += [plan.now] if plan.now != day else []
        left -= len(_json({plan.institution: entry})) - 1
        if left < 0:
            break
        shown[plan.institution] = entry
    return _written({**record, "left_out": len(to_review) - len(shown), "plans": shown})


def read(body: str) -> Record | None:
    """Return what the hidden line in a comment says; None if there is none, or it is not as ``line`` writes it."""
    found = _LINE.search(body.replace("\r\n", "\n"))
    try:
        return _record(json.loads(found[1])) if found else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


class Merge(NamedTuple):
    """A ``commit`` of the branch, and the records of each pull request that brought it, by number; none for a plain push."""

    commit: str
    records: Mapping[int, Sequence[Record]]


class Reviews:
    """What was reviewed for the commits of a branch. The host is asked once for each commit and each pull request."""

    def __init__(self, merges: Merges) -> None:
        self._merges = merges
        self._records: dict[int, Sequence[Record]] = {}
        self._found: dict[str, Merge] = {}

    def of(self, commit: str) -> Merge:
        """Return what was reviewed for this commit.

        Raises:
            HostError: the host rejects a request or cannot be reached; or somebody else edited a comment.
        """
        if commit not in self._found:
            numbers = self._merges.numbers(commit)
            for number in numbers:
                if number not in self._records:
                    self._records[number] = _records(self._merges.pull_request(number))
            self._found[commit] = Merge(commit, {number: self._records[number] for number in numbers})
        return self._found[commit]


def _records(host: Host) -> list[Record]:
    """Return what our comments of the pull request's own plan and of its plan in a merge queue show."""
    marks = tuple(marker(name).rstrip() for name in (PLAN, QUEUE))
    ours = [comment for comment in host.comments() if comment.body.startswith(marks) and host.is_own(comment)]
    first = {
        comment.body[: comment.body.index("-->")]: comment for comment in reversed(ours)
    }  # the one that is kept up to date
    return [record for comment in first.values() if (record := read(_unedited(host, comment))) is not None]


def _unedited(host: Host, comment: Comment) -> str:
    body, edited_by = host.current(comment)
    if edited_by:
        raise HostError(
            f"{comment.url} was edited by {printable(edited_by, 80)}, so it may not show the real plan.",
            "Delete the comment and run the plan job again. Or review the plan and apply it by its fingerprint: --expect.",
        )
    return body


def _record(said: Mapping[str, Any]) -> Record:
    plans = {str(id): _reviewed(entry, str(said["now"])) for id, entry in said["plans"].items()}
    summary = {str(action): int(count) for action, count in said["summary"].items()}
    return Record(str(said["commit"]), summary, plans, int(said["left_out"]))


def _reviewed(entry: Sequence[Any], now: str) -> Reviewed:
    asked, serial, files, *other = entry
    return Reviewed(str(asked), int(serial), str(other[0]) if other else now, str(files))


def _short(digest: str, size: int) -> str:
    """Return the first ``size`` bytes of a hexadecimal digest in base64; empty for none."""
    return b64encode(bytes.fromhex(digest)[:size]).decode()


def _written(record: Mapping[str, Any]) -> str:
    return f"<!-- seatsync-reviewed {_json(record)} -->\n"


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
