"""Fixtures and settings for all tests."""

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

from seatsync.ledger.stores import postgres
from seatsync.portal.accounts import passwords
from tests.support import databases, quick, turns
from tests.support.long_form import LONG

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The same examples in every run, without a time limit. The long form draws new ones, and prints how to repeat a failing one.
settings.register_profile(
    "tests",
    deadline=None,
    derandomize=not LONG,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("tests")


def pytest_configure(config: pytest.Config) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in background jobs; tested processes would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for kind in databases.KINDS:
        config.addinivalue_line("markers", f"{kind}_only(reason): not on the other database, because …")
    # If a transaction fails while rows are streamed, its connection is closed immediately, and the cursor with it.
    config.addinivalue_line("filterwarnings", "ignore:<psycopg.ServerCursor:ResourceWarning")


def pytest_xdist_auto_num_workers() -> int:
    """Return one more than the number of processors, because some tests wait."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_finish() -> None:
    """Exclude the collected tests from garbage collection: scanning thousands of them again and again takes 10% of the time."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests that need PostgreSQL, need a browser, or test faults, so that no test has to mark itself. Choose whose turn it is."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec and callspec.params.get("database") == "postgres":
            item.add_marker("postgres")
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")
        if item.path.parent.name == "faults":
            item.add_marker("slow")
    if left_out := turns.left_out(items):
        config.hook.pytest_deselected(items=left_out)
        waiting = {*left_out}
        items[:] = [item for item in items if item not in waiting]


# ── On which database ───────────────────────────────────────────────────────────────────────────────────────────────


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that uses ``database``, directly or through a fixture, on each kind of database."""
    if "database" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker
        only = [kind for kind in databases.KINDS if marker(f"{kind}_only")] or databases.KINDS
        metafunc.parametrize("database", only, indirect=True, scope="session")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Set the kind of database before any fixture runs, because module fixtures also make folders for one kind."""
    callspec = getattr(item, "callspec", None)
    databases.ledgers.kind = callspec.params.get("database", "sqlite") if callspec else "sqlite"


@pytest.fixture(scope="session")
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database that this test runs on (see ``databases``)."""
    return str(request.param)


@pytest.fixture(scope="session", autouse=True)
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    databases.ledgers.base = tmp_path_factory.getbasetemp().absolute()
    with databases.ledgers.until_the_end:
        yield


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """The folder of one test. Its databases are given back at the end."""
    yield tmp_path
    postgres.close_all()
    databases.ledgers.release(tmp_path)


# ── In a browser ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    from tests.support.chromium import launched

    with launched() as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """The session's browser. Everything the test opened in it is closed at the end."""
    yield chromium
    for context in chromium.contexts:
        context.close()


# ── From outside ────────────────────────────────────────────────────────────────────────────────────────────────────


_SURROUNDINGS = re.compile(
    r"SEATSYNC_(?!TEST_|TORTURE)|GITHUB_|GITLAB_|CI_|(CI|COLUMNS|NO_COLOR|FORCE_COLOR|TF_BUILD)$|JENKINS_"
)


@pytest.fixture(scope="session", autouse=True)
def nothing_from_outside() -> Iterator[None]:
    """Remove the environment variables of this machine that change what seatsync prints.

    The scope is the session, so that it covers module fixtures too: in a CI, their plans would have pseudonyms.
    """
    with pytest.MonkeyPatch.context() as surroundings:
        for name in [name for name in os.environ if _SURROUNDINGS.match(name)]:
            surroundings.delenv(name)
        yield


@pytest.fixture(scope="session", autouse=True)
def share_work() -> Iterator[None]:
    """Make commands faster in this process (see ``quick``)."""
    with pytest.MonkeyPatch.context() as patch:
        quick.share_work(patch)
        yield


@pytest.fixture
def slow_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords as slowly as in production."""
    monkeypatch.setattr(passwords, "HASHER", quick.HASHER)
    monkeypatch.setattr(passwords, "DUMMY_HASH", quick.DUMMY_HASH)


# ── No statement crosses institutions ───────────────────────────────────────────────────────────────────────────────

_TABLE = "(institution|library|admin|member|license|entry|event|outbox|link|holding)"
_USED = re.compile(rf'(?:\b(?:FROM|JOIN|UPDATE)|,)\s+"?{_TABLE}"?(?![\w.])|\b{_TABLE}\.')
_GIVEN = re.compile(rf"\b{_TABLE}\.institution = [?%]")
_JOINED = re.compile(rf"\b{_TABLE}\.institution = {_TABLE}\.institution\b")
_crossing: set[str] = set()


@event.listens_for(Engine, "before_cursor_execute")
def watch(connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, *rest: Any) -> None:
    meant = {"by_hand", "across_institutions"} & {*(context.execution_options if context is not None else ())}
    if not meant and crosses(statement, connection.dialect.name):
        _crossing.add(statement)


@pytest.fixture(autouse=True)
def no_statement_crosses_institutions() -> Iterator[None]:
    """Check that every statement names its institution for each of its tables, because many institutions share one database.

    The few statements about a person in several institutions are marked (``holdings.ACROSS``).
    """
    yield
    found = sorted(_crossing)
    _crossing.clear()
    assert found == []


@cache
def crosses(statement: str, dialect: str) -> bool:
    """Return whether a statement uses a table without naming the institution."""
    if not re.match(r"\s*(SELECT|UPDATE|DELETE|WITH)\b", statement):
        return False
    if dialect == "sqlite" and re.search(r"FROM institution\s+LIMIT", statement):
        return False  # asks whose file this is; a file has one institution
    used = {one or other for one, other in _USED.findall(statement)}
    said = set(_GIVEN.findall(statement))
    for _ in used:  # a table joined to one with an institution has it too
        said |= {name for pair in _JOINED.findall(statement) if said & {*pair} for name in pair}
    return not used <= said
