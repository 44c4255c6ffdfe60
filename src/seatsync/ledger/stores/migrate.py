"""The migrations, and a way to run them all in one transaction. ``postgres_migration`` runs them beside readers and writers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, text

from seatsync.ledger.tables import REVISIONS

if TYPE_CHECKING:
    from seatsync.ledger.migrations.steps import Index


def _no_columns() -> Mapping[str, Sequence[Column[object]]]:
    return {}


def _nothing(connection: Connection) -> None: ...


@dataclass(frozen=True)
class Migration:
    """A module of ``migrations/versions``, whose parts are these functions and this constant; each may be missing there.

    ``columns`` returns what is added to existing tables. ``expand`` adds other things that an older program does not notice.
    ``fill`` computes contents for one institution: it can be repeated, and yields where the transaction may end. ``indexes`` are
    created on existing tables. ``contract`` does what an older program would notice.
    """

    revision: str
    columns: Callable[[], Mapping[str, Sequence[Column[object]]]] = _no_columns
    expand: Callable[[Connection], None] = _nothing
    fill: Callable[[Connection, str], Iterator[None]] | None = None
    indexes: tuple[Index, ...] = ()
    contract: Callable[[Connection], None] = _nothing


def migrations(after: str, until: str = REVISIONS[-1]) -> list[Migration]:
    """Return the migrations after a revision (empty for all), oldest first."""
    found = []
    for revision in REVISIONS:
        if after < revision <= until:
            module = import_module(f"seatsync.ledger.migrations.versions.{revision}")
            names = ("columns", "expand", "fill", "contract")
            parts = {name: getattr(module, name) for name in names if hasattr(module, name)}
            found.append(Migration(revision, indexes=getattr(module, "INDEXES", ()), **parts))
    return found


@contextmanager
def operations(connection: Connection) -> Iterator[None]:
    """Let ``alembic.op`` act on the connection."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations

    with Operations.context(MigrationContext.configure(connection)):
        yield


def add_columns(table: str, columns: Sequence[Column[object]]) -> None:
    """Add columns inside of ``operations``."""
    from alembic import op

    for column in columns:
        op.add_column(table, column)


def migrate(connection: Connection, after: str, until: str = REVISIONS[-1]) -> None:
    """Run the migrations after a revision (empty for all) in the open transaction."""
    with operations(connection):
        for step in migrations(after, until):
            for table, columns in step.columns().items():
                add_columns(table, columns)
            step.expand(connection)
            if step.fill is not None:
                for institution in institutions(connection):
                    for _ in step.fill(connection, institution):
                        pass
            for index in step.indexes:
                connection.exec_driver_sql(index.named())
            step.contract(connection)
    note_revision(connection, until)
    if connection.dialect.name == "sqlite" and until == REVISIONS[-1]:
        from seatsync.ledger.rows import tell_statistics

        tell_statistics(connection)


def institutions(connection: Connection) -> Sequence[str]:
    """The institutions of a ledger, in order."""
    return connection.execute(text(_INSTITUTIONS)).scalars().all()


def note_revision(connection: Connection, revision: str) -> None:
    """Write the tables' revision, which decides which programs may use them."""
    connection.exec_driver_sql(VERSIONS)
    connection.exec_driver_sql("DELETE FROM alembic_version")
    connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})


_INSTITUTIONS = "/* of every institution */ SELECT institution FROM institution ORDER BY 1"

VERSIONS = """CREATE TABLE IF NOT EXISTS alembic_version (
    version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)"""
