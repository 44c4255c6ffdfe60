"""What has happened since the last apply.

The statements are texts, so that the plan of an unchanged folder can ask them without SQLAlchemy, which takes five times as long to
import as the rest of that plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from seatsync.ledger.journal import DONE, UNPLANNED

Ask = Callable[[str, Mapping[str, object]], Iterable[Sequence[Any]]]
"""Runs a statement with named parameters (``:name``), and returns its rows."""

_QUIET = ", ".join(f"'{kind}'" for kind in (DONE, *UNPLANNED))
_TOUCHED = f"""
SELECT event.member, event.action FROM event
WHERE event.institution = :institution AND event.serial > :serial AND event.entry NOT IN (
    SELECT entry.serial FROM entry
    WHERE entry.institution = :institution AND entry.serial > :serial AND entry.kind IN ({_QUIET})
)
"""  # noqa: S608 (with DISTINCT, SQLite would scan the whole index on members)
_DUE = """
SELECT license.member FROM license
WHERE license.institution = :institution AND license.status = 'unclaimed' AND ({}) AND license.library IN (
    SELECT library.id FROM library WHERE library.institution = :institution AND library.sends_letters
)
"""
_IN_GRACE = "SELECT member.number FROM member WHERE member.institution = :institution AND left_on != ''"
_OPEN = (
    "SELECT 1 FROM license WHERE license.institution = :institution AND license.there != '' LIMIT 1",
    "SELECT 1 FROM member WHERE member.institution = :institution AND member.to_do LIMIT 1",
)


def touched_since(ask: Ask, institution: str, serial: int) -> dict[int, set[str]]:
    """The actions after the event ``serial``, by member; under 0 those that concern no member. Steps that were done are none, nor are
    briefings: they change no plan.
    """
    found: dict[int, set[str]] = {}
    for member, action in ask(_TOUCHED, {"institution": institution, "serial": serial}):
        found.setdefault(member, set()).add(action)
    return found


def due_reminders(ask: Ask, institution: str, remind_after: Sequence[int], today: date) -> set[int]:
    """The members with an unclaimed license who have got fewer reminders than are due by ``today``.

    Libraries that send no letters have no reminders, nor have members in their grace period.
    """
    days = {f"day_{n}": (today - timedelta(days=after)).isoformat() for n, after in enumerate(sorted(remind_after), 1)}
    if not days:
        return set()
    due = " OR ".join(f"(license.invited_on <= :{day} AND license.reminders < {n})" for n, day in enumerate(days, 1))
    found = {member for (member,) in ask(_DUE.format(due), {"institution": institution, **days})}
    return found - in_grace(ask, institution) if found else found


def in_grace(ask: Ask, institution: str) -> set[int]:
    """The members in their grace period: on no roster any more, but with temporary seats."""
    return {number for (number,) in ask(_IN_GRACE, {"institution": institution})}


def may_have_work(ask: Ask, institution: str) -> bool:
    """Whether something may be to be done at a vendor; ``queries.work`` knows whether it is."""
    return any(row for statement in _OPEN for row in ask(statement, {"institution": institution}))
