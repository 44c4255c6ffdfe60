"""make pictures: every page of members and administrators, as they are found, filled, refused and empty."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Page
from screenshots import DOCS
from screenshots_pages import ADMINISTRATOR, MEMBER, PASSWORD, code, enter_code, sign_up

PICTURES = DOCS.parent / "build" / "pictures"
WIDTHS, SCHEMES = (1280, 390), ("light", "dark")
HEBREW, GERMAN = "tamar.bendavid@grace.example", "joerdis.gross@grace.example"
BASE = "/admin/grace-seminary"
WRONG_PASSWORDS = 40
"""More than anybody may try."""


def pictures(page: Page, name: str) -> None:
    """Take the page as it is now, in all sizes and colours. A page that is wider than its window is told."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png", full_page=True)
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            print(f"{name} is {wide} pixels wide in a window of {width}")


def at(page: Page, pages: str, places: dict[str, str]) -> None:
    for name, place in places.items():
        page.goto(f"{pages}{place}")
        pictures(page, name)


def new_page(browser: Browser, language: str = "en") -> Page:
    return browser.new_context(locale=language).new_page()


def press(page: Page) -> None:
    page.locator("main form button").first.click()
    page.wait_for_load_state()


def members(browser: Browser, pages: str, mails: str, link: str) -> None:
    page = new_page(browser)
    page.goto(link)
    pictures(page, "member-link-administrator")
    unknown = f"{link[:-3]}zzz".removeprefix(pages)
    found = {"sign-in": "/sign-in", "account-new": "/account/new", "forgotten": "/password/forgotten"}
    refused = {"not-found": "/nowhere", "bad-link": unknown, "not-this-way": "/sign-out"}
    at(page, pages, {f"member-{name}": place for name, place in (found | refused).items()})
    page.goto(f"{pages}/sign-in")
    page.locator("main input[type=password]").fill("wrong")
    press(page)
    pictures(page, "member-sign-in-wrong")
    page.goto(f"{pages}/sign-in")
    page.evaluate("document.querySelectorAll('[name=csrf_token]').forEach(one => one.remove())")
    page.locator("main input[type=password]").fill("wrong")
    press(page)
    pictures(page, "member-expired")
    for name, email in (("hebrew", HEBREW), ("german", GERMAN)):
        claim(new_page(browser, "de" if name == "german" else "en"), pages, mails, name, email)
    stranger(new_page(browser), pages, mails)
    letter(new_page(browser), pages, mails)


def claim(page: Page, pages: str, mails: str, name: str, email: str) -> None:
    page.goto(f"{pages}/claim/grace-seminary")
    pictures(page, f"claim-{name}-1")
    page.locator("main input[type=email]").fill(email)
    press(page)
    pictures(page, f"claim-{name}-2")
    page.locator("main input[name=code]").fill("0000 0000")
    press(page)
    pictures(page, f"claim-{name}-2-wrong")
    page.locator("main input[name=code]").fill(code(page, mails, email))
    press(page)
    pictures(page, f"claim-{name}-3")
    page.locator("main input[type=password]").first.fill(PASSWORD)
    press(page)
    pictures(page, f"claim-{name}-4")
    at(page, pages, {f"member-waiting-{name}": "/"})
    page.locator(".seats form button").first.click()
    page.wait_for_load_state()
    pictures(page, f"claim-{name}-done")
    own = {"home": "/", "settings": "/settings"}
    own |= {f"settings-{one}": f"/settings/{one}" for one in ("password", "email", "delete")}
    at(page, pages, {f"member-{one}-{name}": place for one, place in own.items()})
    page.goto(f"{pages}/settings/email")
    page.locator("main input[type=email]").fill(f"new.{email}")
    page.locator("main input[type=password]").fill(PASSWORD)
    press(page)
    pictures(page, f"member-settings-email-code-{name}")


def stranger(page: Page, pages: str, mails: str) -> None:
    """Somebody for whom nothing waits, neither at the institution nor in their account."""
    email = "stranger@mail.example"
    page.goto(f"{pages}/claim/grace-seminary")
    page.locator("main input[type=email]").fill(email)
    press(page)
    page.locator("main input[name=code]").fill(code(page, mails, email))
    press(page)
    pictures(page, "claim-nothing-waits")
    sign_up(page, pages, mails, "other@mail.example")
    at(page, pages, {"member-home-empty": "/", "admin-none": "/admin/", "admin-not-yours": f"{BASE}/"})


def letter(page: Page, pages: str, mails: str) -> None:
    """The link of an invitation: as it is opened, declined and opened again."""
    page.goto(mails)
    page.locator("a", has_text=re.compile(f"{MEMBER}.*Grace Seminary has a seat")).first.click()
    found = re.search(r"http\S+/l/[\w-]+/[\w-]+", page.inner_text("pre"))
    assert found is not None
    place = found[0].removeprefix(pages)
    at(page, pages, {"member-link": place, "member-decline": f"{place}/opt-out"})
    page.locator("main input[type=checkbox]").check()
    press(page)
    pictures(page, "member-declined")
    at(page, pages, {"member-link-declined": place})


def administrators(browser: Browser, pages: str, mails: str, school: Path) -> None:
    page = new_page(browser)
    page.goto(f"{pages}/account/new")
    page.get_by_label("E-mail").fill(ADMINISTRATOR)
    press(page)
    pictures(page, "member-account-code")
    enter_code(page, mails, ADMINISTRATOR)
    at(page, pages, {"admin-home": "/", "admin-overview": f"{BASE}/", **lists(page, pages)})
    refused = {"not-found": f"{BASE}/nowhere", "bad-filter": f"{BASE}/members?kind=strange"}
    refused |= {"members-empty": f"{BASE}/members?search=zzz", "licenses-empty": f"{BASE}/licenses?search=zzz"}
    refused |= {"journal-empty": f"{BASE}/journal?member=zzz", "journal-bad-date": f"{BASE}/journal?since=30.6.2027"}
    at(page, pages, {f"admin-{name}": place for name, place in refused.items()})
    for name, place in {
        "members": "members?search=",
        "over-time": "over-time",
        "licenses": "licenses?library=",
    }.items():
        page.goto(f"{pages}{BASE}/{place}")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        pictures(page, f"admin-{name}-open")
    select(page, pages, school)
    german = new_page(browser, "de")
    german.goto(f"{pages}/sign-in")
    german.locator("main input[type=email]").fill(ADMINISTRATOR)
    german.locator("main input[type=password]").fill(PASSWORD)
    press(german)
    at(german, pages, {f"{name}-german": place for name, place in lists(german, pages).items()})
    at(german, pages, {"admin-overview-german": f"{BASE}/"})


def lists(page: Page, pages: str) -> dict[str, str]:
    """The pages of the tabs, and those of a member who has claimed, one who has declined, and one whose name goes right to left."""
    names = ("libraries", "over-time", "members", "licenses", "journal", "select", "worklist")
    places = {f"admin-{name}": f"{BASE}/{name}" for name in names}
    for name, email in (("hebrew", HEBREW), ("declined", MEMBER), ("arabic", "nour.alkhoury@grace.example")):
        page.goto(f"{pages}{BASE}/members?search={email}")
        places[f"admin-member-{name}"] = str(page.locator(".list tbody a").first.get_attribute("href"))
    return places | {"admin-members-hebrew": f"{BASE}/members?search=bendavid"}


def select(page: Page, pages: str, school: Path) -> None:
    """Select by CSV: with rows that match nobody, with a file that has mistakes, and with one that is too large."""
    files = {
        "found": f"email,name\n{HEBREW},\n{GERMAN},\njoerdis.gros@grace.example,\nnobody@elsewhere.example,\n",
        "wrong": "name,city\nAnn,Paris\n",
        "large": "email\n" + f"{HEBREW}\n" * 400_000,
    }
    for name, text in files.items():
        file = school / f"{name}.csv"
        file.write_text(text, encoding="utf-8")
        page.goto(f"{pages}{BASE}/select")
        page.locator("#file").set_input_files(file)
        press(page)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        pictures(page, f"admin-select-{name}")


def vendors(browser: Browser, pages: str, mails: str) -> None:
    """The pages of an institution whose seats a vendor's portal gives."""
    page = new_page(browser)
    sign_up(page, pages, mails, ADMINISTRATOR)
    names = ("libraries", "licenses", "worklist", "worklist/check-list")
    at(page, pages, {f"vendor-{name.replace('/', '-')}": f"{BASE}/{name}" for name in names})
    at(page, pages, {"vendor-overview": f"{BASE}/", "vendor-step-closed": f"{BASE}/worklist/step?step=1-remove"})
    for name, title in (("import", "student"), ("permanent", "Biblical Studies")):
        page.goto(f"{pages}{BASE}/worklist")
        page.locator(".seats h3 a", has_text=title).last.click()
        page.wait_for_load_state()
        pictures(page, f"vendor-step-{name}")
    page.locator("button[value=all]").click()
    page.wait_for_load_state()
    pictures(page, "vendor-sure")
    page.locator("main input[type=checkbox]").check()
    press(page)
    pictures(page, "vendor-done")
    page.goto(f"{pages}{BASE}/members?search={HEBREW}")
    page.locator(".list tbody a").first.click()
    page.wait_for_load_state()
    pictures(page, "vendor-member")


def tried_too_often(browser: Browser, pages: str) -> None:
    page = new_page(browser)
    for _ in range(WRONG_PASSWORDS):
        page.goto(f"{pages}/sign-in")
        page.locator("main input[type=email]").fill("guess@mail.example")
        page.locator("main input[type=password]").fill("wrong")
        with page.expect_navigation() as answer:
            page.locator("main form button").first.click()
        if answer.value is not None and answer.value.status == 429:
            pictures(page, "member-too-many")
            return
    print(f"{WRONG_PASSWORDS} wrong passwords were not too many")
