"""Student ids as they were typed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seatsync.domain.text.ids import NO_IDS, plain_id, plain_ids

IDS = st.one_of(
    st.sampled_from(["", "0", "000", "0012", "#7", "'007", "n/a", "A1", "NULL", '="01"', "é1", "٠٠"]),
    st.sampled_from(sorted(NO_IDS)),
    st.text("0aZ#'-é", max_size=4),
)


@given(st.lists(IDS, max_size=4))
def test_many_ids_are_read_as_each_of_them(ids: list[str]) -> None:
    assert [*plain_ids(ids)] == [*map(plain_id, ids)]
