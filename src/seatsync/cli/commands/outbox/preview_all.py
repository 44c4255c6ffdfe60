"""All letters in all languages, for whoever looks after the institution's wording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from seatsync.cli.commands.outbox.settings import Settings
from seatsync.domain.action import Letter
from seatsync.domain.text.languages import LANGUAGES

if TYPE_CHECKING:
    from seatsync.reports.letters.page import Written


def all_samples(settings: Settings, only: str | None, with_helper: bool) -> Sequence[Written]:
    """Every kind of letter, or ``only`` one, in every language, as the institution words it: with examples for what is a member's
    or a library's, and what is the institution's as it is. ``with_helper`` is whether whom members ask may be named.

    Raises:
        BadTemplate: a template of the institution fails.
    """
    from seatsync.outbox.rendering import samples
    from seatsync.reports.letters.page import Written

    found, own = [], dict(_own(settings, with_helper))
    for letter in Letter:
        for language in LANGUAGES if only in (None, letter) else ():
            words = settings.templates.render(letter, next(samples(letter, language)) | own)
            found.append(Written(letter, language, words.subject, words.text, words.html))
    return found


def _own(settings: Settings, with_helper: bool) -> Iterator[tuple[str, Any]]:
    """The institution's own values."""
    from seatsync.domain.brand.colors import shades

    entry = settings.institution
    yield "institution", entry.name
    yield "colors", shades((entry.brand and entry.brand.color) or "")._asdict()
    if with_helper:
        yield "reply_to", settings.sender.reply_to
        yield "help", {name: value or "" for name, value in entry.help or ()}
    if not entry.opt_out:
        yield "opt_out_link", ""
    if not entry.opt_out_until:
        yield "decline_until", ""


def as_text(found: Sequence[Written]) -> str:
    """Each letter under its name and language."""
    return "\n".join(
        f"══ {one.letter} · {LANGUAGES[one.language]} ══\nSubject: {one.subject}\n\n{one.text}" for one in found
    )
