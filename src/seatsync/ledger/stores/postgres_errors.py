"""What the errors of PostgreSQL, of its driver (libpq, psycopg) and of connection poolers mean.

An error after the connection has a SQLSTATE. An error while connecting has none that the driver passes on, only its text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from seatsync.domain.text.ledger_addresses import without_secrets
from seatsync.ledger.failures import Cure, Meaning


class Rule(NamedTuple):
    """Errors with this ``state`` (its beginning is enough) and this ``text`` (a regular expression) mean ``meaning``.

    Where only one of the two is given, the other may be anything; an error without a SQLSTATE is judged by its text alone.
    """

    state: str
    text: str
    meaning: Meaning


_TIME, _RETRY, _SERVER, _ROOM = Cure.TIME, Cure.RETRY, Cure.SERVER, Cure.ROOM

_WAIT = "or wait until it is back with --wait 60"
_UNDONE = "What was not finished is undone."
_ASK_TIME = "Try again, or ask the database's operator for a longer"
_TO_SESSION = "Set pool_mode = transaction (or session) for this database in the pooler."

RULES = (
    # ── The network, before PostgreSQL answers ──────────────────────────────────────────────────────────────────────
    Rule("", "connections on that socket", Meaning(
        "refuses the connection: no server listens on its socket on this machine.",
        f"Start the server, correct the host (the socket's folder) in the address, {_WAIT}.", _SERVER)),
    Rule("", "Connection refused", Meaning(
        "refuses the connection: no server listens on that host and port.",
        f"Start the server, correct host and port in the address, {_WAIT}.", _SERVER)),
    Rule("", "failed to resolve host|could not translate host name", Meaning(
        "can't be found: this machine knows no address for the name of its host.",
        f"Correct the host in the address, check this machine's DNS, {_WAIT}.", _SERVER)),
    Rule("", "timeout expired|Connection timed out|Operation timed out", Meaning(
        "does not answer: nothing came back in time.",
        f"Check that the server runs and that no firewall drops the packets, {_WAIT}.", _SERVER)),
    Rule("", "Network is unreachable|No route to host|Host is (down|unreachable)", Meaning(
        "can't be reached: there is no way to its host in the network.",
        f"Check this machine's network and the host in the address, {_WAIT}.", _SERVER)),
    Rule("", "expected authentication request|invalid response to SSL negotiation|unrecognized protocol", Meaning(
        "is not what answers: another program than PostgreSQL listens on that port.",
        "Correct the port in the address.")),
    Rule("", "invalid .*value|invalid port|invalid connection option|invalid URI|invalid integer", Meaning(
        "can't be opened: an option in its address has a value that PostgreSQL does not know.",
        "Correct the options behind the ? in --ledger or SEATSYNC_LEDGER.")),
    Rule("", "the server is silent", Meaning(
        "has fallen silent: its server answers neither on this connection nor on a new one.",
        f"Look at the server and at the network between, {_WAIT}. {_UNDONE}", _SERVER)),

    # ── Encryption of the connection ────────────────────────────────────────────────────────────────────────────────
    Rule("", "does not support SSL", Meaning(
        "does not encrypt connections, but the address asks for that (sslmode).",
        "Switch SSL on at the server, or name the server that has it.")),
    Rule("", "certificate|root\\.crt|SSL error|SSL SYSCALL|server host name", Meaning(
        "can't be trusted: the encrypted connection fails, or the server's certificate is not accepted here.",
        "Name the authority's certificate with sslrootcert, and the host as the server's certificate spells it.")),

    # ── Who may sign in (28) ────────────────────────────────────────────────────────────────────────────────────────
    Rule("", "no password supplied", Meaning(
        "asks for a password, and none is given.",
        "Give it with PGPASSWORD or a password file, or in SEATSYNC_LEDGER.")),
    Rule("28P01", "password authentication failed", Meaning(
        "rejects the user or the password.",
        "Check the password (in SEATSYNC_LEDGER, PGPASSWORD or the password file) and the user in the address.")),
    Rule("28000", 'role ".*" does not exist|[Uu]ser not found|no such user', Meaning(
        "rejects the user: it has no role of that name.",
        "Correct the user in the address, or create the role with roles.sql (docs/ledger.md).")),
    Rule("28000", "is not permitted to log in", Meaning(
        "rejects the user: this role may not sign in.",
        "Ask the database's operator: ALTER ROLE … LOGIN, or use another role.")),
    Rule("28000", "pg_hba.conf rejects", Meaning(
        "rejects the user: a line of the server's pg_hba.conf forbids the connection from this machine.",
        "Ask the database's operator to change that line, or connect from a machine that may.")),
    Rule("28000", "no pg_hba.conf entry.*no encryption", Meaning(
        "rejects the user: the server's pg_hba.conf has no line for an unencrypted connection from this machine.",
        "Add sslmode=require to the address, or ask the database's operator for a line in pg_hba.conf.")),
    Rule("28000", "no pg_hba.conf entry", Meaning(
        "rejects the user: the server's pg_hba.conf has no line for this user, database and machine.",
        "Ask the database's operator for such a line in pg_hba.conf.")),
    Rule("28", "authentication failed", Meaning(
        "rejects the user: the server knows this user by other means than a password, and they fail.",
        "Use the user that belongs to this account or certificate, or ask the database's operator for another way in "
        "(pg_hba.conf; of a pooler, auth_type and auth_file).")),

    # ── Which database (3D, 55000, 42501 while connecting) ──────────────────────────────────────────────────────────
    Rule("3D000", 'database ".*" does not exist|no such database', Meaning(
        "does not exist: the server (or its pooler) has no such database.",
        "Create it with createdb, or correct the name of the database in the address.")),
    Rule("55000", "not currently accepting connections", Meaning(
        "is closed: its database takes no connections.",
        "Ask the database's operator: ALTER DATABASE … ALLOW_CONNECTIONS true.")),
    Rule("42501", "permission denied for database", Meaning(
        "does not let this role in: it has no right to connect to the database.",
        "Ask the database's operator: GRANT CONNECT ON DATABASE … TO the role.")),

    # ── Room for another connection (53300) ─────────────────────────────────────────────────────────────────────────
    Rule("53300", "too many connections for role", Meaning(
        "has no free connection for this role: it has as many as its limit allows.",
        "Lower --jobs, allow more time with --lock-timeout, or ask the database's operator: ALTER ROLE … CONNECTION LIMIT.",
        _ROOM)),
    Rule("53300", "too many connections for database", Meaning(
        "has no free connection: its database has as many as its limit allows.",
        "Lower --jobs, allow more time with --lock-timeout, or ask the database's operator: ALTER DATABASE … CONNECTION "
        "LIMIT.", _ROOM)),
    Rule("53300", "no more connections allowed|max_client_conn|[Mm]ax client|[Mm]ax_?clients|max_(db|user)_", Meaning(
        "has no free connection: its pooler serves as many clients as it may.",
        "Lower --jobs, allow more time with --lock-timeout, or raise the pooler's limit (PgBouncer: max_client_conn).",
        _ROOM)),
    Rule("53300", "connection slots are reserved|too many clients", Meaning(
        "has no free connection: the server has as many as it may (max_connections), apart from the reserved ones.",
        "Lower --jobs, allow more time with --lock-timeout, end idle sessions, or put a pooler in front of the server.",
        _ROOM)),

    # ── Poolers (PgBouncer says all of this with 08P01) ─────────────────────────────────────────────────────────────
    Rule("08P01", "query_wait_timeout", Meaning(
        "gave no connection in time: its pooler's connections were all in use, or it is paused or has lost the server.",
        "Lower --jobs, or raise default_pool_size or query_wait_timeout in the pooler; during a failover use --wait 60.",
        _ROOM)),
    Rule("08P01", "unsupported startup parameter", Meaning(
        "is behind a pooler that rejects an option of the connection.",
        "Remove `options` from the address, or list the parameter in ignore_startup_parameters of PgBouncer.")),
    Rule("08P01", "statement pooling mode", Meaning(
        "is behind a pooler in statement mode, which allows no transactions.", _TO_SESSION)),
    Rule("08P01", "client_login_timeout|server_login_retry|login has been failing|cannot connect to server", Meaning(
        "is behind a pooler that can't reach the server.",
        f"Start the server, or correct its address in the pooler, {_WAIT}.", _SERVER)),
    Rule("08P01", "server conn crashed|server disconnect|server_lifetime", Meaning(
        "lost the server: the connection between its pooler and the server broke.",
        f"Try again, {_WAIT}. {_UNDONE}", _SERVER)),
    Rule("08P01", "client_idle_timeout|idle.transaction.timeout", Meaning(
        "ended the session: it was idle for longer than its pooler allows.",
        "Try again, or raise client_idle_timeout and idle_transaction_timeout in the pooler. " + _UNDONE, _TIME)),
    Rule("08P01", "query.timeout", Meaning(
        "stopped a statement: it took longer than its pooler allows.",
        "Try again, or raise query_timeout in the pooler. " + _UNDONE, _TIME)),
    Rule("", 'database ".*" is disabled', Meaning(
        "is disabled in its pooler.", f"Ask the pooler's operator (ENABLE), {_WAIT}.", _SERVER)),
    Rule("26000", "prepared statement", Meaning(
        "lost a prepared statement: a pooler has given this session to somebody else, or reset it.",
        f"{_TO_SESSION} {_UNDONE}", _TIME)),
    Rule("42P05", "prepared statement", Meaning(
        "already has a prepared statement of this name: a pooler mixes sessions that prepare.",
        "Set max_prepared_statements = 0 in PgBouncer, or use pool_mode = session. " + _UNDONE, _TIME)),

    # ── A server that starts, stops or fails over (57P0x, 25006) ────────────────────────────────────────────────────
    Rule("57P03", "starting up|not yet accepting", Meaning(
        "is starting, and takes no connections yet.", "Try again in a moment, or wait for it with --wait 60.", _SERVER)),
    Rule("57P03", "shutting down", Meaning(
        "is shutting down, and takes no more connections.",
        f"Start the server again, name another one, {_WAIT}.", _SERVER)),
    Rule("57P03", "recovery mode|in recovery", Meaning(
        "is recovering after a crash, and takes no connections yet.",
        "Look at the server's log, or wait for it with --wait 60.", _SERVER)),
    Rule("57P03", "[Hh]ot standby mode is disabled|is not accepting connections", Meaning(
        "is a standby that takes no connections.",
        "Name the primary, or switch hot_standby on; wait for a promotion with --wait 60.", _SERVER)),
    Rule("57P03", "", Meaning(
        "can't take connections now.", "Try again in a moment, or wait for it with --wait 60.", _SERVER)),
    Rule("", "session is read-only|server is in hot standby mode", Meaning(
        "takes no writes: it is a standby or read-only, and the address asks for a primary (target_session_attrs).",
        "Name the primary too, or wait for a promotion with --wait 60.", _SERVER)),
    Rule("", "not in hot standby mode|session is not read-only", Meaning(
        "is a primary, and the address asks for a standby (target_session_attrs).",
        "Write target_session_attrs=prefer-standby, which takes the primary where there is no standby.")),
    Rule("25006", "", Meaning(
        "is read-only: it is a standby that is not promoted, or its operator has made database or role read-only.",
        "Name the primary; of several servers add target_session_attrs=read-write. During a failover use --wait 60. "
        "Nothing was changed.", _SERVER)),
    Rule("57P01", "", Meaning(
        "ended the session: the server is stopped or restarted, or its operator ended this session.",
        f"Try again, {_WAIT}. {_UNDONE}", _SERVER)),
    Rule("57P02", "", Meaning(
        "ended the session: the server or one of its processes crashed.",
        f"Look at the server's log, then try again, {_WAIT}. {_UNDONE}", _SERVER)),
    Rule("57P04", "", Meaning(
        "ended the session: its database was dropped.", "Restore the database, or name another one.")),
    Rule("57P05", "", Meaning(
        "ended the session: it was idle for longer than this role may be (idle_session_timeout).",
        f"Try again. {_UNDONE}", _SERVER)),
    Rule("", "server closed the connection|connection is (closed|lost)|connection to server was lost"
         "|could not (receive|send) data|terminating connection", Meaning(
        "lost the connection: the server was stopped or crashed, or something on the way ended it.",
        f"Try again, {_WAIT}. {_UNDONE}", _SERVER)),
    Rule("08", "", Meaning("lost the connection.", f"Try again, {_WAIT}. {_UNDONE}", _SERVER)),

    # ── Time that a role may take (57014, 25P0x, 55P03) ─────────────────────────────────────────────────────────────
    Rule("57014", "statement timeout", Meaning(
        "stopped a statement: it took longer than this role may take (statement_timeout).",
        f"{_ASK_TIME} statement_timeout for the role. Nothing was changed.", _TIME)),
    Rule("57014", "user request", Meaning(
        "stopped a statement: somebody cancelled it.",
        "Ask the database's operator, then try again. Nothing was changed.", _TIME)),
    Rule("57014", "", Meaning(
        "stopped a statement: it took longer than this role may take, or somebody cancelled it.",
        f"{_ASK_TIME} statement_timeout for the role. Nothing was changed.", _TIME)),
    Rule("25P03", "", Meaning(
        "ended the transaction: it was idle for longer than this role may be (idle_in_transaction_session_timeout).",
        f"{_ASK_TIME} idle_in_transaction_session_timeout for the role. Nothing was changed.", _TIME)),
    Rule("25P04", "", Meaning(
        "ended the transaction: it took longer than this role may take (transaction_timeout).",
        f"{_ASK_TIME} transaction_timeout for the role. Nothing was changed.", _TIME)),
    Rule("55P03", "", Meaning(
        "is locked: somebody has locked one of its tables, and did not release it in time (lock_timeout).",
        "Try again, or allow more time with --lock-timeout. docs/ledger.md shows how to find out who holds the lock.", _TIME)),

    # ── Lost races (40) ─────────────────────────────────────────────────────────────────────────────────────────────
    Rule("40", "conflict with recovery", Meaning(
        "ended the reading: a standby had to apply a change of the primary that the reading was in the way of.",
        "Try again, read from the primary, or ask the database's operator for a longer max_standby_streaming_delay.", _TIME)),
    Rule("40001", "", Meaning("is busy: others wrote to it on every try.", "Try again. Nothing was changed.", _RETRY)),
    Rule("40P01", "", Meaning("is busy: others wrote to it on every try.", "Try again. Nothing was changed.", _RETRY)),

    # ── Rights and tables (42, 23) ──────────────────────────────────────────────────────────────────────────────────
    Rule("42501", "", Meaning(
        "does not allow this role to do that: it may be bound to another institution, or read-only.",
        "Use the role made for this, or grant its rights again with roles.sql (docs/ledger.md). Nothing was changed.")),
    Rule("42P01", "", Meaning(
        "lacks a table that this version needs: somebody has changed its tables, or another version has migrated it meanwhile.",
        "Use the seatsync that fits the ledger; `seatsync verify` names what differs. Nothing was changed.")),
    Rule("42703", "", Meaning(
        "lacks a column that this version needs: somebody has changed its tables, or another version has migrated it meanwhile.",
        "Use the seatsync that fits the ledger; `seatsync verify` names what differs. Nothing was changed.")),
    Rule("42", "", Meaning(
        "has other tables, columns or functions than this version needs: somebody has changed them.",
        "Use the seatsync that fits the ledger; `seatsync verify` names what differs. Nothing was changed.")),
    Rule("23", "", Meaning(
        "rejects the change: a rule of its tables forbids it, or somebody else was faster.",
        "Try again; `seatsync verify` names what differs. Nothing was changed.")),

    # ── Disk, memory, damage (53, 54, 58, XX) ───────────────────────────────────────────────────────────────────────
    Rule("53100", "", Meaning(
        "can't grow: the server's disk is full.", "Free some disk space on the server. Nothing was changed.", _TIME)),
    Rule("53200", "", Meaning(
        "can't do that: the server has too little memory (or too few locks, max_locks_per_transaction).",
        "Ask the database's operator for more. Nothing was changed.", _TIME)),
    Rule("53300", "", Meaning(
        "has no free connection.", "Lower --jobs, or allow more time with --lock-timeout.", _ROOM)),
    Rule("53", "", Meaning(
        "can't do that: a resource of the server is used up.", "Look at the server's log. Nothing was changed.", _TIME)),
    Rule("58", "", Meaning(
        "can't be read or written: the server's disk or operating system reports an error.",
        "Look at the server's log and check its disk. Nothing was changed.", _TIME)),
    Rule("XX001", "", Meaning("is damaged: the server finds a broken page.", "Restore the database from a backup.")),
    Rule("XX002", "", Meaning("is damaged: the server finds a broken index.", "Run REINDEX, then `seatsync verify`.")),
)  # fmt: skip
"""The first rule that applies counts."""


def meaning(error: Exception, location: str) -> Meaning:
    """What an error of the driver means, also inside one of SQLAlchemy. Of several servers, each is named with what it says.

    The secrets of the address ``location`` are removed from what the driver says, where it is quoted.
    """
    from psycopg import InterfaceError, OperationalError

    error = getattr(error, "orig", error)
    attempts = _ATTEMPT.split(str(error).partition(_SEVERAL)[2])[1:]
    if not attempts:
        is_of_connection = isinstance(error, OperationalError | InterfaceError)
        return _meaning_of(getattr(error, "sqlstate", None) or "", str(error), location, is_of_connection)
    servers: dict[str, list[Meaning]] = {}
    for host, port, text in zip(attempts[::3], attempts[1::3], attempts[2::3], strict=True):
        shown = f"[{host}]" if ":" in host else host
        servers.setdefault(f"{shown}:{port}" if port else shown, []).append(_meaning_of("", text, location))
    worst = {server: min(said, key=_urgency) for server, said in servers.items()}
    if len({told.fact for told in worst.values()}) == 1:
        return next(iter(worst.values()))
    facts = "; ".join(f"{server} {told.fact.rstrip('.')}" for server, told in worst.items())
    can_pass = [told.cure for told in worst.values() if told.cure is not Cure.PERSON]
    first = min(worst.values(), key=_urgency)
    return Meaning(f"can't be used: {facts}.", first.help, can_pass[0] if can_pass else Cure.PERSON)


_SEVERAL = "All failures were:\n"
_ATTEMPT = re.compile(r"^- host: (?:None|'(.*?)'), port: (?:None|'(.*?)'), hostaddr: .*?: ", re.MULTILINE)
"""How psycopg lists the servers it has tried."""


_WHERE = re.compile(
    r'connection (failed|is bad): (connection to server (at|on socket) ".*?"( \(.*?\))?(, port \d+)? failed: )?'
)
"""How libpq begins: with the server's name. Like all names in quotes it may have any word in it."""


def _urgency(told: Meaning) -> int:
    """What a person has to mend is told first: waiting does not help there."""
    return (Cure.PERSON, Cure.ROOM, Cure.SERVER, Cure.TIME, Cure.RETRY).index(told.cure)


def _meaning_of(state: str, text: str, location: str, is_of_connection: bool = True) -> Meaning:
    """The meaning by the table. What no rule knows is quoted; while connecting it may be a server that speaks another language."""
    text = _WHERE.sub("", text)
    without_names = re.sub('"[^"]*"', '"…"', text)
    for rule in RULES:
        if _applies(rule, state, without_names):
            return rule.meaning
    first = without_secrets((text.splitlines() or ["no reason"])[0].rstrip("."), location)
    if state:
        return Meaning(f"reports an error (SQLSTATE {state}): {first}.", _UNKNOWN)
    return Meaning(f"can't be reached: {first}.", _UNKNOWN, Cure.SERVER if is_of_connection else Cure.PERSON)


_UNKNOWN = "Ask the database's operator what this means, or correct the address in --ledger or SEATSYNC_LEDGER."


def _applies(rule: Rule, state: str, text: str) -> bool:
    fits_text = re.search(rule.text, text) is not None
    if not state:
        return bool(rule.text) and fits_text
    return fits_text and state.startswith(rule.state) and (bool(rule.state) or state[:2] in ("08", "57", "XX"))
