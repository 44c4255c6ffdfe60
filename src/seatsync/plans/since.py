"""What has happened since the last apply, if its baseline still holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from seatsync.domain.institution import Institution
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.days import day_in
from seatsync.ledger.baseline import holds
from seatsync.ledger.queries.lookup import asking
from seatsync.ledger.queries.since.apply import in_grace, touched_since
from seatsync.ledger.read import read_snapshot
from seatsync.plans.rules_digest import rules_digest


@dataclass(frozen=True, slots=True)
class SinceApply:
    """The ledger without members (``books``), the ``actions`` since the apply by member number (0: no member), and the
    numbers of members with a reminder due, or with a seat that lapses (``calling``). ``invited`` has these seats (``Draft.invited``).

    ``today`` is the day in the time zone of the ledger. The files have the same one: the short ways need the same seatsync.yaml.
    """

    institution: Institution
    today: date
    books: Snapshot
    actions: Mapping[int, set[str]]
    calling: set[int]
    invited: Mapping[tuple[str, int], date]

    @property
    def asked(self) -> tuple[str, date, tuple[int, ...]]:
        """What ``invited`` depends on besides the ledger: time zone, day and the days after which reminders are due."""
        return self.institution.timezone, self.today, tuple(self.books.baseline["remind"])


def since_apply(connection: Connection, institution: str, now: datetime) -> SinceApply | None:
    """What has happened since the last apply. None if there is no baseline, or it no longer holds."""
    books = read_snapshot(connection, institution, ())
    if books.institution is None:
        return None
    today = day_in(now, books.timezone)
    if not holds(books.baseline, books.applied_on, today, rules_digest()):
        return None
    ask = asking(connection)
    actions = touched_since(ask, institution, books.baseline["serial"])
    remind_after, invited, calling = books.baseline["remind"], dict[tuple[str, int], date](), set[int]()
    if remind_after or books.institution.reclaim_after:
        from seatsync.ledger.queries.unclaimed.invited import due_by_invitation

        invited = due_by_invitation(connection, books.institution, remind_after, today)
        calling = {number for library, number in invited if books.libraries[library].sends_letters}
    if calling:
        calling -= in_grace(ask, institution)
    return SinceApply(books.institution, today, books, actions, calling, invited)
