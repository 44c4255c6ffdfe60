"""What is said of a text that is no e-mail address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatsync.domain.text.emails import email_fault, email_to_write

ANY = "Write it as name@institution.example."


@pytest.mark.parametrize(
    "text",
    [
        "Ann Lee <ann@g.example>",
        "<ann@g.example>",
        '"Lee, Ann" <ann@g.example>;',
        "mailto:ann@g.example",
        "(ann@g.example)",
        "ann@g.example.",
        "ann@g.example,",
    ],
)
def test_the_email_in_a_text_is_shown_as_what_to_write(text: str) -> None:
    assert email_fault(text)
    assert email_to_write(text) == "Write it as ann@g.example."


@pytest.mark.parametrize("between", ["; ", ",", " / ", " ", "|"])
def test_of_several_emails_one_is_to_be_written(between: str) -> None:
    assert email_to_write(f"ann@g.example{between}ann@h.example") == "Write one e-mail only, for example ann@g.example."


@pytest.mark.parametrize(
    "text", ["ann", "ann lee@g.example", "ann,lee@g.example", "ann@@g.example", "<ann>", "", "<<>"]
)
def test_nobody_is_guessed_from_half_an_email(text: str) -> None:
    assert email_to_write(text) == ANY


@given(st.text(alphabet='ann@g.example<>();,:"/| ', max_size=60))
def test_what_is_to_be_written_is_a_valid_email(text: str) -> None:
    help = email_to_write(text)
    assert help == ANY or not email_fault(help.split()[-1].removesuffix("."))
