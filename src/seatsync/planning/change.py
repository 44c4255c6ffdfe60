"""One change of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from seatsync.domain.action import ORDER, Action
from seatsync.domain.origin import Origin


class Change(NamedTuple):
    """What will happen, why, and the place that asks for it.

    ``member`` is the e-mail (the new one, where it changes); ``kind`` and ``status`` are those of the license
    afterwards, for a revoke the kind that is taken; ``before`` and ``after`` hold only what changes; ``record`` is
    the ledger's number of the member, 0 for somebody new.
    """

    action: Action
    reason: str
    origin: Origin
    library: str = ""
    member: str = ""
    kind: str = ""
    status: str = ""
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    record: int = 0


Groups = Mapping[tuple[Action, str], Sequence[Change]]
"""Changes by action and library (empty where none is concerned), the actions in the order in which they are applied."""


def grouped(changes: Iterable[Change]) -> Groups:
    """The changes by action and library; within a group, and the libraries of an action, in the order given."""
    groups: dict[tuple[Action, str], list[Change]] = {}
    for key, run in groupby(changes, itemgetter(0, 3)):  # mostly many of a group stand together
        groups.setdefault(key, []).extend(run)
    return dict(sorted(groups.items(), key=lambda group: ORDER[group[0][0]]))
