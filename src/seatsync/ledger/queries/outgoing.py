"""The letters that wait to be sent, each with the values for its template."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, or_, select, text

from seatsync.domain.action import Letter
from seatsync.domain.brand.colors import shades
from seatsync.domain.institution import last_day_to_decline
from seatsync.domain.letters import ASKING, CLAIMED, LINKED, Values
from seatsync.domain.library import DeliveredBy
from seatsync.domain.license import Kind, Status
from seatsync.domain.person import ERASED
from seatsync.domain.text.characters import printable
from seatsync.domain.text.days import day_at, day_in
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.languages import language_of, spelled
from seatsync.domain.text.tags import split_tags, tags_with_day
from seatsync.domain.waiting import SeatLetter, claim_by, invited_at
from seatsync.ledger import tables
from seatsync.ledger.queries.line import number_of
from seatsync.ledger.queries.unclaimed.invited import reclaiming
from seatsync.ledger.queries.waiting import letters_of_seats


@dataclass(frozen=True, slots=True)
class OutgoingLetter:
    """A letter to be sent. ``serial`` and ``hash`` (hex) belong to the event that caused it.

    ``address`` is empty if the letter has become pointless: the invited member has claimed, declined or lost the license, was
    erased, or somebody new has their e-mail; or the welcomed person is no longer an administrator.
    """

    serial: int
    hash: str
    letter: str
    library: str
    member: int
    attempts: int
    address: str
    values: Values

    @property
    def needs_link(self) -> bool:
        """Whether it has a personal link. A letter about a seat at the vendor leads to the vendor's claim page instead."""
        return self.letter in LINKED and not self.values["at_vendor"]


def outgoing_letters(
    connection: Connection,
    institution: str,
    limit: int | None,
    now: str = "",
    letters: Collection[str] = tuple(Letter),
    member: int | None = None,
    after: int = 0,
    at: str = "",
) -> list[OutgoingLetter]:
    """Waiting letters of these kinds, oldest first, to one ``member`` if given, with serials higher than ``after``.

    With ``now`` (ISO), only letters that are due and that no sender has taken. They are as they would be sent at ``at`` (ISO), by
    default now; without both, no day has passed.
    """
    outbox, event = tables.outbox.c, tables.event.c
    cause = and_(event.institution == outbox.institution, event.serial == outbox.serial)
    waiting = (
        select(tables.outbox, event.hash, event.person)
        .select_from(tables.outbox.join(tables.event, cause))
        .where(outbox.institution == institution, text("outbox.state = 'pending'"))  # exactly the index's condition
        .where(of_kinds(letters))
        .order_by(outbox.serial)
        .limit(limit)
    )
    if now:
        waiting = waiting.where(outbox.due_at <= now, outbox.held_until <= now)
    if member is not None:
        waiting = waiting.where(outbox.member == member)
    if after:
        waiting = waiting.where(outbox.serial > after)
    rows = connection.execute(waiting).all()
    return _Contents(connection, institution, rows, at or now).letters() if rows else []


AT_VENDOR = "at-vendor"
"""Beside the kinds of letters: those that lead to the vendor's claim page, and so need no pages of the institution."""


def of_kinds(letters: Collection[str]) -> ColumnElement[bool]:
    """The condition that a row of the outbox is a letter of one of these kinds; ``AT_VENDOR`` can be among them."""
    outbox, library = tables.outbox.c, tables.library.c
    kinds = [outbox.letter == letter for letter in letters if letter != AT_VENDOR]
    if AT_VENDOR in letters:
        there = exists().where(
            library.institution == outbox.institution,
            library.id == outbox.library,
            library.delivered_by == DeliveredBy.VENDOR,
        )
        kinds.append(and_(outbox.letter.in_(sorted(ASKING)), there))
    return or_(*kinds)


def all_outgoing_letters(
    connection: Connection, institution: str, letters: Collection[str], member: int | None = None, at: str = ""
) -> Iterator[OutgoingLetter]:
    """Yield all waiting letters of these kinds, oldest first, to one ``member`` if given, as they would be sent at ``at`` (ISO);
    few are in memory at a time."""
    after = 0
    while found := outgoing_letters(connection, institution, _AT_A_TIME, "", letters, member, after, at):
        yield from found
        after = found[-1].serial


_AT_A_TIME = 100


class _Contents:
    """Reads what some letters need from the tables of the present: recipients, licenses, titles."""

    def __init__(self, connection: Connection, institution: str, rows: Iterable[Row[Any]], at: str) -> None:
        self.connection = connection
        self.now = at
        self.institution = institution
        self.rows = list(rows)
        self.numbers = sorted({row.member for row in self.rows})
        columns = tables.institution.c
        self.institution_row = connection.execute(
            select(tables.institution).where(columns.institution == institution)
        ).one()
        self.today = day_at(at, self.institution_row.timezone) if at else ""
        self.settings = reclaiming(institution, self.institution_row)
        self.language = self.institution_row.language or "en"
        self.help = _plain(json.loads(self.institution_row.help)) if self.institution_row.help else {}
        self.colors = shades(self.institution_row.color)._asdict()
        self.contacts = [_plain(contact) for contact in json.loads(self.institution_row.contacts)]
        self.libraries = {row.id: row for row in self._rows_of_institution(tables.library)}
        self.admins = {row.key: row for row in self._rows_of_institution(tables.admin)}
        self.members = {row.number: row for row in self._rows_of_members(tables.member, "number")}
        self.licenses = {(row.library, row.member): row for row in self._rows_of_members(tables.license, "member")}

    def letters(self) -> list[OutgoingLetter]:
        """Return the letters, in the order of the rows."""
        return [self._letter(row) for row in self.rows]

    def _letter(self, row: Row[Any]) -> OutgoingLetter:
        person = self.members.get(row.member) if row.member else self.admins.get(email_key(row.address))
        license, library = self.licenses.get((row.library, row.member)), self.libraries.get(row.library)
        at_vendor = library is not None and library.delivered_by == DeliveredBy.VENDOR
        is_open = license is not None and license.status == Status.UNCLAIMED.value
        address = person.email if person is not None and person.key and (is_open or row.letter not in ASKING) else ""
        member = person if row.member else None
        language = language_of(split_tags(member.tags)) if member is not None else ""
        language = language or self.language
        may_decline, decline_until = self._declining(license)
        may_decline = may_decline and row.letter in ASKING and not at_vendor
        values = _plain(
            {
                "institution": self.institution_row.name,
                "library": library.title if library is not None else row.library,
                "given_name": person.given_name if person is not None else "",
                "family_name": person.family_name if person is not None else "",
                "email": address,
                "kind": license.kind if license is not None else "",
                "until": spelled(license.until, language) if license is not None and license.until else "",
                "claim_by": self._claim_by(row, license, language),
                "about": library.about if library is not None else "",
                "open_url": library.open_url if library is not None else "",
                "place": self._number_of(license) if row.letter == Letter.WAITING else "",
                "account": _account_of(row.person) if row.letter in CLAIMED else "",
                "claim_url": library.claim_url if library is not None and at_vendor and row.letter in ASKING else "",
            }
        )
        values |= {
            "role": printable(member.role, 500) if member is not None else "",
            "tags": [*map(printable, tags_with_day(member.tags, member.imported_on))] if member is not None else [],
            "contacts": self.contacts,
            "help": self.help,
            "language": language,
            "colors": self.colors,
            "at_vendor": at_vendor,
            "may_decline": may_decline,
            "decline_until": spelled(decline_until, language) if may_decline and decline_until else "",
            "left": license is not None and license.own_end != "",
            "briefing": {},  # (``briefing.contents``)
        }
        address = address if address != ERASED else ""
        hash = bytes(row.hash).hex()
        return OutgoingLetter(row.serial, hash, row.letter, row.library, row.member, row.attempts, address, values)

    def _number_of(self, license: Row[Any] | None) -> str:
        """The number in the line of who waits; empty for who does not wait any more."""
        if license is None or not license.place:
            return ""
        return str(number_of(self.connection, self.institution, license.library, license.place))

    def _declining(self, license: Row[Any] | None) -> tuple[bool, str]:
        """Whether the license may still be declined, and the last day (ISO) for it; empty for no last day."""
        settings = self.institution_row
        if license is None or not settings.opt_out:
            return False, ""
        last = last_day_to_decline(settings.opt_out_until, license.status, license.invited_on)
        return not "" < last < self.today, last

    def _claim_by(self, row: Row[Any], license: Row[Any] | None, language: str) -> str:
        """The last day to claim the seat of a letter that asks for it, in words; empty if the seat never lapses.

        Of an invitation, the days count from when it is sent: now, or if that is not known, as if it were when it was written. A day
        that is over is not said: the seat is still kept, by ``regrant`` or because no apply has taken it back.
        """
        if not self.settings.reclaim_after or row.letter not in ASKING:
            return ""
        if license is None or license.kind != Kind.TEMPORARY or self.members[row.member].left_on:
            return ""
        letters = self._letters_of_seats.get((row.library, row.member), [])
        is_reminder = any(one.serial == row.serial and one.is_reminder for one in letters)
        sent = (invited_at(letters) if is_reminder else "") or self.now or row.created_at
        day = day_in(datetime.fromisoformat(sent), self.settings.timezone)
        last = claim_by(day, self.settings).isoformat()
        return spelled(last, language) if last >= self.today else ""

    @cached_property
    def _letters_of_seats(self) -> Mapping[tuple[str, int], list[SeatLetter]]:
        """All letters about the seats that these letters are about."""
        keys = {(row.library, row.member) for row in self.rows}
        found = letters_of_seats(self.connection, self.institution, keys, "")
        return {key: [one.letter for one in letters] for key, letters in found}

    def _rows_of_institution(self, table: Any) -> Iterable[Row[Any]]:
        return self.connection.execute(select(table).where(table.c.institution == self.institution))

    def _rows_of_members(self, table: Any, number: str) -> Iterable[Row[Any]]:
        query: Select[Any] = select(table).where(
            table.c.institution == self.institution, table.c[number].in_(self.numbers)
        )
        return self.connection.execute(query)


def _account_of(person: str | None) -> str:
    """The e-mail of the member's own account, as the claim recorded it; empty if the seat went to somebody else's account."""
    return str(json.loads(person).get("account", "")) if person else ""


def _plain(values: Mapping[str, Any]) -> Values:
    """Texts on one line without control characters, even if somebody has put some into the ledger by hand."""
    return {name: printable(" ".join(str(value).split()), 500) for name, value in values.items()}
