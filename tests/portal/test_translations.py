"""The pages' texts: every text has a translation with the same values, and the shipped catalog is up to date."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import seatsync.portal
from seatsync.domain.action import EVENTS
from seatsync.domain.portal.progress import WORDS, Words
from seatsync.domain.posting import no_seat
from seatsync.domain.text.languages import LANGUAGES
from tests.support import letters
from tests.support.letters import ANN, applied
from tests.support.mail_server import Mailroom
from tests.support.pages import Pages, pages_of

school, room = letters.school, letters.room

PORTAL = Path(seatsync.portal.__file__).parent
TRANSLATED = [language for language in LANGUAGES if language != "en"]


SCRIPT = runpy.run_path(str(PORTAL.parents[2] / "docs/translations.py"))


@pytest.mark.parametrize("file", SCRIPT["catalogs"](), ids=lambda file: f"{file.parts[-5]}-{file.parts[-3]}")
def test_make_translations_writes_only_what_has_changed(file: Path) -> None:
    assert SCRIPT["compiled"](file) == file.with_suffix(".mo").read_bytes(), "run `make translations`"


@pytest.fixture(scope="module")
def texts() -> set[str]:
    """The texts in the code and the templates."""
    with (PORTAL / "translations/babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    keywords = {"_": None, "gettext": None, "later": None}
    found = extract_from_dir(PORTAL, methods, options, keywords)
    of_actions = {what.facts.words for what in EVENTS.values()} | {what.words for what in WORDS.values()}
    of_seats = {one.words for one in vars(no_seat).values() if isinstance(one, Words)}
    return {text for _, _, text, _, _ in found if isinstance(text, str)} | of_actions | of_seats


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_and_speaks_of_the_same_values(language: str, texts: set[str]) -> None:
    folder = PORTAL / "translations" / language / "LC_MESSAGES"
    with (folder / "messages.po").open("rb") as file:
        catalog = read_po(file, locale=language)
    translated = {str(message.id): str(message.string) for message in catalog if message.id}
    assert translated.keys() == texts, "run `make translations`, and translate what is new"
    for text, said in translated.items():
        assert said, f"not translated: {text}"
        assert sorted(re.findall(r"%\(\w+\)\w", said)) == sorted(re.findall(r"%\(\w+\)\w", text)), text
    assert not any(message.fuzzy for message in catalog if message.id)
    with (folder / "messages.mo").open("rb") as file:
        compiled = {str(message.id): str(message.string) for message in read_mo(file) if message.id}
    assert compiled == translated, "run `make translations`"


@pytest.fixture
def pages(school: Path, room: Mailroom) -> Iterator[Pages]:
    applied(school, ANN)
    with pages_of(school, room, room.port) as found:
        yield found


@pytest.mark.sqlite_only("it is about words")
def test_the_browser_s_language_is_spoken_until_one_is_chosen_which_the_account_keeps(pages: Pages) -> None:
    browser = pages.browser()
    shown = browser.open("/sign-in", Accept_Language="de-AT, en;q=0.5")
    assert (shown.title, '<html lang="de">' in shown.body) == ("Anmelden", True)
    assert browser.open("/sign-in", Accept_Language="fr").title == "Sign in"
    assert browser.press("Deutsch", language="de").title == "Anmelden"
    assert browser.open("/sign-in", Accept_Language="en").title == "Anmelden"
    assert browser.open("/nichts").title == "Seite nicht gefunden"
    ann = pages.account("ann@home.example")
    ann.press("Deutsch", language="de")
    ann.press("Abmelden")
    elsewhere = pages.signed_in("ann@home.example")
    assert elsewhere.page.title == "Ihre Plätze"
    assert browser.send("/language", **browser.page.forms[-1].fields, language="tlh").code == 400
