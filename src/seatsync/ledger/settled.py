"""What an apply left in order, as the ledger keeps it; ``plans.settle`` makes it and reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Settled = Mapping[str, Any]
"""``rules``, the number of the rules by which it is in order (``plans.rules_digest``); ``files``, the SHA-256 of each input by its
path; ``due``, the first day (ISO) on which the same files may ask for more, empty for never; ``remind``, after how many days
reminders are due; ``open``, the numbers of members who hold, or lack, what the files ask otherwise; ``silent``, whether the
next plan has nothing to warn of. The ledger adds ``serial``, that of the last event of the apply."""

_KINDS = {"rules": int, "files": dict, "due": str, "remind": list, "open": list, "silent": bool, "serial": int}


def checked(settled: Any) -> Settled:
    """``settled`` as the ledger keeps it, whose shape is looked at: it comes from a database.

    Raises:
        ValueError: it is of another shape.
    """
    if settled == {}:
        return {}
    fits = isinstance(settled, dict) and all(isinstance(settled.get(name), kind) for name, kind in _KINDS.items())
    if not (fits and all(isinstance(number, int) for number in (*settled["open"], *settled["remind"]))):
        raise ValueError("what the last apply left in order is of another kind")
    return dict(settled)
