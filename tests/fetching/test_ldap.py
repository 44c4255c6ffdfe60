"""``fetch ldap``: everybody in a directory whose account is open, against OpenLDAP's own server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import Outcome, seatsync
from tests.support.directories import BASE, PASSWORD, READER, Server, group, needs_slapd, person, slapd
from tests.support.proxies import proxy

pytestmark = needs_slapd

FILETIME_2026 = 134_116_992_000_000_000  # 2026-01-01
CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 9}}
rosters: [{path: rosters/ldap.csv}]
grants: [{library: books, kind: temporary, to: {everyone: true}}]
"""
PEOPLE = [
    person(0),
    person(1, mail=["zz@grace.example", "ann1@grace.example"]),
    person(2, userAccountControl="514"),
    person(3, userAccountControl="512", accountExpires=str(FILETIME_2026)),
    person(4, userAccountControl="66048", accountExpires="9223372036854775807"),
    person(5, nsAccountLock="TRUE"),
    person(6, mail=""),
]
GROUPS = [
    group("Greek", [0, 1]),
    group("Hebrew", [0]),
    group("Everybody", [0, 1, 4], "Lists"),
    group("Smith\\, Year 7", [4], "Lists"),
    group("This\\; that", [4], "Lists"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with slapd(tmp_path_factory.mktemp("slapd") / "home", PEOPLE, GROUPS) as running:
        yield running


def fetch(server: Server, folder: Path, *args: str, code: int = 0, url: str = "", now: str = "2026-11-27") -> Outcome:
    words = ["--url", url or server.address, "--base", f"ou=People,{BASE}", "--into", "rosters/ldap.csv"]
    ran = seatsync("fetch", "ldap", *words, "--now", now, *args, folder=folder)
    assert ran.code == code, ran
    return ran


def roster(folder: Path) -> list[str]:
    return (folder / "rosters" / "ldap.csv").read_text(encoding="utf-8").splitlines()


def test_everybody_whose_account_is_open_is_a_row_sorted_by_e_mail(server: Server, tmp_path: Path) -> None:
    ran = fetch(server, tmp_path)
    assert roster(tmp_path) == [
        "email,given_name,family_name",
        "ann0000@grace.example,Ann,Zoë 0",
        "ann0004@grace.example,Ann,Zoë 4",
        "ann1@grace.example,Ann,Zoë 1",
    ]
    assert ran.out == "rosters/ldap.csv: 3 new.\n"
    assert "1 disabled (userAccountControl)" in ran.err
    assert "1 expired (accountExpires)" in ran.err
    assert "1 disabled (nsAccountLock)" in ran.err


@pytest.mark.parametrize(
    ("attribute", "closed", "still_open"),
    [
        ("userAccountControl", ["514"], ["512", "66048"]),
        ("accountExpires", [str(FILETIME_2026)], ["0", "9223372036854775807"]),
        ("shadowExpire", ["20454", "1"], ["20455", "0", "-1", "99999999999"]),
        ("nsAccountLock", ["TRUE", "true"], ["FALSE"]),
        ("loginDisabled", ["TRUE"], ["FALSE"]),
        (
            "loginExpirationTime",
            ["20260101000000Z", "2025123123Z", "20260101010000+0100"],
            ["20260101000001Z", "99991231235959Z", "202512312330-0100"],
        ),
        ("krbPrincipalExpiration", ["20251231235959.5Z"], ["20370101000000Z"]),
        ("pwdEndTime", ["20260101000000Z"], ["20260101000000-0001"]),
        ("pwdAccountLockedTime", ["000001010000Z"], ["20251231120000Z"]),  # too many wrong passwords: that passes
    ],
)
def test_whose_account_is_closed_or_over_is_left_out(
    tmp_path: Path, attribute: str, closed: list[str], still_open: list[str]
) -> None:
    people = [person(at, **{attribute: value}) for at, value in enumerate([*closed, *still_open])]
    with slapd(tmp_path / "home", people) as server:
        ran = fetch(server, tmp_path, now="2026-01-01T00:00:00Z")
    assert [line[:7] for line in roster(tmp_path)[1:]] == [f"ann{at:04}" for at in range(len(closed), len(people))]
    kind = "expired" if "xpir" in attribute or "End" in attribute else "disabled"
    assert f"{len(closed)} {kind} ({attribute})" in ran.err


@pytest.mark.parametrize(
    ("attribute", "value", "kind"),
    [("accountExpires", "never", "number"), ("loginExpirationTime", "20261301000000Z", "time")],
)
def test_a_word_of_which_nobody_knows_what_it_says_stops_the_fetch(
    tmp_path: Path, attribute: str, value: str, kind: str
) -> None:
    with slapd(tmp_path / "home", [person(0, **{attribute: value})]) as server:
        said = fetch(server, tmp_path, code=1).err
    assert f"An account's {attribute} is not a {kind}, so nobody knows whether it is open." in said


def test_who_has_no_e_mail_is_counted_where_the_filter_finds_them(server: Server, tmp_path: Path) -> None:
    assert "1 without mail" in fetch(server, tmp_path, "--filter", "(objectClass=person)").err


def test_an_account_that_expires_later_is_open_until_then(server: Server, tmp_path: Path) -> None:
    fetch(server, tmp_path, now="2025-12-31")
    assert len(roster(tmp_path)) == 5
    assert fetch(server, tmp_path, now="2026-01-01").out == "rosters/ldap.csv: 1 gone.\n"


def test_columns_and_tags_come_from_attributes(server: Server, tmp_path: Path) -> None:
    columns = ["--column", "student_id=employeeNumber", "--tag", "group=memberOf", "--tag", "user=uid"]
    fetch(server, tmp_path, *columns, "--groups-below", f"OU=classes,{BASE}")
    assert roster(tmp_path)[:2] == [
        "email,given_name,family_name,student_id,tags",
        "ann0000@grace.example,Ann,Zoë 0,S0000,group:Greek;group:Hebrew;user:ann0000",
    ]
    ran = fetch(server, tmp_path, *columns)
    assert "group:Everybody;group:Greek;group:Hebrew" in roster(tmp_path)[1]
    assert ran.out == "rosters/ldap.csv: 3 changed.\n"


def test_the_name_of_a_group_is_taken_as_it_is_and_one_that_can_be_no_tag_is_told(
    server: Server, tmp_path: Path
) -> None:
    ran = fetch(server, tmp_path, "--tag", "group=memberOf", "--filter", "(uid=ann0004)")
    assert roster(tmp_path)[1] == 'ann0004@grace.example,Ann,Zoë 4,"group:Everybody;group:Smith, Year 7"'
    assert "1 of memberOf that cannot be a tag" in ran.err


def test_the_same_answer_again_changes_no_byte(server: Server, tmp_path: Path) -> None:
    fetch(server, tmp_path)
    before = (tmp_path / "rosters" / "ldap.csv").stat()
    assert fetch(server, tmp_path).out == "rosters/ldap.csv: nothing has changed.\n"
    after = (tmp_path / "rosters" / "ldap.csv").stat()  # reading it may change the time of access
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_roster_that_was_fetched_is_a_valid_one(server: Server, tmp_path: Path) -> None:
    fetch(
        server,
        tmp_path,
        "--column",
        "student_id=employeeNumber",
        "--tag",
        "group=memberOf",
        "--groups-below",
        f"ou=Classes,{BASE}",
    )
    (tmp_path / "seatsync.yaml").write_text(CONFIG)
    ran = seatsync("validate", "--strict", folder=tmp_path)
    assert ran.code == 0, ran


def test_more_than_a_page_is_read_to_the_end(tmp_path: Path) -> None:
    with slapd(tmp_path / "home", [person(number) for number in range(1, 1203)]) as server:
        fetch(server, tmp_path)
        assert len(roster(tmp_path)) == 1203


# ── Who may see it ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("starts_tls", [False, True])
def test_the_connection_is_encrypted_and_the_certificate_checked(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starts_tls: bool
) -> None:
    url, flags = (server.address, ["--start-tls"]) if starts_tls else (server.secure, [])
    ran = fetch(server, tmp_path, *flags, url=url, code=1)
    assert "set REQUESTS_CA_BUNDLE" in ran.err
    assert not (tmp_path / "rosters").exists()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.authority))
    monkeypatch.setenv("SEATSYNC_FETCH_PASSWORD", PASSWORD)
    fetch(server, tmp_path, *flags, "--bind-dn", READER, url=url)
    assert len(roster(tmp_path)) == 4
    wrong = url.replace("localhost", "127.0.0.1")
    assert "Check --url" in fetch(server, tmp_path, *flags, url=wrong, code=1).err


def test_settings_of_the_folder_do_not_weaken_the_check(server: Server, tmp_path: Path) -> None:
    (tmp_path / "ldaprc").write_text(f"TLS_REQCERT never\nTLS_CACERT {server.authority}\n")
    fetch(server, tmp_path, url=server.secure, code=1)


def test_a_wrong_password_is_told_and_not_shown(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEATSYNC_FETCH_PASSWORD", "0ther-s3cr3t")
    ran = fetch(server, tmp_path, "--bind-dn", READER, code=1)
    assert "Invalid credentials" in ran.err
    assert "To fix: Check --bind-dn and SEATSYNC_FETCH_PASSWORD." in ran.err
    assert "0ther-s3cr3t" not in ran.err


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["--url", "ldap://dc.school.example"], 64, "anybody on the way could read the secret and the people"),
        (["--url", "ldaps://ann:hunter2@dc.school.example"], 64, "has a user or password in it"),
        (["--url", "ldaps://localhost/,ldap://dc.school.example"], 64, '--url goes on with "/"'),
        (["--url", "ldaps://localhost,ldap://dc.school.example"], 64, "is not an address of the form ldaps://"),
        (["--url", "ldaps://localhost ldap://dc.school.example"], 64, "is not an address of the form ldaps://"),
        (["--url", "ldaps://localhost/dc=grace??sub"], 64, '--url goes on with "/"'),
        (["--url", "ldaps://localhost", "--start-tls"], 64, "--start-tls is for ldap://"),
        (["--bind-dn", READER], 64, "The environment variable SEATSYNC_FETCH_PASSWORD is not set."),
        (["--column", "mail"], 64, "must look like email=mail"),
        (["--column", "phone=mobile"], 64, '"phone" is not a field'),
        (["--filter", "(mail=*"], 1, "Check --filter"),
        (["--base", "ou=Nobody,dc=grace,dc=example"], 1, "Check --base: there is no such entry"),
        (["--base", "grace"], 1, "a DN looks like"),
        (["--tag", "group"], 64, "must look like group=mail"),
        (["--tag", "group=memberOf", "--groups-below", "Classes"], 1, "--groups-below is not a DN."),
        (["--filter", "(mail=nobody)"], 4, "The answer has no people."),
    ],
)
def test_wrong_usage_is_told(server: Server, tmp_path: Path, args: list[str], code: int, says: str) -> None:
    ran = fetch(server, tmp_path, *args, code=code)
    assert says in ran.err
    assert "hunter2" not in ran.err
    assert not (tmp_path / "rosters").exists()


def test_without_the_library_what_to_install_is_told(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("seatsync.fetching.directory")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ldap", None)
    ran = fetch(server, tmp_path, code=64)
    assert "pip install 'seatsync[ldap]'. It is built from source, which needs gcc, libldap2-dev" in ran.err


# ── Half an answer ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_fewer_than_half_are_refused_unless_that_is_said_to_be_right(server: Server, tmp_path: Path) -> None:
    fetch(server, tmp_path)
    before = roster(tmp_path)
    ran = fetch(server, tmp_path, "--filter", "(uid=ann0000)", code=4)
    assert "The answer has 1 person, fewer than half of the 3 in rosters/ldap.csv. Nothing was written." in ran.err
    assert roster(tmp_path) == before
    assert fetch(server, tmp_path, "--filter", "(uid=ann0000)", "--allow-shrink").out == "rosters/ldap.csv: 2 gone.\n"


def test_a_server_that_gives_only_a_part_changes_nothing(tmp_path: Path) -> None:
    with slapd(tmp_path / "home", [person(number) for number in range(1, 900)], most="600") as server:
        ran = fetch(server, tmp_path, code=1)
        assert "The server gives this account only a part." in ran.err
        assert not (tmp_path / "rosters").exists()


@pytest.mark.slow
def test_a_connection_that_breaks_or_falls_silent_changes_nothing(server: Server, tmp_path: Path) -> None:
    with proxy(server.port) as between:
        between.last_word = b"employeeNumber"
        args = ["--timeout", "1", "--column", "student_id=employeeNumber"]
        ran = fetch(server, tmp_path, *args, url=f"ldap://localhost:{between.port}", code=1)
    assert "To fix: " in ran.err
    assert not (tmp_path / "rosters").exists()
    gone = fetch(server, tmp_path, url=f"ldap://localhost:{between.port}", code=1)
    assert "Check --url and the network." in gone.err
