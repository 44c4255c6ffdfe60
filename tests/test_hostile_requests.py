"""Requests that no link and no form of ours makes: each is refused by a page, and none breaks anything."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from werkzeug.routing import Rule

from tests import letters
from tests.letters import ANN, PORTAL, applied
from tests.mail_server import Mailroom
from tests.pages import Browser, Pages, pages_of

school, room = letters.school, letters.room

GOOD = {"institution": "grace", "library": "books", "member": "1", "number": "1", "token": "t" * 32}
"""A value for each part of an address that is not fixed, which names something but for the token."""

TEXTS = (
    *("nope", "GRACE", "grace%00", "%00", "..", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "grace%2fmembers", "%5c..%5c"),
    *("%ff%fe", "%ed%a0%80", "%f0%9f%92%a9", "%e2%80%ae", "gr%C3%A4ce", "grace%0d%0aSet-Cookie:%20a=b", "%1b[31m"),
    *("'%20OR%201=1%20--", "%25s", "%7B%7B7*7%7D%7D", "%5f", "-", "a" * 64, "a" * 5_000),
)
NUMBERS = (
    *("0", "-1", "+1", "1.0", "1e3", "2147483647", "2147483648", "9223372036854775808", "9" * 400, "%d9%a1", "%00"),
    *("1%00", "%ed%a0%80", "one", "..", "%20"),
)
QUERIES = (
    *("?", "?=&&;&=", "?%00=1", "?search=%00", "?search=%ed%a0%80&tag=%ff&member=%ed%b0%80", "?search=%25&member=%25"),
    *("?a[]=1&a[b]=2", "?sort=;drop", "?sort=-", "?library=NOPE", "?library=%ed%a0%80", "?kind=%F0%9F%92%A9"),
    *("?after=-1", "?after=1~", "?after=1~%ed%a0%80", "?before=" + "9" * 400, "?after=%d9%a1", "?after=1&before=1"),
    *("?what=x&commit=%25%5f", "?member=" + "a" * 5_000, "?search=" + "%f0%9f%92%a9" * 500, "?" + "status=x&" * 5_000),
    *("?" + "tag=a&" * 5_000, "?tag=" + ";" * 5_000, "?code=a&state=b", "?state[]=1&error=%ed%a0%80"),
)
FIELDS = ("email", "password", "old", "code", "language", "sure", "library", "issuer", "export", "status", "tag")
TYPED = ("", "\0", "\ud800", "x" * 5_000, "a\r\nBcc: b@c.example", "ann@grace.example\0", "💩@💩.💩", "%00", "١٢٣٤٥٦٧٨")

WHO = {"nobody": "", "a member": ANN[0], "an administrator": "ruth@grace.example"}
LAST = ("account.sign_out", "account.sign_out_everywhere", "own.delete")
"""After these nobody is signed in any more."""


@pytest.fixture
def pages(school: Path, room: Mailroom) -> Iterator[Pages]:
    applied(school, ANN)
    with pages_of(school, room, room.port) as found:
        yield found


class Stranger:
    """Somebody who sends whatever they like, with the cookies and the token of a browser; each time from another address."""

    def __init__(self, browser: Browser) -> None:
        self.client = browser.client
        self.token = browser.open("/claim/grace").forms[0].fields["csrf_token"]
        self.numbers = count(1)

    def ask(self, method: str, path: str, **fields: Any) -> int:
        number = next(self.numbers)
        there = {"REMOTE_ADDR": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}
        data = {"csrf_token": self.token, **fields} if method == "POST" else None
        answer = self.client.open(path, method=method, data=data, base_url=PORTAL, environ_overrides=there)
        answer.close()
        return answer.status_code


def rules(pages: Pages) -> list[Rule]:
    """Every address, those that sign out at the end."""
    return sorted(pages.app.url_map.iter_rules(), key=lambda rule: rule.endpoint in LAST)


def address(rule: Rule, **values: str) -> str:
    """An address with these values, as they are, in place of good ones."""
    found = rule.rule
    for name in rule.arguments:
        whole = f"<int:{name}>" if f"<int:{name}>" in found else f"<path:{name}>" if "<path:" in found else f"<{name}>"
        found = found.replace(whole, values.get(name, GOOD.get(name, "style.css")))
    return found


def hostile(rule: Rule) -> Iterator[str]:
    """Addresses of a page that name nothing there is."""
    for name in rule.arguments:
        values = NUMBERS if f"<int:{name}>" in rule.rule else TEXTS
        yield from (address(rule, **{name: value}) for value in values)


@pytest.mark.parametrize("who", WHO)
def test_no_address_breaks_a_page_whatever_stands_in_it(who: str, pages: Pages) -> None:
    stranger = Stranger(pages.account(WHO[who]) if WHO[who] else pages.browser())
    for rule in rules(pages):
        for path in hostile(rule):
            for method in sorted({"GET", "HEAD", "POST"} & (rule.methods or set())):
                code = stranger.ask(method, path)
                refused = {400, 404} if rule.endpoint.startswith("admin.") and who != "nobody" else range(300, 499)
                assert code in refused, (method, path, code)
        for query in QUERIES:
            code = stranger.ask("GET", address(rule) + query)
            assert code < 500, (rule.rule, query, code)
