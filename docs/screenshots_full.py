"""make pictures: an institution in the middle of its year: a full library with a line, leavers, a freeze, seats that lapsed or ended."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser
from screenshots import DOCS, PROGRAM, edit, seatsync
from screenshots_pages import ADMINISTRATOR, demo, sign_up
from screenshots_portal import BASE, at, new_page, pictures, press

sys.path.append(str(DOCS.parent / "examples"))
from demo_portal import HERE, Catcher, caught

TODAY = datetime.now(tz=UTC).date()
MAILS, SMTP = 8093, 8094

WAITS, LEAVING, LAPSED, ENDED, HELD_BACK = (
    f"{name}@grace.example" for name in ("priya.s", "h.ashby", "amos.cohen", "kwame.asante", "ayse.dag")
)
"""Members in line, on no roster any more but in the grace period, whose seat lapsed, whose seat was taken back, and whose
seat has ended but is kept by the freeze."""
MEMBERS = {"waits": WAITS, "leaving": LEAVING, "lapsed": LAPSED, "ended": ENDED, "held-back": HELD_BACK}
LISTS = (
    "status",
    "licenses --status waiting",
    "licenses --status lapsed",
    "year",
    "year --with intake",
    "plan",
    f"why {WAITS}",
    f"why {LEAVING}",
    f"why {LAPSED}",
    f"why {ENDED}",
)


def day(ahead: int) -> str:
    return (TODAY + timedelta(days=ahead)).isoformat()


def full_library(root: Path, school: Path) -> Path:
    """Return a copy of the institution with a ledger: its last months, with letters that were sent and seats that were claimed."""
    full = root / "full" / school.name
    shutil.copytree(school, full)
    _configure(full / "seatsync.yaml")
    with caught(Catcher(), MAILS, SMTP):
        _apply(full, -80)
        _claim(full, -70)
        edit(full / "rosters/students.csv", r".*,(?:h\.ashby|clara\.ashby|grace\.babcock)@.*\n", "")
        edit(
            full / "seatsync.yaml",
            HELD_BACK + r"\]\}, until: " + day(210),
            f"{HELD_BACK}, {ENDED}]}}, until: {day(210)}",
        )
        for ahead in (-40, -30, -7):
            _apply(full, ahead)
    return full


def _configure(settings: Path) -> None:
    bought = (
        f"slots: [{{count: 150, until: {day(200)}, price: 42 USD/year, contract: {{until: {day(200)}, notice: 60d, order: PO-7}}}},"
        " {count: 60, price: 42 USD/year}], when_full: wait, warn_below: 10"
    )
    edit(settings, "slots: 250", bought)
    edit(settings, r"remind_after: \[3d, 7d, 14d\]", r"remind_after: [3d, 7d, 14d]\n  reclaim_after: 60d")
    held_back = f"- {{library: logos-subscription, kind: temporary, to: {{emails: [{HELD_BACK}]}}, until: {day(-2)}}}"
    edit(settings, r"grants:\n", rf"grants:\n  {held_back}\n")
    edit(
        settings,
        r"\{tags: \[student\]\}, until: 2027-06-30",
        f"{{tags: [student], not_emails: [{HELD_BACK}]}}, until: {day(210)}",
    )
    more = (
        "leavers: {grace: 50d}",
        f"freeze: [{{from: {day(-5)}, until: {day(20)}, actions: [revoke], reason: finals}}]",
        "briefing: {to: admins, every: monday}",
        f"scenarios: {{intake: {{add: 30, tags: [student], on: {day(60)}, until: {day(210)}}}}}",
    )
    settings.write_text(settings.read_text(encoding="utf-8") + "\n".join((*more, "")), encoding="utf-8")


def _apply(full: Path, ahead: int) -> None:
    """Apply the files on a day, and send the letters."""
    seatsync(full, "apply", "--yes", "--quiet", "--now", day(ahead))
    sending = {
        "SEATSYNC_PORTAL_URL": "https://seats.grace.example",
        "SEATSYNC_SECRET_KEYS": "a key for pictures, which opens nothing",
        "SEATSYNC_SMTP_URL": f"smtp://{HERE}:{SMTP}",
        "SEATSYNC_MAIL_FROM": "Grace Library <library@grace.example>",
    }
    command = [PROGRAM, "outbox", "send", "--quiet", "--now", day(ahead)]
    subprocess.run(command, cwd=full, env={**os.environ, **sending}, check=True)


def _claim(full: Path, ahead: int) -> None:
    """Have all but every twelfth seat claimed."""
    for library in ("logos-subscription", "biblical-studies"):
        exported = seatsync(full, "export", "--now", day(ahead)).splitlines(keepends=True)
        rows = [
            row if (n % 12 == 0 or LAPSED in row) and LEAVING not in row else row.replace("unclaimed", "delivered")
            for n, row in enumerate(line.replace("waiting", "none") for line in exported)  # a portal knows no line
        ]
        file = full.parent / "claims.csv"
        file.write_text("".join(rows), encoding="utf-8")
        seatsync(full, "import", str(file), "--library", library, "--yes", "--quiet", "--now", day(ahead))


def full_pages(browser: Browser, full: Path) -> None:
    with demo("--folder", str(full)) as (pages, mails, _):
        page = new_page(browser)
        sign_up(page, pages, mails, ADMINISTRATOR)
        library = "library=logos-subscription"
        places = {
            "overview": "",
            "libraries": "libraries",
            "line": f"licenses?{library}&status=waiting&sort=place",
            "line-of-members": f"members?{library}&status=waiting",
            "licenses-lapsed": "licenses?status=lapsed",
            "licenses-revoked": "licenses?status=revoked",
            "members-left": "members?roster=left",
            "members-waiting": "members?status=waiting",
        }
        at(page, pages, {f"full-{name}": f"{BASE}/{place}" for name, place in places.items()})
        page.goto(f"{pages}{BASE}/over-time")
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        pictures(page, "full-over-time")
        for name, email in MEMBERS.items():
            page.goto(f"{pages}{BASE}/members?roster=any&search={email}")
            page.locator(".list tbody a").first.click()
            page.wait_for_load_state()
            pictures(page, f"full-member-{name}")
        for name, email in MEMBERS.items():
            own = new_page(browser, "de" if name == "lapsed" else "en")
            sign_up(own, pages, mails, email)
            at(own, pages, {f"full-home-{name}": "/"})
            if name == "waits":
                own.locator("main a", has_text=re.compile("do not want")).first.click()
                own.wait_for_load_state()
                pictures(own, "full-leave-line")
                own.locator("main input[type=checkbox]").check()
                press(own)
                pictures(own, "full-left-line")


def full_reports(full: Path) -> dict[str, Callable[[], str]]:
    """The pages of reports, by the names of their pictures."""
    letters = {name: ("outbox", "preview", "--letter", name, "--format", "html") for name in ("briefing", "waiting")}
    commands = {
        "year-page": ("year", "--format", "html"),
        "year-page-intake": ("year", "--with", "intake", "--format", "html"),
        "report-page-full": ("report",),
        **{f"letter-page-{name}": command for name, command in letters.items()},
    }
    return {name: partial(seatsync, full, *command) for name, command in commands.items()}
