"""What was reviewed: a hidden line in the comment on a pull request says which plans it showed."""

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
    """A plan that was shown: its fingerprint, the ledger's serial and the day it was made for, the digest of its files."""

    fingerprint: str
    serial: int
    now: str
    files: str


def line(plans: Iterable[Plan]) -> str:
    """The hidden line about these plans. It names nobody, and nothing in it can end it."""
    told = {plan.institution: [plan.fingerprint, plan.serial, plan.now, plan.desired_digest] for plan in plans}
    return f"<!-- seatsync-reviewed {json.dumps(told, separators=(',', ':'))} -->\n"


def reviewed(host: Host, mark: str) -> Mapping[str, Reviewed]:
    """By institution what the host's own comment with ``mark`` shows; empty where there is none.

    Raises:
        HostError: the host refuses, or can't be reached; or somebody has changed the comment.
    """
    for comment in host.comments():
        if comment.body.startswith(mark.rstrip()) and host.is_own(comment):
            body, edited_by = host.seen(comment)
            if edited_by:
                raise HostError(
                    f"{comment.url} was changed by {printable(edited_by, 80)}, so it does not show what was planned.",
                    "Delete the comment and run the job that plans again; or review the plan and expect its fingerprint: --expect.",
                )
            found = _LINE.search(body.replace("\r\n", "\n"))
            try:
                return {id: Reviewed(*told) for id, told in json.loads(found[1]).items()} if found else {}
            except (ValueError, TypeError):
                return {}
    return {}
