"""The baseline as the ledger keeps it (table and journal call it ``settled``). ``plans.baseline`` makes and uses it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from seatsync.domain.action import Unplanned

Baseline = Mapping[str, Any]
"""What the last apply left in order. Keys: ``rules``, the digest of the rules (``plans.rules_digest``); ``files``, the SHA-256 of
each input by path; ``meaning``, the digest of what the files say (``plans.meaning``; older journals lack it); ``due``, the first
day (ISO) on which the same files can ask for more, empty for never; ``remind``, the days after which reminders are due; ``open``,
the numbers of members whose licenses differ from the files on purpose; ``renamed``, those of members whom grants still name by an
e-mail or student id of before (older journals lack it); ``silent``, whether the next plan has no warnings. The
ledger adds ``serial``, the number of the apply's last event."""

_KINDS = {"rules": int, "files": dict, "due": str, "remind": list, "open": list, "silent": bool, "serial": int}


def checked(value: Any) -> Baseline:
    """Check a baseline from the database, and return it.

    Raises:
        ValueError: the value does not have the form of a baseline.
    """
    if value == {}:
        return {}
    fits = isinstance(value, dict) and all(isinstance(value.get(name), kind) for name, kind in _KINDS.items())
    fits = fits and isinstance(value.get("meaning", ""), str) and isinstance(value.get("renamed", []), list)
    numbers = (*value["open"], *value["remind"], *value.get("renamed", ())) if fits else ()
    if not (fits and all(isinstance(number, int) for number in numbers)):
        raise ValueError("the baseline of the last apply has the wrong type")
    return dict(value)


def holds(baseline: Baseline, applied_on: str, today: date, rules: int) -> bool:
    """Whether the baseline of the apply of this day still holds by the day and the digest of the ``rules``; 0 is that of none. The
    files are not checked here.
    """
    day = today.isoformat()
    return (
        bool(baseline)
        and applied_on <= day
        and (not baseline["due"] or day < baseline["due"])
        and baseline["rules"] == rules != 0
    )


def leaves_nothing(baseline: Baseline, since: Iterable[Collection[str]], calling: Collection[int]) -> bool:
    """Whether a plan of the same files has nothing to do or to tell, after these actions ``since`` and with these members who are due.

    Claims don't matter: members only take what was offered.
    """
    return bool(baseline["silent"]) and not calling and all({*actions} == {Unplanned.CLAIM} for actions in since)


def taken(value: Any) -> dict[str, int]:
    """Check the exports that applies have taken, from the database, and return them: by key (``desired.CommittedExport``) the serial
    of the entry that took it.

    Raises:
        ValueError: the value does not have this form.
    """
    # Here, because it imports much, and the plan of an unchanged folder reads no exports.
    from seatsync.domain.fields import is_number, is_text

    if not (isinstance(value, dict) and all(map(is_text, value)) and all(map(is_number, value.values()))):
        raise ValueError("the exports taken have the wrong type")
    return value
