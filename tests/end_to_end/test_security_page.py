"""docs/security.md names tests that are there, for every item of the standard that it lists."""

from __future__ import annotations

import re

from tests.support.paths import TESTS

PAGE = (TESTS.parent / "docs" / "security.md").read_text(encoding="utf-8")


def test_every_test_that_the_page_names_is_there() -> None:
    named = re.findall(r"`(test_\w+)::(test_\w+)`", PAGE)
    assert len(named) > 30
    there = {path.stem: path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py")}
    assert [f"{module}::{name}" for module, name in named if f"\ndef {name}(" not in there.get(module, "")] == []


def test_every_item_says_how_and_by_which_test() -> None:
    rows = re.findall(r"^\| ((?:\d+\.)+\d.*?) \| (.+?) \| (.+?) \| (.*?) ?\|$", PAGE, re.MULTILINE)
    assert len(rows) > 20
    assert [items for items, _, how, test in rows if not test and "not applicable" not in how] == []


def test_the_limits_on_the_page_are_those_of_the_server() -> None:
    from seatsync.portal.web.limits import CODES, PER_ADDRESS, SIGN_IN

    units = {60: "a minute", 600: "in 10 minutes", 900: "in 15 minutes", 3_600: "an hour", 24 * 3_600: "a day"}
    for limits in (SIGN_IN, CODES, PER_ADDRESS):
        assert ", ".join(f"{limit.most} {units[limit.seconds]}" for limit in limits) in PAGE
