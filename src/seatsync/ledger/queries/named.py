"""Find members by the names that people give them, and count them, by index."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from sqlalchemy import Connection, case, func, select, text

from seatsync.domain.person import ERASED
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.guesses import did_you_mean, one_letter_off, one_letter_variants
from seatsync.domain.text.ids import plain_email, plain_id
from seatsync.ledger import tables
from seatsync.ledger.queries.conditions import Position
from seatsync.ledger.queries.lookup import numbers_of
from seatsync.ledger.read import among

_LIKENESS = 0.9
"""E-mails of one domain are alike, so only very similar ones are guessed."""

MOST_DOMAINS = 200
"""Domains that a mistyped one is compared with; of more, those that most members have."""

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
    """The e-mail key of the nearest member on a roster, for those of the e-mail keys that are nearly one of theirs.

    Before the @ they may differ by one letter, but in no digit; after it, as far as a domain of ``domains`` is the nearest one.
    """
    meant = {key: _with_domain(key, domains) for key in keys}
    asked = {*meant.values()}
    for whole in [*asked]:
        local, _, domain = whole.rpartition("@")
        asked |= {f"{other}@{domain}" for other in one_letter_variants(local)}
    numbers = [number for number, is_on in numbers_of(connection, institution, asked, ()).items() if is_on]
    known = [key for key, _ in names_of(connection, institution, numbers)]
    found = {}
    for key, whole in meant.items():
        near = [other for other in known if other == whole or one_letter_off(whole, other)]
        if best := get_close_matches(key, near, n=1):
            found[key] = best[0]
    return found


def _with_domain(key: str, domains: Sequence[str]) -> str:
    local, _, domain = key.rpartition("@")
    return f"{local}@{next(iter(get_close_matches(domain, domains, n=1, cutoff=0.8)), domain)}"


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
