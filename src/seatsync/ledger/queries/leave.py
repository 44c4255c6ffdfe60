"""The tags that members had over time, by the journal: they say who was on leave at the end of a term."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

from sqlalchemy import Connection, or_, select

from seatsync.domain.action import Action
from seatsync.domain.desired import Grant
from seatsync.domain.snapshot import TagsOverTime
from seatsync.domain.text.days import day_at
from seatsync.domain.text.tags import split_tags
from seatsync.ledger import tables
from seatsync.ledger.queries.conditions import Position
from seatsync.ledger.read import among


def tags_over_time(
    connection: Connection, institution: str, grants: Iterable[Grant], timezone: str, members: Collection[int]
) -> TagsOverTime:
    """The tags of those of these members who ever had one that such a grant takes for leave (``Snapshot.tags_over_time``).

    It looks at all events that gave members tags, and only if a grant asks for it.
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
    had = (
        select(event.member)
        .distinct()
        .where(*of_tags, or_(*(Position(event.person, _written(tag)) > 0 for tag in tags)))
    )
    found = {*connection.execute(had).scalars()} & {*members}
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
