"""The HTML page of a plan in a real browser: it is accessible, runs only its own script, and its search works."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.chromium import must_be_accessible, needs_chromium
from tests.support.command_line import seatsync

pytestmark = needs_chromium

DAY = "2026-09-01"
EVIL = [
    "<script>alert(1)</script>",
    "</script></style><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload='alert(1)'>",
    "javascript:alert(1)",
    "x" * 150,
]
CONFIG = """\
version: 1
institution:
  id: ID
  name: NAME
  admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]
libraries:
  books: {title: Biblical Studies, system: logos-library, slots: SLOTS}
  logos: {title: Logos Subscription, system: logos-subscription, slots: 2000}
rosters:
  - {path: members.csv}
grants:
  - {library: logos, to: {everyone: true}}
  - {library: books, kind: temporary, to: {tags: [reader]}}
  - {library: books, kind: permanent, to: {tags: [owner]}}
"""

TITLES = {"books": "Biblical Studies", "logos": "Logos Subscription"}
Open = Callable[..., Page]
Member = tuple[str, str, str]
"""The local part of the e-mail, the given name and the tag."""


# ── Plans, by the real command line ─────────────────────────────────────────────────────────────────────────────────


def write(folder: Path, members: list[Member], slots: int = 40) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"School {folder.name}"
    config = CONFIG.replace("ID", folder.name).replace("NAME", json.dumps(name)).replace("SLOTS", str(slots))
    (folder / "seatsync.yaml").write_text(config, encoding="utf-8")
    rows = [f"{email}@grace.example,{given},Test,{tag}" for email, given, tag in members]
    (folder / "members.csv").write_text("\n".join(["email,given_name,family_name,tags", *rows, ""]), encoding="utf-8")
    return folder


def apply(folder: Path) -> None:
    assert seatsync("apply", "--yes", "--quiet", "--now", DAY, folder=folder).code == 0


@cache
def page_of(folder: Path, *institutions: str) -> str:
    shown = seatsync("plan", "--format", "html", "--now", DAY, *institutions, folder=folder)
    assert shown.code in (0, 4), shown.err
    return shown.out


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four institutions: a plan with most kinds of changes, a blocked one, one without changes, and a large one."""
    root = tmp_path_factory.mktemp("page")
    readers = [(f"reader{n}", "Ann", "reader") for n in range(6)]
    apply(write(root / "fine", [*readers, ("gone", "Dí", "reader"), ("plain", "Cy", "")]))
    write(
        root / "fine", [*readers[1:], ("reader0", "Ann", "owner"), ("plain", "Cy", ""), ("new", "Jürgen", "owner")], 60
    )
    apply(write(root / "refused", readers, slots=6))
    write(root / "refused", [*readers, *((f"late{n}", "Bo", "reader") for n in range(4))], slots=6)
    apply(write(root / "empty", readers))
    write(root / "large", [(f"m{n}", "Ivy", "reader" if n < 30 else "") for n in range(450)])
    return root


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Names, tags, titles and file names that try to be a script. All of them pass validation."""
    folder = write(tmp_path_factory.mktemp("evil") / "evil", [(f"m{n}", "G", "") for n in range(len(EVIL))])
    names = [name.replace('"', '""') for name in EVIL]
    rows = [f'm{n}@grace.example,"{name}","{name}","{name.replace(";", "")}"' for n, name in enumerate(names)]
    roster = 'ro<i>"><img src=x onerror=alert(1)>.csv'.replace("/", "")
    (folder / roster).write_text("\n".join(["email,given_name,family_name,tags", *rows, ""]), encoding="utf-8")
    config = (folder / "seatsync.yaml").read_text(encoding="utf-8").replace("members.csv", json.dumps(roster))
    config = config.replace("Biblical Studies", json.dumps(EVIL[2])).replace("Logos Subscription", json.dumps(EVIL[3]))
    config = (
        config.replace('"School evil"', json.dumps(EVIL[0])) + "  - {library: logos, to: {tags: [<b>nobody</b>]}}\n"
    )
    (folder / "seatsync.yaml").write_text(config, encoding="utf-8")
    return folder


PAGES = {
    "changes": lambda root: page_of(root / "fine"),
    "refused": lambda root: page_of(root / "refused"),
    "empty": lambda root: page_of(root / "empty"),
    "several": lambda root: page_of(root, "fine", "refused", "empty"),
}


# ── The browser ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open a page as a file. Any other request, console message or error fails the test."""
    heard: list[str] = []
    file = tmp_path / "plan.html"
    context = None

    def opened(source: str, **options: Any) -> Page:
        nonlocal context
        file.write_text(source, encoding="utf-8")
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **options})
        context.set_default_timeout(5000)
        page = context.new_page()
        page.on("request", lambda request: heard.append(request.url))
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("dialog", lambda dialog: heard.append(dialog.message))
        page.goto(file.as_uri())
        return page

    yield opened
    assert context is not None
    context.close()
    assert heard == [file.as_uri()]


def cells(page: Page, section: Literal["all", "final"] = "all") -> list[str]:
    """The first cells of the visible rows, without the names behind e-mails."""
    rows = f".changes.{section} tbody tr"
    seen = "rows => rows.filter(row => row.checkVisibility()).map(row => row.cells[0].textContent.split(' (')[0])"
    return list(page.locator(rows).evaluate_all(seen))


def count(page: Page) -> Locator:
    return page.get_by_role("status")


def changes(folder: Path) -> list[dict[str, Any]]:
    return list(json.loads(seatsync("plan", "--format", "json", "--now", DAY, folder=folder).out)["changes"])


# ── For everybody ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", PAGES)
def test_axe_finds_nothing_in_light_or_dark_on_a_desk_or_a_phone(kind: str, root: Path, open_page: Open) -> None:
    page = open_page(PAGES[kind](root), color_scheme="light", viewport={"width": 1200, "height": 900})
    must_be_accessible(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 320, "height": 640})
    must_be_accessible(page)
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("kind", [*PAGES, "evil"])
def test_a_phone_never_scrolls_sideways(kind: str, root: Path, evil: Path, open_page: Open) -> None:
    source = page_of(evil) if kind == "evil" else PAGES[kind](root)
    page = open_page(source, viewport={"width": 320, "height": 640})
    page.locator("details").evaluate_all("boxes => boxes.forEach(box => box.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("width", [390, 768, 1000, 1160, 1280])
def test_no_table_breaks_a_word_or_leaves_the_page(width: int, root: Path, open_page: Open) -> None:
    page = open_page(PAGES["changes"](root), viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for library in page.locator(".slots th[scope=row]").all():
        box = library.bounding_box()
        assert box is not None
        assert box["height"] < 90, "a library's name in one line, beside two bars"
    for place in page.locator(".changes td:last-child").all():
        box = place.bounding_box()
        assert box is None or box["height"] < 45


@pytest.mark.parametrize("width", [390, 1280])
def test_an_email_breaks_behind_the_at_sign_only_and_only_where_it_must(
    width: int, tmp_path: Path, open_page: Open
) -> None:
    people = [("yohannes.gebremariam.history", "Yohannes", "reader")]
    apply(write(tmp_path / "emails", people))
    write(tmp_path / "emails", [*people, ("new", "Ann", "")])
    (tmp_path / "emails/members.csv").write_text("email,given_name,family_name\nnew@grace.example,Ann,Lee\n")
    page = open_page(page_of(tmp_path / "emails"), viewport={"width": width, "height": 900})
    lines = page.get_by_role("cell", name="yohannes").first.evaluate(_LINES)
    email = "yohannes.gebremariam.history@grace.example"
    assert lines == ([email] if width == 1280 else ["yohannes.gebremariam.history@", "grace.example"])
    place = page.get_by_role("cell", name=re.compile(r"^was\s")).first.evaluate(_LINES)
    assert place == ["was\u00a0members.csv:2"]


_LINES = """cell => {
  const lines = new Map(), range = document.createRange(), walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) for (let n = 0; n < node.length; n++) {
    range.setStart(node, n); range.setEnd(node, n + 1);
    const top = Math.round(range.getBoundingClientRect().top);
    lines.set(top, (lines.get(top) ?? "") + node.data[n]);
  }
  return [...lines.values()];
}"""
"""The lines of a cell, as the browser breaks them."""


def test_no_date_and_no_short_email_is_broken_on_a_phone(tmp_path: Path, open_page: Open) -> None:
    """The sentences of a blocked plan name people, and since when their seats are unclaimed."""
    people = [(f"{'x' * n}-ann-lee-{n}", "Ann", "reader") for n in range(1, 9)]
    apply(write(tmp_path / "full", people[:4], slots=4))
    page = open_page(page_of(write(tmp_path / "full", people, slots=4)), viewport={"width": 390, "height": 900})
    broken = []
    for words in page.locator(".verdict, dd, .finding p, .context").all():
        lines = words.evaluate(_LINES)
        for whole in re.findall(r"\d{4}-\d\d-\d\d|[\w.+-]+@[\w.-]+\w", words.text_content() or ""):
            broken += [] if len(whole) >= 30 or any(whole in line for line in lines) else [whole]
    assert broken == []


def test_each_section_of_changes_says_what_its_own_signs_mean(root: Path, open_page: Open) -> None:
    page = open_page(page_of(root / "fine"))
    expect(page.locator(".changes.final .legend")).to_have_text("+ is added, ^ becomes permanent")
    expect(page.locator(".changes.all .legend")).to_have_text("+ is added, - is taken away, ~ changes")


def test_the_title_and_the_first_screen_tell_the_verdict(root: Path, open_page: Open) -> None:
    page = open_page(PAGES["refused"](root), viewport={"width": 390, "height": 700})
    assert page.title() == "Blocked: School refused (refused)"
    expect(page.get_by_text("Blocked: 1 rule broken. Nothing will be applied.")).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("4 people join, 8 seats granted")).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("slots-exceeded")).to_be_in_viewport(ratio=1)


def test_several_institutions_begin_with_a_list_of_verdicts_that_leads_to_each(root: Path, open_page: Open) -> None:
    page = open_page(PAGES["several"](root))
    assert page.title() == "1 with changes, 1 blocked, 1 without changes: Plans for 3 institutions"
    listed = page.get_by_role("navigation").get_by_role("listitem")
    verdicts = ["cannot be undone; 1 person loses access.", "Blocked: 1 rule broken.", "Nothing to do"]
    for item, verdict in zip(listed.all(), verdicts, strict=True):
        expect(item).to_contain_text(verdict)
    page.get_by_role("link", name="School empty (empty)").click()
    expect(page.get_by_role("heading", name="School empty (empty)")).to_be_in_viewport()


def test_without_javascript_everything_is_there(root: Path, open_page: Open) -> None:
    page = open_page(page_of(root / "large"), java_script_enabled=False)
    expect(page.get_by_role("search")).to_be_hidden()
    folded = page.locator("details:not([open]) > summary")
    while folded.count():
        folded.first.click()
    assert page.locator(".changes.all tbody tr:visible").count() == len(changes(root / "large"))


def test_on_paper_it_is_dark_on_white_and_without_the_search(root: Path, open_page: Open) -> None:
    page = open_page(PAGES["changes"](root), color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.get_by_role("search")).to_be_hidden()
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(page.locator("body")).to_have_css("color", "rgb(0, 0, 0)")


# ── Nothing is obeyed ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_script_for_a_name_does_nothing_and_is_shown(evil: Path, open_page: Open) -> None:
    page = open_page(page_of(evil))
    members = page.locator("[data-action=member-add] tbody tr")
    for n, name in enumerate(EVIL):
        expect(members.nth(n)).to_contain_text(f"{name} {name}")
        expect(members.nth(n)).to_contain_text(f"tag {name.replace(';', '')}")
    expect(page.locator("[data-action=library-add]")).to_contain_text(EVIL[2])
    assert page.locator("h1").text_content() == f"{EVIL[0]} (evil)"
    page.get_by_role("searchbox").fill("<script>alert(1)</script>")
    expect(count(page)).to_have_text(f"4 of {len(changes(evil))} changes")


def test_whatever_were_to_get_into_the_page_could_not_run(root: Path, browser: Browser, tmp_path: Path) -> None:
    smuggled = (
        "<script>window.hit = 1</script><img src=x onerror='window.hit = 1'><p style='color: red' id=p>x</p></main>"
    )
    (tmp_path / "plan.html").write_text(PAGES["changes"](root).replace("</main>", smuggled), encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "plan.html").as_uri())
    expect(page.get_by_role("search")).to_be_visible()  # its own script has run
    assert page.evaluate("window.hit") is None
    expect(page.locator("#p")).not_to_have_css("color", "rgb(255, 0, 0)")
    page.close()


# ── Search and filters ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_search_shows_what_has_every_word_and_counts_it(root: Path, open_page: Open) -> None:
    page = open_page(page_of(root / "large"))
    everything = cells(page)
    page.get_by_role("searchbox").fill("M44 ivy")
    expect(count(page)).to_have_text(
        "22 of 933 changes"
    )  # 450 members with as many subscriptions, 30 readers, 2 libraries, Ruth
    assert cells(page) == [f"m{n}@grace.example" for n in (44, *range(440, 450))] * 2  # they join, and get a seat
    page.get_by_role("searchbox").fill("members.csv:46")
    expect(count(page)).to_have_text("1 of 933 changes")
    page.get_by_role("button", name="Clear").click()
    expect(count(page)).to_have_text("933 changes")
    expect(page.get_by_role("searchbox")).to_be_focused()
    assert cells(page) == everything


def test_accents_make_no_difference(root: Path, open_page: Open) -> None:
    page = open_page(PAGES["changes"](root))
    page.get_by_role("searchbox").fill("jurgen")
    expect(count(page)).to_contain_text("3 of ")
    assert {*cells(page)} == {"new@grace.example"}  # all that happens to this person


def test_filters_leave_what_the_plan_has_of_it(root: Path, open_page: Open) -> None:
    page = open_page(PAGES["changes"](root))
    planned = changes(root / "fine")
    actions = sorted({change["action"] for change in planned})
    assert {"grant", "revoke", "upgrade", "library-update", "member-add"} <= {*actions}
    offered = page.get_by_role("combobox", name="Action").get_by_role("option").all_text_contents()
    assert {"Any", "People join", "Seats granted", "Seats taken back", "Libraries changed"} <= {*offered}
    for action, library in product(["", *actions], ["", "books", "logos"]):
        wanted = [c for c in planned if action in ("", c["action"]) and library in ("", c.get("library"))]
        page.get_by_role("combobox", name="Action").select_option(action or "Any")
        page.get_by_role("combobox", name="Library").select_option(TITLES.get(library, "Any"))
        assert sorted([*cells(page), *cells(page, "final")]) == sorted(
            c.get("member") or TITLES[c["library"]] for c in wanted
        )
        counted = f"{len(wanted)} of {len(planned)} changes" if action or library else f"{len(planned)} changes"
        expect(count(page)).to_have_text(counted)


def test_the_reason_of_a_group_stands_once_and_is_found(root: Path, open_page: Open) -> None:
    page = open_page(PAGES["changes"](root))
    leaving = page.locator("[data-action=member-remove]")
    expect(leaving.locator("summary")).to_contain_text("1 person leaves")
    expect(leaving.get_by_text("No longer on any roster")).to_have_count(1)
    assert leaving.get_by_role("columnheader").all_text_contents() == ["who or what", "change", "where"]
    below = page.locator("[data-action=member-remove] + details summary").all_text_contents()
    assert ["person who leaves loses" in summary for summary in below] == [True]
    page.get_by_role("searchbox").fill("no longer on")
    expect(count(page)).to_contain_text("3 of ")
    assert {*cells(page)} == {"gone@grace.example"}


def test_a_search_that_finds_nothing_says_so(root: Path, open_page: Open) -> None:
    page = open_page(PAGES["changes"](root))
    said = page.get_by_text("No changes match.")
    expect(said).to_be_hidden()
    page.get_by_role("searchbox").fill("nobody has this name")
    expect(said).to_be_visible()
    must_be_accessible(page)
    page.keyboard.press("Escape")
    expect(said).to_be_hidden()


def test_a_library_that_is_new_has_no_bar_of_the_time_before(root: Path, open_page: Open) -> None:
    page = open_page(page_of(root / "large"))
    for library in ("books", "logos"):
        bars = page.get_by_role("row", name=library).get_by_role("img")
        expect(bars).to_have_count(1)
        expect(bars).to_have_accessible_name(re.compile("^after: "))


def test_everything_works_by_keyboard(root: Path, open_page: Open) -> None:
    page = open_page(PAGES["changes"](root))
    total = len(changes(root / "fine"))
    press = page.keyboard.press
    press("Tab")
    expect(page.get_by_role("link", name="Skip to the changes")).to_be_focused()
    press("Enter")
    press("Tab")
    page.keyboard.type("reader0")
    press("Enter")
    assert {*cells(page)} == {"reader0@grace.example"}
    press("Escape")
    expect(count(page)).to_have_text(f"{total} changes")
    press("Tab")
    page.keyboard.type("Seats taken back")
    expect(page.get_by_role("combobox", name="Action")).to_have_value("revoke")
    assert {*cells(page)} == {"gone@grace.example"}
    press("Escape")
    for _ in range(3):
        press("Tab")
    press("Space")
    expect(page.get_by_role("checkbox", name="Cannot be undone")).to_be_checked()
    expect(count(page)).to_have_text(f"2 of {total} changes")
    assert (cells(page), cells(page, "final")) == ([], ["reader0@grace.example", "new@grace.example"])
    press("Tab")
    press("Enter")
    assert len([*cells(page), *cells(page, "final")]) == total


def test_a_search_over_several_institutions_hides_those_without(root: Path, open_page: Open) -> None:
    page = open_page(PAGES["several"](root))
    page.get_by_role("searchbox").fill("late2")
    expect(count(page)).to_contain_text("3 of ")
    seen = page.locator("article:visible > h2")
    expect(seen).to_have_text("School refused (refused)")
    page.keyboard.press("Escape")
    expect(seen).to_have_count(3)


# ── Slots ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["fine", "refused"])
def test_bars_are_as_long_as_what_they_count(kind: str, root: Path, open_page: Open) -> None:
    told = json.loads(seatsync("plan", "--format", "json", "--now", DAY, folder=root / kind).out)["slots"]
    page = open_page(page_of(root / kind))
    for library, times in told.items():
        bars = page.get_by_role("row", name=library).locator(".bar svg")
        room = max(figures[name] for figures in times.values() for name in ("total", "used"))
        for bar, figures in zip(bars.all(), (times["before"], times["after"]), strict=True):
            drawn = dict(bar.evaluate(_DRAWN))
            over = max(0, figures["used"] - figures["total"])
            expected = {"track": figures["total"], "over": over} | {
                name.replace("reserved", "unclaimed").replace("_", "-"): figures[name]
                for name in ("temporary", "temporary_reserved", "permanent", "permanent_reserved")
            }
            for name, number in expected.items():
                assert drawn.get(name, 0) == pytest.approx(number / room, abs=0.002), (library, name)


_DRAWN = """bar => [...bar.querySelectorAll('rect')].map(part =>
    [part.className.baseVal, part.getBBox().width / bar.getBoundingClientRect().width])"""


def test_seats_that_nobody_has_claimed_are_hatched_and_told_by_kind(root: Path, open_page: Open) -> None:
    page = open_page(PAGES["changes"](root))
    row = page.get_by_role("row", name="books")
    for kind in ("temporary", "permanent"):
        part = row.locator("svg").nth(1).locator(f".{kind}-unclaimed")
        expect(part).to_have_attribute("fill", f"url(#{kind}-unclaimed)")
        expect(page.locator(f"pattern#{kind}-unclaimed .{kind}")).to_have_count(1)
    expect(
        row.get_by_role("img", name=re.compile("after: .* 0 permanent claimed, 2 permanent unclaimed"))
    ).to_be_visible()
    heads = page.get_by_role("columnheader").all_text_contents()
    assert heads[4:8] == ["temporary claimed", "temporary unclaimed", "permanent claimed", "permanent unclaimed"]


def test_more_seats_than_there_are_are_told_and_drawn_beyond_the_end(root: Path, open_page: Open) -> None:
    page = open_page(PAGES["refused"](root))
    row = page.get_by_role("row", name="books")
    expect(row).to_contain_text("4 too many")
    expect(row.get_by_role("img", name="after: 10 of 6 seats used")).to_be_visible()
    assert row.locator("svg").nth(1).locator(".over").get_attribute("x") == "60.0%"
