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


@pytest.mark.parametrize("text", ["ann@g,example", "ann@mail,g.example", "ann@mail,g,example"])
def test_a_comma_in_place_of_the_first_dot_of_a_domain_may_be_one(text: str) -> None:
    assert email_fault(text) == f'"{text}" is not a valid e-mail address: it has a comma after the @'
    assert email_to_write(text) == f"A comma where a dot belongs? Write it as {text.replace(',', '.')}."


@pytest.mark.parametrize(
    ("sign", "name"),
    {",": "a comma", ";": "a semicolon", "“": "a quotation mark", "(": "a bracket", "©": "the character ©"}.items(),
)
def test_signs_are_said_in_words(sign: str, name: str) -> None:
    assert str(email_fault(f"an{sign}n@g.example")).endswith(f": it has {name}, which an address can't have there")


@given(st.text(alphabet='ann@g.example<>();,:"/| ', max_size=60))
def test_what_is_to_be_written_is_a_valid_email(text: str) -> None:
    help = email_to_write(text)
    assert help == ANY or not email_fault(help.split()[-1].removesuffix("."))
