"""One change of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from seatsync.domain.action import Action
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
