"""All letters as one page. Each is in a frame of its own, in which no script runs and whose links and forms lead nowhere; the page's
own script makes each frame as high as its letter."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import NamedTuple

from markupsafe import Markup

from seatsync.domain.action import Letter
from seatsync.domain.text.languages import LANGUAGES
from seatsync.reports.html import csp_hash, environment
from seatsync.reports.view.counting import letter_in_words


class Written(NamedTuple):
    """A letter in one language. ``html`` is None if it is sent as plain text."""

    letter: Letter
    language: str
    subject: str
    text: str
    html: str | None


def html(letters: Sequence[Written], institution: str) -> str:
    """Return the page. The letters of one kind stand together in ``letters``."""
    templates = files("seatsync.reports") / "templates"
    style, script = (Markup((templates / f"letters.{kind}").read_text(encoding="utf-8")) for kind in ("css", "js"))  # noqa: S704
    # A frame is bound by the page's policy as well, so the letters' own styles and pictures must be allowed here.
    pictures = "img-src https: data:; style-src 'unsafe-inline'"
    return (
        environment()
        .get_template("letters.html.jinja")
        .render(
            title=f"Letters of {institution}",
            kinds={one.letter: letter_in_words(one.letter) for one in letters},
            letters=letters,
            languages=LANGUAGES,
            policy=f"default-src 'none'; {pictures}; script-src {csp_hash(script)}; base-uri 'none'; form-action 'none'",
            style=style,
            script=script,
        )
    )
