"""A store is one module that follows the Protocol, and a line in ``addresses.py``; commands use it by its address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from seatsync.ledger.stores import postgres, sqlite
from seatsync.ledger.stores.git import branch
from seatsync.ledger.stores.store import Opening, Store
from tests.support.program_copy import ProgramCopy, changed_program

OPENED: dict[str, Callable[[str, Opening], Store]] = {
    "sqlite": sqlite.open_store,
    "postgres": postgres.open_store,
    "git.branch": branch.open_store,
}
"""Here mypy compares each store with the Protocol. It can't in ``addresses.py``, which imports them only when needed."""


def test_mypy_compares_every_store_with_the_protocol() -> None:
    from seatsync.ledger.stores.addresses import _STORES

    assert {*OPENED} == {*_STORES.values()}


# ── A fourth store ──────────────────────────────────────────────────────────────────────────────────────────────────

MIRRORED = '''"""A ledger in a SQLite file. Every write leaves a copy next to it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.engine import make_url

from seatsync.ledger.lock import Holder, LockWait
from seatsync.ledger.stores.sqlite import SqliteFile
from seatsync.ledger.stores.store import Opening, Store


def open_store(location: str, opening: Opening) -> Store:
    return Mirrored(Path(make_url(location).database or "seatsync.db"), opening.pool_size)


class Mirrored(SqliteFile):
    def __str__(self) -> str:
        return f"mirrored:///{self.path}"

    @contextmanager
    def exclusively(
        self, connection: Connection, institution: str | None, holder: Holder, lock_wait: LockWait
    ) -> Iterator[None]:
        with super().exclusively(connection, institution, holder, lock_wait):
            yield
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(self.path, self.path.with_suffix(".copy"))
'''
CONFIG = """\
version: 1
institution: {id: grace, name: Grace, admins: [{given_name: Ruth, family_name: Abel, email: ruth@grace.example}]}
libraries: {books: {title: Books, system: logos-subscription, slots: 3}}
rosters: [{path: members.csv}]
grants: [{library: books, to: {everyone: true}}]
"""
ADDRESS = "mirrored:///ledger.db"


@pytest.fixture(scope="module")
def with_mirrored(tmp_path_factory: pytest.TempPathFactory) -> ProgramCopy:
    """A copy of the program with a store added as CONTRIBUTING.md says: its module, and its line in addresses.py."""
    line = '    "sqlite": "sqlite",\n'
    return changed_program(
        tmp_path_factory.mktemp("copy"),
        {"ledger/stores/mirrored.py": MIRRORED},
        {"ledger/stores/addresses.py": ((line, f'{line}    "mirrored": "mirrored",\n'),)},
    )


@pytest.fixture
def institution(tmp_path: Path) -> Path:
    folder = tmp_path / "grace"
    folder.mkdir()
    (folder / "seatsync.yaml").write_text(CONFIG, encoding="utf-8")
    (folder / "members.csv").write_text("email,given_name,family_name\nann@grace.example,Ann,Lee\n", encoding="utf-8")
    return folder


@pytest.mark.slow
def test_a_store_that_is_added_keeps_a_ledger_through_the_command_line(
    with_mirrored: ProgramCopy, institution: Path
) -> None:
    done = with_mirrored.seatsync("apply", "--yes", "--ledger", ADDRESS, folder=institution)
    assert done.code == 0, done.err
    assert [path.name for path in institution.glob("*.db")] == ["ledger.db"]
    assert "ann@grace.example" in with_mirrored.seatsync("licenses", "--ledger", ADDRESS, folder=institution).out

    claim = ("ledger", "claim", "books", "ann@grace.example")
    assert with_mirrored.seatsync(*claim, "--ledger", ADDRESS, folder=institution).code == 0
    heads = set()
    for ledger in (ADDRESS, "./ledger.copy"):
        done = with_mirrored.seatsync("verify", "--ledger", ledger, folder=institution)
        assert done.code == 0, done.err
        heads.add(done.out)
        done = with_mirrored.seatsync("plan", "--detailed-exitcode", "--ledger", ledger, folder=institution)
        assert done.code == 0, done.out
    assert len(heads) == 1, "its own code runs: the copy has the whole journal"
