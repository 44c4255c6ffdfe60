"""How many more connections a PostgreSQL server accepts from a role."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, text

from seatsync.domain.diagnostic import counted

_LIMITS = text("""
SELECT role.rolname AS role, role.rolsuper AS is_superuser, role.rolconnlimit AS of_role, base.datconnlimit AS of_database,
    current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer
        - coalesce(current_setting('reserved_connections', true)::integer, 0) AS of_server,
    (SELECT count(*) FROM pg_stat_activity WHERE usesysid = role.oid AND pid <> pg_backend_pid()) AS by_role,
    (SELECT count(*) FROM pg_stat_activity WHERE datid = base.oid AND usesysid IS NOT NULL AND pid <> pg_backend_pid())
        AS by_database,
    (SELECT count(*) FROM pg_stat_activity WHERE usesysid IS NOT NULL AND pid <> pg_backend_pid()) AS by_all
FROM pg_roles AS role, pg_database AS base WHERE role.rolname = session_user AND base.datname = current_database()
""")
"""Limits and their uses by others. A limit below 0 is none; a superuser has only the server's."""


class Budget(NamedTuple):
    """How many connections are ``left``, and ``why`` not more: words for people."""

    left: int
    why: str


def budget(connection: Connection) -> Budget:
    """The connections that this role can have now, the one that asks included."""
    found = connection.execute(_LIMITS).one()
    limits = [("the server accepts", found.of_server, found.by_all)]
    if not found.is_superuser:
        limits += [
            (f"the role {found.role} may have", found.of_role, found.by_role),
            ("the database accepts", found.of_database, found.by_database),
        ]
    left, used, most, who = min((most - used, used, most, who) for who, most, used in limits if most >= 0)
    others = f", of which others use {used}" if used else ""
    return Budget(max(left, 1), f"{who} {counted(most, 'connection')}{others}")
