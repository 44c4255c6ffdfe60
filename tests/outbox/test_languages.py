"""Letters in the institution's language: every text in every language, the same values, days as people write them."""

from __future__ import annotations

import html
import re
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from babel.support import Translations

import seatsync.outbox
import seatsync.portal
from seatsync.domain.action import Letter
from seatsync.domain.letters import ASKING
from seatsync.domain.text.languages import LANGUAGES, spelled
from seatsync.outbox.rendering import Templates, samples
from tests.cli.test_lists import write_csv
from tests.support import letters
from tests.support.letters import ANN, BEN, CY, LATER, PORTAL, applied, part, plain, ran, sent
from tests.support.mail_server import Mailroom
from tests.support.pages import mail_to, pages_of

school, room = letters.school, letters.room

OUTBOX = Path(str(files(seatsync.outbox)))
PAGES = Path(str(files(seatsync.portal))) / "translations"
OTHERS = [language for language in LANGUAGES if language != "en"]
BEN_S = ["--member", "ben@grace.example"]


def speaking(folder: Path, settings: str) -> None:
    """Give the institution of the folder these settings."""
    config = folder / "seatsync.yaml"
    text = re.sub(r"(  name: Grace Seminary\n)(  (language|help): .*\n)*", rf"\1{settings}", config.read_text("utf-8"))
    config.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_a_letter_is_translated_and_speaks_of_the_same_values(language: str) -> None:
    with (OUTBOX / "translations/babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found = extract_from_dir(OUTBOX / "templates", methods, options, {"_": None})
    texts = {text for _, _, text, _, _ in found if isinstance(text, str)}
    assert len(texts) > 30
    folder = OUTBOX / "translations" / language / "LC_MESSAGES"
    with (folder / "messages.po").open("rb") as file:
        said = {str(message.id): str(message.string) for message in read_po(file, locale=language) if message.id}
    assert said.keys() == texts, "run `make translations`, and translate what is new"
    assert [text for text in texts if not said[text]] == []
    for text, words in said.items():
        assert {*re.findall(r"%\(\w+\)s", words)} == {*re.findall(r"%\(\w+\)s", text)}, text
    with (folder / "messages.mo").open("rb") as file:
        assert {str(one.id): str(one.string) for one in read_mo(file) if one.id} == said, "run `make translations`"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", Letter)
def test_every_letter_has_its_language_and_no_sentence_of_another(
    letter: Letter, language: str, tmp_path: Path
) -> None:
    templates = Templates(tmp_path)
    for values, english in zip(samples(letter, language), samples(letter), strict=True):
        shown, other = templates.render(letter, values), templates.render(letter, english)
        assert shown.html is not None
        assert f'<html lang="{language}">' in shown.html
        assert values["link"] in shown.text
        if language != "en":
            of_files = f"{values['library']}: {values['about']}"  # as the institution writes it, in all languages
            lines = {*other.text.splitlines()} - {of_files}
            paragraphs = {line for line in lines if len(line.split()) > 3 and "@" not in line}
            assert not paragraphs & {*shown.text.splitlines()}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("letter", [Letter.INVITATION, Letter.REMINDER])
def test_a_letter_with_a_seat_names_the_button_that_claims_it_unless_it_is_claimed_at_the_vendor(
    letter: Letter, language: str, tmp_path: Path
) -> None:
    button = Translations.load(PAGES, [language]).gettext("Claim this seat")
    for values in samples(letter, language):
        shown = Templates(tmp_path).render(letter, values)
        assert shown.html is not None
        for words in (shown.text, html.unescape(shown.html)):
            named = re.search(f'["„«‘“]{button}["“»’”]', " ".join(words.split()))
            assert (named is None) is values["at_vendor"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_names_the_last_day_to_decline_in_its_language(language: str, tmp_path: Path) -> None:
    for letter in ASKING:
        values = next(samples(letter, language))
        shown = Templates(tmp_path).render(letter, values)
        assert shown.html is not None
        day = spelled("2026-09-07", language)
        assert day in shown.html, "as one word"
        assert plain(day) in " ".join(shown.text.split()), "with spaces that any mail program knows"
        without = Templates(tmp_path).render(letter, values | {"decline_until": ""}).text
        assert plain(day) not in " ".join(without.split())


def test_days_are_spelled_as_people_write_them() -> None:
    assert [plain(spelled("2027-06-30", language)) for language in LANGUAGES] == [
        "30 June 2027",
        "30. Juni 2027",
        "30 de junio de 2027",
        "2027년 6월 30일",
        "30 de junho de 2027",
    ]
    assert not any(" " in spelled("2027-06-30", language) for language in LANGUAGES), "a day is never broken"


@pytest.mark.sqlite_only("it is about words")
def test_letters_are_in_the_institution_s_language_and_name_whom_members_may_ask(school: Path) -> None:
    speaking(school, "  language: de\n  help: {name: Bibliothek, email: library@grace.example}\n")
    applied(school, ANN, BEN, CY)
    shown = ran(school, "outbox", "preview", *BEN_S).out
    assert "Subject: Grace Seminary hat einen Platz für Sie: Logos" in shown
    assert "bis zum 30. Juni 2027 nutzen" in " ".join(shown.split())
    assert "Fragen? Bibliothek: library@grace.example" in shown
    speaking(school, "  language: ko\n  help: {name: 도서관, url: 'https://help.grace.example/'}\n")
    plan = ran(school, "plan").out
    assert "language de → ko" in plan
    assert "help Bibliothek, library@grace.example → 도서관, https://help.grace.example/" in " ".join(plan.split())
    ran(school, "apply", "--yes")
    page = ran(school, "outbox", "preview", *BEN_S, "--format", "html").out
    assert '<a href="https://help.grace.example/"' in page
    speaking(school, "")
    ran(school, "apply", "--yes")
    assert "Nothing to do" in ran(school, "plan").out
    assert "Dear Ben Okafor," in ran(school, "outbox", "preview", *BEN_S).out
    ran(school, "verify")
    ran(school, "ledger", "rebuild")


@pytest.mark.sqlite_only("it is about files")
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("  language: tlh\n", "en, de, es, ko, pt"),
        ("  help: {name: Library}\n", "has neither `email` nor `url`"),
        ("  help: {name: Library, email: a@b.example, url: 'https://b.example/'}\n", "has both `email` and `url`"),
    ],
)
def test_a_wrong_setting_is_told_at_its_place(school: Path, settings: str, said: str) -> None:
    speaking(school, settings)
    told = ran(school, "validate", code=3)
    assert "seatsync.yaml:5:" in told.out
    assert said in " ".join(told.out.split())


@pytest.mark.sqlite_only("it is about erasing")
def test_a_helper_is_erased_once_they_help_no_longer(school: Path) -> None:
    speaking(school, "  help: {name: Hal Pere, email: hal@grace.example}\n")
    applied(school, ANN)
    assert "whom members may ask" in ran(school, "ledger", "erase", "hal@grace.example", "--yes", code=4).err
    speaking(school, "")
    ran(school, "apply", "--yes")
    ran(school, "ledger", "erase", "hal@grace.example", "--yes")
    ran(school, "verify")
    assert b"Hal Pere" not in b"".join(path.read_bytes() for path in school.glob("seatsync.db*"))


@pytest.mark.sqlite_only("it is about words")
def test_a_preview_of_all_shows_each_letter_in_each_language_in_the_institution_s_words(school: Path) -> None:
    speaking(school, "  help: {name: Hal Pere, email: hal@grace.example}\n  brand: {color: '#7a1f3d'}\n")
    (school / "seatsync.yaml").write_text(
        (school / "seatsync.yaml").read_text("utf-8").replace("  opt_out: true\n", "")
    )
    page = ran(school, "outbox", "preview", "--all", "--format", "html").out
    assert page.count("<iframe sandbox") == len(Letter) * len(LANGUAGES)
    assert "Grace Seminary hat einen Platz für Sie" in page
    assert "background:#7a1f3d" in page
    assert page.count("Hal Pere") == page.count("mailto:hal%40grace.example") > len(LANGUAGES)
    assert page.count("&lt;bdi&gt;hal@grace.example&lt;/bdi&gt;") == page.count("Hal Pere"), (
        "also for who has no mail program"
    )
    assert "opt-out" not in page
    assert "Hal Pere" not in ran(school, "outbox", "preview", "--all", "--format", "html", "--redact").out
    (school / "letters").mkdir()
    (school / "letters" / "removed.txt.jinja").write_text(
        '{% if language == "de" %}Schade{% else %}Alas{% endif %}\n\n{{ _("Kind regards,") }}\n{{ institution }}\n',
        "utf-8",
    )
    shown = ran(school, "outbox", "preview", "--all", "--letter", "removed").out
    assert "══ removed · Deutsch ══\nSubject: Schade\n\nFreundliche Grüße\nGrace Seminary" in shown
    assert shown.count("Subject: Alas") == len(LANGUAGES) - 1
    assert "neither --member" in ran(school, "outbox", "preview", "--all", *BEN_S, code=64).err


@pytest.mark.sqlite_only("it is about words")
def test_names_from_right_to_left_stand_by_themselves(school: Path) -> None:
    applied(school, ["dov@grace.example", "דוד", "כהן", "student"])
    page = ran(school, "outbox", "preview", "--member", "dov@grace.example", "--format", "html").out
    assert "<bdi>דוד כהן</bdi>" in page


@pytest.mark.sqlite_only("it is about words")
def test_a_member_s_letters_and_the_pages_behind_them_are_in_the_member_s_language(
    school: Path, room: Mailroom
) -> None:
    """It is a tag: of a person, of a whole roster, or made from a column."""
    speaking(school, "  language: de\n")
    applied(school, [*ANN[:3], "owner;language:pt"], [*BEN[:3], "student;language:ko"], CY)
    sent(school)
    assert mail_to(room, "ann@grace.example")["Subject"] == "Grace Seminary tem uma vaga para você: Biblical Studies"
    assert mail_to(room, "cy@grace.example")["Subject"] == "Legen Sie Ihr Passwort für Jamworks fest"
    letter = part(mail_to(room, "ben@grace.example"), "plain")
    assert "2027년 6월 30일까지 이용하실 수 있습니다." in letter
    with pages_of(school, room, room.port) as pages:
        ben = pages.browser()
        found = re.search(rf"{PORTAL}/l/grace/[\w-]+", letter)
        assert found is not None
        assert ben.open(found[0], Accept_Language="en").title == "Grace Seminary에서 좌석을 준비했습니다"
        ben.press("Español", language="es")
        assert ben.open(found[0], Accept_Language="en").title == "Grace Seminary tiene una plaza para usted"
        assert pages.browser().open("/claim/grace", Accept_Language="fr").title.startswith("Ihre Plätze bei")
    applied(school, [*ANN[:3], "owner"], [*BEN[:3], "student;language:pt"], CY, now=LATER)
    assert "Olá, Ben Okafor," in ran(school, "outbox", "preview", *BEN_S, now=LATER).out
    ran(school, "verify")


@pytest.mark.sqlite_only("it is about files")
def test_a_language_that_letters_do_not_have_is_told_at_its_place_with_those_that_they_have(school: Path) -> None:
    write_csv(school / "members.csv", letters.HEADER, ANN, [*BEN[:3], "student;language:tlh"])
    told = ran(school, "validate", code=3).out
    assert "members.csv:3:" in told
    assert "one of en, de, es, ko, pt" in " ".join(told.split())
