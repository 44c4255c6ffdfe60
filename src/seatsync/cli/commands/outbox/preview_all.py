"""All letters in all languages on one page, for who reviews the institution's wording."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from seatsync.domain.action import Letter
from seatsync.domain.text.languages import LANGUAGES

if TYPE_CHECKING:
    from seatsync.outbox.rendering import Rendered, Templates


class Sample(NamedTuple):
    """A letter with examples for its values, in one language."""

    letter: Letter
    language: str
    words: Rendered


def all_samples(templates: Templates, institution: str, only: str | None) -> Iterator[Sample]:
    """Every kind of letter, or ``only`` one, in every language, as the institution words it.

    Raises:
        BadTemplate: a template of the institution fails.
    """
    from seatsync.outbox.rendering import samples

    for letter in Letter:
        for language in LANGUAGES if only in (None, letter) else ():
            values = next(samples(letter, language)) | {"institution": institution}
            yield Sample(letter, language, templates.render(letter, values))


def as_text(found: Iterator[Sample]) -> Iterator[str]:
    """Each letter under its name and language."""
    for one in found:
        yield f"══ {one.letter} · {LANGUAGES[one.language]} ══\nSubject: {one.words.subject}\n\n{one.words.text}"


def as_page(found: Iterator[Sample], institution: str) -> Iterator[str]:
    """One self-contained page. Each letter is in a frame of its own, in which no script runs and whose links lead nowhere."""
    title = escape(f"Letters of {institution}")
    yield (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>\n'
        ":root { color-scheme: light dark; }\n"
        "body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 80rem; padding: 1.5rem 1rem; }\n"
        ".letters { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr)); }\n"
        "iframe { border: 1px solid #8a8a8a; border-radius: .4rem; height: 36rem; width: 100%; }\n"
        f"</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        "<p>Examples: the names, dates and links are made up.</p>"
    )
    letter = ""
    for one in found:
        if one.letter != letter:
            yield ("</div>\n" if letter else "") + f'<h2>{one.letter}</h2>\n<div class="letters">'
            letter = one.letter
        shown = one.words.html or f"<pre style='white-space:pre-wrap'>{escape(one.words.text)}</pre>"
        name = LANGUAGES[one.language]
        yield (
            f'<div><h3 lang="{one.language}">{name}</h3>\n<p lang="{one.language}">{escape(one.words.subject)}</p>\n'
            f'<iframe sandbox title="{one.letter}, {name}" lang="{one.language}" srcdoc="{escape(shown)}"></iframe></div>'
        )
    yield "</div>\n</main>\n</body>\n</html>"
