"""The check list on paper and on a screen: it says the same in both forms, loads nothing, and no name in it is markup."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, Page

from seatsync.reports.worklist.bundle import bundle
from seatsync.reports.worklist.check_list import MOST_ROWS
from seatsync.reports.worklist.sheets import sheets
from tests.reports.worklist.test_bundle import CASES, read
from tests.support.chromium import must_be_accessible, needs_chromium
from tests.support.letters import plain

EVIL = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload='alert(1)'>",
    '=HYPERLINK("javascript:alert(1)")',
    "-->",
    "| `a` | **b** | [c](https://evil.example) @ann #1",
)
Open = Callable[[str], Page]


def files(case: dict[str, Any], is_applied: bool = True) -> dict[str, str]:
    books, steps = read(case)
    return bundle(sheets(steps, books), books, "grace", "2027-03-01", is_applied)


@pytest.fixture
def evil() -> dict[str, str]:
    """People, tags and titles that try to be something else, in every kind of step."""
    people = {
        f"p{number}": {
            "is": {"given_name": name, "family_name": f"={name}", "tags": name.replace(";", "")},
            "there": {"logos": {"family_name": name}},
        }
        for number, name in enumerate(EVIL)
    }
    steps = [
        ["logos", step, library, name]
        for step, library in (("edit", ""), ("import", ""), ("revoke", "books"))
        for name in people
    ]
    libraries = {"books": {"title": EVIL[1], "system": "logos-library", "slots": 9}}
    return files({"libraries": libraries, "people": people, "steps": steps})


# ── Both forms ──────────────────────────────────────────────────────────────────────────────────────────────────────


def seen_in_markdown(text: str) -> str:
    """The words that a reader of Markdown sees."""
    tokens = MarkdownIt().enable("table").parse(text)
    lines = ["".join(part.content for part in token.children or ()) for token in tokens if token.type == "inline"]
    return " ".join([*lines, *(token.content for token in tokens if token.type == "fence")])


@pytest.mark.parametrize("name", CASES)
def test_the_page_and_the_text_say_the_same(name: str) -> None:
    made = files(CASES[name])
    page = re.sub(r"<style>.*?</style>|<title>.*?</title>", "", made["CHECKLIST.html"], flags=re.DOTALL)
    plain = {re.sub(r"\W", "", word) for word in html.unescape(re.sub(r"<[^>]*>", " ", page)).split()}
    text = {re.sub(r"\W", "", word) for word in seen_in_markdown(made["CHECKLIST.md"]).split()}
    assert {word for word in text - plain if word.strip("_")} == set()


@pytest.mark.parametrize("form", ["CHECKLIST.md", "CHECKLIST.html"])
def test_steps_that_cannot_be_undone_are_marked_and_a_plan_says_that_nothing_is_applied(form: str) -> None:
    assert files(CASES["logos"])[form].count("Cannot be undone.") == 1
    assert "Cannot be undone." not in files(CASES["jamworks"])[form]
    assert "NOT APPLIED" not in files(CASES["logos"])[form]
    planned = files(CASES["logos"], is_applied=False)[form]
    assert "NOT APPLIED" in planned
    assert "When you have done it" not in planned


@pytest.mark.parametrize("form", ["CHECKLIST.md", "CHECKLIST.html"])
def test_the_stop_at_a_step_that_cannot_be_undone_comes_before_anything_that_says_go_on(form: str) -> None:
    text = files(CASES["logos"])[form]
    step = text[text.index("Grant permanent licenses") :]
    assert step.index("Stop before the last click if the portal shows another number") < step.index("Click ")
    after = text[text.index("If the portal shows another number") :]
    assert after.index("cannot be undone: stop") < after.index("Go on")
    assert text.count("Stop before the last click") == 1


def test_what_to_do_where_a_portal_shows_other_numbers_is_about_that_portal() -> None:
    logos, jamworks = (files(CASES[name])["CHECKLIST.md"] for name in ("logos", "jamworks"))
    both = files(CASES["both-portals"])["CHECKLIST.md"]
    for of_logos in (
        "The portal selects fewer people",
        "Total Slots is another",
        "At a step that cannot be undone: stop",
    ):
        assert of_logos in logos
        assert of_logos in both
        assert of_logos not in jamworks
    assert "the maximum number of licenses is reached" in jamworks
    assert "the maximum number of licenses is reached" in both
    assert "the maximum number of licenses is reached" not in logos


def test_an_invitation_that_was_sent_again_is_marked_by_a_person() -> None:
    assert "an export does not show that an invitation was sent again" in files(CASES["logos"])["CHECKLIST.md"]
    assert "an export does not show" not in files(CASES["jamworks"])["CHECKLIST.md"]


def test_a_step_has_its_place_and_words_first_and_then_its_name() -> None:
    made = files(CASES["both-portals"])
    places = re.findall(r"^### Step (\d+) of (\d+): [A-Z]", made["CHECKLIST.md"], flags=re.MULTILINE)
    assert places == [(str(place), str(len(places))) for place in range(1, len(places) + 1)]
    assert re.findall(r"Step (\d+) of (\d+): [A-Z]", made["CHECKLIST.html"]) == places
    assert plain(made["CHECKLIST.md"]).startswith("# Check list: Grace Seminary\n\n1 March 2027. ")


def test_a_file_s_name_is_cut_between_the_words_of_its_tags() -> None:
    tags = {"ann": "faculty; hebrew; student; teaching-assistant", "ben": "x" * 50}
    people = {name: {"is": {"tags": text}} for name, text in tags.items()}
    made = files({"libraries": {}, "people": people, "steps": [["logos", "import", "", name] for name in people]})
    names = {name for name in made if name.endswith(".csv")}
    assert names == {"3-import-faculty-hebrew-student-teaching.csv", f"3-import-{'x' * 40}.csv"}


def test_the_same_steps_give_the_same_bytes() -> None:
    assert files(CASES["tags"]) == files(CASES["tags"])


def test_a_check_list_of_nothing_says_so() -> None:
    made = files({"libraries": {}, "people": {}, "steps": []})
    assert {"CHECKLIST.md", "CHECKLIST.html", ".gitignore"} == {*made}
    assert "Nothing is to be done in a vendor's portal." in made["CHECKLIST.md"]
    assert "Nothing is to be done in a vendor&#39;s portal." in made["CHECKLIST.html"]


def test_a_very_long_table_names_the_file_that_has_all() -> None:
    number = MOST_ROWS + 1
    people = {f"p{n}": {"is": {}, "holds": {"jam": ["none", "revoked", "temporary"]}} for n in range(number)}
    steps = [["jamworks", "remove", "jam", name] for name in people]
    libraries = {"jam": {"title": "Jamworks", "system": "jamworks", "slots": number}}
    made = files({"libraries": libraries, "people": people, "steps": steps})
    assert f"The first {MOST_ROWS} of {number}; `1-remove.csv` has all:" in made["CHECKLIST.md"]
    assert made["CHECKLIST.html"].count("<tr>") == MOST_ROWS + 3
    assert len(made["1-remove.csv"].splitlines()) == number + 1


def test_a_name_is_no_markup_in_markdown(evil: dict[str, str]) -> None:
    tokens = MarkdownIt().enable("table").parse(evil["CHECKLIST.md"])
    assert [token.content for token in tokens if token.type == "html_block"] == [
        evil["CHECKLIST.md"].splitlines()[-1] + "\n"
    ]
    inside = [part.type for token in tokens for part in token.children or ()]
    assert not {"html_inline", "image"} & {*inside}
    assert inside.count("link_open") == 1  # where to sign in


# ── In a browser ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open a page as a file. Any other request, console message or dialog fails the test."""
    heard: list[str] = []
    file = tmp_path / "CHECKLIST.html"

    def opened(source: str) -> Page:
        file.write_text(source, encoding="utf-8")
        page = browser.new_context(viewport={"width": 800, "height": 900}).new_page()
        page.on("request", lambda request: heard.append(request.url))
        page.on("console", lambda message: heard.append(message.text))
        page.on("dialog", lambda dialog: heard.append(dialog.message))
        page.goto(file.as_uri())
        return page

    yield opened
    assert heard == [file.as_uri()]


@needs_chromium
@pytest.mark.parametrize("name", ["logos", "formulas"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_boxes_can_be_ticked(
    name: str, scheme: Literal["light", "dark"], open_page: Open
) -> None:
    page = open_page(files(CASES[name])["CHECKLIST.html"])
    page.emulate_media(color_scheme=scheme)
    must_be_accessible(page)
    boxes = page.get_by_role("checkbox")
    assert boxes.count() == len({step[1:3] for step in map(tuple, CASES[name]["steps"])})
    boxes.first.check()
    assert boxes.first.is_checked()


@needs_chromium
def test_names_run_nothing_and_are_shown_as_they_are(evil: dict[str, str], open_page: Open) -> None:
    page = open_page(evil["CHECKLIST.html"])
    assert page.locator("script, img, svg").count() == 0
    shown = page.locator("td").all_text_contents()
    assert {*EVIL} <= {*shown}
    assert page.evaluate("document.documentElement.scrollWidth") <= 800


@needs_chromium
@pytest.mark.parametrize(("paper", "width"), [("A4", 210), ("Letter", 216)])
def test_nothing_is_cut_off_on_paper(paper: str, width: int, evil: dict[str, str], open_page: Open) -> None:
    """The printed area is as wide as the paper without its margins of 16 mm."""
    page = open_page(evil["CHECKLIST.html"])
    page.emulate_media(media="print")
    inside = int((width - 32) / 25.4 * 96)
    page.set_viewport_size({"width": inside, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth") <= inside
    assert page.pdf(format=paper).startswith(b"%PDF")
