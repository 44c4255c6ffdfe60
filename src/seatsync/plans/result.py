"""The result of making a plan."""

from __future__ import annotations

from typing import NamedTuple

from seatsync.domain.diagnostic import Diagnostic
from seatsync.planning.plan import Plan


class PlanResult(NamedTuple):
    """A plan, if there is one, and the findings in the files. ``institution`` is the files' id, if they have one."""

    plan: Plan | None
    found: list[Diagnostic]
    institution: str = ""
