"""An institution's colour: its shades can always be read, and are the colour itself where that can."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatsync.domain.brand.colors import ENOUGH, OWN, contrast, is_color, shades

colors = st.integers(0, 2**24 - 1).map("#{:06x}".format)


def test_contrast_is_that_of_the_web_s_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == 21
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@given(colors)
def test_both_shades_can_be_read_as_text_and_under_the_text_of_a_button(color: str) -> None:
    light, dark = shades(color)
    assert is_color(light)
    assert is_color(dark)
    for ground in (
        "#f4efe6",
        "#fcfaf6",
        "#ffffff",
    ):  # the soft ground, the paper and the card of light pages; a button's text
        assert contrast(light, ground) >= ENOUGH
    for ground in ("#2a2621", "#1a1815", "#211e1a", "#10222c", "#16181c"):
        assert contrast(dark, ground) >= ENOUGH


@pytest.mark.parametrize(
    ("color", "light", "dark"),
    [
        ("#7a1f3d", "#7a1f3d", "#b48191"),
        ("#ffcc00", "#836900", "#ffcc00"),
        ("", *OWN),
    ],
)
def test_a_colour_that_can_be_read_stays_as_it_is(color: str, light: str, dark: str) -> None:
    assert shades(color) == (light, dark)


@pytest.mark.parametrize("text", ["red", "#7a1f3", "#7A1F3D", "#7a1f3d;", " #7a1f3d", "#7a1f3d\n", 8000000, None])
def test_anything_else_is_no_colour(text: object) -> None:
    assert not is_color(text)
