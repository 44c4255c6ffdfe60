"""What has happened since the last apply.

The statements are texts, so that the plan of an unchanged folder can ask them without SQLAlchemy, which takes five times as long to
import as the rest of that plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from seatsync.domain.text.days import moved, start_of
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
_INVITED = """
SELECT license.library, license.member, license.kind, license.reminders, license.invited_on, library.sends_letters
FROM license JOIN library ON library.institution = license.institution AND library.id = license.library
WHERE license.institution = :institution AND license.status = 'unclaimed' AND ({granted}) AND EXISTS (
    SELECT 1 FROM outbox
    WHERE outbox.institution = :institution AND outbox.member = license.member AND outbox.library = license.library
    AND outbox.state = 'sent' AND outbox.letter IN ('invitation', 'set-password') AND ({sent})
)
"""
ANOTHER_TIMEZONE = 2
"""The days by which the same instant can differ from the day that was noted when the institution had another time zone."""
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


class Invited(NamedTuple):
    """An unclaimed seat for which a letter was sent so long ago that a reminder may be due, or the seat may lapse."""

    library: str
    member: int
    kind: str
    reminders: int
    invited_on: str
    sends_letters: bool


def invited_long_ago(
    ask: Ask, institution: str, timezone: str, remind_after: Sequence[int], reclaim_after: int, today: date
) -> list[Invited]:
    """The seats for which a reminder may be due, or that may lapse. Which they are only their letters say (``queries.unclaimed``): what
    was sent so long ago may be an earlier one than the invitation that counts, or have come back.
    """
    due = [(f"license.reminders < {number}", ago) for number, ago in enumerate(sorted(remind_after), 1)]
    due += [("license.kind = 'temporary'", reclaim_after)] if reclaim_after else []
    if not due:
        return []
    granted, sent, values = [], [], {"institution": institution}
    for number, (condition, ago) in enumerate(due):
        granted.append(f"({condition} AND license.invited_on <= :granted_{number})")
        sent.append(f"({condition} AND outbox.sent_at < :sent_{number})")
        values[f"granted_{number}"] = moved(today, ANOTHER_TIMEZONE - ago).isoformat()
        values[f"sent_{number}"] = start_of(moved(today, 1 - ago).isoformat(), timezone)
    # What the licenses say leaves few letters to look for.
    statement = _INVITED.format(granted=" OR ".join(granted), sent=" OR ".join(sent))
    return [Invited(*row) for row in ask(statement, values)]


def in_grace(ask: Ask, institution: str) -> set[int]:
    """The members in their grace period: on no roster any more, but with temporary seats."""
    return {number for (number,) in ask(_IN_GRACE, {"institution": institution})}


def may_have_work(ask: Ask, institution: str) -> bool:
    """Whether something may be to be done at a vendor; ``queries.work`` knows whether it is."""
    return any(row for statement in _OPEN for row in ask(statement, {"institution": institution}))
