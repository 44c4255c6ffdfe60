"""make pictures: write docs/pages-*.png, the pages of `make demo-portal`, in a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

DOCS = Path(__file__).parent
PASSWORD = "correct horse battery"
ADMINISTRATOR, MEMBER = "ruth.abel@grace.example", "ayodele.adebayo@grace.example"
DESK, PHONE = (1200, 800), (390, 700)


def main() -> None:
    browser_program = shutil.which("chromium")
    if browser_program is None:
        sys.exit("These pictures are made with Debian's Chromium: apt-get install chromium")
    with demo() as (pages, mails, link), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_program, args=["--no-sandbox"])
        phone = new_page(browser, PHONE, "dark")
        phone.goto(link)
        picture(phone, "pages-link.png")
        desk = new_page(browser, DESK, "light")
        sign_up(desk, pages, mails, ADMINISTRATOR)
        for name in ("libraries", "members"):
            desk.goto(f"{pages}/admin/grace-seminary/{name}")
            picture(desk, f"pages-{name}.png")
        sign_up(phone, pages, mails, MEMBER)
        phone.goto(f"{pages}/")
        picture(phone, "pages-home.png")
        browser.close()


@contextmanager
def demo(*more: str) -> Iterator[tuple[str, str, str]]:
    """Run the demo; yield the addresses of its pages and of its mails, and a personal link ("" where no member gets a letter)."""
    command = [sys.executable, DOCS.parent / "examples/demo_portal.py"]
    command += ["--pages", "8090", "--mails", "8091", "--smtp", "8092", *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        output = ""
        while "Ctrl-C" not in output:
            output += (line := process.stdout.readline())
            if not line:
                sys.exit("The pages could not be started.")
        try:
            link = re.search(r"http\S+/l/\S+", output)
            yield "http://127.0.0.1:8090", "http://127.0.0.1:8091", link[0] if link else ""
        finally:
            process.terminate()  # not Ctrl-C: a run in the background does not hear it
            process.communicate()


def new_page(browser: Browser, size: tuple[int, int], scheme: str) -> Page:
    viewport = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=viewport, color_scheme="dark" if scheme == "dark" else "light")  # type: ignore[arg-type]
    return context.new_page()


def sign_up(page: Page, pages: str, mails: str, email: str) -> None:
    """Create an account, in whatever language the page is."""
    page.goto(f"{pages}/account/new")
    page.locator("main input[type=email]").fill(email)
    page.locator("main form button").first.click()
    enter_code(page, mails, email)


def enter_code(page: Page, mails: str, email: str) -> None:
    """Go on where the code that was sent is asked for."""
    page.locator("main input[name=code]").fill(code(page, mails, email))
    page.locator("main input[type=password]").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_load_state()


def code(page: Page, mails: str, email: str) -> str:
    mailbox = page.context.new_page()
    while True:
        mailbox.goto(mails)
        if found := re.search(rf"{email}.*?(\d{{4}} \d{{4}}) ", mailbox.inner_text("body")):
            mailbox.close()
            return found[1]


def picture(page: Page, name: str) -> None:
    page.screenshot(path=DOCS / name)


if __name__ == "__main__":
    main()
