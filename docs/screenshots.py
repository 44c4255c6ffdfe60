"""make pictures: write docs/plan.png and plan-dark.png, the page of a plan for an example institution, in a real browser.

Harbor Church grants its licenses, and most are claimed. Then people join and leave, and a guest preacher gets a permanent license.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

DOCS = Path(__file__).parent
PROGRAM = Path(sys.executable).parent / "seatsync"


def main() -> None:
    browser_program = shutil.which("chromium")
    if browser_program is None:
        sys.exit("These pictures are made with Debian's Chromium: apt-get install chromium")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        page_file = Path(name) / "plan.html"
        page_file.write_text(page_of_a_plan(Path(name)), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=browser_program, args=["--no-sandbox"])
        for scheme, file in (("light", "plan.png"), ("dark", "plan-dark.png")):
            page = browser.new_page(viewport={"width": 1200, "height": 1060}, color_scheme=scheme)
            page.goto(page_file.as_uri())
            page.screenshot(path=DOCS / file)
        browser.close()


def page_of_a_plan(root: Path) -> str:
    church = root / "harbor-church"
    shutil.copytree(
        DOCS.parent / "examples/rosters/harbor-church", church, ignore=shutil.ignore_patterns("seatsync.db*")
    )
    seatsync(church, "apply", "--yes", "--quiet", "--now", "2026-09-01")
    claims = church / "claims.csv"
    for library, still_open in (("harbor-library", 7), ("preaching-set", 4)):
        exported = seatsync(church, "export", "--now", "2026-09-10").splitlines(keepends=True)
        claimed = [
            row if n % still_open == 0 else row.replace("unclaimed", "delivered") for n, row in enumerate(exported)
        ]
        claims.write_text("".join(claimed), encoding="utf-8")
        seatsync(church, "import", str(claims), "--library", library, "--yes", "--quiet", "--now", "2026-09-10")
    edit(church / "seatsync.yaml", "system: logos-library, slots: 25", "system: logos-library, slots: 30")
    edit(church / "grants/pastors.csv", r"temporary,2027-03-28", "permanent,")
    roster = church / "rosters/volunteers.csv"
    edit(roster, r"Lector;1017.*\r\n(?:.*\r\n){4}", "")
    edit(
        roster,
        r"\Z",
        "Choir;1171;Noor;Haddad;noor.haddad@harbor.example\r\nUsher;1172;Jonas;Brandt;jonas.brandt@mail.example\r\n",
    )
    return seatsync(church, "plan", "--format", "html", "--now", "2026-09-12")


def edit(file: Path, before: str, after: str) -> None:
    text, number = re.subn(before, after, file.read_bytes().decode())
    assert number, f"{before} is no longer in {file}"
    file.write_bytes(text.encode())


def seatsync(folder: Path, *args: str) -> str:
    return subprocess.run([PROGRAM, *args], cwd=folder, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


if __name__ == "__main__":
    main()
