"""Sign in with the institution's own OpenID provider: for whom it opens an account, and for whom not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from seatsync.portal.accounts.provider import Client
from seatsync.portal.web.site import Provider
from tests.support import letters
from tests.support.databases import rows
from tests.support.letters import ANN, PORTAL, applied, part
from tests.support.mail_server import Mailroom
from tests.support.openid_provider import HEAD, HostileProvider, OpenIdProvider, hostile_provider, openid_provider
from tests.support.pages import PASSWORD, Browser, Page, Pages, pages_of
from tests.support.ports import free_port

pytestmark = pytest.mark.slow

school, room = letters.school, letters.room

ADDRESS = "ann@grace.example"
VERIFIED = {"email": ADDRESS, "email_verified": True}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIdProvider]:
    with openid_provider(tmp_path_factory.mktemp("provider") / "log") as found:
        yield found


@pytest.fixture
def pages(school: Path, room: Mailroom, provider: OpenIdProvider) -> Iterator[Pages]:
    applied(school, ANN)
    with pages_of(school, room, room.port, provider=_named(provider.url)) as found:
        yield found


def _named(issuer: str) -> Provider:
    return Provider("Grace ID", issuer, "seatsync", "a secret", ("grace.example", "students.grace.example"))


def asked(browser: Browser) -> str:
    """Return the address that the button leads to."""
    browser.open("/sign-in")
    page = browser.press("Sign in with Grace ID")
    assert page.headers["Refresh"] == f"0; url={page.links['Continue']}"
    return page.links["Continue"]


def signed_in(pages: Pages, provider: OpenIdProvider, subject: str) -> Browser:
    """Return a browser that has come back from the provider."""
    browser = pages.browser()
    browser.open(provider.signs_in(subject, asked(browser)))
    return browser


def test_who_is_vouched_for_gets_an_account_and_comes_back_to_it(pages: Pages, provider: OpenIdProvider) -> None:
    provider.knows("7", **VERIFIED)
    ann = pages.browser()
    ann.open("/settings")  # the page she wanted
    before = ann.client.get_cookie("__Host-seatsync", "seats.grace.example")
    page = ann.open(provider.signs_in("7", asked(ann)))
    assert (page.path, ADDRESS in page.text) == ("/settings", True)
    assert ann.client.get_cookie("__Host-seatsync", "seats.grace.example") != before
    assert "Biblical Studies" in ann.open("/").text
    (account,) = rows(pages.folder, "account")
    assert (account["email"], account["password"]) == (ADDRESS, "")

    provider.knows(
        "7", email="ann.lee@elsewhere.example", email_verified=False
    )  # a new name and an e-mail that is not confirmed
    again = signed_in(pages, provider, "7")
    assert (again.page.path, ADDRESS in again.open("/settings").text) == ("/", True)
    assert rows(pages.folder, "account") == [account]
    assert [row["account"] for row in rows(pages.folder, "identity")] == [account["id"]]


def test_an_account_that_has_the_email_is_opened_and_remembered(pages: Pages, provider: OpenIdProvider) -> None:
    pages.account(ADDRESS)
    (account,) = rows(pages.folder, "account")
    provider.knows("8", **{**VERIFIED, "email": "Ann@Grace.example"})
    assert signed_in(pages, provider, "8").page.path == "/"
    assert pages.signed_in(ADDRESS).page.path == "/"  # the password still works
    assert rows(pages.folder, "account") == [account]
    assert [row["subject"] for row in rows(pages.folder, "identity")] == ["8"]


def test_an_email_that_the_provider_gave_to_somebody_else_opens_nothing(pages: Pages, provider: OpenIdProvider) -> None:
    provider.knows("9", **VERIFIED)
    signed_in(pages, provider, "9")
    provider.knows("10", **VERIFIED)
    page = signed_in(pages, provider, "10").page
    assert (page.code, "already linked to another sign-in at Grace ID" in page.text) == (403, True)
    assert [row["subject"] for row in rows(pages.folder, "identity")] == ["9"]


@pytest.mark.parametrize(
    "claims",
    [
        {"email": ADDRESS},
        {"email": ADDRESS, "email_verified": False},
        {"email": ADDRESS, "email_verified": "true"},
        {"email": "ann@not-grace.example", "email_verified": True},
        {"email": "ann@lab.grace.example", "email_verified": True},
        {"email": "grace.example", "email_verified": True},
        {"email": [ADDRESS], "email_verified": True},
        {},
    ],
    ids=str,
)
def test_whom_it_does_not_vouch_for_is_told_so(pages: Pages, provider: OpenIdProvider, claims: dict[str, Any]) -> None:
    provider.knows("11", **claims)
    browser = signed_in(pages, provider, "11")
    assert (browser.page.code, "Sign in with e-mail and password" in browser.page.text) == (403, True)
    assert browser.page.links["Sign in"] == "/sign-in"
    assert (rows(pages.folder, "account"), rows(pages.folder, "session")) == ([], [])


def test_an_answer_to_another_question_signs_nobody_in(pages: Pages, provider: OpenIdProvider) -> None:
    provider.knows("12", **VERIFIED)

    def refused(browser: Browser, back: str) -> bool:
        return browser.open(back).code == 403 and browser.open("/").path == "/sign-in"

    ann, other = pages.browser(), pages.browser()
    assert refused(ann, "/openid/callback")
    assert refused(ann, provider.signs_in("12", asked(ann), nonce="another"))
    assert refused(ann, provider.signs_in("12", asked(ann), state="another"))
    assert refused(ann, provider.denies(asked(ann)))
    assert refused(other, provider.signs_in("12", asked(ann)))  # a link that someone else sent
    late = provider.signs_in("12", asked(ann))
    pages.later(minutes=11)
    assert refused(ann, late)
    assert rows(pages.folder, "session") == []

    once = provider.signs_in("12", asked(ann))
    assert ann.open(once).path == "/"
    ann.press("Sign out")
    assert refused(ann, once)


def test_a_browser_can_answer_its_last_question_alone(pages: Pages, provider: OpenIdProvider) -> None:
    provider.knows("14", **VERIFIED)
    ann = pages.browser()
    first = provider.signs_in("14", asked(ann))
    second = provider.signs_in("14", asked(ann))
    assert ann.open(first).code == 403
    assert ann.open(second).code == 403  # any answer ends the first sign-in
    assert ann.open(provider.signs_in("14", asked(ann))).path == "/"


@pytest.mark.parametrize(("named", "code"), [("15", 200), ("16", 403), (None, 403)])
def test_an_e_mail_counts_only_if_it_is_said_of_the_one_who_signed_in(
    named: str | None, code: int, pages: Pages, provider: OpenIdProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = pages.browser()
    asked(ann)
    monkeypatch.setattr(Client, "authorize_access_token", lambda client: {"userinfo": {"sub": "15"}})
    monkeypatch.setattr(Client, "userinfo", lambda client, token: {"sub": named, **VERIFIED})
    assert ann.open("/openid/callback?code=a&state=b").code == code
    assert len(rows(pages.folder, "session")) == (code == 200)


def test_what_is_asked_for_can_be_used_by_nobody_else(pages: Pages, provider: OpenIdProvider) -> None:
    query = parse_qs(urlsplit(asked(pages.browser())).query)
    assert query["redirect_uri"] == [f"{PORTAL}/openid/callback"]
    assert (query["response_type"], query["scope"]) == (["code"], ["openid email"])
    assert (query["code_challenge_method"], len(query["code_challenge"][0])) == (["S256"], 43)
    assert {"state", "nonce"} <= set(query)
    assert pages.browser().send("/openid/begin").code == 400  # without a CSRF token


def test_a_provider_that_is_away_or_another_is_told(school: Path, room: Mailroom, provider: OpenIdProvider) -> None:
    applied(school, ANN)

    def told(issuer: str) -> Page:
        with pages_of(school, room, room.port, provider=_named(issuer)) as pages:
            browser = pages.browser()
            browser.open("/sign-in")
            return browser.press("Sign in with Grace ID")

    for issuer in (f"http://127.0.0.1:{free_port()}", f"{provider.url}/"):
        page = told(issuer)
        assert (page.code, page.title) == (503, "Grace ID cannot be reached right now"), issuer
        assert page.links["Sign in"] == "/sign-in"


@pytest.fixture
def hostile() -> Iterator[HostileProvider]:
    with hostile_provider() as found:
        yield found


@pytest.fixture
def their_pages(school: Path, room: Mailroom, hostile: HostileProvider) -> Iterator[Pages]:
    """Pages with a hostile provider."""
    applied(school, ANN)
    with pages_of(school, room, room.port, provider=_named(hostile.url)) as found:
        yield found


def begun(pages: Pages) -> Page:
    """Return the page that the button leads to."""
    browser = pages.browser()
    browser.open("/sign-in")
    return browser.press("Sign in with Grace ID")


@pytest.mark.sqlite_only("it is about a provider")
@pytest.mark.parametrize(
    "said",
    [
        *({"authorization_endpoint": odd} for odd in (7, None, ["a"], "", "/a", "javascript:alert(1)//", "https:///a")),
        *({"authorization_endpoint": f"https://id.grace.example/{odd}"} for odd in ("\r\nX: y", "a b", "\u00e9", "\0")),
        *({name: "http://192.0.2.9/"} for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")),
        {"userinfo_endpoint": {}},
        {"issuer": ["x"]},
        {"id_token_signing_alg_values_supported": 7},
    ],
    ids=str,
)
def test_what_a_provider_says_of_itself_is_kept_if_it_makes_sense(
    their_pages: Pages, hostile: HostileProvider, said: dict[str, Any]
) -> None:
    hostile.says(**said)
    page = begun(their_pages)
    assert (page.code, "Refresh" in page.headers) == (503, False)
    hostile.says(scope="all", verify=False, client_id="x", default_timeout="x", jwks=7)  # our settings, not theirs
    page = begun(their_pages)
    assert (page.code, "scope=openid+email" in page.headers["Refresh"]) == (200, True)


@pytest.mark.sqlite_only("it is about a provider")
@pytest.mark.parametrize(
    ("offered", "taken"),
    [
        (["none", "HS256", "ES256", "RS256"], ["RS256", "ES256"]),
        (["none", "HS256"], ["RS256"]),  # every provider must support it
        ([], ["RS256"]),
    ],
)
def test_tokens_are_signed_by_a_key_that_the_provider_alone_has(
    offered: list[str], taken: list[str], their_pages: Pages, hostile: HostileProvider
) -> None:
    hostile.says(id_token_signing_alg_values_supported=offered)
    client = their_pages.app.extensions["seatsync.openid"]
    assert client.load_server_metadata()["id_token_signing_alg_values_supported"] == taken


@pytest.mark.sqlite_only("it is about a provider")
def test_what_is_kept_of_a_provider_is_asked_anew_after_a_failure(their_pages: Pages, hostile: HostileProvider) -> None:
    browser = their_pages.browser()
    state = parse_qs(urlsplit(asked(browser)).query)["state"][0]
    begun(their_pages)
    assert hostile.asked == 1
    assert browser.open(f"/openid/callback?code=a&state={state}").code == 403  # its token is not valid
    begun(their_pages)
    assert hostile.asked == 3


def trickle(whole: bytes, pause: float) -> Iterator[bytes]:
    for byte in whole:
        yield bytes([byte])
        time.sleep(pause)


@pytest.mark.sqlite_only("it is about a provider")
@pytest.mark.parametrize("before", [b"", HEAD], ids=["head", "body"])
def test_a_provider_that_trickles_has_its_time_and_two_threads(
    before: bytes, their_pages: Pages, hostile: HostileProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seatsync.portal.accounts.provider.TIMEOUT", 2.0)
    hostile.sends(lambda: chain([before], trickle((b"" if before else HEAD) + b" " * 400, 0.1)))
    since, pages = time.monotonic(), []
    threads = [Thread(target=lambda: pages.append((begun(their_pages).code, time.monotonic()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [code for code, _ in pages] == [503] * 8
    assert hostile.asked == 2
    assert max(at for _, at in pages) - since < 15  # of forty
    hostile.says()
    assert begun(their_pages).code == 200


@pytest.mark.sqlite_only("it is about a provider")
def test_a_provider_is_read_no_further_than_any_answer_goes(their_pages: Pages, hostile: HostileProvider) -> None:
    sent = []

    def endless() -> Iterator[bytes]:
        yield HEAD
        for number in range(600):
            sent.append(number)
            yield b" " * 2**20

    hostile.sends(endless)
    assert begun(their_pages).code == 503
    assert len(sent) < 60
    hostile.says()
    assert begun(their_pages).code == 200


def test_who_came_by_the_provider_can_set_a_password(pages: Pages, provider: OpenIdProvider) -> None:
    provider.knows("13", **VERIFIED)
    ann = signed_in(pages, provider, "13")
    assert ann.open("/settings").links["Set a password"] == "/password/forgotten"
    ann.open("/settings/email")
    assert ann.press("Send a code", email="ann@home.example", password="").code == 200
    assert ann.press("Send a code", email="ann@home.example", password="a guess, long").code == 403
    ann.open("/password/forgotten")
    ann.press("Send me a code", email=ADDRESS)
    ann.press("Save and sign in", code=pages.code(ADDRESS), password=PASSWORD)
    assert pages.signed_in(ADDRESS).page.path == "/"
    assert signed_in(pages, provider, "13").page.path == "/"


# ── What is linked ──────────────────────────────────────────────────────────────────────────────────────────────────


def linked(pages: Pages) -> list[str]:
    return [row["subject"] for row in rows(pages.folder, "identity")]


def reset(pages: Pages, email: str = ADDRESS, password: str = PASSWORD) -> Browser:
    """Return a browser that has forgotten the password and set a new one with a code."""
    browser = pages.browser()
    browser.open("/password/forgotten")
    browser.press("Send me a code", email=email)
    browser.press("Save and sign in", code=pages.code(email), password=password)
    assert browser.page.path == "/"
    return browser


def test_the_owner_is_told_when_a_sign_in_opens_the_account_for_the_first_time(
    pages: Pages, provider: OpenIdProvider
) -> None:
    provider.knows("20", **VERIFIED)
    signed_in(pages, provider, "20")
    letter = pages.mail(ADDRESS, "Grace ID is now linked to your account")
    assert "for the first time" in part(letter, "plain")
    assert "I forgot my password" in part(letter, "plain")
    signed_in(pages, provider, "20")
    pages.account("later@grace.example")  # their mail would arrive after any mail of the second time
    assert [letter["Subject"] for letter in pages.room.letters] == []


def test_a_password_that_is_set_anew_unlinks_every_sign_in_and_the_owner_is_told(
    pages: Pages, provider: OpenIdProvider
) -> None:
    pages.account(ADDRESS)
    provider.knows("21", **VERIFIED)
    thief = signed_in(pages, provider, "21")  # had access to the mailbox or the provider for an hour
    provider.knows("21", email="thief@grace.example", email_verified=True)
    assert signed_in(pages, provider, "21").open("/settings").text.count(ADDRESS) == 1, "it opens the account still"

    reset(pages, password="another horse entirely")
    assert linked(pages) == []
    letter = pages.mail(ADDRESS, "Grace ID is no longer linked to your account")
    assert "To link it again, sign in with Grace ID" in part(letter, "plain")
    assert thief.open("/settings").path == "/sign-in"
    assert ADDRESS not in signed_in(pages, provider, "21").open("/settings").text

    provider.knows("22", **VERIFIED)
    assert (
        ADDRESS in signed_in(pages, provider, "22").open("/settings").text
    )  # linked again by the e-mail's owner there
    assert "for the first time" in part(pages.mail(ADDRESS, "Grace ID is now linked to your account"), "plain")


def test_the_owner_sees_what_is_linked_and_unlinks_it_by_their_password(pages: Pages, provider: OpenIdProvider) -> None:
    ann = pages.account(ADDRESS)
    assert "Grace ID" not in ann.open("/settings").text
    provider.knows("23", **VERIFIED)
    elsewhere = signed_in(pages, provider, "23")
    page = ann.open("/settings")
    assert ("Other ways to sign in Grace ID" in page.text, "23" in page.text) == (True, False)
    ann.open(page.links["Unlink Grace ID"])
    assert ann.press("Unlink", password="a guess, long").code == 403
    assert linked(pages) == ["23"]
    assert "is no longer linked to your account" in ann.press("Unlink", password=PASSWORD).text
    assert (ann.page.path, linked(pages)) == ("/settings", [])
    pages.mail(ADDRESS, "Grace ID is no longer linked to your account")
    assert elsewhere.open("/settings").path == "/sign-in"
    assert ann.open(page.links["Unlink Grace ID"]).code == 404
    assert ann.open("/settings/unlink").code == 404


def test_a_sign_in_that_is_the_only_one_stays_until_there_is_a_password(pages: Pages, provider: OpenIdProvider) -> None:
    provider.knows("24", **VERIFIED)
    ann = signed_in(pages, provider, "24")
    ann.open("/settings")
    page = ann.open(ann.page.links["Unlink Grace ID"])
    assert "Grace ID is your only way to sign in" in page.text
    assert page.links["Set a password"] == "/password/forgotten"
    token = page.forms[0].fields["csrf_token"]
    ann.send(f"/settings/unlink?issuer={provider.url}", csrf_token=token, password="")
    assert linked(pages) == ["24"]


def test_nobody_unlinks_what_opens_another_account(pages: Pages, provider: OpenIdProvider) -> None:
    provider.knows("25", **VERIFIED)
    signed_in(pages, provider, "25")
    eve = pages.account("eve@home.example")
    token = eve.open("/settings").forms[0].fields["csrf_token"]
    assert eve.send(f"/settings/unlink?issuer={provider.url}", csrf_token=token, password=PASSWORD).code == 404
    assert linked(pages) == ["25"]


def test_what_is_linked_stays_when_the_owner_changes_password_or_e_mail(pages: Pages, provider: OpenIdProvider) -> None:
    ann = pages.account(ADDRESS)
    provider.knows("26", **VERIFIED)
    elsewhere = signed_in(pages, provider, "26")
    ann.open("/settings/password")
    ann.press("Change password", old=PASSWORD, password="another horse entirely")
    assert elsewhere.open("/settings").path == "/sign-in"
    ann.open("/settings/email")
    ann.press("Send a code", email="ann@home.example", password="another horse entirely")
    page = ann.press("Continue", code=pages.code("ann@home.example"))
    assert (page.path, "Other ways to sign in Grace ID" in page.text) == ("/settings", True)
    assert "ann@home.example" in signed_in(pages, provider, "26").open("/settings").text


def test_a_provider_that_is_not_asked_any_more_is_shown_by_its_host_and_unlinked(
    pages: Pages, school: Path, room: Mailroom, provider: OpenIdProvider
) -> None:
    pages.account(ADDRESS)
    provider.knows("27", **VERIFIED)
    signed_in(pages, provider, "27")
    with pages_of(school, room, room.port) as later:  # without a provider
        ann = later.signed_in(ADDRESS)
        page = ann.open("/settings")
        ann.open(page.links["Unlink 127.0.0.1"])
        ann.press("Unlink", password=PASSWORD)
    assert linked(pages) == []
