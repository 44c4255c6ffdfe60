"""The work list in a real browser: a registrar takes the files, carries them out, and marks what is done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.cli.test_lists import write_csv
from tests.support import letters
from tests.support.chromium import must_be_accessible, must_fit, needs_chromium
from tests.support.letters import DAY, ran
from tests.support.mail_server import Mailroom
from tests.support.pages import PASSWORD, code_of, mail_to
from tests.support.served import Served, served

school, room = letters.school, letters.room

pytestmark = needs_chromium

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
libraries:
  books: {title: Biblical Studies, system: logos-library, slots: 40, delivered_by: vendor}
rosters: [{path: members.csv}]
grants:
  - {library: books, kind: permanent, to: {tags: [owner]}}
  - {library: books, kind: temporary, to: {tags: [student]}}
"""
HEADER = ["email", "given_name", "family_name", "student_id", "tags"]


def _members(folder: Path, *names: str) -> None:
    rows = [
        [f"{name}@grace.example", name.title(), "Lee", str(number), "owner" if name == "dee" else "student"]
        for number, name in enumerate(names, 1)
    ]
    write_csv(folder / "members.csv", HEADER, *rows)
    ran(folder, "apply", "--yes")


@pytest.fixture
def pages(school: Path, room: Mailroom) -> Iterator[Served]:
    """Ann, Ben and Cy get a temporary seat at the vendor, Dee a permanent one."""
    (school / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    _members(school, "ann", "ben", "cy", "dee")
    with served(school, room, "--now", DAY) as found:
        yield found


def _ruth(pages: Served, browser: Browser, **settings: Any) -> Page:
    page = browser.new_context(**settings).new_page()
    page.goto(f"{pages.url}/account/new")
    page.locator("main input[type=email]").fill("ruth@grace.example")
    page.locator("main button").first.click()
    mail = mail_to(pages.room, "ruth@grace.example", "Code" if settings.get("locale") == "de" else "code")
    page.locator("main input[name=code]").fill(code_of(mail))
    page.locator("main input[name=password]").fill(PASSWORD)
    page.locator("main button").first.click()
    return page


def _open(folder: Path) -> dict[str, int]:
    found: dict[str, int] = json.loads(ran(folder, "status", "--format", "json").out)["worklist"]
    return found


@pytest.mark.sqlite_only("it is about what is shown and clicked")
def test_a_registrar_takes_the_files_and_marks_what_is_done(pages: Served, school: Path, browser: Browser) -> None:
    ruth = _ruth(pages, browser, accept_downloads=True)
    ruth.goto(f"{pages.url}/admin/grace/")
    ruth.get_by_role("link", name="Work list").click()
    with ruth.expect_download() as began:
        ruth.get_by_role("link", name="Download all files").click()
    with ZipFile(began.value.path()) as archive:
        names = {name.rpartition("/")[2] for name in archive.namelist()}
    assert {"CHECKLIST.html", "5-grant-temporary-books.csv", "7-grant-permanent-books.csv"} <= names
    ruth.get_by_role("link", name="Check list to print").click()
    expect(ruth.get_by_role("heading", level=1)).to_have_text("Check list: Grace Seminary")
    ruth.wait_for_load_state()  # the heading stands before the style sheet has come
    colour = ruth.get_by_role("heading", level=1).evaluate("heading => getComputedStyle(heading).fontFamily")
    assert "Times" not in colour, "the style of the page is read"

    ruth.goto(f"{pages.url}/admin/grace/worklist")
    ruth.get_by_role("link", name="Grant temporary license").first.click()
    ruth.get_by_role("checkbox", name="Lee, Ben").check()
    _members(school, "ann", "ben", "cy", "dee", "eve")
    ruth.get_by_role("button", name="Mark those selected as done").click()
    marked = "Marked as done: Grant temporary licenses: Biblical Studies. People: 1."
    expect(ruth.get_by_role("status").first).to_have_text(marked)
    assert _open(school)["5-grant-temporary-books"] == 3

    ruth.get_by_role("link", name="Grant permanent license").first.click()
    ruth.get_by_role("button", name="Mark all as done: 1").click()
    expect(ruth.get_by_role("heading", level=1)).to_have_text("Is this done at the vendor?")
    ruth.get_by_role("button", name="Mark as done").click()  # the browser asks for the box first
    assert "7-grant-permanent-books" in _open(school)
    ruth.get_by_label("Yes, I am sure").check()
    ruth.get_by_role("button", name="Mark as done").click()
    marked = "Marked as done: Grant permanent licenses: Biblical Studies. People: 1."
    expect(ruth.get_by_role("status").first).to_have_text(marked)
    assert "7-grant-permanent-books" not in _open(school)


@pytest.mark.sqlite_only("it is about what is shown")
@pytest.mark.parametrize(
    ("scheme", "width", "language"), [("light", 1280, "en"), ("dark", 320, "de")], ids=["desk", "phone"]
)
def test_axe_finds_nothing_on_the_work_list_and_none_is_wider_than_the_screen(
    scheme: Any, width: int, language: str, pages: Served, school: Path, browser: Browser
) -> None:
    page = _ruth(pages, browser, color_scheme=scheme, viewport={"width": width, "height": 800}, locale=language)

    def look(path: str = "") -> None:
        if path:
            page.goto(f"{pages.url}/admin/grace/{path}")
        assert page.locator("h1").count() == 1
        must_be_accessible(page)
        must_fit(page)

    look("worklist")
    look("worklist/step?step=5-grant-temporary-books")
    look("worklist/step?step=nothing")
    page.goto(f"{pages.url}/admin/grace/worklist/step?step=7-grant-permanent-books")
    page.locator("button[value=all]").click()
    look()
    page.locator("main input[type=checkbox]").check()
    page.locator("main form button").first.click()
    look()
    assert page.get_by_role("status").count() == 2, "what is done, and what is next"
    rows = [["ann.lee@grace.example", "Ann", "Lee", "1", "student"], ["ben@grace.example", "Ben", "Lee", "2", ""]]
    for step in list(_open(school)):
        ran(school, "worklist", "done", step, "--yes")
    write_csv(school / "members.csv", HEADER, *rows)
    ran(school, "apply", "--yes")
    look("worklist")
    look("worklist/step?step=2-edit")
    look("licenses?licensed=all")
