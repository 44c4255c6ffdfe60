"""Find members by the names that people give them, and count them, by index."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import chain
from typing import NamedTuple

from sqlalchemy import Connection, case, func, select, text

from seatsync.domain.person import ERASED
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.guesses import MOST_DOMAINS, near_emails, one_letter_variants
from seatsync.domain.text.ids import plain_email, plain_id
from seatsync.ledger import tables
from seatsync.ledger.queries.conditions import Position
from seatsync.ledger.queries.lookup import numbers_of
from seatsync.ledger.read import among

_INDEXED = ("member.on_roster", "NOT member.on_roster")
"""Exactly the conditions of the indexes by e-mail."""


def members_named(connection: Connection, institution: str, name: str) -> list[int]:
    """The numbers of the members with this e-mail or student id, including members who have left, in order."""
    return sorted(numbers_of(connection, institution, {email_key(plain_email(name))} - {""}, {plain_id(name)} - {""}))


def did_you_mean_member(connection: Connection, institution: str, name: str) -> str:
    """``Did you mean "ann@grace.example"?`` if this is nearly the e-mail of exactly one member, else an empty string."""
    local, _, domain = (key := email_key(name)).rpartition("@")
    asked = near_emails(key, ()) | {f"{local}@{other}" for other in one_letter_variants(domain)}
    found = names_of(connection, institution, numbers_of(connection, institution, asked, ()))
    return f'Did you mean "{found[0][0]}"?' if len(found) == 1 else ""


def domains_of(connection: Connection, institution: str) -> list[str]:
    """The domains that most members' e-mails have. It looks at all members on a roster."""
    member = tables.member.c
    domain = func.substr(member.key, Position(member.key, "@") + 1)
    query = select(domain).where(member.institution == institution, text("member.on_roster"), member.number > 0)
    return list(
        connection.execute(query.group_by(domain).order_by(func.count().desc(), domain).limit(MOST_DOMAINS)).scalars()
    )


def nearest_members(
    connection: Connection, institution: str, keys: Collection[str], domains: Sequence[str]
) -> dict[str, str]:
    """For those of the e-mail keys that are nearly the key of exactly one member on a roster: that one."""
    near = {key: near_emails(key, domains) for key in keys}
    numbers = numbers_of(connection, institution, {*chain.from_iterable(near.values())}, ())
    known = {
        key for key, _ in names_of(connection, institution, [number for number, is_on in numbers.items() if is_on])
    }
    found = {key: known & asked for key, asked in near.items()}
    return {key: members.pop() for key, members in found.items() if len(members) == 1}


def names_of(connection: Connection, institution: str, numbers: Collection[int]) -> list[tuple[str, str]]:
    """The e-mail key and student id of each of these members; both can be empty."""
    member = tables.member.c
    these = (member.institution == institution) & among(connection, member.number, numbers)
    return [(key, id) for key, id in connection.execute(select(member.key, member.student_id).where(these))]


def replaced_with_email(connection: Connection, institution: str, key: str) -> list[int]:
    """The numbers of former members with this e-mail key whose e-mail somebody new has, so that no name finds them."""
    member = tables.member.c
    nameless = select(member.number, member.email).where(member.institution == institution, member.key == "")
    return [
        number
        for condition in _INDEXED
        for number, email in connection.execute(nameless.where(text(condition), member.email != ERASED))
        if email_key(email) == key
    ]


class MemberCount(NamedTuple):
    """The number of members on the rosters, and of those who have left."""

    on_roster: int
    left: int


def count_members(connection: Connection, institution: str) -> MemberCount:
    """Count the members."""
    member = tables.member.c
    here, left = func.count(), func.coalesce(func.sum(case((member.on_roster, 0), else_=1)), 0)
    # With `number > 0`, SQLite reads the table in its own order; looking each member up from an index takes much longer.
    query = select(here - left, left).where(member.institution == institution, member.number > 0)
    return MemberCount._make(connection.execute(query).one())
