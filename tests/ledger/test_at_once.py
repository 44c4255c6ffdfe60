"""Events that are told at once: what they post and what they write is what the single events would."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatsync.domain.action import Arrivals, Event, Grants, Several
from seatsync.domain.institution import Institution
from seatsync.domain.library import Delivery, Library
from seatsync.domain.license import IllegalTransition, Kind
from seatsync.domain.person import Member, Person
from seatsync.domain.posting import post
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.chain import Chain, Row
from seatsync.ledger.journal import Entry, EventLink
from seatsync.ledger.rows import CHUNK
from tests.support.command_line import seatsync

DAY = "2026-11-02"
FIELD = st.text(max_size=6)
ANYTHING = st.one_of(FIELD, st.just("x" * 255), st.just("\x1f"), st.just("\ud800"), st.none(), st.integers(0, 9))


def arrivals(fields: st.SearchStrategy[object]) -> st.SearchStrategy[Arrivals]:
    """New members whose ``fields`` are of this kind."""
    people = st.lists(st.builds(Person, *[fields] * len(Person._fields)), min_size=1, max_size=4)
    place = st.sampled_from(["members.csv:2", "räume.yaml:7", 'quoted".csv:1'])
    return people.flatmap(
        lambda found: st.builds(
            Arrivals,
            st.integers(1, 3),
            st.just(found),
            st.lists(place, min_size=len(found), max_size=len(found)),
            st.sampled_from([{"on": DAY}, {"on": "soon"}, {"on": DAY, "colour": "red"}]),
        )
    )


GRANTS = st.builds(
    Grants,
    st.sampled_from(["books", "films"]),
    st.lists(st.integers(1, 6), min_size=1, max_size=5),
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["temporary", "permanent"]),
            "status": st.sampled_from(["unclaimed", "delivered"]),
            "on": st.just(DAY),
        }
    ),
)
READABLE = arrivals(st.text(st.characters(exclude_categories=["Cs"]), max_size=6))


def an_institution() -> Snapshot:
    """Four members, of whom the last has left, one library that offers both kinds."""
    members = {n: Member(f"m{n}@x.example", "Mia", "Muster", "", "", "", f"m{n}@x.example", DAY) for n in range(3, 7)}
    members[6] = members[6]._replace(on_roster=False)
    books = Library("books", "Books", "logos-library", (Kind.TEMPORARY, Kind.PERMANENT), Delivery.CLAIM, slots=20)
    return Snapshot(institution=Institution("a", "A"), libraries={"books": books}, members=members, last_number=6)


def posted(events: Sequence[Event | Several]) -> Snapshot | None:
    """The books after these events; None if one is not allowed."""
    books = an_institution()
    try:
        for event in events:
            post(books, event)
    except IllegalTransition:
        return None
    return books


def rows(events: Sequence[Event | Several]) -> list[Row]:
    """The rows of these events, in an entry of their own."""
    chain = Chain("a", 0, "0" * 64)
    chain.open(Entry("apply", f"{DAY}T00:00:00Z", "ruth"))
    found: list[Row] = []
    for event in events:
        if isinstance(event, Event):
            found.append(chain.event(event))
        else:
            found += chain.arrivals(event) if isinstance(event, Arrivals) else chain.grants(event)
    return found


@given(st.one_of(arrivals(ANYTHING), arrivals(FIELD), GRANTS))
def test_posting_many_is_posting_each(several: Arrivals | Grants) -> None:
    assert posted([several]) == posted([*several.one_by_one()])


@given(st.one_of(READABLE, GRANTS))
def test_the_journal_has_a_row_for_each_as_if_it_were_told_alone(several: Arrivals | Grants) -> None:
    at_once, alone = rows([several]), rows([*several.one_by_one()])
    by_chance = 4 if isinstance(several, Arrivals) else 1  # the salt, and what depends on it
    assert [row[:-by_chance] for row in at_once] == [row[:-by_chance] for row in alone]
    assert [row[7] for row in at_once] == [row[7] for row in alone]


@given(READABLE)
def test_the_rows_are_links_of_the_chain(several: Arrivals) -> None:
    chain = Chain("a", 0, "0" * 64)
    chain.open(Entry("apply", f"{DAY}T00:00:00Z", "ruth"))
    before = chain.head
    for row in chain.arrivals(several):
        link = EventLink._make(row)
        assert link.holds(before)
        assert link.person_holds()
        before = link.hash
    assert before == chain.head


def test_the_salts_of_two_members_differ() -> None:
    same = [Person("a@x.example", "A", "A")] * 3
    made = rows([Arrivals(1, same, ["m.csv:1"] * 3, {"on": DAY})])
    assert len({row[8] for row in made}) == 3


def test_who_is_there_already_is_not_added_again() -> None:
    with pytest.raises(IllegalTransition, match="member-add of a member who is on the roster"):
        post(an_institution(), Arrivals(3, [Person("a@x.example", "A", "A")], ["m.csv:1"], {"on": DAY}))


CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries:
  books: {title: Books, system: logos-library, slots: 9000}
  films: {title: Films, system: logos-library, slots: 9000}
rosters: [{path: members.csv}]
grants: [{library: books, kind: temporary, to: {everyone: true}}, {library: films, kind: permanent, to: {everyone: true}}]
"""
SETTINGS = 4
"""The institution, its administrator and two libraries."""
MANY = CHUNK // 3 + 1
"""So many members have more events than are written at once."""


def test_an_empty_file_that_is_filled_at_once_has_its_indexes_and_statistics(tmp_path: Path) -> None:
    """Of SQLite: PostgreSQL has the tables of other institutions too, whose indexes stay."""
    known = (
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' ORDER BY name",
        "SELECT * FROM sqlite_stat1 ORDER BY 1, 2",
    )
    found = []
    for members in (1, MANY):
        folder = tmp_path / str(members)
        folder.mkdir()
        (folder / "seatsync.yaml").write_text(CONFIG)
        rows = "".join(f"m{n}@grace.example,Mia,Muster\n" for n in range(members))
        (folder / "members.csv").write_text("email,given_name,family_name\n" + rows)
        apply = seatsync("apply", "--yes", "--ledger", "sqlite:///filled.db", folder=folder)
        assert apply.code == 0, apply.err
        with closing(sqlite3.connect(folder / "filled.db")) as file:
            found.append([file.execute(query).fetchall() for query in known])
            assert file.execute("SELECT count(*) FROM event").fetchone() == (SETTINGS + 3 * members,)
    few, many = found
    assert few == many
    assert seatsync("verify", "--ledger", "sqlite:///filled.db", folder=folder).code == 0
