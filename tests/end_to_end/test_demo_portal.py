"""`make demo-portal` starts everything and prints where; a claim works there, and Ctrl-C stops it all."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.pages import PASSWORD
from tests.support.paths import ROOT
from tests.support.ports import free_port
from tests.support.served import Visitor

pytestmark = pytest.mark.slow

SCRIPT = ROOT / "examples" / "demo_portal.py"


def _started(**given_by_name: int | Path) -> subprocess.Popen[str]:
    given = [word for name, value in given_by_name.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, str(SCRIPT), *given]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_claim_is_walked_where_the_demo_says(tmp_path: Path) -> None:
    ports = {"pages": free_port(), "mails": free_port(), "smtp": free_port()}
    with _started(**ports) as demo:
        try:
            told = _told(demo)
            member = Visitor(_found(r"A member +(http\S+)", told))
            member.open("")
            email = _found(r"type (ayo\S+@grace.example)", told)
            member.press("Send me a code", email=email)
            member.press("Continue", code=_code(_found(r"All mails +(http\S+)", told), email))
            member.press("Save and sign in", password=PASSWORD)
            assert "You have claimed your seat." in member.press("Claim this seat").text
            invited = Visitor(_found(r"A personal link +(http\S+)", told))
            assert "has a seat for you" in invited.open("").text
            assert "Create an account" in invited.page.text, "not yet claimed, and nobody is signed in"
        finally:
            demo.send_signal(signal.SIGINT)
        assert demo.stdout is not None
        assert (demo.wait(30), demo.stdout.read()) == (0, "\nEverything is stopped and deleted.\n")
    assert [port for port in ports.values() if _is_in_use(port)] == []
    assert not Path(_found(r"The log +(\S+)", told)).parent.exists()


def test_an_institution_whose_members_get_no_letters_is_shown_too(tmp_path: Path) -> None:
    school = tmp_path / "grace-seminary"
    shutil.copytree(ROOT / "examples/rosters/grace-seminary", school, ignore=shutil.ignore_patterns("seatsync.db*"))
    config = school / "seatsync.yaml"
    config.write_text(config.read_text().replace("  opt_out: true", "  opt_out: true\n  delivered_by: vendor"))
    with _started(folder=school, pages=free_port(), mails=free_port(), smtp=free_port()) as demo:
        try:
            assert "A personal link      none: no member here gets a letter\n" in _told(demo)
        finally:
            demo.send_signal(signal.SIGINT)


def test_a_port_that_somebody_has_is_told() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with _started(pages=port, mails=free_port(), smtp=free_port()) as demo:
            out, told = demo.communicate(timeout=30)
    assert (demo.returncode, out) == (1, "")
    assert (
        told
        == f"In use by another program: --pages {port}. Choose another, such as make demo-portal ARGS='--pages 8100'.\n"
    )


def _told(demo: subprocess.Popen[str]) -> str:
    """Wait until everything runs, and return what was printed until then."""
    assert demo.stdout is not None
    told = ""
    while not told.endswith("Ctrl-C stops everything.\n"):
        line = demo.stdout.readline()
        assert line, "it has ended"
        told += line
    return told


def _is_in_use(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None, text
    return found[1]


def _code(mails: str, email: str) -> str:
    """Wait for a mail to this address and return its code."""
    until, http = time.monotonic() + 20, Visitor(mails).http
    while time.monotonic() < until:
        listed = http.get(mails, timeout=10).text
        if found := re.search(rf'<a href="(/\d+)">{email}: [^<]*code', listed):
            return _found(r"(\d{4} \d{4})", http.get(mails + found[1], timeout=10).text)
    raise AssertionError(listed)
