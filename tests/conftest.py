"""For all tests."""

from __future__ import annotations

import gc
import os
import re
import signal
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Connection, Engine, event

from seatsync.portal.accounts import passwords
from tests.support import databases, quick
from tests.support.long_form import LONG

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The same examples in every run, and no limit of time; in the long form others each time, with what repeats one that fails.
settings.register_profile(
    "tests",
    deadline=None,
    derandomize=not LONG,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so it is in the background; what is tested would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for kind in databases.KINDS:
        config.addinivalue_line("markers", f"{kind}_only(reason): not on the other database, because …")
    # Of a transaction that failed while rows were streamed: its connection is closed at once, and the cursor with it.
    config.addinivalue_line("filterwarnings", "ignore:<psycopg.ServerCursor:ResourceWarning")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: some tests wait."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """Thousands of tests stay in memory to the end; a collector that looks at them again and again takes a tenth of the time."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What can be seen of a test need not be marked at it: that it needs PostgreSQL, or a browser, or tries faults."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec and callspec.params.get("database") == "postgres":
            item.add_marker("postgres")
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
        if item.path.parent.name == "faults":
            item.add_marker("slow")


# ── On which database ───────────────────────────────────────────────────────────────────────────────────────────────


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever asks for ``database``, itself or by one of its fixtures, runs on each of them."""
    if "database" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker
        only = [kind for kind in databases.KINDS if marker(f"{kind}_only")] or databases.KINDS
        metafunc.parametrize("database", only, indirect=True, scope="session")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture: those of a module too make their folders for one kind of database."""
    callspec = getattr(item, "callspec", None)
    databases.ledgers.kind = callspec.params.get("database", "sqlite") if callspec else "sqlite"


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database that this test runs on; see ``databases``."""
    return str(request.param)


@pytest.fixture(scope="session", autouse=True)
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    databases.ledgers.base = tmp_path_factory.getbasetemp().absolute()
    with databases.ledgers.until_the_end:
        yield


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """The folder of one test. What was leased for it is given back."""
    yield tmp_path
    databases.ledgers.release(tmp_path)


# ── In a browser ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    from tests.support.chromium import launched

    with launched() as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The session's browser. What the test opened in it is closed behind it."""
    yield chromium
    for context in chromium.contexts:
        context.close()


# ── From outside ────────────────────────────────────────────────────────────────────────────────────────────────────


_SAID = re.compile(
    r"SEATSYNC_(?!TEST_|TORTURE)|GITHUB_|GITLAB_|CI_|(CI|COLUMNS|NO_COLOR|FORCE_COLOR|TF_BUILD)$|JENKINS_"
)


@pytest.fixture(scope="session", autouse=True)
def nothing_from_outside() -> Iterator[None]:
    """What the machine that runs the tests says to programs is not for this one: as in a pipe, nothing is folded.

    It is for the fixtures of a module too: in a CI, a plan of theirs would have pseudonyms.
    """
    with pytest.MonkeyPatch.context() as surroundings:
        for name in [name for name in os.environ if _SAID.match(name)]:
            surroundings.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def share_work() -> Iterator[None]:
    """See ``quick``."""
    with pytest.MonkeyPatch.context() as patch:
        quick.share_work(patch)
        yield


@pytest.fixture
def slow_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed as they are outside of the tests."""
    monkeypatch.setattr(passwords, "HASHER", quick.HASHER)
    monkeypatch.setattr(passwords, "DUMMY_HASH", quick.DUMMY_HASH)


# ── No statement crosses institutions ───────────────────────────────────────────────────────────────────────────────

_TABLE = "(institution|library|admin|member|license|entry|event|outbox|link|holding)"
_USED = re.compile(rf'(?:\b(?:FROM|JOIN|UPDATE)|,)\s+"?{_TABLE}"?(?![\w.])|\b{_TABLE}\.')
_GIVEN = re.compile(rf"\b{_TABLE}\.institution = (?:\?|%\()")
_JOINED = re.compile(rf"\b{_TABLE}\.institution = {_TABLE}\.institution\b")
_crossing: set[str] = set()


@event.listens_for(Engine, "before_cursor_execute")
def watch(connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, *rest: Any) -> None:
    meant = {"by_hand", "across_institutions"} & {*(context.execution_options if context is not None else ())}
    if not meant and crosses(statement, connection.dialect.name):
        _crossing.add(statement)


@pytest.fixture(autouse=True)
def no_statement_crosses_institutions() -> Iterator[None]:
    """Many institutions share one database: every statement names the one that it is about, for each of its tables.

    The few that are about a person and not about an institution say so (``holdings.ACROSS``).
    """
    yield
    found = sorted(_crossing)
    _crossing.clear()
    assert found == []


@cache
def crosses(statement: str, dialect: str) -> bool:
    """Whether a statement uses a table without saying of which institution."""
    if not re.match(r"\s*(SELECT|UPDATE|DELETE|WITH)\b", statement):
        return False
    if dialect == "sqlite" and re.search(r"FROM institution\s+LIMIT", statement):
        return False  # whose is this file? It holds one institution
    used = {one or other for one, other in _USED.findall(statement)}
    said = set(_GIVEN.findall(statement))
    for _ in used:  # what is joined to a table of which it is said
        said |= {name for pair in _JOINED.findall(statement) if said & {*pair} for name in pair}
    return not used <= said
