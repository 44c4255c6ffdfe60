"""Matching: whatever files and ledger are like, nobody gets the record of a person with other names unseen."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatsync.domain.approval import Approval
from seatsync.domain.origin import Origin
from seatsync.domain.person import Member, RosterMember
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.ids import plain_email, plain_id
from seatsync.domain.text.names import have_same_names, share_a_name
from seatsync.planning.matching import CODE, match

EMAILS, IDS = ("a@g.example", "b@g.example", "c@g.example", "d@g.example"), ("", "1", "01", "2", "3", "4")
PEOPLE = st.tuples(
    st.sampled_from(EMAILS),
    st.sampled_from(("Ann", "Ben", "Zoë")),
    st.sampled_from(("Lee", "Ode", "Roy")),
    st.sampled_from(IDS),
)


Known = tuple[str, str, str, str]


def _differ(people: list[Known]) -> bool:
    ids = [person[3] for person in people if person[3]]
    return len({person[0] for person in people}) == len(people) and len(set(ids)) == len(ids)


LISTS: st.SearchStrategy[list[Known]] = st.lists(PEOPLE, max_size=4).filter(_differ)


@given(known=LISTS, left=LISTS, rows=LISTS)
def test_nobody_gets_the_record_of_a_person_with_other_names(
    known: list[Known], left: list[Known], rows: list[Known]
) -> None:
    ids = {person[3] for person in known}
    left = [(*person[:3], "" if person[3] in ids else person[3]) for person in left]
    people = [(person, True) for person in known] + [(person, False) for person in left]
    members = {
        number: Member(*person, "", "", person[0], on_roster=here) for number, (person, here) in enumerate(people, 1)
    }
    roster = [RosterMember(*person, "", "", person[0], "r.csv", line) for line, person in enumerate(rows, 2)]
    matching = match(roster, Snapshot(members=members))
    assert len({*filter(None, matching.records)}) == len([*filter(None, matching.records)])
    for row, record in zip(roster, matching.sure, strict=True):
        if record and not share_a_name(row, members[record]):
            assert members[record].on_roster
            assert (row.key, row.student_id) == (members[record].key, members[record].student_id)
            assert row.student_id
    everybody = Approval(CODE, date.max, Origin("s"), answer="new", names=frozenset(EMAILS))
    agreed = match(roster, Snapshot(members=members), [everybody])
    assert not agreed.doubts
    for row, record in zip(roster, agreed.records, strict=True):
        assert not record or share_a_name(row, members[record]) or row.key == members[record].key
    assert not {*agreed.replaced} & {*agreed.records}
    # After a plan, the same files match the same records, with and without the approval.
    after = {n: m._replace(student_id="", key="") if n in agreed.replaced else m for n, m in members.items()}
    after = {n: m._replace(on_roster=n in agreed.records) for n, m in after.items()}
    for position, row in enumerate(roster):
        number = agreed.records[position] or len(after) + 1
        after[number] = Member(*row[:6], row.key)
    settled = match(roster, Snapshot(members=after))
    assert (list(settled.doubts), settled.leaving, 0 in settled.records) == ([], [], False)
    used = [member.student_id for member in after.values() if member.student_id]
    assert len({*used}) == len(used), "the ledger has one record for each student id"
    assert match(roster, Snapshot(members=after), [everybody]).records == settled.records
    assert all(have_same_names(row, after[number]) for row, number in zip(roster, settled.records, strict=True))


@pytest.mark.parametrize(
    "written", ["N/A", "n/a ", "-", "—", "NULL", "(none)", "0000", "\\N", "k. A.", "'-", "?", "nan", "\u00ad"]
)
def test_what_stands_in_an_ids_column_for_no_id_is_no_id(written: str) -> None:
    assert plain_id(written) == ""


@given(st.text(max_size=12))
def test_what_an_id_is_read_as_is_read_as_itself(written: str) -> None:
    assert plain_id(plain_id(written)) == plain_id(written)


@pytest.mark.parametrize("before", ["#400123456", "'400123456", "4001\u00ad23456"])
def test_a_ledger_of_before_that_has_ids_and_emails_as_typed_sees_nobody_new(before: str) -> None:
    row = RosterMember("lee@g.example", "Ann", "Lee", "400123456", "", "", "lee@g.example", "r.csv", 2)
    known = Member("ann@g.example", "Ann", "Lee", before, "", "", "ann@g.example")
    assert match([row], Snapshot(members={1: known})).records == [1]
    no_id = known._replace(email="'lee@g.example", key="'lee@g.example", student_id="N/A")
    assert match([row], Snapshot(members={1: no_id})).records == [1]


def test_names_that_differ_only_in_what_nobody_sees_are_the_same() -> None:
    ann = Member("a@g.example", "An\u00adna", "Lee\u200d", "", "", "", "a@g.example")
    assert have_same_names(ann, ann._replace(given_name="Anna", family_name="Lee"))


def test_ids_and_emails_are_read_as_they_were_typed() -> None:
    typed = (
        '="0123"',
        "'0123",
        "#0123",
        "0123",
        "01\u200b23",
        "\ufeff#0123",
        "'#0123",
        "\u202a01\u00ad23\u202c",
        "\ufe0f0123",
    )
    assert {plain_id(id) for id in typed} == {"0123"}
    kept = ("#REF!", "####", "#N/A", "=A1", "A-1", "a b", "")
    assert tuple(map(plain_id, kept)) == kept
    assert {plain_email(e) for e in ('="a@g.example"', "'a@g.example", "a\u00ad@g.example", "#a@g.example")} == {
        "a@g.example"
    }
    assert plain_email("o'neil@g.example") == "o'neil@g.example"
