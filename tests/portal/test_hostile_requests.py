"""Requests that no link or form of the pages makes: each gets an error page, and none breaks anything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from werkzeug.routing import Rule

from tests.support import letters
from tests.support.letters import ANN, PORTAL, applied, part
from tests.support.long_form import times
from tests.support.mail_server import Mailroom
from tests.support.pages import PASSWORD, Browser, Page, Pages, pages_of

pytestmark = pytest.mark.slow

school, room = letters.school, letters.room

GOOD = {"institution": "grace", "library": "books", "member": "1", "number": "1", "token": "t" * 32}
"""A valid value for each variable part of an address, except the token."""

TEXTS = (
    *("nope", "GRACE", "grace%00", "..", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%5c..%5c", "%ff%fe", "%ed%a0%80"),
    *("%f0%9f%92%a9", "grace%0d%0aSet-Cookie:%20a=b", "'%20OR%201=1%20--", "%7B%7B7*7%7D%7D", "a" * 64, "a" * 5_000),
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
    *(
        "?endpoint=x",
        "?_anchor=x&_method=FOO",
        "?_scheme=javascript&_external=1",
        "?_external=x&_scheme=",
        "?_method=POST",
    ),
    *("?institution=other&number=9", "?self=x&values=x&changed=x"),
)
FIELDS = ("email", "password", "old", "code", "language", "sure", "library", "issuer", "export", "status", "tag")
TYPED = (
    "",
    "%00",
    "%ed%a0%80",
    "%ff",
    "x" * 5_000,
    "a%0d%0aBcc:%20b@c.example",
    "ann@grace.example%00",
    "%2500",
    "%d9%a1",
)

WHO = {"nobody": "", "a member": ANN[0], "an administrator": "ruth@grace.example"}
ODD = ("member.home", "account.sign_in", "claim.start", "letter.open", "openid.callback", "health.ready")
"""Pages to ask with odd queries, besides the administrators' pages, which have filters."""

SHARES = times(short=3, long=1)
"""In the short form, each page is asked with a third of all values, the next page with the next third."""

LAST = ("account.sign_out", "account.sign_out_everywhere", "own.delete")
"""Nobody is signed in after these."""


@pytest.fixture
def pages(school: Path, room: Mailroom) -> Iterator[Pages]:
    applied(school, ANN)
    with pages_of(school, room, room.port) as found:
        yield found


class Stranger:
    """Sends anything, with a browser's cookies and CSRF token, each time from another address."""

    def __init__(self, browser: Browser) -> None:
        self.client = browser.client
        self.token = browser.open("/claim/grace").forms[0].fields["csrf_token"]
        self.numbers = count(1)

    def ask(self, method: str, path: str, **typed: str) -> int:
        """Send a request and return its status; ``typed`` are raw fields, which need not be text."""
        number = next(self.numbers)
        there = {"REMOTE_ADDR": f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"}
        sent = {"csrf_token": self.token, **typed} if method == "POST" else {}
        data = "&".join(f"{name}={value}" for name, value in sent.items())
        named = {"Content-Type": "application/x-www-form-urlencoded"} if sent else {}
        answer = self.client.open(
            path, method=method, data=data, base_url=PORTAL, environ_overrides=there, headers=named
        )
        answer.close()
        return answer.status_code


def rules(pages: Pages) -> list[Rule]:
    """Return every route, those that sign out last."""
    return sorted(pages.app.url_map.iter_rules(), key=lambda rule: rule.endpoint in LAST)


def address(rule: Rule, **values: str) -> str:
    """Return an address with these values, unescaped, in place of valid ones."""
    found = rule.rule
    for name in rule.arguments:
        whole = f"<int:{name}>" if f"<int:{name}>" in found else f"<path:{name}>" if "<path:" in found else f"<{name}>"
        found = found.replace(whole, values.get(name, GOOD.get(name, "style.css")))
    return found


def share(values: Sequence[str], turn: int) -> Sequence[str]:
    """Return the values for this turn."""
    return values[turn % SHARES :: SHARES]


def hostile(rule: Rule) -> Iterator[str]:
    """Yield addresses of a page that name nothing."""
    for name in rule.arguments:
        values = NUMBERS if f"<int:{name}>" in rule.rule else TEXTS
        yield from (address(rule, **{name: value}) for value in values)


@pytest.mark.parametrize("who", WHO)
def test_no_address_breaks_a_page_whatever_stands_in_it(who: str, pages: Pages) -> None:
    stranger = Stranger(pages.account(WHO[who]) if WHO[who] else pages.browser())
    for turn, rule in enumerate(rules(pages)):
        of_admins, methods = rule.endpoint.startswith("admin."), {"GET", "HEAD", "POST"} & (rule.methods or set())
        paths = share([*hostile(rule)], turn)
        for number, path in enumerate(paths[:3] if of_admins and who != "an administrator" else paths):
            for method in sorted(methods if number < 2 else methods - {"HEAD"}):
                code = stranger.ask(method, path)
                refused = {400, 404} if of_admins and who != "nobody" else range(300, 499)
                assert code in refused, (method, path, code)
        for query in share(QUERIES, turn) if of_admins or rule.endpoint in ODD else ():
            code = stranger.ask("GET", address(rule) + query)
            assert code < 500, (rule.rule, query, code)


@pytest.mark.sqlite_only("it is about addresses")
def test_what_is_no_parameter_of_a_page_is_in_no_link_of_it(pages: Pages) -> None:
    ruth = pages.account(WHO["an administrator"])
    odd = "endpoint=x&_anchor=x&_method=FOO&_scheme=javascript&_external=1&institution=other&unknown=1"
    for name in ("members", "licenses", "journal"):
        plain, page = (ruth.open(f"/admin/grace/{name}?{query}") for query in ("search=a", f"search=a&{odd}"))
        assert (page.code, page.links) == (200, plain.links)
    assert any(
        "search=a" in link and "sort=" in link for link in ruth.open("/admin/grace/members?search=a").links.values()
    )


@pytest.mark.parametrize("who", WHO)
def test_no_form_breaks_a_page_whatever_is_typed_into_it(who: str, pages: Pages) -> None:
    stranger = Stranger(pages.account(WHO[who]) if WHO[who] else pages.browser())
    posted = [rule for rule in rules(pages) if "POST" in (rule.methods or ())]
    for turn, rule in enumerate(posted):
        for typed in share(TYPED, turn):
            code = stranger.ask("POST", address(rule), **dict.fromkeys(FIELDS, typed))
            assert code < 500, (rule.rule, typed, code)


@pytest.mark.sqlite_only("it is about addresses")
@pytest.mark.parametrize(
    "path",
    ["//evil.example/settings", "//evil.example//admin/", "/%5cevil.example/settings", "/%2f/evil.example", "///"],
)
def test_no_address_leads_elsewhere_neither_at_once_nor_after_signing_in(path: str, pages: Pages) -> None:
    pages.account("ann@home.example")
    browser = pages.browser()
    for asked in (path, f"/settings?next={path}", f"/sign-in?next=https:{path}"):
        answer = browser.client.get(asked, base_url=PORTAL)
        answer.close()
        led = urljoin(f"{PORTAL}/", answer.headers.get("Location", "/"))
        assert urlsplit(led).netloc == urlsplit(PORTAL).netloc, (asked, led)
    browser.open("/sign-in")
    page = browser.press("Sign in", follow=False, email="ann@home.example", password=PASSWORD)
    assert urlsplit(urljoin(f"{PORTAL}/", page.headers["Location"])).netloc == urlsplit(PORTAL).netloc
    assert not page.headers["Location"].startswith(("//", "/\\"))


@pytest.mark.sqlite_only("it is about mails")
def test_the_host_that_is_asked_for_gets_into_no_mail_and_no_address(pages: Pages) -> None:
    client = pages.app.test_client()
    here = {"base_url": "https://127.0.0.1", "headers": {"X-Forwarded-Host": "evil.example", "Host": "127.0.0.1:81"}}
    page = Page(client.get("/account/new", **here))
    fields = {**page.form("Send me a code").fields, "email": "ann@home.example"}
    sent = client.post("/account/new", data=fields, **here)
    assert sent.headers["Location"] == "/account/code"
    letter = pages.mail("ann@home.example")
    assert "://" not in part(letter, "plain")
    assert not {"evil.example", "127.0.0.1"} & {*re.findall(r"[\w.]+", letter.as_string().partition("\n\n")[2])}
