"""The ledger's tables. Every key starts with the institution, so that the tables can be distributed by it.

Days and instants are ISO text: the journal's hashes cover it, it sorts correctly, and it is the same in every database.
``migrations`` creates these tables; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Text, false, text, true

from seatsync.domain.library import SEATS
from seatsync.ledger import account_tables as account_tables  # imported so that the metadata has all tables
from seatsync.ledger.migrations.revisions import REVISIONS as REVISIONS
from seatsync.ledger.schema import metadata as metadata
from seatsync.ledger.schema import table, text_column

REVISION = text("SELECT version_num FROM alembic_version")
"""Reads the tables' revision."""


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


def _institution() -> Column[str]:
    return Column("institution", String(63), primary_key=True)


institution = table(
    "institution",
    _institution(),
    _number("serial"),
    Column("head", LargeBinary(32), nullable=False),
    text_column("name"),
    Column("opt_out", Boolean, nullable=False),
    text_column("contacts"),
    text_column("rosters"),
    text_column("applied_on", 10),
    Column("settled", Text, nullable=False, server_default="{}"),
    Column("link_number", Integer, nullable=False, server_default="0"),
    Column("link_head", String(64), nullable=False, server_default=text("''")),
    Column("timezone", String(64), nullable=False, server_default=text("''")),
    Column("approvals", Text, nullable=False, server_default="[]"),
    Column("applied_at", String(32), nullable=False, server_default=text("''")),
    Column("held_since", String(32), nullable=False, server_default=text("''")),
    Column("retire", String(10), nullable=False, server_default=text("''")),
    Column("exports", Text, nullable=False, server_default="{}"),
    Column("help", Text, nullable=False, server_default=text("''")),
    Column("language", String(16), nullable=False, server_default=text("''")),
    Column("color", String(7), nullable=False, server_default=text("''")),
    Column("logo", Text, nullable=False, server_default=text("''")),
    Column("opt_out_until", String(10), nullable=False, server_default=text("''")),
    Column("reclaim_after", Integer, nullable=False, server_default="0"),
    Column("reclaim_since", String(10), nullable=False, server_default=text("''")),
    Column("freezes", Text, nullable=False, server_default=text("''")),
    Column("told_on", String(10), nullable=False, server_default=text("''")),
    Column("briefing", String(16), nullable=False, server_default=text("''")),
    Column("briefed_on", String(10), nullable=False, server_default=text("''")),
    Column("curves", Text, nullable=False, server_default=text("''")),
    Column("blocked", Text, nullable=False, server_default=text("''")),
    comment="One row an institution; serial and head are the journal's last link.",
)

BESIDE_JOURNAL = ("curves", "blocked")
"""The columns of an institution that do not follow from its journal (``queries.institutions.beside``)."""

library = table(
    "library",
    _institution(),
    Column("id", String(63), primary_key=True),
    text_column("title"),
    text_column("system", 63),
    text_column("kinds"),
    text_column("delivery", 16),
    _number("slots"),
    *(Column(seat, Integer, nullable=False, server_default="0") for seat in SEATS),
    Column("sends_letters", Boolean, nullable=False, server_default=true()),
    Column("delivered_by", String(16), nullable=False, server_default="seatsync"),
    Column("claim_url", Text, nullable=False, server_default=text("''")),
    Column("open_url", Text, nullable=False, server_default=text("''")),
    Column("permanent_reserved", Integer, nullable=False, server_default="0"),
    Column("about", Text, nullable=False, server_default=text("''")),
    Column("purchases", Text, nullable=False, server_default=text("''")),
    Column("warn_below", Integer, nullable=False, server_default="0"),
)

admin = table(
    "admin",
    _institution(),
    Column("key", Text, primary_key=True),
    text_column("email", 254),
    text_column("given_name"),
    text_column("family_name"),
    Column("briefed", Boolean, nullable=False, server_default=true()),
)
Index("admin_key", admin.c.key, admin.c.institution)

member = table(
    "member",
    _institution(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    text_column("email", 254),
    text_column("key"),
    text_column("given_name"),
    text_column("family_name"),
    text_column("student_id"),
    text_column("role"),
    text_column("tags"),
    text_column("imported_on", 10),
    Column("on_roster", Boolean, nullable=False),
    text_column("account", 254),
    Column(
        "found_by", Text().with_variant(Text(collation="C"), "postgresql"), nullable=False, server_default=text("''")
    ),
    Column("account_key", Text, nullable=False, server_default=text("''")),
    Column("there", Text, nullable=False, server_default=text("''")),
    Column("to_do", Boolean, nullable=False, server_default=false()),
    Column("left_on", String(10), nullable=False, server_default=text("''")),
)
Index("member_found_by", member.c.institution, member.c.found_by)
Index(
    "member_email",
    member.c.institution,
    member.c.key,
    unique=True,
    sqlite_where=text("on_roster"),
)
Index("member_account", member.c.institution, member.c.account_key, sqlite_where=text("account_key != ''"))
Index("member_left", member.c.institution, member.c.key, sqlite_where=text("NOT on_roster"))
Index(
    "member_student_id",
    member.c.institution,
    member.c.student_id,
    unique=True,
    sqlite_where=text("student_id != ''"),
)

Index("member_leaving", member.c.institution, member.c.number, sqlite_where=text("left_on != ''"))
Index("member_to_do", member.c.institution, member.c.number, sqlite_where=text("to_do"))

license = table(
    "license",
    _institution(),
    Column("library", String(63), primary_key=True),
    Column("member", Integer, primary_key=True, autoincrement=False),
    text_column("kind", 16),
    text_column("status", 16),
    text_column("invited_on", 10),
    _number("reminders"),
    text_column("resent"),
    *(
        Column(name, String(length), nullable=False, server_default=text("''"))
        for name, length in (("until", 10), ("there", 16), ("first_on", 10), ("place", 24), ("own_end", 10))
    ),
)
Index(
    "license_there",
    license.c.institution,
    license.c.library,
    license.c.member,
    sqlite_where=text("there != ''"),
)

Index(
    "license_line",
    license.c.institution,
    license.c.library,
    license.c.place,
    sqlite_where=text("place != ''"),
)

entry = table(
    "entry",
    _institution(),
    Column("serial", Integer, primary_key=True, autoincrement=False),
    text_column("kind", 16),
    text_column("at", 32),
    text_column("actor"),
    text_column("commit"),
    text_column("fingerprint", 64),
    text_column("detail"),
    Column("hash", LargeBinary(32), nullable=False),
    Column("plan", String(64)),
    Column("salt", LargeBinary(16)),
    Column("files", Text),
    Column("files_salt", LargeBinary(16)),
    comment="One row for each time something was done: who, when, because of which commit and plan.",
)

event = table(
    "event",
    _institution(),
    Column("serial", Integer, primary_key=True, autoincrement=False),
    _number("entry"),
    text_column("action", 32),
    text_column("library", 63),
    _number("member"),
    text_column("detail"),
    Column("person", Text),
    Column("salt", LargeBinary(16)),
    Column("commitment", LargeBinary(32)),
    Column("hash", LargeBinary(32), nullable=False),
    comment="What was done, one row a change. person can be erased; the hash covers only its salted commitment.",
)
Index("event_member", event.c.institution, event.c.member)

outbox = table(
    "outbox",
    _institution(),
    Column("serial", Integer, primary_key=True, autoincrement=False),
    text_column("letter", 32),
    text_column("library", 63),
    _number("member"),
    text_column("address", 254),
    text_column("created_at", 32),
    text_column("state", 16),
    Column("attempts", Integer, nullable=False, server_default="0"),
    *(
        Column(name, String(32), nullable=False, server_default=text("''"))
        for name in ("due_at", "held_until", "sent_at")
    ),
    Column("reply", Text, nullable=False, server_default=text("''")),
    Column("sent_to", String(254), nullable=False, server_default=text("''")),
    comment="Letters to be sent, each with the serial of the event that causes it. address only where member is 0.",
)
Index("outbox_member", outbox.c.institution, outbox.c.member)
Index(
    "outbox_open",
    outbox.c.institution,
    outbox.c.state,
    outbox.c.serial,
    sqlite_where=text("state = 'pending' OR state = 'bounced'"),
)
Index("outbox_due", outbox.c.due_at, outbox.c.institution, sqlite_where=text("state = 'pending'"))
Index("outbox_held", outbox.c.institution, sqlite_where=text("state = 'held'"))
UNTRIED: dict[str, int | str] = {
    "attempts": 0,
    "due_at": "",
    "held_until": "",
    "sent_at": "",
    "reply": "",
    "sent_to": "",
}
"""The outbox columns of a letter that nobody has tried to send."""

link = table(
    "link",
    _institution(),
    Column("hash", LargeBinary(32), primary_key=True),
    _number("serial"),
    text_column("library", 63),
    _number("member"),
    text_column("sent_to", 64),
    text_column("made_at", 32),
    Column("used_at", String(32), nullable=False, server_default=text("''")),
    Column("number", Integer, nullable=False, server_default="0"),
    comment="Personal links of letters: SHA-256 of the token, which stands in the letter alone, and of whom it went to.",
)
Index("link_serial", link.c.institution, link.c.serial)
Index("link_number", link.c.institution, link.c.number, unique=True)

writer = table(
    "writer",
    _institution(),
    Column("renamed_to", String(63), nullable=False, server_default=text("''")),
    comment="Institutions on PostgreSQL: who writes to one holds a lock on its row. An id that was given up has the new one.",
)
