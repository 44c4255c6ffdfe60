"""What waits for somebody: letters, people whose mail came back, and what is to be done at the vendor."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from seatsync.domain.action import Letter
from seatsync.domain.person import Member
from seatsync.ledger.queries.institutions.blocked import Block, block
from seatsync.ledger.queries.outbox import count, count_held
from seatsync.ledger.queries.work import open_counts
from seatsync.ledger.read import read_snapshot
from seatsync.planning.work import steps_in_words

MOST_NAMED = 20
"""People whose mail came back that the overview names at most."""


class Waiting(NamedTuple):
    """Since when and why the nightly run is ``blocked``, how many letters are ``held`` or ``unsent``, how many members no letter reached
    (``unreached``; the first of them ``named``, with number), and the ``steps`` that are open at a vendor, each in words with the number of
    people."""

    blocked: Block | None
    held: int
    unsent: int
    unreached: int
    named: Sequence[tuple[int, Member]]
    steps: Sequence[tuple[str, int]]


def waiting(connection: Connection, institution: str, unreached: Collection[tuple[str, int]]) -> Waiting:
    """What waits at the institution now. ``unreached`` are the unclaimed seats (library, member) whose last letter bounced."""
    numbers = sorted({number for _, number in unreached})
    members = read_snapshot(connection, institution, numbers[:MOST_NAMED]).members
    books, people = open_counts(connection, institution)
    return Waiting(
        block(connection, institution),
        count_held(connection, institution),
        count(connection, institution, tuple(Letter)),
        len(numbers),
        sorted(members.items(), key=lambda item: (item[1].family_name.casefold(), item[0])),
        steps_in_words(people, books),
    )
