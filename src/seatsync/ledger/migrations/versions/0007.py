"""Bind roles to an institution by membership, look up accounts with a function, and lock a row for writing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

from seatsync.ledger.failures import LedgerError

revision = "0007"

TABLES = ("institution", "library", "admin", "member", "license", "entry", "event", "outbox", "link", "holding")
GROUP = """CASE WHEN octet_length(institution) <= 54 THEN 'seatsync:' || institution
ELSE 'seatsync::' || left(encode(sha256(convert_to(institution, 'UTF8')), 'hex'), 48) END"""
"""The role that may read and change an institution. PostgreSQL truncates longer names, so two institutions could share a role."""

BOUND = f"pg_has_role(to_regrole(quote_ident({GROUP})), 'usage')"
"""Only built-in functions and no table, as Citus accepts no other policy. A missing role gives NULL: nobody has it."""

BOUND_INSTITUTIONS = f"""
CREATE FUNCTION bound_institutions() RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE COST 100000 SET search_path = pg_catalog, pg_temp
AS $$
WITH RECURSIVE mine(role) AS (
    SELECT oid FROM pg_roles WHERE rolname = current_user
    UNION SELECT roleid FROM pg_auth_members JOIN mine ON member = mine.role
), named(rolname, institution) AS (
    SELECT rolname, CASE WHEN rolname LIKE 'seatsync::%%' THEN shobj_description(oid, 'pg_authid') ELSE substr(rolname, 10) END
    FROM pg_roles JOIN mine ON oid = mine.role WHERE rolname LIKE 'seatsync:%%' AND pg_has_role(oid, 'usage')
)
SELECT coalesce(array_agg(institution), '{{}}') FROM named WHERE rolname = {GROUP}
$$
"""  # noqa: S608
"""The inverse: the institutions of a role, evaluated once per statement, so that an index finds only their rows. Otherwise
EXPLAIN would show how many rows of others an index found, and so what they contain. A long id is in the role's comment."""

INDEXED = "institution = ANY (bound_institutions())"

NAMING = {
    "member": ("email", "key", "given_name", "family_name", "student_id", "found_by", "account"),
    "admin": ("key", "email", "given_name", "family_name"),
    "outbox": ("address",),
    "event": ("person",),
    "holding": ("account",),
}
"""Columns without statistics: the planner's estimates would show anybody which names exist."""

KNOWN_ACCOUNTS = """
CREATE FUNCTION known_accounts(hashes bytea[]) RETURNS SETOF bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT email_hash FROM {schema}.account WHERE email_hash = ANY (hashes) $$
"""
BINDINGS = f"SELECT institution, {GROUP}, role FROM binding JOIN pg_roles ON rolname = role ORDER BY 1, 3"  # noqa: S608
HASHES = """
SELECT DISTINCT rolname FROM pg_attribute, aclexplode(attacl) AS given JOIN pg_roles ON pg_roles.oid = given.grantee
WHERE attrelid = 'account'::regclass AND attname = 'email_hash'
"""


def expand(connection: sa.Connection) -> None:
    op.create_table(
        "writer",
        sa.Column("institution", sa.String(63), primary_key=True),
        comment="Institutions on PostgreSQL: who writes to one holds a lock on its row. Unused in SQLite.",
        sqlite_with_rowid=False,
    )
    if connection.dialect.name == "postgresql":
        op.execute("ALTER TABLE writer ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY bound ON writer USING ({BOUND}) WITH CHECK ({BOUND})")
        connection.exec_driver_sql(BOUND_INSTITUTIONS)
        _make_roles(connection)  # now, so that a missing right is found before the tables are filled


def contract(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        _make_roles(connection)
        _bind_by_membership(connection)
        _ask_for_accounts(connection)
    op.drop_table("binding")
    for index, table, column in (("admin_key", "admin", "key"), ("holding_account", "holding", "account")):
        op.drop_index(index, table)
        op.create_index(index, table, [column, "institution"])


def _make_roles(connection: sa.Connection) -> None:
    bindings = connection.execute(sa.text(BINDINGS)).all()
    quote = connection.dialect.identifier_preparer.quote_identifier
    me = str(connection.execute(sa.text("SELECT current_user")).scalar())
    known = set(connection.execute(sa.text("SELECT rolname FROM pg_roles")).scalars())
    statements = [f"CREATE ROLE {quote(group)} NOLOGIN" for group in sorted({row[1] for row in bindings} - known)]
    statements += [f"GRANT {quote(group)} TO {quote(role)}" for _, group, role in bindings]
    long = sorted({(group, id) for id, group, _ in bindings if group.startswith("seatsync::")})
    statements += [f"COMMENT ON ROLE {quote(group)} IS '{id}'" for group, id in long]
    try:
        for statement in statements:
            connection.exec_driver_sql(statement)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "42501":
            raise
        message = "This ledger limits roles to institutions. The migration must create roles for this, and its own role may not."
        raise LedgerError(message, _HELP.format(quote(me))) from error


_HELP = "Nothing was changed. As a superuser: ALTER ROLE {} CREATEROLE; then migrate again, and take the right back with NOCREATEROLE."


def _bind_by_membership(connection: sa.Connection) -> None:
    for table in TABLES:
        op.execute(f"DROP POLICY IF EXISTS bound ON {table}")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY bound ON {table} USING ({BOUND}) WITH CHECK ({BOUND})")
        op.execute(f"CREATE POLICY indexed ON {table} AS RESTRICTIVE USING ({INDEXED}) WITH CHECK (true)")
        for column in NAMING.get(table, ()):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
    op.execute("INSERT INTO writer SELECT DISTINCT institution FROM binding ON CONFLICT DO NOTHING")
    quote = connection.dialect.identifier_preparer.quote_identifier
    for role in sorted({row.role for row in connection.execute(sa.text(BINDINGS)).all()}):
        connection.exec_driver_sql(f"GRANT SELECT ON writer TO {quote(role)}")
        if connection.execute(sa.text("SELECT has_table_privilege(:role, 'entry', 'INSERT')"), {"role": role}).scalar():
            connection.exec_driver_sql(f"GRANT INSERT, UPDATE (institution) ON writer TO {quote(role)}")


def _ask_for_accounts(connection: sa.Connection) -> None:
    """Replace the right to read the hashes of all accounts by the right to look up known ones."""
    quote = connection.dialect.identifier_preparer.quote_identifier
    schema = quote(str(connection.execute(sa.text("SELECT current_schema()")).scalar()))
    connection.exec_driver_sql(KNOWN_ACCOUNTS.format(schema=schema))
    op.execute("REVOKE ALL ON FUNCTION known_accounts(bytea[]) FROM PUBLIC")
    for role in connection.execute(sa.text(HASHES)).scalars().all():
        connection.exec_driver_sql(f"REVOKE SELECT (email_hash) ON account FROM {quote(role)}")  # noqa: S608
        connection.exec_driver_sql(f"GRANT EXECUTE ON FUNCTION known_accounts(bytea[]) TO {quote(role)}")
