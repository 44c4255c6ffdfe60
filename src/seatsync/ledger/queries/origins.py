"""Where licenses and members come from, by the journal: the file and line that requested a license or had a member, the names that a
member had before, the tags that they had over time, and why a license was revoked."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, or_, select

from seatsync.domain.action import EVENTS, Action, Unplanned
from seatsync.domain.desired import Grant
from seatsync.domain.license import Status
from seatsync.domain.origin import Origin
from seatsync.domain.snapshot import TagsOverTime
from seatsync.domain.text.days import day_at
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.ids import plain_email, plain_id
from seatsync.domain.text.tags import split_tags
from seatsync.ledger import tables
from seatsync.ledger.queries.conditions import Position
from seatsync.ledger.read import among

_GIVING = [word for word, what in EVENTS.items() if what.facts.license is not None and what.facts.license.gives]


class LicenseOrigin(NamedTuple):
    """The last request for a license: its ``file``, ``line`` and ``commit``, and the journal's serial, instant and actor.

    ``file`` is empty and ``line`` 0 where no file requested it; ``commit`` is empty where it is unknown.
    """

    file: str
    line: int
    commit: str
    serial: int
    at: str
    actor: str

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" if self.file else ""


def license_origins(
    connection: Connection, institution: str, members: Sequence[int]
) -> dict[tuple[str, int], LicenseOrigin]:
    """The origins of these members' licenses, by library and member."""
    event, entry = tables.event.c, tables.entry.c
    query = (
        select(event.library, event.member, event.detail, event.serial, entry.commit, entry.at, entry.actor)
        .join(tables.entry, (entry.institution == event.institution) & (entry.serial == event.entry))
        .where(event.institution == institution, among(connection, event.member, members), event.action.in_(_GIVING))
        .order_by(event.serial)
    )
    found = {}
    for library, member, detail, serial, commit, at, actor in connection.execute(query):
        file, line = _place(detail)
        found[library, member] = LicenseOrigin(file, line, commit, serial, at, actor)
    return found


def last_rows(connection: Connection, institution: str, members: Sequence[int]) -> dict[int, Origin]:
    """The roster and line at which each of these members was last added or changed.

    Older journals do not have it, so some members can be missing.
    """
    event = tables.event.c
    query = select(event.member, event.person).where(
        event.institution == institution,
        among(connection, event.member, members),
        event.action.in_((Action.MEMBER_ADD, Action.MEMBER_UPDATE)),
    )
    found = {}
    for member, person in connection.execute(query.order_by(event.serial)):
        file, line = _place(person)
        if file:
            found[member] = Origin(file, line)
    return found


def earlier_names(connection: Connection, institution: str, members: Sequence[int]) -> dict[str, int]:
    """The e-mail keys and student ids that these members had at any time, each with the member who had it last."""
    event = tables.event.c
    query = select(event.member, event.person).where(
        event.institution == institution, among(connection, event.member, members), event.person.is_not(None)
    )
    found = {}
    for member, person in connection.execute(query.order_by(event.serial)):
        values = json.loads(person)
        for name in (email_key(str(values.get("email", ""))), plain_id(str(values.get("student_id", "")))):
            if name:
                found[name] = member
    return found


def formerly_named(connection: Connection, institution: str, name: str) -> list[int]:
    """The numbers of the members who once had this e-mail or student id, in order. It looks at all events of members."""
    event, key, id = tables.event.c, email_key(plain_email(name)), plain_id(name)
    letters = max(re.findall(r"[a-z0-9@._-]+", key), key=len, default="")  # all databases write these small
    query = select(event.member, event.person).where(
        event.institution == institution,
        event.action.in_((Action.MEMBER_ADD, Action.MEMBER_UPDATE)),
        func.lower(event.person).contains(letters, autoescape=True),
    )
    told = ((member, json.loads(person)) for member, person in connection.execute(query))
    return sorted(
        {
            member
            for member, values in told
            if email_key(values.get("email", "")) == key or (id and plain_id(values.get("student_id", "")) == id)
        }
    )


NOT_GRANTED = "no longer granted"
"""The reason of a revoke that only the grants explain."""


class Ended(NamedTuple):
    """The ``day`` (ISO) on which a seat was taken back or declined here, and the ``reason`` of a revoke."""

    day: str
    reason: str


def ends_of_seats(connection: Connection, institution: str, member: int, timezone: str) -> dict[str, Ended]:
    """How the member's last seat of each library ended here; without those granted again, and those that ended at the vendor."""
    rows, ends = _events_of(connection, institution, member), dict[str, Ended]()
    reasons = _reasons(connection, institution, rows, timezone)
    for row in rows:
        if row.action in (Action.REVOKE, Unplanned.OPT_OUT):
            ends[row.library] = Ended(day_at(row.at, timezone), reasons.get(row.serial, ""))
        elif row.action == Action.GRANT:
            ends.pop(row.library, None)
    return ends


def reasons_of_revokes(connection: Connection, institution: str, member: int, timezone: str) -> dict[int, str]:
    """Why the member's licenses were revoked, in words, by the serials of the events: what the journal has beside each."""
    return _reasons(connection, institution, _events_of(connection, institution, member), timezone)


_LEFT, _ENDED = "left the roster", "its last day was "


def ended_on(reason: str) -> str:
    """The last day (ISO) of a seat, from the reason of its revoke; empty where another reason ended it."""
    return reason.partition(_ENDED)[2]


def _events_of(connection: Connection, institution: str, member: int) -> list[Row[Any]]:
    event, entry = tables.event.c, tables.entry.c
    query = (
        select(event.serial, event.entry, event.action, event.library, event.detail, entry.at)
        .join(tables.entry, (entry.institution == event.institution) & (entry.serial == event.entry))
        .where(event.institution == institution, event.member == member)
        .order_by(event.serial)
    )
    return [*connection.execute(query)]


def _reasons(connection: Connection, institution: str, rows: Sequence[Row[Any]], timezone: str) -> dict[int, str]:
    event = tables.event.c
    revokes = {row.entry for row in rows if row.action == Action.REVOKE}
    left = {row.entry for row in rows if row.action == Action.MEMBER_REMOVE}
    removing = select(event.entry, event.library).where(
        event.institution == institution,
        event.action == Action.LIBRARY_REMOVE,
        among(connection, event.entry, sorted(revokes)),
    )
    removed = {(number, library) for number, library in connection.execute(removing)} if revokes else set()
    until, reasons = dict[str, str](), dict[int, str]()
    for row in rows:
        last = until.get(row.library, "")
        if row.action != Action.REVOKE:
            until[row.library] = json.loads(row.detail).get("until", "" if row.action == Action.GRANT else last)
        elif json.loads(row.detail).get("status") == Status.LAPSED:
            reasons[row.serial] = "not claimed in time"
        elif "" < last < day_at(row.at, timezone):
            reasons[row.serial] = f"{_LEFT + '; ' if row.entry in left else ''}{_ENDED}{last}"
        elif row.entry in left:
            reasons[row.serial] = _LEFT
        elif (row.entry, row.library) in removed:
            reasons[row.serial] = "the library was removed"
        else:
            reasons[row.serial] = NOT_GRANTED
    return reasons


def _place(values: str | None) -> tuple[str, int]:
    """The file and line in an event's JSON; empty and 0 for none."""
    file, _, line = str(json.loads(values or "{}").get("from", "")).rpartition(":")
    return file, int(line) if file else 0


def tags_over_time(
    connection: Connection,
    institution: str,
    grants: Iterable[Grant],
    timezone: str,
    members: Collection[int] | None = None,
) -> TagsOverTime:
    """The tags of those who ever had one that such a grant takes for leave (``Snapshot.tags_over_time``), among these members if given.

    Without them it looks at all events that gave members tags; and at none if no grant asks for it.
    """
    leaves = [grant.after.leave for grant in grants if grant.after is not None and grant.after.leave is not None]
    tags = sorted({tag for leave in leaves for tag in (*leave.tags, *leave.any_tags)})
    if not tags:
        return {}
    event, entry = tables.event.c, tables.entry.c
    of_tags = [
        event.institution == institution,
        event.action.in_((Action.MEMBER_ADD.value, Action.MEMBER_UPDATE.value)),
    ]
    if members is not None:
        of_tags.append(among(connection, event.member, members))
    had = (
        select(event.member)
        .distinct()
        .where(*of_tags, or_(*(Position(event.person, _written(tag)) > 0 for tag in tags)))
    )
    found = {*connection.execute(had).scalars()}
    query = (
        select(event.member, event.person, entry.at)
        .join(tables.entry, (entry.institution == event.institution) & (entry.serial == event.entry))
        .where(*of_tags, among(connection, event.member, found))
        .order_by(event.serial)
    )
    states: dict[int, list[tuple[str, tuple[str, ...]]]] = {}
    for member, person, at in connection.execute(query):
        fields = json.loads(person or "{}")
        if "tags" in fields:
            states.setdefault(member, []).append((day_at(at, timezone), split_tags(fields["tags"])))
    return states


def _written(tag: str) -> str:
    """The tag as the journal has it."""
    return json.dumps(tag, ensure_ascii=False)[1:-1]
