"""The record of a review: a hidden line in the comment on a pull request names the plans that the comment shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from seatsync.domain.text.characters import printable
from seatsync.hosts.comment import Host
from seatsync.hosts.http import HostError
from seatsync.planning.plan import Plan

_LINE = re.compile(r"^<!-- seatsync-reviewed (\{.*\}) -->$", re.MULTILINE)


class Reviewed(NamedTuple):
    """A reviewed plan: its fingerprint, the ledger's serial, the plan's day, and the digest of the files."""

    fingerprint: str
    serial: int
    now: str
    files: str


def line(plans: Iterable[Plan]) -> str:
    """Return the hidden line about these plans. It names nobody, and its content cannot end the HTML comment."""
    records = {plan.institution: [plan.fingerprint, plan.serial, plan.now, plan.desired_digest] for plan in plans}
    return f"<!-- seatsync-reviewed {json.dumps(records, separators=(',', ':'))} -->\n"


def reviewed(host: Host, mark: str) -> Mapping[str, Reviewed]:
    """Return by institution the plans that our comment with ``mark`` shows; empty without such a comment.

    Raises:
        HostError: the host rejects a request or cannot be reached; or somebody else edited the comment.
    """
    for comment in host.comments():
        if comment.body.startswith(mark.rstrip()) and host.is_own(comment):
            body, edited_by = host.current(comment)
            if edited_by:
                raise HostError(
                    f"{comment.url} was edited by {printable(edited_by, 80)}, so it may not show the real plan.",
                    "Delete the comment and run the plan job again. Or review the plan and apply it by its fingerprint: --expect.",
                )
            found = _LINE.search(body.replace("\r\n", "\n"))
            try:
                return {id: Reviewed(*record) for id, record in json.loads(found[1]).items()} if found else {}
            except (ValueError, TypeError):
                return {}
    return {}
