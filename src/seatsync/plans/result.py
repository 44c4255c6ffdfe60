"""What making a plan comes to."""

from __future__ import annotations

from typing import NamedTuple

from seatsync.domain.diagnostic import Diagnostic
from seatsync.planning.plan import Plan


class Made(NamedTuple):
    """A plan, if there is one, and what was found wrong with the files."""

    plan: Plan | None
    found: list[Diagnostic]
