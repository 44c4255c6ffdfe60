"""A logo is a small PNG picture that is whole, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatsync.domain.brand.logo import MOST_BYTES, as_logo, is_logo, logo_fault, picture
from tests.support.pictures import png


def test_a_logo_is_kept_as_it_is() -> None:
    data = png(120, 40)
    assert logo_fault(data) is None
    assert is_logo(as_logo(data))
    assert picture(as_logo(data)) == data


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"<svg onload='alert(1)'/>", "is an SVG, which can hold programs"),
        (b'<?xml version="1.0"?><svg/>', "is an SVG or XML file"),
        (b"\xff\xd8\xff\xe0", "is a JPEG"),
        (b"GIF89a", "is a GIF"),
        (b"", "is not a PNG picture"),
        (b"<script>", "is not a PNG picture"),
        (png(1001, 1), "has 1,001 × 1 pixels"),
        (png(1, 40_000), "has 1 × 40,000 pixels"),
        (png(0, 1), "has 0 × 1 pixels"),
        (png(9, 9) + b"\0" * MOST_BYTES, "is larger than 48 KiB"),
    ],
)
def test_what_is_no_logo_is_told_with_the_reason(data: bytes, fault: str) -> None:
    assert logo_fault(data) == fault


@given(st.data())
def test_a_picture_that_was_cut_or_damaged_is_no_logo(data: st.DataObject) -> None:
    whole = png(20, 20)
    cut = data.draw(st.integers(8, len(whole) - 1))
    assert logo_fault(whole[:cut]) == "is a PNG that is not whole"
    at = data.draw(st.integers(8, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[at] ^= 1 << data.draw(st.integers(0, 7))
    assert logo_fault(bytes(damaged)) == "is a PNG that is not whole"


@pytest.mark.parametrize("kept", ["no base64!", "AAAA", 7, None, "A" * 70_000])
def test_what_a_journal_says_is_checked_too(kept: object) -> None:
    assert not is_logo(kept)
