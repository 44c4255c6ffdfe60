"""Accounts: made by a code and a password, opened by e-mail and password, and telling nobody whether they are there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import letters
from tests.databases import rows
from tests.letters import ANN, applied
from tests.mail_server import Mailroom
from tests.pages import PASSWORD, Pages, pages_of

school, room = letters.school, letters.room


@pytest.fixture
def pages(school: Path, room: Mailroom) -> Iterator[Pages]:
    applied(school, ANN)
    with pages_of(school, room, room.port) as found:
        yield found


def test_an_account_is_made_by_a_code_and_a_password(pages: Pages) -> None:
    ann = pages.account("ann@home.example")
    assert ann.page.path == "/"
    assert [row["email"] for row in rows(pages.folder, "account")] == ["ann@home.example"]
    ann.press("Sign out")
    assert ann.open("/").path == "/sign-in"
    assert pages.signed_in("Ann@Home.example").page.path == "/"
    assert pages.signed_in("ann@home.example", PASSWORD + "x").page.code == 403
