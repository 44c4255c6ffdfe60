"""Secrets that others repeat: they are found before the text is cut, in every form in which programs write them."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatsync.domain.text.secrets import masked

secrets = st.text(st.characters(exclude_categories=["Cs"]), min_size=8)


@given(secret=secrets, before=st.text(), after=st.text())
@pytest.mark.parametrize(
    "written",
    [
        str,
        lambda secret: quote(secret, safe=""),
        quote_plus,
        lambda secret: b64encode(secret.encode()).decode(),
    ],
    ids=["as it is", "in an address", "in a form", "in Base64"],
)
def test_a_secret_is_masked_however_it_is_written(written: object, secret: str, before: str, after: str) -> None:
    assert callable(written)
    said = masked(f"{before}{written(secret)}{after}", [secret])
    assert "***" in said
    assert secret not in said.replace("***", "")


def test_of_secrets_in_one_another_nothing_is_left() -> None:
    assert masked("id:hunter2 hunter2 hunter", ["hunter", "hunter2", "id:hunter2"]) == "*** *** ***"


def test_no_secret_masks_nothing() -> None:
    assert masked("401 no", ["", ""]) == "401 no"
