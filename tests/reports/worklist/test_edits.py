"""Corrections by hand come in an order that the portal allows at every step: "make sure there are no duplicate users"."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from seatsync.domain.person import Member, Person
from seatsync.domain.portal.at_vendor import STAND_IN_DOMAIN
from seatsync.domain.text.emails import email_key
from seatsync.reports.worklist.edits import edits
from tests.support.long_form import times

People = list[tuple[Member, dict[str, str]]]
CHOICES = range(6)
people = st.lists(
    st.tuples(
        st.sampled_from(CHOICES),
        st.sampled_from(CHOICES),
        st.sampled_from(CHOICES),
        st.sampled_from(CHOICES),
        st.booleans(),
    ),
    max_size=6,
    unique_by=(lambda p: p[0], lambda p: p[1], lambda p: p[2] or -1, lambda p: p[3] or -2),
)
"""(e-mail there, e-mail here, id there, id here, another name): two people never share one. The id 0 is none."""


def read(drawn: Sequence[tuple[int, int, int, int, bool]]) -> People:
    found = []
    for email_there, email, id_there, id, is_renamed in drawn:
        person = Person(f"{email}@x.edu", f"P{email}", "Lee", str(id or ""))
        old = {
            "email": f"{email_there}@x.edu",
            "student_id": str(id_there or ""),
            "given_name": "Old" if is_renamed else person.given_name,
        }
        there = {field: value for field, value in old.items() if value != getattr(person, field)}
        found.append((Member(*person, email_key(person.email)), there))
    return found


@settings(max_examples=times(short=50, long=5_000))
@given(people)
def test_no_two_people_have_the_same_e_mail_or_id_at_any_moment(drawn: list[tuple[int, int, int, int, bool]]) -> None:
    everybody = read(drawn)
    portal = [member._asdict() | there for member, there in everybody]
    for edit in edits(everybody):
        (one,) = [user for user in portal if user["email"] == edit.there.email]
        assert one == edit.there._asdict()
        assert one[edit.field] == edit.old
        one[edit.field] = edit.new
        for field in ("email", "student_id"):
            values = [user[field] for user in portal if user[field]]
            assert len(values) == len({*values})
    fields = Person._fields
    assert [[user[field] for field in fields] for user in portal] == [
        [*member[: len(fields)]] for member, _ in everybody
    ]


@settings(max_examples=times(short=50, long=5_000))
@given(people)
def test_a_stand_in_is_only_needed_where_people_exchange_something(
    drawn: list[tuple[int, int, int, int, bool]],
) -> None:
    everybody = read(drawn)
    made = edits(everybody)
    stand_ins = sum(STAND_IN_DOMAIN in edit.new or edit.new.startswith("stand-in") for edit in made)
    assert len(made) == sum(len(there) for _, there in everybody) + stand_ins
    if not any(_leads_back(everybody, start) for start in range(len(everybody))):
        assert stand_ins == 0


def _leads_back(everybody: People, start: int) -> bool:
    """Whether somebody waits in the end for themselves."""
    waiting, seen = [start], set()
    while waiting:
        member, there = everybody[waiting.pop()]
        for number, (_, other) in enumerate(everybody):
            if any(
                field in there and getattr(member, field) and getattr(member, field) == other.get(field)
                for field in ("email", "student_id")
            ):
                if number == start:
                    return True
                if number not in seen:
                    seen.add(number)
                    waiting.append(number)
    return False


def test_a_long_chain_takes_no_time() -> None:
    number = times(short=5_000, long=100_000)
    chain = [
        (Member(f"{one + 1}@x.edu", "A", "B", "", "", "", f"{one + 1}@x.edu"), {"email": f"{one}@x.edu"})
        for one in range(number)
    ]
    made = edits(chain)
    assert [edit.there.email for edit in made[:2]] == [f"{number - 1}@x.edu", f"{number - 2}@x.edu"]
    assert len(made) == number
