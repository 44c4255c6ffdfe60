"""make pictures: write build/pictures, to be looked at: every page and report, wide and narrow, light and dark, and every list of
the terminal at four widths. The institution has a colour, a logo, and members with German, Hebrew and Arabic names.
"""

from __future__ import annotations

import html
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from rich.cells import cell_len
from screenshots import DOCS, PROGRAM, edit, page_of_a_plan, seatsync
from screenshots_pages import ADMINISTRATOR, PASSWORD, code, demo, sign_up

PICTURES = DOCS.parent / "build" / "pictures"
WIDTHS, SCHEMES, COLUMNS = (1280, 390), ("light", "dark"), (60, 80, 100, 120)
HEBREW, GERMAN = "tamar.bendavid@grace.example", "joerdis.gross@grace.example"
MOST_LINES = 120
"""The lines of a list that its picture shows."""
LISTS = (
    "status",
    "members",
    "licenses",
    "log --limit 20",
    "outbox list",
    "worklist list",
    f"why {HEBREW}",
    f"why {GERMAN}",
    "plan",
    "validate",
    "verify",
)


def main() -> None:
    browser_program = shutil.which("chromium")
    if browser_program is None:
        sys.exit("These pictures are made with Debian's Chromium: apt-get install chromium")
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_program, args=["--no-sandbox"])
        school = branded(Path(name))
        with demo("--folder", str(school)) as (pages, mails, link):
            members(browser, pages, mails, link)
            administrators(browser, pages, mails)
        reports(browser, Path(name), school)
        terminal(browser, school)
        browser.close()
    print(f"{len([*PICTURES.iterdir()])} pictures in {PICTURES.relative_to(Path.cwd())}")


def branded(root: Path) -> Path:
    """Return a copy of the seminary with a colour, a logo, and a helper with a Hebrew name."""
    school = root / "grace-seminary"
    ignored = shutil.ignore_patterns("seatsync.db*")
    shutil.copytree(DOCS.parent / "examples/rosters/grace-seminary", school, ignore=ignored)
    (school / "logo.png").write_bytes(logo())
    settings = "brand: {logo: logo.png, color: '#a8324a'}"
    edit(school / "seatsync.yaml", "  opt_out: true", f"  {settings}\n  opt_out: true")
    edit(school / "seatsync.yaml", "help: {name: [^,]*", "help: {name: 'ספריית גרייס'")
    return school


def logo() -> bytes:
    """Return a picture of a cross in a square."""
    rows = [bytes(0 if 26 < x < 38 or 18 < y < 30 else 255 for x in range(64)) for y in range(64)]
    header = struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows))), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


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


def members(browser: Browser, pages: str, mails: str, link: str) -> None:
    page = browser.new_context().new_page()
    page.goto(link)
    pictures(page, "member-link")
    unknown = f"{link[:-3]}zzz"
    at(
        page,
        pages,
        {"member-sign-in": "/sign-in", "member-account-new": "/account/new", "member-not-found": "/nowhere"},
    )
    at(page, pages, {"member-forgotten": "/password/forgotten", "member-bad-link": unknown.removeprefix(pages)})
    for name, email in (("hebrew", HEBREW), ("german", GERMAN)):
        page = browser.new_context(locale="de" if name == "german" else "en").new_page()
        page.goto(f"{pages}/claim/grace-seminary")
        pictures(page, f"claim-{name}-1")
        page.locator("main input[type=email]").fill(email)
        page.locator("main form button").first.click()
        pictures(page, f"claim-{name}-2")
        page.locator("main input[name=code]").fill(code(page, mails, email))
        page.locator("main form button").first.click()
        pictures(page, f"claim-{name}-3")
        page.locator("main input[type=password]").first.fill(PASSWORD)
        page.locator("main form button").first.click()
        pictures(page, f"claim-{name}-4")
        at(page, pages, {f"member-waiting-{name}": "/"})
        page.locator(".seats form button").first.click()
        pictures(page, f"claim-{name}-done")
        at(page, pages, {f"member-home-{name}": "/", f"member-settings-{name}": "/settings"})


def administrators(browser: Browser, pages: str, mails: str) -> None:
    page = browser.new_context().new_page()
    sign_up(page, pages, mails, ADMINISTRATOR)
    base = "/admin/grace-seminary"
    names = ("libraries", "over-time", "members", "licenses", "journal", "select", "worklist")
    at(page, pages, {"admin-home": "/", "admin-institutions": "/admin/", "admin-overview": f"{base}/"})
    at(page, pages, {f"admin-{name}": f"{base}/{name}" for name in names})
    page.goto(f"{pages}{base}/members?search=tamar")
    page.locator(".list tbody a").first.click()
    pictures(page, "admin-member")


def reports(browser: Browser, root: Path, school: Path) -> None:
    page = browser.new_page()
    vendor = root / "vendor"
    shutil.copytree(school, vendor)
    edit(vendor / "seatsync.yaml", "  opt_out: true", "  opt_out: true\n  delivered_by: vendor")
    seatsync(vendor, "apply", "--yes", "--quiet")
    seatsync(vendor, "worklist", "bundle", str(root / "bundle"))
    seatsync(school, "apply", "--yes", "--quiet", "--now", "2026-09-01")
    shown: dict[str, Callable[[], str]] = {
        "plan-page": lambda: page_of_a_plan(root / "church"),
        "report-page": lambda: seatsync(school, "report"),
        "letter-page": lambda: seatsync(school, "outbox", "preview", "--format", "html", "--member", HEBREW),
        "letters-page": lambda: seatsync(school, "outbox", "preview", "--all", "--format", "html"),
        "check-list-page": (root / "bundle/CHECKLIST.html").read_text,
    }
    (root / "church").mkdir()
    for name, text in shown.items():
        file = root / f"{name}.html"
        file.write_text(text(), encoding="utf-8")
        page.goto(file.as_uri())
        pictures(page, name)


def terminal(browser: Browser, school: Path) -> None:
    page = browser.new_page(color_scheme="light")
    for command in LISTS:
        for columns in COLUMNS:
            environment = {**os.environ, "COLUMNS": str(columns), "FORCE_COLOR": ""}
            done = subprocess.run(
                [PROGRAM, *command.split()], cwd=school, env=environment, capture_output=True, check=True
            )
            lines = (done.stdout.decode() + done.stderr.decode()).splitlines()
            wide = max(map(cell_len, lines), default=0)
            text = "\n".join(lines[:MOST_LINES])
            if wide > columns:
                print(f"{command} at {columns} columns has a line of {wide}")
            page.set_viewport_size({"width": columns * 9 + 40, "height": 400})
            page.set_content(f'<pre style="font:15px monospace">{html.escape(text)}</pre>')
            name = command.split("@")[0].replace(" ", "-").replace("--", "")
            page.screenshot(path=PICTURES / f"terminal-{name}-{columns}.png", full_page=True)


if __name__ == "__main__":
    main()
