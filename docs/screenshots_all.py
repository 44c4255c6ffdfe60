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
from collections.abc import Callable, Sequence
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from rich.cells import cell_len
from screenshots import DOCS, PROGRAM, edit, page_of_a_plan, seatsync
from screenshots_full import LISTS as LISTS_OF_FULL
from screenshots_full import full_library, full_pages, full_reports
from screenshots_pages import demo
from screenshots_portal import GERMAN, HEBREW, PICTURES, administrators, members, pictures, tried_too_often, vendors

COLUMNS = (60, 80, 100, 120)
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
    "ledger info",
    "--help",
    "plan --help",
)
LISTS_OF_VENDOR = ("worklist list", "licenses --library biblical-studies", "status")
LISTS_OF_CHANGES = ("plan", "status", "licenses --kind permanent", "log --limit 10")


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
            administrators(browser, pages, mails, school)
            tried_too_often(browser, pages)
        vendor = at_a_vendor(Path(name), school)
        with demo("--folder", str(vendor)) as (pages, mails, _):
            vendors(browser, pages, mails)
        full = full_library(Path(name), school)
        full_pages(browser, full)
        reports(browser, Path(name), school, vendor, full)
        terminal(browser, "school", school, LISTS)
        terminal(browser, "vendor", vendor, LISTS_OF_VENDOR)
        terminal(browser, "full", full, LISTS_OF_FULL)
        terminal(browser, "church", Path(name) / "church/harbor-church", LISTS_OF_CHANGES)
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


def at_a_vendor(root: Path, school: Path) -> Path:
    """Return a copy of the institution whose seats a vendor's portal gives."""
    vendor = root / "vendor" / school.name
    shutil.copytree(school, vendor)
    edit(vendor / "seatsync.yaml", "  opt_out: true", "  opt_out: true\n  delivered_by: vendor")
    return vendor


def reports(browser: Browser, root: Path, school: Path, vendor: Path, full: Path) -> None:
    page = browser.new_page()
    seatsync(vendor, "apply", "--yes", "--quiet")
    seatsync(vendor, "worklist", "bundle", str(root / "bundle"), "--quiet")
    seatsync(school, "apply", "--yes", "--quiet", "--now", "2026-09-01")
    (root / "church").mkdir()
    church = root / "church/harbor-church"
    both = (str(church), str(school))
    shown: dict[str, Callable[[], str]] = {
        "plan-page": lambda: page_of_a_plan(root / "church"),
        "plan-page-blocked": lambda: blocked(root, school),
        "plan-page-nothing": lambda: seatsync(school, "plan", "--format", "html", "--now", "2026-09-01"),
        "plan-page-several": lambda: seatsync(root, "plan", *both, "--format", "html", "--now", "2026-09-12"),
        "report-page": lambda: seatsync(school, "report"),
        "report-page-several": lambda: seatsync(root, "report", *both),
        "report-page-vendor": lambda: seatsync(vendor, "report"),
        "letter-page": lambda: seatsync(school, "outbox", "preview", "--format", "html", "--member", HEBREW),
        "letters-page": lambda: seatsync(school, "outbox", "preview", "--all", "--format", "html"),
        "check-list-page": (root / "bundle/CHECKLIST.html").read_text,
        **full_reports(full),
    }
    for name, text in shown.items():
        file = root / f"{name}.html"
        file.write_text(text(), encoding="utf-8")
        page.goto(file.as_uri())
        pictures(page, name)


def blocked(root: Path, school: Path) -> str:
    """Return the plan of a roster that has lost most of its rows."""
    half = root / "blocked" / school.name
    shutil.copytree(school, half)
    roster = half / "rosters/students.csv"
    roster.write_bytes(b"".join(roster.read_bytes().splitlines(keepends=True)[:40]))
    command = [PROGRAM, "plan", "--format", "html", "--now", "2026-09-01"]
    return subprocess.run(command, cwd=half, check=False, stdout=subprocess.PIPE, encoding="utf-8").stdout


def terminal(browser: Browser, kind: str, folder: Path, lists: Sequence[str]) -> None:
    page = browser.new_page(color_scheme="light")
    for command in lists:
        for columns in COLUMNS:
            environment = {**os.environ, "COLUMNS": str(columns), "FORCE_COLOR": ""}
            done = subprocess.run(
                [PROGRAM, *command.split()], cwd=folder, env=environment, capture_output=True, check=True
            )
            lines = (done.stdout.decode() + done.stderr.decode()).splitlines()
            wide = max((cell_len(line) for line in lines if " " in line.strip()), default=0)  # a hash alone stays whole
            text = "\n".join(lines[:MOST_LINES])
            if wide > columns:
                print(f"{command} at {columns} columns has a line of {wide}")
            page.set_viewport_size({"width": columns * 9 + 40, "height": 100})
            page.set_content(f'<pre style="font:15px monospace">{html.escape(text)}</pre>')
            name = f"{kind}-{command.split('@')[0]}".replace(" ", "-").replace("--", "")
            page.screenshot(path=PICTURES / f"terminal-{name}-{columns}.png", full_page=True)


if __name__ == "__main__":
    main()
