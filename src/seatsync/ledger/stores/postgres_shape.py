"""Compare the schema in PostgreSQL with the schema that the migrations create: nothing extra, nothing missing, no triggers.

Partitions (docs/partition.sql) and objects of an extension (docs/citus.sql) are allowed. A superuser can hide anything from this
check.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table

from seatsync.ledger import tables as ledger
from seatsync.ledger.failures import LedgerError
from seatsync.ledger.stores import postgres as postgres  # sets the conditions of partial indexes

BOUND = """pg_has_role(to_regrole(quote_ident(CASE WHEN octet_length(institution) <= 54 THEN 'seatsync:' || institution
ELSE 'seatsync::' || left(encode(sha256(convert_to(institution, 'UTF8')), 'hex'), 48) END)), 'usage')"""
OPEN_TO_ALL = ("account", "identity", "session", "challenge", "alembic_version")
"""Tables without row-level security: they belong to no institution."""

INDEXED = "institution = ANY (bound_institutions())"

FUNCTIONS = {
    "known_accounts": "SELECT email_hash FROM account WHERE email_hash = ANY (hashes)",
    "bound_institutions": """
        WITH RECURSIVE mine(role) AS (
            SELECT oid FROM pg_roles WHERE rolname = current_user
            UNION SELECT roleid FROM pg_auth_members JOIN mine ON member = mine.role
        ), named(rolname, institution) AS (
            SELECT rolname, CASE WHEN rolname LIKE 'seatsync::%' THEN shobj_description(oid, 'pg_authid') ELSE substr(rolname, 10) END
            FROM pg_roles JOIN mine ON oid = mine.role WHERE rolname LIKE 'seatsync:%' AND pg_has_role(oid, 'usage')
        )
        SELECT coalesce(array_agg(institution), '{}') FROM named WHERE rolname = CASE WHEN octet_length(institution) <= 54
        THEN 'seatsync:' || institution
        ELSE 'seatsync::' || left(encode(sha256(convert_to(institution, 'UTF8')), 'hex'), 48) END""",
}
"""The functions that the migrations create, with their bodies."""

_TYPES = {"character varying": "VARCHAR", "text": "TEXT", "integer": "INTEGER", "boolean": "BOOLEAN", "bytea": "BYTEA"}

_HOME = "SELECT relnamespace FROM pg_class WHERE oid = to_regclass('alembic_version')"
_PATH = (
    "SELECT array_agg(oid) FROM pg_namespace WHERE nspname = ANY (current_schemas(true)) AND nspname <> 'pg_catalog'"
)

_RELATIONS = """
SELECT c.relname, c.relkind::text, c.relnamespace = %(home)s, c.relrowsecurity, c.relpersistence::text,
    c.relowner = (SELECT relowner FROM pg_class WHERE oid = to_regclass('alembic_version')),
    (SELECT p.relname FROM pg_inherits JOIN pg_class p ON p.oid = inhparent WHERE inhrelid = c.oid AND p.relkind = 'p'),
    EXISTS (SELECT FROM pg_inherits WHERE inhrelid = c.oid)
FROM pg_class c
WHERE c.relnamespace = ANY (%(path)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
ORDER BY c.relname
"""
_ACTING = """
SELECT 'trigger', t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relnamespace = %(home)s
UNION ALL
SELECT 'rule', r.rulename, c.relname FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = %(home)s
UNION ALL
SELECT 'constraint', k.conname, c.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.contype NOT IN ('p', 'u', 'n') AND c.relnamespace = %(home)s
ORDER BY 1, 2, 3
"""
_CALLABLE = """
SELECT 'function', p.proname, p.prosrc FROM pg_proc p
WHERE p.pronamespace = ANY (%(path)s)
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
UNION ALL
SELECT 'operator', o.oprname, '' FROM pg_operator o WHERE o.oprnamespace = ANY (%(path)s)
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_operator'::regclass AND objid = o.oid AND deptype = 'e')
ORDER BY 1, 2
"""
_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated <> '' OR a.attidentity <> '',
    coalesce(pg_get_expr(d.adbin, d.adrelid), '')
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND c.relnamespace = %(home)s
"""
_INDEXES = """
SELECT c.relname, i.indisunique, coalesce(pg_get_expr(i.indpred, i.indrelid), ''),
    (SELECT string_agg(pg_get_indexdef(i.indexrelid, n, true), ', ' ORDER BY n) FROM generate_series(1, i.indnatts) n)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = %(home)s AND i.indisvalid AND i.indisready
"""
_POLICIES = """
SELECT c.relname, p.polname, p.polcmd::text, p.polpermissive, p.polroles = '{0}', coalesce(pg_get_expr(polqual, polrelid), ''),
    coalesce(pg_get_expr(polwithcheck, polrelid), '')
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid WHERE c.relnamespace = %(home)s
"""


class _Relation(NamedTuple):
    """A table, view or the like in a schema of the search path; ``at_home`` in the schema of the ledger's tables."""

    name: str
    kind: str
    at_home: bool
    has_rows_secured: bool
    persistence: str
    is_owners: bool
    part_of: str | None
    inherits: bool


class _Catalog:
    """The server's catalog of the ledger's schema (``home``), and of all schemas of the search path (``path``)."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.where = {
            "home": connection.exec_driver_sql(_HOME).scalar(),
            "path": connection.exec_driver_sql(_PATH).scalar(),
        }

    def rows(self, query: str) -> Sequence[Any]:
        return self.connection.exec_driver_sql(query, self.where).all()


def differences(connection: Connection) -> Iterator[str]:
    """Describe everything that is extra, missing or different.

    Raises:
        LedgerError: a migration has begun and is not finished.
    """
    if connection.exec_driver_sql("SELECT to_regclass('migrating')").scalar():
        help = "Try again when `seatsync ledger migrate` is done. If it was interrupted, run it again."
        raise LedgerError("This ledger is being updated to a newer version, so its tables are between the two.", help)
    expected, catalog = {**ledger.metadata.tables}, _Catalog(connection)
    yield from _relations(catalog, {*expected, "alembic_version"})
    for kind, name, table in catalog.rows(_ACTING):
        yield f"there is {kind} {name} of table {table}, which seatsync did not create"
    for kind, name, body in catalog.rows(_CALLABLE):
        if kind != "function" or _plain(re.sub(r"\S+\.account", "account", body)) != _plain(FUNCTIONS.get(name, "")):
            yield f"there is {kind} {name}, which seatsync did not create"
    yield from _differing("column {}.{}", _columns(catalog, expected), _expected_columns(connection, expected))
    yield from _differing("index of {} over {}", _indexes(catalog, expected), _expected_indexes(expected))
    yield from _differing("policy of {}, {}", _policies(catalog), _expected_policies(expected))


def _relations(catalog: _Catalog, expected: set[str]) -> Iterator[str]:
    found = [_Relation(*row) for row in catalog.rows(_RELATIONS)]
    for one in found:
        is_part = one.part_of in expected
        if one.name in expected and not one.at_home:
            yield f"another table or view named {one.name} is in a schema of the search path"
        elif not (one.name in expected or is_part) or one.kind not in ("r", "p"):
            yield f"there is the table or view {one.name}, which seatsync did not create"
        elif one.inherits != is_part or one.persistence != "p":
            yield f"table {one.name} differs from what seatsync creates"
        elif not one.is_owners:
            yield f"table {one.name} has another owner than the other tables"
        elif one.name in expected and one.has_rows_secured != (one.name not in OPEN_TO_ALL):
            yield f"row-level security of table {one.name} differs from what seatsync sets"
    for name in sorted(expected - {one.name for one in found if one.at_home}):
        yield f"table {name} is missing"


def _differing(what: str, actual: dict[Any, Any], expected: dict[Any, Any]) -> Iterator[str]:
    for key in sorted(actual.keys() | expected.keys()):
        name = what.format(*key)
        if key not in expected:
            yield f"there is the {name}, which seatsync did not create"
        elif key not in actual:
            yield f"the {name} is missing"
        elif actual[key] != expected[key]:
            yield f"the {name} differs from what seatsync creates"


def _columns(catalog: _Catalog, expected: dict[str, Table]) -> dict[tuple[str, str], Any]:
    found = catalog.rows(_COLUMNS)
    return {
        (table, name): (_typed(kind), bool(required), bool(generated), _plain(default))
        for table, name, kind, required, generated, default in found
        if table in expected
    }


def _expected_columns(connection: Connection, expected: dict[str, Table]) -> dict[tuple[str, str], Any]:
    return {
        (table.name, column.name): (
            column.type.compile(connection.dialect).partition(" COLLATE")[0],
            not column.nullable,
            False,
            _plain(str(getattr(column.server_default, "arg", ""))),
        )
        for table in expected.values()
        for column in table.columns
    }


def _indexes(catalog: _Catalog, expected: dict[str, Table]) -> dict[tuple[str, str], Any]:
    """The indexes by their columns, as partitioning changes their names."""
    found = catalog.rows(_INDEXES)
    return {
        (table, f"{columns.replace(chr(34), '')}{_where(condition)}"): bool(unique)
        for table, unique, condition, columns in found
        if table in expected
    }


def _expected_indexes(expected: dict[str, Table]) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}
    for table in expected.values():
        found[table.name, ", ".join(column.name for column in table.primary_key)] = True
        for column in table.columns:
            if column.unique:
                found[table.name, column.name] = True
        for index in table.indexes:
            condition = index.dialect_kwargs.get("postgresql_where")
            columns = ", ".join(column.name for column in index.columns)
            found[table.name, columns + _where("" if condition is None else str(condition))] = bool(index.unique)
    return found


def _policies(catalog: _Catalog) -> dict[tuple[str, str], Any]:
    return {
        (table, name): (command, permissive, of_all, _plain(using), _plain(check))
        for table, name, command, permissive, of_all, using, check in catalog.rows(_POLICIES)
    }


def _expected_policies(expected: dict[str, Table]) -> dict[tuple[str, str], Any]:
    bound = ("*", True, True, _plain(BOUND), _plain(BOUND))
    indexed = ("*", False, True, _plain(INDEXED), "true")
    secured = [name for name in expected if name not in OPEN_TO_ALL]
    return {(name, "bound"): bound for name in secured} | {
        (name, "indexed"): indexed for name in secured if name != "writer"
    }


def _typed(kind: str) -> str:
    name, _, length = kind.partition("(")
    return _TYPES.get(name, name) + (f"({length}" if length else "")


def _where(condition: str) -> str:
    return f" where {_plain(condition)}" if condition else ""


def _plain(expression: str) -> str:
    """An expression without what PostgreSQL adds when it prints it (casts, brackets, blanks), and without quotes."""
    bare = re.sub(r"::(character varying|[a-z_]+)(\(\d+\))?", "", expression.lower())
    return re.sub(r"[()\s'\"]", "", bare.replace("<>", "!="))
