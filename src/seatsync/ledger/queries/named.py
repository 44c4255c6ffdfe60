"""Find members by the names that people give them, and count them, by index."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, case, func, select, text

from seatsync.domain.person import ERASED
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.guesses import did_you_mean, one_letter_variants
from seatsync.domain.text.ids import plain_email, plain_id
from seatsync.ledger import tables
from seatsync.ledger.queries.lookup import numbers_of
from seatsync.ledger.read import among

_LIKENESS = 0.9
"""E-mails of one domain are alike, so only very similar ones are guessed."""

_INDEXED = ("member.on_roster", "NOT member.on_roster")
"""Exactly the conditions of the indexes by e-mail."""


def members_named(connection: Connection, institution: str, name: str) -> list[int]:
    """The numbers of the members with this e-mail or student id, including members who have left, in order."""
    return sorted(numbers_of(connection, institution, {email_key(plain_email(name))} - {""}, {plain_id(name)} - {""}))


def did_you_mean_member(connection: Connection, institution: str, name: str) -> str:
    """``Did you mean "ann@grace.example"?`` if an e-mail of a member is one letter off, else an empty string."""
    key = email_key(name)
    numbers = numbers_of(connection, institution, one_letter_variants(key), ())
    return did_you_mean(key, sorted(key for key, _ in names_of(connection, institution, numbers)), _LIKENESS)


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
