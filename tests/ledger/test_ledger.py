"""The ledger: its tables, that reading it writes nothing, and that every change in it is noticed.

The journal is also checked by an independent implementation of the contract's rule (``chain``), so that not only the program
itself says that the chain holds.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import Boolean, Integer, LargeBinary, Table, and_, func, inspect, text
from sqlalchemy.exc import DBAPIError

from seatsync.ledger import tables
from tests.conftest import crosses
from tests.support.command_line import Outcome, seatsync
from tests.support.databases import add, contents, copied, is_untouched, opened, removed, rows, stored
from tests.support.letters import posted

CONFIG = """\
version: 1
institution:
  id: grace
  name: Grace Seminary
  contacts: [{name: Dana Fox, email: dana@vendor.example, role: Sales}]
  admins:
    - {given_name: Ruth, family_name: Abel, email: ruth@grace.example}
    - {given_name: Omar, family_name: Bell, email: omar@grace.example}
  opt_out: true
libraries:
  books: {title: Books, system: logos-library, slots: 6}
  sub: {title: Subscription, system: logos-subscription, slots: 4}
  maps: {title: Maps, system: logos-library, slots: 2}
rosters: [{path: members.csv, tags: [member]}]
grants:
  - {library: books, kind: temporary, to: {tags: [temporary]}}
  - {library: books, kind: permanent, to: {tags: [permanent]}}
  - {library: sub, to: {tags: [sub]}}
"""
HEADER = "email,given_name,family_name,student_id,role,tags\n"
FIRST = {
    "seatsync.yaml": CONFIG,
    "members.csv": HEADER
    + "ann@grace.example,Ann,Lee,S1,Student,temporary;sub\n"
    + "ben@grace.example,Ben,Ode,S2,Student,temporary;sub\n"
    + "cy@grace.example,Cy,Roe,S3,Professor,permanent\n"
    + "dee@grace.example,Dee,Fox,S4,Student,sub\n"
    + "eli@grace.example,Eli,Ray,S5,Student,temporary\n",
}
THEN = {
    "seatsync.yaml": CONFIG.replace("  maps: {title: Maps, system: logos-library, slots: 2}\n", ""),
    "members.csv": HEADER
    + "ann@grace.example,Ann,Lee,S1,Student,permanent;sub\n"
    + "benny@grace.example,Benjamin,Ode,S2,Student,temporary;sub\n"
    + "cy@grace.example,Cy,Roe,S3,Professor,permanent\n"
    + "dee@grace.example,Dee,Fox,S4,Student,sub\n"
    + "fay@grace.example,Fay,Orr,S6,Student,sub\n",
}
READING = ["plan", "status", "members", "licenses", "export", "log", "verify", "outbox list", "ledger info", "validate"]
JOURNAL = [tables.entry, tables.event]
PRESENT = [tables.institution, tables.library, tables.admin, tables.member, tables.license]
CHECKED = [*JOURNAL, *PRESENT, tables.outbox, tables.link]


@pytest.fixture(scope="module")
def full_ledger(tmp_path_factory: pytest.TempPathFactory, database: str) -> Path:
    """A folder whose ledger has something of every kind, for copying."""
    with pytest.MonkeyPatch.context() as patch:
        alone(patch)
        folder = tmp_path_factory.mktemp("full") / "grace"
        write(folder, FIRST)
        ran("apply", "--yes", folder=folder)
        ran("ledger", "claim", "books", "ann@grace.example", folder=folder)
        ran("ledger", "claim", "books", "cy@grace.example", "--account", "cy@home.example", folder=folder)
        ran("ledger", "opt-out", "sub", "dee@grace.example", folder=folder)
        ran("resend", "--library", "sub", "--yes", folder=folder)
        posted(folder)
        write(folder, THEN)
        ran("apply", "--yes", folder=folder)
        posted(folder)
        return folder


@pytest.fixture
def folder(full_ledger: Path, tmp_path: Path) -> Path:
    """Grace Seminary, some time later."""
    return copied(full_ledger, tmp_path / "grace")


# ── The tables ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_migrations_make_exactly_the_tables_of_the_program(folder: Path) -> None:
    with opened(folder) as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, tables.metadata) == []
        assert context.get_current_revision() == tables.REVISIONS[-1]


PERSONAL = {"account", "identity", "session", "challenge"}
"""Tables of persons, who may belong to several institutions."""
BY_PERSON = {"admin_key", "holding_account"}
"""Indexes that find the institutions of a person who signs in."""
OF_DUE = {"outbox_due"}
"""The index that finds the institutions with due letters, for one sender."""
OF_INSTITUTIONS = [table for table in tables.metadata.sorted_tables if table.name not in PERSONAL]


@pytest.mark.parametrize("table", OF_INSTITUTIONS, ids=str)
def test_every_key_and_every_index_starts_with_the_institution(table: Any) -> None:
    assert next(iter(table.primary_key.columns)).name == "institution"
    others = {index.name for index in table.indexes if next(iter(index.columns)).name != "institution"}
    assert others <= BY_PERSON | OF_DUE


@pytest.mark.parametrize("table", OF_INSTITUTIONS, ids=str)
def test_every_key_in_the_database_starts_with_the_institution(table: Any, folder: Path) -> None:
    with opened(folder) as connection:
        assert inspect(connection).get_pk_constraint(table.name)["constrained_columns"][0] == "institution"


@pytest.mark.parametrize(
    ("statement", "is_one"),
    [
        ("SELECT member.email FROM member WHERE member.institution = ? AND member.number = ?", False),
        ("SELECT member.email FROM member WHERE member.number = ?", True),
        ("UPDATE outbox SET state=? WHERE outbox.member = ?", True),
        ("DELETE FROM library", True),
        (
            "SELECT event.serial FROM event JOIN entry ON entry.institution = event.institution"
            " AND entry.serial = event.entry WHERE event.institution = %(institution_1)s",
            False,
        ),
        ("SELECT event.serial FROM event JOIN entry ON entry.serial = event.entry WHERE event.institution = ?", True),
        ("INSERT INTO member (institution) VALUES (?)", False),
        ("SELECT institution.name FROM institution\n LIMIT ? OFFSET ?", False),
        ("SELECT alembic_version.version_num FROM alembic_version", False),
    ],
)
def test_a_statement_that_crosses_institutions_would_be_seen(statement: str, is_one: bool) -> None:
    """All tests are watched for such statements; this tests the watcher."""
    assert crosses(statement, "sqlite") == is_one


# ── Reading writes nothing ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("command", READING)
def test_reading_leaves_the_ledger_and_the_folder_as_they_are(command: str, folder: Path) -> None:
    before = contents(folder)
    ran(*command.split(), folder=folder)
    assert contents(folder) == before


@pytest.mark.parametrize("command", READING)
def test_reading_makes_no_ledger(command: str, folder: Path) -> None:
    removed(folder)
    before = contents(folder)
    ran(*command.split(), folder=folder)
    assert is_untouched(folder)
    assert contents(folder) == before


def test_a_plan_that_is_refused_leaves_everything_as_it_is(folder: Path) -> None:
    (folder / "members.csv").write_text(HEADER, encoding="utf-8")
    before = contents(folder)
    assert seatsync("plan", folder=folder).code == 4
    assert contents(folder) == before


def test_an_apply_of_nothing_leaves_the_ledger_as_it_is(folder: Path) -> None:
    before = contents(folder)
    ran("apply", "--yes", folder=folder)
    assert contents(folder) == before


# ── The chain ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_ledger_that_nobody_touched_verifies(folder: Path) -> None:
    serial, head = chain(folder)
    assert f"{serial} entries, head {serial}:{head}" in ran("verify", folder=folder).out
    state = json.loads(ran("plan", "--format", "json", folder=folder).out)["ledger"]
    assert state == {"serial": serial, "head": head}


def test_the_journal_has_one_entry_for_each_thing_done(folder: Path) -> None:
    kinds = [row["kind"] for row in rows(folder, "entry")]
    assert kinds == ["apply", "claim", "claim", "opt-out", "resend", "apply"]
    actions = {row["action"] for row in rows(folder, "event")}
    assert {"grant", "revoke", "upgrade", "claim", "opt-out", "resend", "member-update", "member-remove"} <= actions


def test_only_the_personal_part_of_an_event_names_anybody(folder: Path) -> None:
    people = ("ann", "ben", "cy", "dee", "eli", "fay", "ruth", "omar", "dana")
    for row in [*rows(folder, "entry"), *rows(folder, "event")]:
        text = " ".join(str(value) for name, value in row.items() if name != "person" and type(value) is not bytes)
        assert not [name for name in people if f"{name}@" in text.lower()]
        assert {len(value) for value in row.values() if type(value) is bytes} <= {0, 16, 32}  # salts and digests


# ── verify ──────────────────────────────────────────────────────────────────────────────────────────────────────────

# The journal does not know whether a letter was sent, how often it was tried, and the result, nor what an apply keeps for pages.
OF_SENDERS = {"state", *tables.UNTRIED}
CELLS = [
    (table.name, column.name)
    for table in CHECKED
    for column in table.columns
    if (table is not tables.outbox or column.name not in OF_SENDERS) and column.name not in tables.BESIDE_JOURNAL
]


def test_the_texts_of_the_journal_have_one_spelling(folder: Path) -> None:
    """Loading a dump and the hashes depend on it: no blanks, keys in alphabetical order, letters not escaped."""
    with open(folder / "members.csv", "a", encoding="utf-8") as roster:
        roster.write("zoe@grace.example,Zoë,Łuk,,,\n")
    ran("apply", "--yes", folder=folder)
    texts = [row["detail"] for row in rows(folder, "entry")]
    texts += [said for row in rows(folder, "event") for said in (row["detail"], row["person"]) if said is not None]
    for said in texts:
        assert said == json.dumps(json.loads(said), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert [said for said in texts if "Zoë" in said]


@pytest.mark.parametrize(("table", "column"), CELLS, ids=lambda name: name)
def test_verify_finds_a_change_of_any_column(table: str, column: str, folder: Path) -> None:
    row = [row for row in rows(folder, table) if row.get("person", "") is not None][-1]
    change(folder, table, row, {column: otherwise(row[column])})
    found(seatsync("verify", folder=folder))


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("entry", "detail"),
        ("event", "action"),
        ("event", "detail"),
        ("event", "person"),
        ("institution", "contacts"),
        ("institution", "rosters"),
        ("library", "kinds"),
        ("library", "delivery"),
        ("license", "kind"),
        ("license", "status"),
    ],
)
@pytest.mark.parametrize("value", ["{", "null", "2.5"])
def test_verify_finds_a_value_that_makes_no_sense(table: str, column: str, value: str, folder: Path) -> None:
    changed = table_of(table)
    with opened(folder) as connection:
        connection.execute(changed.update().where(changed.c[column].is_not(None)).values({column: value}))
    found(seatsync("verify", folder=folder))


SAYS: dict[str, list[str]] = {
    "UPDATE institution SET serial = 35": ["serial: the tables say 35, the journal says 39"],
    "UPDATE institution SET applied_on = ''": ["day of the last apply: the tables say nothing, the journal says {day}"],
    "UPDATE institution SET name = 'Hope'": ["institution: the tables differ from the journal"],
    "UPDATE institution SET rosters = '[]'": ["rosters: the tables differ from the journal"],
    "UPDATE library SET slots = 99 WHERE id = 'books'": ["library books: the tables differ from the journal"],
    "DELETE FROM admin WHERE given_name = 'Omar'": [
        "an administrator: the tables say nothing, the journal says something"
    ],
    "UPDATE member SET given_name = 'Anna' WHERE number = 1": ["member 1: the tables differ from the journal"],
    "DELETE FROM member WHERE number = 1": [
        "member 1: the tables say nothing, the journal says a member on the roster"
    ],
    "DELETE FROM member WHERE number = 5": [
        "member 5: the tables say nothing, the journal says a member off the roster"
    ],
    "UPDATE license SET status = 'declined' WHERE library = 'books' AND member = 3": [
        "the tables of the present have data that seatsync never writes: The ledger is damaged: 'declined' is not a valid Status"
    ],
    "UPDATE license SET status = 'unclaimed' WHERE library = 'books' AND member = 3": [
        "license of books for member 3: the tables say permanent unclaimed, the journal says permanent delivered"
    ],
    "DELETE FROM license WHERE library = 'books' AND member = 3": [
        "license of books for member 3: the tables say nothing, the journal says permanent delivered"
    ],
    "UPDATE entry SET hash = 'x' WHERE serial = 1": [
        "journal entry 1: the chain is broken; this entry or an earlier one was changed",
        "journal entry 2: the chain is broken; this entry or an earlier one was changed",
    ],
    "UPDATE event SET person = NULL, salt = NULL WHERE member = 3": [
        "journal entry 10: a person's data is missing, but they were not erased",
        "member 3: the tables differ from the journal",
    ],
    "UPDATE event SET action = 'revoke' WHERE serial = 18": [
        "journal entry 18: the chain is broken; this entry or an earlier one was changed",
        "journal entry 18: a license with kind none and status none does not allow revoke",
        "letter 18 is in the outbox, but no event caused it",
        "journal entry 28: a license with kind none and status none does not allow resend",
        "journal entry 38: a license with kind none and status none does not allow resend",
        "library sub: the tables differ from the journal",
        "license of sub for member 2: the tables say temporary unclaimed, the journal says nothing",
    ],
    "UPDATE event SET entry = 2 WHERE serial = 18": [
        "journal entry 18: the chain is broken; this entry or an earlier one was changed",
        "journal entry 18: it is attached to the wrong apply or claim",
    ],
    "UPDATE event SET commitment = 'x' WHERE serial = 9": [
        "journal entry 9: the chain is broken; this entry or an earlier one was changed",
        "journal entry 9: a person's data was changed",
    ],
    "UPDATE event SET salt = NULL WHERE serial = 9": ["journal entry 9: a person's data was changed"],
    "UPDATE event SET person = NULL, salt = NULL WHERE serial IN (6, 9, 14)": [
        "letter 6: the outbox differs from the event that caused the letter",
        "journal entry 9: a person's data is missing, but they were not erased",
        "journal entry 6: the data of an administrator is missing, but was not erased",
        "an administrator: the tables say something, the journal says nothing",
        "member 2: the tables differ from the journal",
    ],
    "DELETE FROM event WHERE serial IN (20, 21)": [
        "journal entry 21 is missing; the next one is 22",
        "journal entry 22: the chain is broken; this entry or an earlier one was changed",
        "letter 21 is in the outbox, but no event caused it",
        "letter 35 is in the outbox, but no event caused it",
        "library books: the tables differ from the journal",
        "member 1: the tables differ from the journal",
        "license of books for member 1: the tables say permanent delivered, the journal says permanent unclaimed",
    ],
    "DELETE FROM outbox WHERE serial = 13": ["letter 13, invitation, is missing from the outbox"],
    "UPDATE outbox SET address = 'x@grace.example' WHERE serial IN (6, 13)": [
        "letter 6: the outbox differs from the event that caused the letter",
        "letter 13: the outbox differs from the event that caused the letter",
    ],
    "UPDATE outbox SET state = 'lost' WHERE serial = 13": [
        "letter 13: the outbox differs from the event that caused the letter"
    ],
}


@pytest.mark.parametrize("damage", SAYS)
def test_what_verify_says(damage: str, database: str, folder: Path) -> None:
    if database == "postgres" and "'x' WHERE" in damage:
        pytest.skip("PostgreSQL takes no text for bytes")
    with opened(folder) as connection:
        connection.execute(text(damage))
    outcome = seatsync("verify", folder=folder)
    found(outcome)
    day = rows(folder, "entry")[-1]["at"][:10]
    assert outcome.err.splitlines()[:-1] == [f"seatsync: {said.format(day=day)}." for said in SAYS[damage]]


def test_verify_lists_the_first_faults_and_counts_the_rest(folder: Path) -> None:
    with opened(folder) as connection:
        connection.execute(tables.entry.delete().where(tables.entry.c.serial == 1))
    lines = seatsync("verify", folder=folder).err.splitlines()
    faults = [line for line in lines if line.startswith("seatsync: journal entry ")]
    assert len(faults) == 20
    assert faults[-1] == "seatsync: journal entry 19: it is attached to the wrong apply or claim."
    assert re.fullmatch(r"seatsync: [0-9]+ more faults\.", lines[20])


@pytest.mark.parametrize("value", ["one\ntwo", "one\rtwo", "\x07", "\x00"])
def test_verify_does_not_pass_control_characters_on_to_the_terminal(value: str, database: str, folder: Path) -> None:
    if value == "\x00" and database == "postgres":
        pytest.skip("PostgreSQL has no text with a zero byte")
    with opened(folder) as connection:
        connection.execute(tables.institution.update().values(applied_on=value, name=value))
        connection.execute(tables.library.update().values(title=value))
    outcome = seatsync("verify", folder=folder)
    found(outcome)
    assert not {"\r", "\x07", "\x00"} & {*outcome.err}


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_verify_finds_any_value_anywhere_that_is_not_the_one_that_was_written(
    folder: Path, data: st.DataObject
) -> None:
    table, name = data.draw(st.sampled_from(CELLS))
    column = table_of(table).c[name]
    row = data.draw(st.sampled_from(rows(folder, table)))
    old, new = row[name], data.draw(_values(column.type))
    assume(old is not None and new != old)
    assume((name, new) != ("settled", "{}"))  # without a baseline, the next plan looks at all members
    try:
        change(folder, table, row, {name: new})
    except DBAPIError:
        return  # the database itself rejects the value
    try:
        found(seatsync("verify", folder=folder))
    finally:
        change(folder, table, {**row, name: new}, {name: old})


def _values(type: Any) -> st.SearchStrategy[Any]:
    if isinstance(type, Boolean):
        return st.booleans()
    if isinstance(type, Integer):
        return st.integers(-(2**31), 2**31)
    if isinstance(type, LargeBinary):
        return st.binary(max_size=32)
    return st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8) | st.sampled_from(
        ["{}", "[]", "null", "{", "permanent"]
    )


@pytest.mark.parametrize("which", ["first", "middle", "last"])
@pytest.mark.parametrize("table", [table.name for table in CHECKED])
def test_verify_finds_a_row_that_was_deleted(table: str, which: str, folder: Path) -> None:
    all = rows(folder, table)
    row = all[{"first": 0, "middle": len(all) // 2, "last": -1}[which]]
    with opened(folder) as connection:
        connection.execute(table_of(table).delete().where(is_row(table, row)))
    found(seatsync("verify", folder=folder))


@pytest.mark.parametrize("table", [table.name for table in CHECKED])
def test_verify_finds_a_table_that_was_emptied(table: str, folder: Path) -> None:
    emptied(folder, table)
    found(seatsync("verify", folder=folder))


SWAPS: dict[str, tuple[str, Callable[[dict[str, Any]], bool]]] = {
    "entry": ("serial", lambda row: row["kind"] == "claim"),
    "event": ("serial", lambda row: row["action"] == "member-add"),
    "library": ("id", lambda row: row["id"] in ("books", "sub")),
    "admin": ("key", lambda row: True),
    "member": ("number", lambda row: row["number"] in (1, 2)),
    "license": ("member", lambda row: row["library"] == "books" and row["member"] in (1, 2)),
    "link": ("number", lambda row: True),
}


@pytest.mark.parametrize("table", SWAPS)
def test_verify_finds_two_rows_that_were_swapped(table: str, folder: Path) -> None:
    column, is_chosen = SWAPS[table]
    one, two = [row for row in rows(folder, table) if is_chosen(row)][:2]
    aside: Any = -1 if isinstance(one[column], int) else "aside"
    change(folder, table, one, {column: aside})
    change(folder, table, two, {column: one[column]})
    change(folder, table, {**one, column: aside}, {column: two[column]})
    found(seatsync("verify", folder=folder))


ADDED: dict[str, dict[str, Any]] = {
    "entry": {"serial": 10_000},
    "event": {"serial": 10_000},
    "library": {"id": "extra"},
    "admin": {"key": "mallory@grace.example", "email": "mallory@grace.example"},
    "member": {"number": 99, "key": "mallory@grace.example", "email": "mallory@grace.example", "student_id": ""},
    "license": {"library": "books", "member": 6},
    "link": {"hash": bytes(32), "number": 10_000},
}


@pytest.mark.parametrize("table", ADDED)
def test_verify_finds_a_row_that_was_added(table: str, folder: Path) -> None:
    add(folder, table, rows(folder, table)[-1] | ADDED[table])
    found(seatsync("verify", folder=folder))


def test_verify_finds_a_letter_that_no_event_caused(folder: Path) -> None:
    add(folder, "outbox", rows(folder, "outbox")[-1] | {"serial": 10_000})
    found(seatsync("verify", folder=folder), "letter 10000")


@pytest.mark.parametrize("table", ["entry", "event"])
def test_verify_finds_a_link_that_was_added_before_all_others(table: str, folder: Path) -> None:
    add(folder, table, rows(folder, table)[-1] | {"serial": 0})
    found(seatsync("verify", folder=folder))


def test_verify_finds_a_forged_event_whose_link_fits_but_whose_tables_do_not(folder: Path) -> None:
    forge(folder, "grant", "books", 6, {"kind": "temporary", "on": "2026-09-01", "status": "unclaimed"})
    chain(folder)
    found(seatsync("verify", folder=folder), "license of books for member 6")


def test_verify_finds_a_forged_event_that_is_illegal_though_link_and_tables_fit(folder: Path) -> None:
    forge(folder, "revoke", "books", 3, {})
    theirs = {"institution": "grace", "library": "books", "member": 3}
    change(folder, "license", theirs, {"kind": "none", "status": "revoked"})
    chain(folder)
    found(
        seatsync("verify", folder=folder),
        "a license with kind permanent and status delivered does not allow revoke",
    )


def test_verify_finds_a_journal_whose_end_was_cut_off(folder: Path) -> None:
    last = rows(folder, "entry")[-1]["serial"]
    with opened(folder) as connection:
        connection.execute(tables.event.delete().where(tables.event.c.serial > last))
        connection.execute(tables.entry.delete().where(tables.entry.c.serial == last))
    found(seatsync("verify", folder=folder), "serial")


def test_verify_finds_a_table_that_is_older_than_the_journal(folder: Path) -> None:
    old = rows(folder, "member")
    ran("ledger", "claim", "sub", "ann@grace.example", "--account", "ann@home.example", folder=folder)
    emptied(folder, "member")
    add(folder, "member", *old)
    found(seatsync("verify", folder=folder), "member 1")


# ── ledger rebuild ──────────────────────────────────────────────────────────────────────────────────────────────────

VALUES: dict[str, dict[str, Any]] = {
    "institution": {"name": "Another"},
    "library": {"slots": 99},
    "admin": {"given_name": "Mallory"},
    "member": {"account": "mallory@home.example"},
    "license": {"status": "delivered"},
}
DAMAGES: dict[str, Callable[[Table], Any]] = {
    "emptied": lambda table: table.delete(),
    "of another value": lambda table: table.update().values(VALUES[table.name]),
    "without its first row": lambda table: table.delete().where(list(table.primary_key)[-1].in_(_first(table))),
}


def _first(table: Table) -> Any:
    return table.select().with_only_columns(func.min(list(table.primary_key)[-1])).scalar_subquery()


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("table", VALUES)
def test_rebuild_restores_a_damaged_table_of_the_present(table: str, damage: str, folder: Path) -> None:
    before = stored(folder)
    with opened(folder) as connection:
        connection.execute(DAMAGES[damage](table_of(table)))
    found(seatsync("verify", folder=folder))
    ran("ledger", "rebuild", folder=folder)
    ran("verify", folder=folder)
    assert stored(folder) == before


def test_rebuild_restores_all_tables_of_the_present_at_once(folder: Path) -> None:
    before = stored(folder)
    for table in PRESENT:
        emptied(folder, table.name)
    ran("ledger", "rebuild", folder=folder)
    assert stored(folder) == before
    assert json.loads(ran("plan", "--format", "json", folder=folder).out)["changes"] == []


def test_rebuild_of_a_sound_ledger_changes_nothing_in_it(folder: Path) -> None:
    before = stored(folder)
    ran("ledger", "rebuild", folder=folder)
    assert stored(folder) == before


@pytest.mark.parametrize(
    "broken",
    [
        "UPDATE event SET detail = '{}' WHERE action = 'grant'",
        "UPDATE event SET hash = commitment WHERE commitment IS NOT NULL",
        "UPDATE event SET person = replace(person, 'Ann', 'Eve') WHERE person IS NOT NULL",
        "UPDATE entry SET actor = 'mallory'",
        "DELETE FROM event WHERE action = 'claim'",
        "DELETE FROM entry WHERE kind = 'claim'",
        "UPDATE event SET serial = serial + 100 WHERE action = 'opt-out'",
    ],
)
def test_rebuild_refuses_where_the_chain_is_broken(broken: str, folder: Path) -> None:
    with opened(folder) as connection:
        connection.execute(text(broken))
    emptied(folder, "license")
    before = stored(folder)
    found(seatsync("ledger", "rebuild", folder=folder))
    assert stored(folder) == before


# ── An erased person ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_chain_from_which_a_person_was_removed_holds(folder: Path) -> None:
    before = chain(folder)
    erase(folder, member=1)
    assert chain(folder) == before
    assert "ann@" not in " ".join(str(row["person"]) for row in rows(folder, "event")).lower()


@pytest.mark.parametrize("member", [1, 2, 5], ids=["on a roster", "who was renamed", "who have left"])
def test_a_person_whom_somebody_blanked_by_hand_is_missed_and_nothing_is_rebuilt(member: int, folder: Path) -> None:
    erase(folder, member)
    for command in (["verify"], ["ledger", "rebuild"]):
        found(seatsync(*command, folder=folder), "a person's data is missing, but they were not erased")


def test_a_salt_cannot_be_guessed_and_is_not_used_twice(folder: Path) -> None:
    salts = [row["salt"] for row in rows(folder, "event") if row["person"] is not None]
    assert {len(salt) for salt in salts} == {16}
    assert len(set(salts)) == len(salts)


# ── Who, and because of which commit ────────────────────────────────────────────────────────────────────────────────


def test_an_apply_is_recorded_with_the_user_the_commit_and_the_fingerprint(folder: Path) -> None:
    sha = committed(folder)
    more(folder)
    git(folder, "commit", "--quiet", "--all", "--message", "One more")
    newer = git(folder, "rev-parse", "HEAD")
    planned = json.loads(ran("plan", "--format", "json", "--now", "2026-10-01", folder=folder).out)
    ran("apply", "--yes", "--now", "2026-10-01T08:30:00+02:00", folder=folder)
    entry = rows(folder, "entry")[-1]
    assert newer != sha
    assert (entry["actor"], entry["commit"]) == (getpass.getuser(), newer)
    assert entry["plan"] == planned["fingerprint"]
    assert entry["at"] == "2026-10-01T06:30:00Z"
    line = json.loads(ran("log", "--format", "json", "--limit", "1", folder=folder).out)[0]
    assert (line["actor"], line["commit"], line["at"]) == (entry["actor"], newer, entry["at"])


def test_files_that_differ_from_the_commit_are_recorded_as_dirty(folder: Path) -> None:
    sha = committed(folder)
    more(folder)
    ran("apply", "--yes", folder=folder)
    assert rows(folder, "entry")[-1]["commit"] == f"{sha}-dirty"


def test_a_tag_does_not_stand_in_for_the_commit(folder: Path) -> None:
    sha = committed(folder)
    git(folder, "tag", "--annotate", "v1", "--message", "one")
    removed(folder)
    ran("apply", "--yes", folder=folder)
    assert rows(folder, "entry")[-1]["commit"] == sha


def test_outside_a_repository_no_commit_is_recorded(folder: Path) -> None:
    assert {row["commit"] for row in rows(folder, "entry")} == {""}
    assert {row["actor"] for row in rows(folder, "entry")} == {getpass.getuser()}


@pytest.mark.parametrize(("actor", "commit"), [("GITHUB_ACTOR", "GITHUB_SHA"), ("GITLAB_USER_LOGIN", "CI_COMMIT_SHA")])
def test_in_ci_its_user_and_its_commit_are_recorded(
    actor: str, commit: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(actor, "octocat")
    monkeypatch.setenv(commit, "c0ffee" * 6 + "c0ff")
    more(folder)
    ran("apply", "--yes", folder=folder)
    entry = rows(folder, "entry")[-1]
    assert (entry["actor"], entry["commit"]) == ("octocat", "c0ffee" * 6 + "c0ff")


def test_actor_and_commit_can_be_given(folder: Path) -> None:
    more(folder)
    ran("apply", "--yes", "--actor", "Ruth", "--commit", "abc123", folder=folder)
    entry = rows(folder, "entry")[-1]
    assert (entry["actor"], entry["commit"]) == ("Ruth", "abc123")


def test_a_saved_plan_is_recorded_with_its_fingerprint(folder: Path) -> None:
    more(folder)
    ran("plan", "--out", "plan.json", folder=folder)
    ran("apply", "plan.json", folder=folder)
    saved = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert rows(folder, "entry")[-1]["plan"] == saved["fingerprint"]


@pytest.mark.parametrize(
    "command",
    [
        ("ledger", "claim", "sub", "ann@grace.example"),
        ("ledger", "opt-out", "sub", "ann@grace.example"),
        ("resend", "--library", "sub", "--yes"),
    ],
    ids=" ".join,
)
def test_what_happens_between_applies_is_recorded_with_its_user_and_instant(
    command: tuple[str, ...], folder: Path
) -> None:
    ran(*command, "--now", "2026-10-02T12:00:00", folder=folder)
    entry = rows(folder, "entry")[-1]
    assert (entry["actor"], entry["at"]) == (getpass.getuser(), "2026-10-02T12:00:00Z")
    chain(folder)


# ── Letters ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_letter_has_the_event_that_causes_it(folder: Path) -> None:
    events = {row["serial"]: row for row in rows(folder, "event")}
    letters = rows(folder, "outbox")
    assert letters
    for letter in letters:
        event = events[letter["serial"]]
        assert (event["library"], event["member"]) == (letter["library"], letter["member"])
    causes = {(events[letter["serial"]]["action"], letter["letter"]) for letter in letters}
    assert {("admin-add", "admin-welcome"), ("grant", "invitation"), ("upgrade", "permanent")} <= causes


FAILING = {
    "sqlite": ["CREATE TRIGGER no BEFORE {happening} ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END"],
    "postgresql": [
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$",
        "CREATE TRIGGER no BEFORE {happening} ON {table} FOR EACH ROW EXECUTE FUNCTION no()",
    ],
}


@pytest.mark.parametrize("table", ["institution", "entry", "event", "outbox", "member", "license"])
def test_an_apply_that_fails_anywhere_writes_no_letter_and_nothing_else(table: str, folder: Path) -> None:
    more(folder)
    happening = "UPDATE" if table == "institution" else "INSERT"
    with opened(folder) as connection:
        for statement in FAILING[connection.dialect.name]:
            connection.execute(text(statement.format(happening=happening, table=table)))
    before = stored(folder)
    outcome = seatsync("apply", "--yes", folder=folder)
    assert outcome.code != 0
    assert "Traceback" not in outcome.err
    assert stored(folder) == before
    with opened(folder) as connection:
        connection.execute(
            text("DROP TRIGGER no" + (f" ON {table}" if connection.dialect.name == "postgresql" else ""))
        )
    ran("apply", "--yes", folder=folder)
    assert len(rows(folder, "outbox")) == len(before["outbox"]) + 2


def test_a_refused_apply_writes_no_letter(folder: Path) -> None:
    config = THEN["seatsync.yaml"].replace("slots: 6", "slots: 1")
    (folder / "seatsync.yaml").write_text(config, encoding="utf-8")
    more(folder)
    before = stored(folder)
    assert seatsync("apply", "--yes", folder=folder).code == 4
    assert stored(folder) == before


# ── Helpers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def alone(patch: pytest.MonkeyPatch) -> None:
    """Clear the variables of the machine that runs the tests."""
    for name in [name for name in os.environ if name.startswith(("SEATSYNC_", "GITHUB_", "GITLAB_", "CI_", "GIT_"))]:
        patch.delenv(name)


def write(folder: Path, files: Mapping[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")


def more(folder: Path) -> None:
    """One more member, with two licenses."""
    with open(folder / "members.csv", "a", encoding="utf-8") as roster:
        roster.write("gil@grace.example,Gil,Yew,S7,Student,temporary;sub\n")


def ran(*args: str, folder: Path) -> Outcome:
    outcome = seatsync(*args, folder=folder)
    assert outcome.code == 0, outcome
    return outcome


def found(outcome: Outcome, said: str = "") -> None:
    """Check that a fault was found and reported, without a crash."""
    assert outcome.code == 1, outcome
    *faults, help = outcome.err.removesuffix("\n").split("\n")
    assert faults
    assert all(fault.startswith("seatsync: ") for fault in faults), outcome.err
    assert said in outcome.err
    of_the_journal = (
        "table ",
        "journal entry ",
        "letter ",
        "personal link",
        "one of the personal links",
        "the journal ends",
    )
    broken = any(fault.removeprefix("seatsync: ").startswith(of_the_journal) for fault in faults)
    repair = "Restore it from a backup" if broken else "Rebuild the tables: `seatsync ledger rebuild`"
    assert help == f"  To fix: Do not write to this ledger, and find out who changed it. {repair}."


def table_of(name: str) -> Table:
    return tables.metadata.tables[name]


def is_row(table: str, row: Mapping[str, Any]) -> Any:
    """The condition for the row with this row's key."""
    return and_(*(column == row[column.name] for column in table_of(table).primary_key))


def change(folder: Path, table: str, row: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    with opened(folder) as connection:
        connection.execute(table_of(table).update().where(is_row(table, row)).values(**values))


def emptied(folder: Path, table: str) -> None:
    with opened(folder) as connection:
        connection.execute(table_of(table).delete())


def otherwise(value: Any) -> Any:
    """Another value of the same type."""
    match value:
        case bool():
            return not value
        case int():
            return 1 - value if value in (0, 1) else value + 1000
        case bytes():
            return bytes([value[0] ^ 1]) + value[1:]
        case "temporary" | "permanent":
            return "permanent" if value == "temporary" else "temporary"
        case "[]":
            return '[{"entry":1,"on":"2026-10-01","refusal":"empty-roster","until":"2026-12-31"}]'
        case str() if value.startswith("["):
            return "[]"
        case str() if value.startswith("{"):
            return json.dumps({**json.loads(value), "more": 1})
    return value[:-1] + ("y" if value.endswith("x") else "x")  # not longer than before


def chain(folder: Path) -> tuple[int, str]:
    """Check the journal independently: each link's hash covers the hash before it and its own fields."""
    fields: dict[str, Callable[[dict[str, Any]], list[Any]]] = {
        "entry": lambda row: [
            row[name] for name in ("institution", "serial", "kind", "at", "actor", "commit", "fingerprint", "detail")
        ],
        "event": lambda row: [
            *(row[name] for name in ("serial", "entry", "action", "library", "member", "detail")),
            row["commitment"].hex() if row["commitment"] else "",
        ],
    }
    links = sorted(
        ((row["serial"], table, row) for table in fields for row in rows(folder, table)), key=lambda link: link[0]
    )
    head = bytes(32)
    for number, (serial, table, row) in enumerate(links, start=1):
        assert serial == number
        head = sha256(head + "\x1f".join(map(str, fields[table](row))).encode()).digest()
        assert row["hash"] == head
        if table == "event" and row["person"] is not None:
            assert sha256(row["salt"] + row["person"].encode()).digest() == row["commitment"]
    return len(links), head.hex()


def forge(folder: Path, action: str, library: str, member: int, detail: Mapping[str, Any]) -> None:
    """Add an event with the right hash, as anybody who knows the rule can, and update serial and head."""
    serial, head = chain(folder)
    entry = rows(folder, "entry")[-1]["serial"]
    values = (serial + 1, entry, action, library, member, json.dumps(detail, separators=(",", ":")), "")
    hash = sha256(bytes.fromhex(head) + "\x1f".join(map(str, values)).encode()).digest()
    names = ("serial", "entry", "action", "library", "member", "detail")
    add(folder, "event", {"institution": "grace", **dict(zip(names, values, strict=False)), "hash": hash})
    change(folder, "institution", {"institution": "grace"}, {"serial": serial + 1, "head": hash})


def erase(folder: Path, member: int) -> None:
    """Erase a member's data in the journal."""
    with opened(folder) as connection:
        theirs = tables.event.c.member == member
        connection.execute(tables.event.update().where(theirs).values(person=None, salt=None))


def git(folder: Path, *args: str) -> str:
    name = ("-c", "user.name=Ruth", "-c", "user.email=ruth@grace.example", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *name, *args], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def committed(folder: Path) -> str:
    """Make the folder a repository without the ledger; returns its commit."""
    git(folder, "init", "--quiet")
    git(folder, "add", "seatsync.yaml", "members.csv")
    git(folder, "commit", "--quiet", "--message", "Desired state")
    return git(folder, "rev-parse", "HEAD")


@pytest.mark.sqlite_only("PostgreSQL keeps its own statistics")
@pytest.mark.parametrize(
    ("where", "index"),
    [
        ("FROM outbox WHERE institution = 'g' AND library = 'l' AND member = 3 AND state = 'pending'", "outbox_member"),
        ("FROM outbox WHERE institution = 'g' AND outbox.state = 'pending' AND due_at <= '2026'", "outbox_open"),
        ("FROM outbox WHERE institution = 'g' AND outbox.state = 'bounced'", "outbox_open"),
        ("FROM link WHERE institution = 'g' AND hash = x'00'", "PRIMARY KEY"),
        ("FROM link WHERE institution = 'g' AND serial BETWEEN 3 AND 4", "link_serial"),
        ("FROM event WHERE institution = 'g' AND member = 3", "event_member"),
        ("FROM member WHERE institution = 'g' AND \"key\" IN ('a', 'b') AND member.on_roster", "member_email"),
        ("FROM member WHERE institution = 'g' AND \"key\" IN ('a', 'b') AND NOT member.on_roster", "member_left"),
        ("FROM member WHERE institution = 'g' AND account_key IN ('a', 'b') AND account_key != ''", "member_account"),
        (
            "FROM member WHERE institution = 'g' AND student_id IN ('1') AND member.student_id != ''",
            "member_student_id",
        ),
        ("FROM license WHERE institution = 'g' AND library = 'l' AND member = 3", "PRIMARY KEY"),
        ("FROM event WHERE institution = 'g' AND serial > 7", "PRIMARY KEY"),
    ],
)
def test_what_is_asked_of_few_is_found_by_an_index(where: str, index: str, folder: Path) -> None:
    with opened(folder) as connection:
        (plan,) = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN SELECT * {where}").all()
    assert f"USING INDEX {index} (" in plan.detail or f"USING {index} (" in plan.detail
    assert plan.detail.count("?") > 1
