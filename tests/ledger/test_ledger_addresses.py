"""No command prints a password from a ledger's address, wherever in the address it is."""

from __future__ import annotations

import random
import re
import string
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy.engine import make_url

from seatsync.domain.failure import ExitCode
from seatsync.ledger.database import Ledger
from tests.support.command_line import seatsync
from tests.support.databases import location
from tests.support.served import KEY

CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: R, family_name: A, email: r@grace.example}]}
libraries: {books: {title: Books, system: logos-library, slots: 9}}
rosters: [{path: members.csv}]
grants: [{library: books, kind: permanent, to: {everyone: true}}]
"""
COMMANDS = (
    *("plan", "apply --yes", "status", "members", "licenses", "export", "log", "why ann@grace.example", "verify"),
    *("resend --yes", "outbox list", "outbox preview", "import members.csv --yes", "ledger info", "ledger migrate"),
    *("ledger unlock --yes", "ledger dump", "ledger rebuild", "ledger claim books ann@grace.example"),
    *("ledger prune --letters-before 2026-01-01 --yes", "ledger erase ann@grace.example --yes", "init new", "serve"),
)
OPTIONS = (
    "password",
    "sslpassword",
    "passfile",
    "options",
    "sslmode",
    "service",
    "connect_timeout",
    "application_name",
)
"""Options whose values libpq may quote in an error."""

UNREACHED = (
    "postgresql+psycopg://seats:{}@127.0.0.1:9/x",
    "postgresql://seats:{}@/x?host=127.0.0.1:9&host=127.0.0.2:9",
    "postgresql://seats:{}@127.0.0.1:9,127.0.0.2:9/x?target_session_attrs=read-write",
    "postgresql://seats@127.0.0.1:9,127.0.0.2:9/x?sslmode={}",
    *(f"postgresql+psycopg://seats@127.0.0.1:9/x?{option}={{}}" for option in OPTIONS),
    *(f"{scheme}://seats:{{}}@127.0.0.1:9/x" for scheme in ("postgress", "mysql", "https", "nonsense", "sqlite")),
    "git:https://seats:{}@127.0.0.1:9/x.git#ledger",
    "sqlite:///none.db?password={}",
)
MISREAD = (
    "postgresql+psycopg://seats:{}@127.0.0.1:9/x",
    "postgresql://seats:{}@127.0.0.1:9,127.0.0.2:9/x",
    "postgresql+psycopg://seats@127.0.0.1:9/x?password={}&sslmode=disable#@",
    *(
        f"{scheme}seats:{{}}@127.0.0.1:9/x"
        for scheme in ("", "//", "postgresql:", "postgres:/", "gti:https://", "git:https://")
    ),
    "host=127.0.0.1 port=9 user=seats password={}",
)
PLACES = (
    *(f"postgresql://seats:{{}}{rest}" for rest in ("", "/db", "%40127.0.0.1:9/db")),
    *(f"postgresql://seats:{{}}@127.0.0.1:9{rest}" for rest in ("x/db", ":9/db", "/db;x=1", "/db:x")),
    *(f"postgresql://{rest}/db" for rest in ("127.0.0.1:9,seats:{}@127.0.0.2:9", "127.0.0.1:9,127.0.0.2:{}", "a,b:{}")),
    *(
        f"postgresql://127.0.0.1:9/{rest}"
        for rest in ("db&password={}", "db;password={}", "db%3Bpassword={}", "db%3A{}")
    ),
    *(
        f"postgresql://127.0.0.1:9/db?{rest}"
        for rest in ("host=seats:{}", "host=127.0.0.1&port={}", "host=%3A{}", "{}=x")
    ),
    *(
        f"postgresql://127.0.0.1:9/db?{rest}"
        for rest in ("dbname=x;password={}", "hostaddr={}", "pass={}", "plugin={}")
    ),
    *(
        f"git:{rest}"
        for rest in (
            "seats:{}@127.0.0.1:x/y#b",
            "seats:{}@127.0.0.1:x/y",
            "b:{}@x",
            "https://127.0.0.1:9/x;password={}#b",
        )
    ),
    *(f"{scheme}://127.0.0.1:9/x&password={{}}" for scheme in ("git:https", "mysql", "postgres")),
)
"""Invalid addresses with a password in different places; none of their parts is misread."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "members.csv").write_text("email,given_name,family_name\nann@grace.example,Ann,Lee\n", encoding="utf-8")
    served = {"PORTAL_URL": "http://127.0.0.1:8000", "SECRET_KEYS": KEY, "SMTP_URL": "smtp://127.0.0.1:9"}
    for name, value in {**served, "MAIL_FROM": "Grace <library@grace.example>"}.items():
        monkeypatch.setenv(f"SEATSYNC_{name}", value)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return tmp_path


def words() -> tuple[str, str]:
    chance = random.SystemRandom()
    first, second = ("".join(chance.choices(string.ascii_letters + string.digits, k=12)) for _ in range(2))
    return first, second


def says_nothing_of(secrets: tuple[str, str], *command: str, folder: Path) -> int:
    outcome = seatsync(*command, folder=folder)
    said = outcome.out + outcome.err
    assert [secret for secret in secrets if secret in said] == [], (command, said)
    return outcome.code


@pytest.mark.parametrize("command", COMMANDS)
def test_a_ledger_that_cannot_be_used_is_named_without_what_may_be_a_password(command: str, folder: Path) -> None:
    for address in UNREACHED:
        secrets = words()
        for more in ((), ("--verbose",), ("--debug",)):
            ledger = address.format(quote("@".join(secrets), safe=""))
            code = says_nothing_of(secrets, *command.split(), *more, "--ledger", ledger, folder=folder)
            assert code in (ExitCode.LEDGER, ExitCode.USAGE) or command == "init new" or address.startswith("sqlite"), (
                address
            )


@pytest.mark.parametrize("special", ["@", "/", "#", ":", "?", "@@", "/@", "?@", "#/", " @", "://"])
@pytest.mark.parametrize("address", MISREAD)
def test_a_password_that_could_be_misread_is_asked_for_percent_encoded(
    address: str, special: str, folder: Path
) -> None:
    secrets = words()
    ledger = address.format(special.join(secrets))
    for more in ((), ("--debug",)):
        assert says_nothing_of(secrets, "plan", *more, "--ledger", ledger, folder=folder) == ExitCode.LEDGER
    assert "@ as %40" in seatsync("plan", "--ledger", ledger, folder=folder).err
    says_nothing_of(secrets, "init", "new", "--ledger", ledger, folder=folder)


@pytest.mark.parametrize("address", PLACES)
def test_what_is_no_part_of_an_address_is_refused_and_not_repeated(address: str, folder: Path) -> None:
    secrets = words()
    ledger = address.format("-".join(secrets))
    for more in ((), ("--debug",)):
        assert says_nothing_of(secrets, "status", *more, "--ledger", ledger, folder=folder) == ExitCode.LEDGER
    output = seatsync("status", "--debug", "--ledger", ledger, folder=folder).err
    assert "This is a bug" not in output
    assert "not valid" in output


@pytest.mark.parametrize("port", ["1,2", "1&port=2&port=3", "65536"])
def test_servers_and_ports_that_do_not_fit_are_no_bug(port: str, folder: Path) -> None:
    outcome = seatsync("status", "--ledger", f"postgresql:///x?host=127.0.0.1&port={port}", folder=folder)
    assert outcome.code == ExitCode.LEDGER
    assert re.search(r"The ledger postgresql\+psycopg://127\.0\.0\.1(:65536)?/x ", outcome.err)
    assert "This is a bug" not in outcome.err


@pytest.mark.parametrize(
    "command",
    [("plan",), ("validate",), ("ledger",), (), ("plan", "--legder"), ("plan", "--now"), ("-l",), ("ledger", "claim")],
)
def test_an_address_in_the_wrong_place_is_not_repeated(command: tuple[str, ...], folder: Path) -> None:
    for special in ("", "%40", "@", "/", " @", "\udcff"):
        secrets = words()
        address = f"postgresql+psycopg://seats:{special.join(secrets)}@127.0.0.1:9/x?password={secrets[0]}"
        assert says_nothing_of(secrets, *command, address, folder=folder) == ExitCode.USAGE


@pytest.mark.postgres_only("a file has no password")
def test_a_ledger_that_is_used_is_named_by_host_and_database_alone(folder: Path, database: str) -> None:
    secrets = words()
    url = make_url(location(folder))
    options = {
        "password": secrets[0],
        "sslpassword": secrets[1],
        "passfile": secrets[0],
        "application_name": secrets[1],
    }
    ledger = url.set(password="@".join(secrets)).update_query_dict(options).render_as_string(hide_password=False)
    for command in COMMANDS:
        if command not in ("serve", "init new"):
            says_nothing_of(secrets, *command.split(), "--verbose", "--ledger", ledger, folder=folder)
    info = seatsync("ledger", "info", "--ledger", ledger, folder=folder)
    assert info.code == ExitCode.DONE
    assert info.out.splitlines()[0] == f"ledger       postgresql+psycopg://{url.query['host']}/{url.database}"


@pytest.mark.parametrize("special", ["", "%40", "@", "/", "#", ":", "?", " @", "/@"])
@pytest.mark.parametrize("command", [("outbox", "send"), ("serve",)])
def test_the_password_of_the_mail_server_is_not_told_either(
    command: tuple[str, ...], special: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = words()
    seatsync("apply", "--yes", "--quiet", folder=folder)
    for rest in ("@127.0.0.1:9", "@127.0.0.1:nine", "@127.0.0.1:9?starttls=maybe", "@[127.0.0.1"):
        monkeypatch.setenv("SEATSYNC_SMTP_URL", f"smtp://seats:{special.join(secrets)}{rest}")
        if command != ("serve",) or rest != "@127.0.0.1:9":
            assert says_nothing_of(secrets, *command, "--debug", folder=folder) != ExitCode.DONE


def test_the_program_as_it_is_installed_says_nothing_either(folder: Path) -> None:
    """libpq writes to standard error itself."""
    secrets = words()
    (folder / secrets[0]).write_text(f"*:*:*:*:{secrets[1]}", encoding="utf-8")
    ledger = f"postgresql+psycopg://seats@127.0.0.1:9/x?password={secrets[1]}&options=-c%20{secrets[0]}"
    command = [sys.executable, "-m", "seatsync", "plan", "--debug", "--ledger", ledger]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == ExitCode.LEDGER
    assert [secret for secret in secrets if secret in result.stdout + result.stderr] == []


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://seats:pw@db.example:5433/seats?sslmode=require", "postgresql+psycopg://db.example:5433/seats"),
        (
            "postgresql://seats:pw@/seats?host=a.example:1&host=b.example:2",
            "postgresql+psycopg://a.example:1,b.example:2/seats",
        ),
        (
            "postgresql://seats:pw@a.example:1,[::1]:2,c.example/seats?target_session_attrs=read-write",
            "postgresql+psycopg://a.example:1,[::1]:2,c.example/seats",
        ),
        ("postgresql:///seats?host=a.example,b.example&port=1,2", "postgresql+psycopg://a.example:1,b.example:2/seats"),
        ("postgresql:///seats?host=/run/pg&port=5433", "postgresql+psycopg:///run/pg:5433/seats"),
        ("postgresql+psycopg:///seats?service=library", "postgresql+psycopg:///seats"),
        ("postgresql+psycopg://seats:p%40w@[::1]:5433/seats", "postgresql+psycopg://[::1]:5433/seats"),
        ("sqlite:///me@work/seatsync.db", "me@work/seatsync.db"),
        ("./odd:name@work.db", "odd:name@work.db"),
    ],
)
def test_a_ledger_is_named_by_where_it_is(
    address: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("me@work").mkdir()
    assert str(Ledger(address)) == shown
