"""The page of ``seatsync report`` in a real browser."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from seatsync.domain.library import Delivery, Library, Slots
from seatsync.domain.license import Kind
from seatsync.domain.money.purchases import Purchase
from seatsync.ledger.queries.line import Line
from seatsync.ledger.queries.outlook.ahead import SeatsEnd
from seatsync.ledger.queries.outlook.invitations import Invitations
from seatsync.ledger.queries.outlook.outlook import Outlook
from seatsync.ledger.queries.outlook.past import DayUsed
from seatsync.reports.drawing import HEIGHT, WIDTH
from seatsync.reports.outlook.chart import chart
from seatsync.reports.outlook.page import State, html
from tests.support.chromium import must_be_accessible, must_fit, needs_chromium
from tests.support.letters import plain

TODAY = date(2026, 9, 1)
BOOKS = Library("books", "ספרים", "logos-library", (Kind.TEMPORARY, Kind.PERMANENT), Delivery.CLAIM, 40)
FULL = Outlook(
    BOOKS,
    Slots(40, 12, 20, 8),
    [DayUsed("2024-01-10", 5), DayUsed("2026-02-01", 30), DayUsed("2026-08-30", 40)],
    [SeatsEnd("2026-08-20", 2), SeatsEnd("2027-06-30", 18), SeatsEnd("2031-06-30", 1)],
    Invitations(28, 3, (("2026-08-01", 7), ("2026-08-30", 5)), 5, 2),
    Line(3, "2026-08-15", "2027-07-01", ""),
)
WAITS = "5 letters bounced; `seatsync outbox list --state bounced --library books --state pending` lists them."
BROKEN_WORDS = """[...document.querySelectorAll("code")].flatMap(code => {
    const broken = [], walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
    for (let text; (text = walker.nextNode());)
        for (const word of text.data.matchAll(/\\S+/g)) {
            const range = document.createRange();
            range.setStart(text, word.index);
            range.setEnd(text, word.index + word[0].length);
            if (new Set([...range.getClientRects()].map(box => box.top)).size > 1) broken.push(word[0]);
        }
    return broken;
})"""
NEW = Outlook(BOOKS, Slots(0, 0, 0, 0), [], [], Invitations())


@needs_chromium
@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible_and_fits_a_phone(
    chromium: Browser, tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    states = [
        State("grace", "Grace", TODAY, "2026-08-30", [FULL, NEW], [WAITS]),
        State("harbor", "Harbor", TODAY, "", [], []),
    ]
    file = tmp_path / "seats.html"
    file.write_text(html(states), encoding="utf-8")
    context = chromium.new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(file.as_uri())
    for details in page.locator("summary").all():
        details.click()
    must_be_accessible(page)
    assert said == []
    must_fit(page)
    assert page.inner_text(".scale >> nth=0").split() == ["40", "0"]
    assert "today, 1 September 2026" in plain(page.text_content(".axis >> nth=0") or "")
    shown = page.inner_text("main")
    for command in page.locator("code").all_inner_texts():
        shown = shown.replace(command, "")
    assert "2026-" not in shown, "the page writes its days in one way, and commands in theirs"
    head = page.get_by_role("rowheader", name="unclaimed", exact=True).first
    lines = "head => { const text = document.createRange(); text.selectNodeContents(head); return text.getClientRects().length; }"
    assert head.evaluate(lines) == 1, "the word is broken"
    assert len(page.locator("code").all()) > 5
    assert page.evaluate(BROKEN_WORDS) == []
    assert "2 seats ended on 20 August 2026; the next apply takes them back." in plain(page.inner_text("main"))
    context.close()


@pytest.mark.parametrize("outlook", [FULL, NEW])
def test_the_drawing_stays_inside_its_frame(outlook: Outlook) -> None:
    made = chart(outlook, TODAY, "<words> & more")
    assert 'aria-label="&lt;words&gt; &amp; more"' in made.svg
    moves = [
        word for word in made.svg.replace('"', " ").split() if word[0] in "MHV" and word[1:].replace(".", "").isdigit()
    ]
    assert moves
    assert all(0 <= float(move[1:]) <= (HEIGHT if move[0] == "V" else WIDTH) for move in moves)


def text(*outlooks: Outlook) -> str:
    page = html([State("grace", "Grace", TODAY, "2026-08-30", outlooks, [])])
    return " ".join(re.sub("<[^>]*>", "", page.partition("<h2>Libraries")[2]).split())


def test_only_what_is_drawn_is_in_the_legend() -> None:
    assert "Line: seats used. Dashed: seats still used" in text(FULL)
    assert "Line: seats used." not in text(NEW)
    assert "Dashed: seats still used as seats end" in text(NEW)


def test_who_waits_and_whose_seats_end_is_found_by_the_command_beside_it() -> None:
    said = text(FULL)
    assert "30 June 2027: 18 seats end. seatsync licenses --library books --ends 2027-06-30" in said
    first = "3 people wait for a seat, the first since 15 August 2026."
    by = "By end dates, a seat is expected for the first by 1 July 2027, and not for all."
    assert f"In line {first} {by} seatsync licenses --library books --status waiting" in said
    alone = text(replace(FULL, line=Line(1, "2026-08-15", "2027-07-01", "2027-07-01")))
    assert (
        "1 person waits for a seat, the first since 15 August 2026. By end dates, a seat is expected by 1 July" in alone
    )
    nothing = text(replace(FULL, line=Line(2, "2026-08-15", "", "")))
    assert "No end date frees a seat for the first in time." in nothing
    assert "In line" not in text(NEW)


def test_the_line_of_all_seats_falls_where_a_purchase_ends_and_rises_where_one_begins() -> None:
    bought = (Purchase(30, "", "2026-09-30"), Purchase(10), Purchase(50, "2026-11-01"))
    made = chart(replace(FULL, library=replace(BOOKS, purchases=bought)), TODAY, "")
    (line,) = re.findall('class="total" d="M0.0 ([^"]*)"', made.svg)
    heights = [float(move[1:]) for move in f"V{line}".split() if move[0] == "V"]
    assert [round(60 * (1 - height / HEIGHT)) for height in heights] == [40, 10, 60, 60]
    assert made.most == 60
    assert "Red: the seats that there are." in text(replace(FULL, library=replace(BOOKS, purchases=bought)))
    assert "Red: all 40 seats." in text(FULL)


def test_the_table_begins_a_year_ago_with_the_seats_used_then_and_ends_within_two_years() -> None:
    made = chart(FULL, TODAY, "")
    assert made.past == [
        DayUsed("2025-09-01", 5),
        DayUsed("2026-02-01", 30),
        DayUsed("2026-08-30", 40),
        DayUsed("2026-09-01", 40),
    ]
    assert made.ahead == [DayUsed("2026-09-01", 38), DayUsed("2027-06-30", 20)]


def test_a_day_has_one_row_also_the_first_and_today() -> None:
    past = [DayUsed("2025-01-10", 5), DayUsed("2025-09-01", 7), DayUsed(TODAY.isoformat(), 39)]
    assert chart(replace(FULL, past=past), TODAY, "").past == [DayUsed("2025-09-01", 7), DayUsed("2026-09-01", 40)]
    assert chart(replace(FULL, past=past[2:]), TODAY, "").past == [DayUsed("2026-09-01", 40)]
