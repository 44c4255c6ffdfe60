"""Run the pages on this machine: an institution, its ledger, the pages, the sender of letters, and a mail catcher.

`make demo-portal` runs it. Nothing leaves this machine, and everything is deleted at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from pathlib import Path
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from aiosmtpd.controller import Controller

HERE = "127.0.0.1"
SCHOOL = Path(__file__).parent / "rosters" / "grace-seminary"
MEMBER, ADMINISTRATORS = "ayodele.adebayo@grace.example", ("ruth.abel@grace.example", "registrar@grace.example")


class Catcher:
    """A mail server that keeps all mails, and shows them as pages."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content, policy=policy.SMTP))
        return "250 OK: caught"

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        number = environ["PATH_INFO"].strip("/")
        is_one = number.isdecimal() and int(number) < len(self.mails)
        start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        page = self._one(int(number)) if is_one else self._all()
        return [f'<!DOCTYPE html><html lang="en"><title>Mails</title><body>{page}'.encode()]

    def _all(self) -> str:
        newest = reversed(list(enumerate(self.mails)))
        rows = (f'<li><a href="/{number}">{_line(mail)}</a>' for number, mail in newest)
        return f"<h1>{len(self.mails)} mails, newest first</h1><ul>{''.join(rows)}</ul>"

    def _one(self, number: int) -> str:
        words = re.sub(r"https?://\S+", lambda url: f'<a href="{url[0]}">{url[0]}</a>', escape(self.text(number)))
        return f'<p><a href="/">All mails</a><h1>{_line(self.mails[number])}</h1><pre>{words}</pre>'

    def text(self, number: int) -> str:
        """Return the text of a mail."""
        part = self.mails[number].get_body(("plain",))
        return str(part.get_content()) if part is not None else ""

    def link_of_a_member(self, letters: int) -> str | None:
        """Wait for the first letter to somebody who is only a member, and return its personal link; None if nobody gets one."""
        for number in range(letters):
            while number >= len(self.mails):
                time.sleep(0.05)
            if any(name in self.mails[number]["To"] for name in (MEMBER, *ADMINISTRATORS)):
                continue
            if found := re.search(r"http\S+/l/[\w-]+/[\w-]+", self.text(number)):
                return found[0]
        return None


def _line(mail: EmailMessage) -> str:
    return escape(f"{mail['To']}: {mail['Subject']}")


class _Silent(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Write no log."""


def main() -> int:
    """Start everything, print the addresses, and wait for Ctrl-C."""
    ports = argparse.ArgumentParser(description=__doc__)
    for name, usual in (("pages", 8000), ("mails", 8025), ("smtp", 8026)):
        ports.add_argument(f"--{name}", type=int, default=usual, metavar="PORT")
    ports.add_argument(
        "--folder",
        type=Path,
        default=SCHOOL,
        help="another institution's folder, to see its own pages; it is copied, with its ledger if it has one",
    )
    given = ports.parse_args()
    numbers = {"pages": given.pages, "mails": given.mails, "smtp": given.smtp}
    if taken := [f"--{name} {port}" for name, port in numbers.items() if _is_in_use(port)]:
        print(
            f"In use by another program: {', '.join(taken)}. Choose another, such as make demo-portal ARGS='--pages 8100'.",
            file=sys.stderr,
        )
        return 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with ExitStack() as until_the_end:
            return _run(until_the_end, given.folder.resolve(), **numbers)
    except KeyboardInterrupt:
        print("\nEverything is stopped and deleted.")
        return 0


def _run(until_the_end: ExitStack, folder: Path, pages: int, mails: int, smtp: int) -> int:
    work = Path(until_the_end.enter_context(tempfile.TemporaryDirectory(prefix="seatsync-demo-")))
    school, url = work / folder.name, f"http://{HERE}:{pages}"
    shutil.copytree(folder, school, ignore=shutil.ignore_patterns("seatsync.db*") if folder == SCHOOL else None)
    catcher = Catcher()
    until_the_end.enter_context(caught(catcher, mails, smtp))
    surroundings = {
        name: value for name, value in os.environ.items() if not re.match("SEATSYNC_|CI$|GIT(HUB|LAB)_", name)
    }
    surroundings |= {
        "SEATSYNC_PORTAL_URL": url,
        "SEATSYNC_SECRET_KEYS": secrets.token_urlsafe(32),
        "SEATSYNC_SMTP_URL": f"smtp://{HERE}:{smtp}",
        "SEATSYNC_MAIL_FROM": "Grace Library <library@grace.example>",
    }
    print(f"Applying the files of {folder.name} …", flush=True)
    _run_once(surroundings, school, "apply", "--yes", "--quiet")
    letters = len(
        json.loads(_run_once(surroundings, school, "outbox", "list", "--state", "pending", "--format", "json"))
    )
    running = [
        until_the_end.enter_context(
            _running(surroundings, school, work / "serve.log", "serve", "--listen", f"{HERE}:{pages}")
        ),
        until_the_end.enter_context(_running(surroundings, school, work / "outbox.log", "outbox", "send", "--watch")),
    ]
    _wait_for(pages, running[0], work / "serve.log")
    print(
        f"""
The pages            {url}
All mails            http://{HERE}:{mails}
A member             {url}/claim/{folder.name}
                     type {MEMBER}; the code is among the mails
A personal link      {catcher.link_of_a_member(letters) or "none: no member here gets a letter"}
An administrator     {url}/account/new
                     type {ADMINISTRATORS[0]}; the code is among the mails, and her welcome link
The log              {work / "serve.log"}

Ctrl-C stops everything.""",
        flush=True,
    )
    while all(process.poll() is None for process in running):
        time.sleep(0.2)
    print("One of the two processes stopped unexpectedly:", (work / "serve.log").read_text()[-2000:], file=sys.stderr)
    return 1


@contextmanager
def caught(catcher: Catcher, mails: int, smtp: int) -> Iterator[None]:
    """Catch mails at one port, and show them at another."""
    controller = Controller(catcher, hostname=HERE, port=smtp, enable_SMTPUTF8=True)
    controller.start()
    shown = make_server(HERE, mails, catcher, handler_class=_Silent)
    Thread(target=shown.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        shown.shutdown()
        shown.server_close()
        controller.stop()


@contextmanager
def _running(surroundings: dict[str, str], folder: Path, log: Path, *args: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a seatsync command in the background, and terminate it at the end. It does not get Ctrl-C itself."""
    command = [sys.executable, "-m", "seatsync", *args]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command, cwd=folder, env=surroundings, stdout=file, stderr=file, start_new_session=True
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _run_once(surroundings: dict[str, str], folder: Path, *args: str) -> str:
    command = [sys.executable, "-m", "seatsync", *args]
    return subprocess.run(command, cwd=folder, env=surroundings, check=True, stdout=subprocess.PIPE, text=True).stdout


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    while not _is_in_use(port):
        if process.poll() is not None:
            sys.exit(log.read_text())
        time.sleep(0.05)


def _is_in_use(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HERE, port)) == 0


if __name__ == "__main__":
    sys.exit(main())
