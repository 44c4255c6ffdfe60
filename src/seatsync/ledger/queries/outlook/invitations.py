"""How far the invitations of each library have come: waiting, sent or bounced, claimed or declined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, or_, select, text

from seatsync.domain.letters import ASKING
from seatsync.domain.license import Status
from seatsync.ledger import tables
from seatsync.ledger.queries.outbox import bounced
from seatsync.ledger.read import among


class Invitations(NamedTuple):
    """Of a library: how many seats are ``claimed``, how many members ``declined``, and the ``unclaimed`` seats by the day (ISO)
    of their grant, oldest first. Of the unclaimed, the last letter still is ``waiting``, or has ``bounced``."""

    claimed: int = 0
    declined: int = 0
    unclaimed: tuple[tuple[str, int], ...] = ()
    waiting: int = 0
    bounced: int = 0

    @property
    def open(self) -> int:
        """How many seats are unclaimed."""
        return sum(number for _, number in self.unclaimed)

    def older_than(self, days: int, today: date) -> int:
        """How many seats are unclaimed more than so many days after their grant."""
        return sum(number for day, number in self.unclaimed if day and (today - date.fromisoformat(day)).days > days)


_NAMES = {Status.DELIVERED.value: "claimed", Status.OPTED_OUT.value: "declined"}


def answers(connection: Connection, institution: str) -> Mapping[str, Invitations]:
    """How far the invitations of each library have come by its licenses alone, which only the journal changes. It looks at all of
    them.
    """
    license = tables.license.c
    statuses = (*_NAMES, Status.UNCLAIMED.value)
    query = (
        select(license.library, license.status, license.invited_on, func.count())
        .where(license.institution == institution, license.status.in_(statuses))
        .group_by(license.library, license.status, license.invited_on)
        .order_by(license.invited_on)
    )
    answered, unclaimed = dict[str, Counter[str]](), dict[str, list[tuple[str, int]]]()
    for library, status, day, number in connection.execute(query):
        if status == Status.UNCLAIMED.value:
            unclaimed.setdefault(library, []).append((day, number))
        else:
            answered.setdefault(library, Counter())[_NAMES[status]] += number
    return {
        library: Invitations(of["claimed"], of["declined"], tuple(unclaimed.get(library, ())))
        for library in {*answered, *unclaimed}
        for of in [answered.get(library, Counter[str]())]
    }


def with_letters(
    connection: Connection, institution: str, answers: Mapping[str, Invitations], unreached: Collection[tuple[str, int]]
) -> Mapping[str, Invitations]:
    """The same, with what became of the letters. Only open ones are read, not those that were sent."""
    waiting, failed = _waiting(connection, institution), Counter(library for library, _ in unreached)
    return {id: of._replace(waiting=waiting[id], bounced=failed[id]) for id, of in answers.items()}


def invitations(connection: Connection, institution: str) -> Mapping[str, Invitations]:
    """How far the invitations of each library have come, with what became of the letters."""
    failed = unreached(connection, institution)
    return with_letters(connection, institution, answers(connection, institution), failed)


def _waiting(connection: Connection, institution: str) -> Counter[str]:
    license, outbox = tables.license.c, tables.outbox.c
    is_open = or_(text("outbox.state = 'pending'"), text("outbox.state = 'held'"))
    of_license = and_(
        license.institution == outbox.institution,
        license.library == outbox.library,
        license.member == outbox.member,
        license.status == Status.UNCLAIMED.value,
    )
    query = (
        select(outbox.library, func.count(outbox.member.distinct()).label("number"))
        .select_from(tables.outbox.join(tables.license, of_license))
        .where(outbox.institution == institution, is_open, outbox.letter.in_(sorted(ASKING)))
        .group_by(outbox.library)
    )
    return Counter({row.library: row.number for row in connection.execute(query)})


def unreached(connection: Connection, institution: str) -> set[tuple[str, int]]:
    """The unclaimed seats (library, member) whose last letter bounced."""
    failed, license = bounced(connection, institution), tables.license.c
    unclaimed = select(license.library, license.member).where(
        license.institution == institution,
        license.status == Status.UNCLAIMED.value,
        among(connection, license.member, sorted({member for _, member in failed})),
    )
    return failed & {(library, member) for library, member in connection.execute(unclaimed)}
