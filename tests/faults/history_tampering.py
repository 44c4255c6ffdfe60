"""Manual changes to a ledger: damage as lists of edits, and forgeries that are consistent in themselves."""

from __future__ import annotations

import json
import random
import string
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from seatsync.domain.action import Action, Unplanned
from seatsync.ledger import tables
from seatsync.ledger.journal import canonical, commitment
from seatsync.ledger.verification.verify import STATES

JOURNAL = ("entry", "event")
PRESENT = ("institution", "library", "admin", "member", "license")
_WEIGHTS = {"entry": 2, "event": 5, "outbox": 3, "link": 3, **dict.fromkeys(PRESENT, 1)}

Row = dict[str, Any]
Stored = dict[str, list[Row]]


class Edit(NamedTuple):
    """One changed row: ``before`` (None for a new row) and ``after`` (None for a deleted row)."""

    table: str
    before: Row | None
    after: Row | None


Damage = Callable[[random.Random, Stored], list[Edit]]


def stored(connection: Connection) -> Stored:
    """All rows, in the order of their keys."""
    found = {name: tables.metadata.tables[name] for name in (*JOURNAL, *PRESENT, "outbox", "link")}
    return {
        name: [dict(row) for row in connection.execute(table.select().order_by(*table.primary_key)).mappings()]
        for name, table in found.items()
    }


def carry_out(connection: Connection, edits: Iterable[Edit]) -> None:
    edits = list(edits)
    for table, before, _ in edits:
        if before is not None:
            keys = " AND ".join(
                f"{column.name} = :{column.name}" for column in tables.metadata.tables[table].primary_key
            )
            _execute(connection, f"DELETE FROM {table} WHERE {keys}", before)
    for table, _, after in edits:
        if after is not None:
            names = ", ".join(f'"{name}"' for name in after)
            values = ", ".join(f":{name}" for name in after)
            _execute(connection, f"INSERT INTO {table} ({names}) VALUES ({values})", after)


def _execute(connection: Connection, statement: str, row: Row) -> None:
    connection.execute(text(statement), row)


def changes_something(edits: Sequence[Edit]) -> bool:
    """Return whether the edits change what the ledger means."""
    before = Counter(_meaning(edit.table, edit.before) for edit in edits if edit.before is not None)
    return before != Counter(_meaning(edit.table, edit.after) for edit in edits if edit.after is not None)


def _meaning(table: str, row: Row) -> str:
    """Return a row without its meaningless parts: white space in JSON and lists of the current state, the state of a letter."""
    meaning = dict(row)
    for column in tables.metadata.tables[table].columns:
        if column.type.python_type is bool and row[column.name] is not None:
            meaning[column.name] = bool(row[column.name])  # SQLite reads any value in such a column as a boolean
    for name in ("contacts", "rosters") if table == "institution" else ():
        try:
            meaning[name] = json.loads(row[name])
        except (ValueError, TypeError):
            meaning[name] = row[name]
    if table == "library" and isinstance(row["kinds"], str):
        meaning["kinds"] = row["kinds"].split()
    if table == "outbox":
        meaning |= dict.fromkeys(tables.UNTRIED, "as it may be")
        meaning |= {"state": "as it may be"} if row["state"] in STATES else {}
    return f"{table} {meaning!r}"


# ── Damage ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _some_row(chance: random.Random, stored: Stored, names: Sequence[str] = tuple(_WEIGHTS)) -> tuple[str, Row]:
    filled = [name for name in names if stored[name]]
    (table,) = chance.choices(filled, [_WEIGHTS[name] for name in filled])
    return table, chance.choice(stored[table])


def _some_column(chance: random.Random, table: str, *types: type) -> Any:
    columns = [
        column for column in tables.metadata.tables[table].columns if column.type.python_type in types or not types
    ]
    return chance.choice(columns)


def value(chance: random.Random, stored: Stored) -> list[Edit]:
    """Change a value to another one of the same type, often one from another row."""
    table, row = _some_row(chance, stored)
    column = _some_column(chance, table)
    others = [other[column.name] for other in stored[table] if other[column.name] != row[column.name]]
    if others and chance.random() < 0.5:
        return [Edit(table, row, row | {column.name: chance.choice(others)})]
    return [Edit(table, row, row | {column.name: _another(chance, column.type.python_type, row[column.name])})]


def _another(chance: random.Random, type: type, value: Any) -> Any:
    if type is bool:
        return not value
    if type is int:
        return value + chance.choice((1, -1, 1000))
    if type is bytes:
        position = chance.randrange(len(value)) if value else 0
        return value[:position] + bytes([value[position] ^ 1]) + value[position + 1 :] if value else bytes(32)
    return _misspelt(chance, value) if value else chance.choice(("x", "{}", '{"email":"eve@grace.example"}'))


def letter(chance: random.Random, stored: Stored) -> list[Edit]:
    """Replace, add or drop one letter or digit, or swap two."""
    table, row = _some_row(chance, stored)
    name = _some_column(chance, table, str).name
    return [Edit(table, row, row | {name: _misspelt(chance, row[name])})]


def _misspelt(chance: random.Random, said: str | None) -> str:
    if not said:
        return "x"
    at = chance.randrange(len(said))
    alike = string.digits if said[at].isdigit() else string.ascii_lowercase
    other = chance.choice([sign for sign in alike if sign != said[at]])
    swapped = said[:at] + said[at : at + 2][::-1] + said[at + 2 :]
    spelt = [said[:at] + other + said[at + 1 :], said[:at] + other + said[at:], said[:at] + said[at + 1 :]]
    return chance.choice(spelt if swapped == said else [*spelt, swapped])


def value_in_json(chance: random.Random, stored: Stored) -> list[Edit]:
    """Change the value of a key in the journal's JSON, in the program's spelling."""
    table, row = _some_row(chance, stored, JOURNAL)
    name = "person" if row.get("person") and chance.random() < 0.5 else "detail"
    values = json.loads(row[name])
    if values:
        key = chance.choice(sorted(values))
        kind = type(values[key])
        values[key] = (
            _another(chance, kind, values[key]) if kind in (bool, int, str) else chance.choice(("", [], {}, None))
        )
    return [Edit(table, row, row | {name: canonical(values)})]


def null(chance: random.Random, stored: Stored) -> list[Edit]:
    table, row = _some_row(chance, stored)
    names = ["person", "salt", "commitment"] if table == "event" else [_some_column(chance, table).name]
    return [Edit(table, row, row | dict.fromkeys(chance.sample(names, chance.randint(1, len(names)))))]


def another_type(chance: random.Random, stored: Stored) -> list[Edit]:
    """Replace a number by text, text by a number, or either by bytes: SQLite stores anything in any column."""
    table, row = _some_row(chance, stored)
    name = _some_column(chance, table).name
    return [Edit(table, row, row | {name: chance.choice(("x", "", 7, -1, 2.5, b"x", b""))})]


def drop(chance: random.Random, stored: Stored) -> list[Edit]:
    table, row = _some_row(chance, stored)
    return [Edit(table, row, None)]


def drop_several(chance: random.Random, stored: Stored) -> list[Edit]:
    """Delete some rows of one table, or an entry with all of its events."""
    if chance.random() < 0.5:
        entry = chance.choice(stored["entry"])
        events = [row for row in stored["event"] if row["entry"] == entry["serial"]]
        return [Edit("entry", entry, None), *(Edit("event", row, None) for row in events)]
    table, _ = _some_row(chance, stored)
    return [Edit(table, row, None) for row in chance.sample(stored[table], chance.randint(1, len(stored[table])))]


def duplicate(chance: random.Random, stored: Stored) -> list[Edit]:
    """Copy a row to another key, which may be taken."""
    table, row = _some_row(chance, stored, [name for name in _WEIGHTS if name != "institution"])
    keys = [column for column in tables.metadata.tables[table].primary_key if column.name != "institution"]
    key = chance.choice(keys)
    taken = [other[key.name] for other in stored[table]]
    free: Any = f"{row[key.name]}x"
    if key.type.python_type is not str:
        free = max(taken) + 1 if key.type.python_type is int else chance.randbytes(32)
    return [Edit(table, None, row | {key.name: chance.choice([free, chance.choice(taken)])})]


def swap(chance: random.Random, stored: Stored) -> list[Edit]:
    """Swap all values of two rows, or one value; of neighbours, or of any two rows."""
    table, _ = _some_row(chance, {name: rows if len(rows) > 1 else [] for name, rows in stored.items()})
    rows = stored[table]
    at = chance.randrange(len(rows) - 1)
    one, other = (rows[at], rows[at + 1]) if chance.random() < 0.5 else chance.sample(rows, 2)
    columns = tables.metadata.tables[table].columns
    free = [column.name for column in columns if not column.primary_key]
    names = free if chance.random() < 0.5 else [chance.choice([column.name for column in columns])]
    return [
        Edit(table, one, one | {name: other[name] for name in names}),
        Edit(table, other, other | {name: one[name] for name in names}),
    ]


def renumber(chance: random.Random, stored: Stored) -> list[Edit]:
    """Change the number of one row, or of all links and letters from one on."""
    if chance.random() < 0.5:
        table, row = _some_row(chance, stored, ("entry", "event", "outbox", "member", "license"))
        name = {"member": "number", "license": "member"}.get(table, "serial")
        return [Edit(table, row, row | {name: row[name] + chance.choice((-1, 1, 1000))})]
    start, by = chance.randrange(1, len(stored["event"])), chance.choice((1, 1000))
    return [
        Edit(table, row, row | {"serial": row["serial"] + by})
        for table in (*JOURNAL, "outbox")
        for row in stored[table]
        if row["serial"] >= start
    ]


def rehashed(chance: random.Random, stored: Stored) -> list[Edit]:
    """Change a link's content and recompute its hash; sometimes with a commitment to another person."""
    links = journal(stored)
    at = chance.randrange(len(links))
    table, row = links[at]
    name = chance.choice(("actor", "at", "commit", "detail") if table == "entry" else ("action", "library", "detail"))
    after = row | {name: _misspelt(chance, row[name])}
    if row.get("person") and chance.random() < 0.5:
        after = _of_another_person(chance, row)
    before = links[at - 1][1]["hash"] if at else bytes(32)
    return [Edit(table, row, after | {"hash": hash_of(table, after, before)})]


def forged_event(chance: random.Random, stored: Stored) -> list[Edit]:
    """Add an event at the end with the right hash. Sometimes update the institution's row, but nothing else."""
    links = journal(stored)
    last = links[-1][1]
    granted = '{"kind":"permanent","on":"2026-09-01","status":"unclaimed"}'
    actions = (
        Action.GRANT,
        Action.REVOKE,
        Action.UPGRADE,
        Action.RESEND,
        Action.MEMBER_REMOVE,
        Unplanned.CLAIM,
        Unplanned.OPT_OUT,
    )
    action = chance.choice(actions)
    license = chance.choice(stored["license"])
    forged: Row = {
        "institution": "grace",
        "serial": last["serial"] + 1,
        "entry": stored["entry"][-1]["serial"],
        "action": str(action),
        "library": license["library"],
        "member": license["member"],
        "detail": granted if action is Action.GRANT else "{}",
        "person": None,
        "salt": None,
        "commitment": None,
    }
    forged["hash"] = hash_of("event", forged, last["hash"])
    (institution,) = stored["institution"]
    moved = institution | {"serial": forged["serial"], "head": forged["hash"]}
    return [Edit("event", None, forged), *([Edit("institution", institution, moved)] if chance.random() < 0.5 else [])]


def forged_letter(chance: random.Random, stored: Stored) -> list[Edit]:
    """Add a letter that nothing has caused, or that was pruned."""
    serial = chance.choice(
        sorted({row["serial"] for row in stored["event"]} - {row["serial"] for row in stored["outbox"]})
    )
    event = next(row for row in stored["event"] if row["serial"] == serial)
    like = chance.choice(stored["outbox"])
    forged = like | {"serial": serial, "library": event["library"], "member": event["member"], "state": "pending"}
    return [Edit("outbox", None, forged | ({"address": ""} if event["member"] else {}))]


def forged_link(chance: random.Random, stored: Stored) -> list[Edit]:
    """Add a personal link with a known token, similar to another link or for any letter. Sometimes update the institution's row."""
    like, letter = chance.choice(stored["link"]), chance.choice(stored["outbox"])
    (institution,) = stored["institution"]
    number = chance.choice((0, institution["link_number"] + 1))
    forged = like | {"hash": chance.randbytes(32), "number": number, "used_at": ""}
    if chance.random() < 0.5:
        forged |= {name: letter[name] for name in ("serial", "library", "member")}
    if chance.random() < 0.5:
        return [Edit("link", None, forged)]
    moved = institution | {"link_number": max(number, institution["link_number"])}
    if chance.random() < 0.5:
        moved |= {"link_head": chance.randbytes(32).hex()}
    return [Edit("link", None, forged), Edit("institution", institution, moved)]


def link_used_otherwise(chance: random.Random, stored: Stored) -> list[Edit]:
    """Make a used link unused, or an unused one used, sometimes at the time of a claim."""
    row = chance.choice(stored["link"])
    at = chance.choice([other["used_at"] for other in stored["link"]] + [entry["at"] for entry in stored["entry"]])
    return [Edit("link", row, row | {"used_at": at})]


def erased_by_hand(chance: random.Random, stored: Stored) -> list[Edit]:
    """Remove a person's data from one event, as if the person had been erased."""
    row = chance.choice([row for row in stored["event"] if row["person"] is not None])
    return [Edit("event", row, row | {"person": None, "salt": None})]


DAMAGES: tuple[Damage, ...] = (
    *(value, letter, value_in_json, null, drop, drop_several, duplicate, swap, renumber),
    *(rehashed, forged_event, forged_letter, forged_link, link_used_otherwise, erased_by_hand),
    another_type,
)


# ── Forgeries ───────────────────────────────────────────────────────────────────────────────────────────────────────


def journal(stored: Stored) -> list[tuple[str, Row]]:
    """Return (table, row) of each link, in the order of the chain."""
    return sorted(((name, row) for name in JOURNAL for row in stored[name]), key=lambda pair: pair[1]["serial"])


def hash_of(table: str, row: Row, before: bytes) -> bytes:
    """Return the hash of a link after the hash before it. Anybody who has read docs/architecture.md can compute it."""
    entry = ("institution", "serial", "kind", "at", "actor", "commit", "fingerprint", "detail")
    event = ("serial", "entry", "action", "library", "member", "detail")
    fields = [row[name] for name in (entry if table == "entry" else event)]
    sealed = [] if table == "entry" else [(row["commitment"] or b"").hex()]
    return sha256(before + "\x1f".join(map(str, [*fields, *sealed])).encode()).digest()


def _of_another_person(chance: random.Random, row: Row) -> Row:
    fields = {
        name: _misspelt(chance, said) if said and isinstance(said, str) else said
        for name, said in json.loads(row["person"]).items()
    }
    person = canonical(fields)
    return row | {"person": person, "commitment": commitment(row["salt"], person)}


def cut_tail(chance: random.Random, stored: Stored) -> tuple[list[Edit], int]:
    """Cut the last links and their letters from the journal; return also the first serial that differs.

    Erased and pruned data can't be restored, so the cut is after the last erasure or pruning.
    """
    links = journal(stored)
    forgotten = {row["serial"] for row in stored["entry"] if row["kind"] in ("erase", "prune")}
    last_forgotten = max(row["serial"] for _, row in links if {row["serial"], row.get("entry")} & forgotten)
    start = chance.randint(last_forgotten + 1, len(links))
    edits = [Edit(table, row, None) for table, row in links if row["serial"] >= start]
    edits += [Edit("outbox", row, None) for row in stored["outbox"] if row["serial"] >= start]
    return edits + _links_cut(stored, start), start


def _links_cut(stored: Stored, start: int) -> list[Edit]:
    """Return the edits that make the personal links fit a journal that is cut from ``start`` on."""
    used = {json.loads(row["detail"]).get("link") for row in stored["entry"] if row["serial"] >= start}
    left = [row for row in stored["link"] if row["serial"] < start]
    edits = [Edit("link", row, None) for row in stored["link"] if row["serial"] >= start]
    edits += [Edit("link", row, row | {"used_at": ""}) for row in left if row["number"] in used]
    noted = [json.loads(row["detail"]).get("links", [0]) for row in stored["entry"] if row["serial"] < start][-1][0]
    (institution,) = stored["institution"]
    number = max([noted, *(row["number"] for row in left)])
    return [
        *edits,
        Edit("institution", institution, institution | {"link_number": number, "link_head": chain_of(left)}),
    ]


def chain_of(links: Iterable[Row]) -> str:
    """Return the hash over these personal links. Anybody who has read the source can compute it."""
    names, head = ("serial", "library", "member", "sent_to", "made_at"), b""
    for row in sorted(links, key=lambda row: row["number"]):
        fields = [row["number"], row["hash"].hex(), *(row[name] for name in names)]
        head = sha256(head + "\x1f".join(map(str, fields)).encode()).digest()
    return head.hex()


def forged_entry(chance: random.Random, stored: Stored) -> tuple[list[Edit], int]:
    """Change an entry's actor or commit, and rebuild the chain."""
    entry = chance.choice(stored["entry"])
    name = chance.choice(("actor", "commit"))
    return chained(stored, entry, entry | {name: _misspelt(chance, entry[name])})


def forged_person(chance: random.Random, stored: Stored) -> tuple[list[Edit], int]:
    """Change a name or the role of an event's person, and rebuild the chain."""
    named = ("given_name", "family_name", "role")
    events = [row for row in stored["event"] if row["person"] and row["member"]]
    row = chance.choice([row for row in events if set(named) & json.loads(row["person"]).keys()])
    fields = json.loads(row["person"])
    name = chance.choice(sorted(set(named) & fields.keys()))
    person = canonical(fields | {name: _misspelt(chance, fields[name])})
    return chained(stored, row, row | {"person": person, "commitment": commitment(row["salt"], person)})


def stolen_link(chance: random.Random, stored: Stored) -> tuple[list[Edit], int]:
    """Change the token of a personal link that the journal has recorded."""
    entries = [(json.loads(row["detail"]), row) for row in stored["entry"]]
    last = max(row["serial"] for _, row in entries if row["kind"] in ("erase", "prune"))  # the chain was rebuilt there
    numbers = [detail["links"][0] for detail, _ in entries if detail.get("links")]
    row = chance.choice([row for row in stored["link"] if row["number"] <= numbers[-1]])
    forged = row | {"hash": chance.randbytes(32)}
    links = [forged if link is row else link for link in stored["link"]]
    changed = {}
    for detail, entry in entries:
        if entry["serial"] >= last and detail["links"][0] >= row["number"]:
            noted = [detail["links"][0], chain_of(link for link in links if link["number"] <= detail["links"][0])]
            changed[entry["serial"]] = entry | {"detail": canonical(detail | {"links": noted})}
    first = min(changed)
    edits, start = chained(
        stored, next(entry for _, entry in entries if entry["serial"] == first), changed[first], changed
    )
    (institution,) = stored["institution"]
    moved = Edit("institution", institution, institution | {"link_head": chain_of(links)})
    return [*edits, Edit("link", row, forged), moved], start


def chained(stored: Stored, row: Row, after: Row, more: Mapping[int, Row] | None = None) -> tuple[list[Edit], int]:
    """Rebuild the chain from a changed link on. ``more`` has other changed entries, by serial."""
    links = journal(stored)
    head = links[row["serial"] - 2][1]["hash"] if row["serial"] > 1 else bytes(32)
    edits = []
    for table, old in links[row["serial"] - 1 :]:
        new = after if old is row else (more or {}).get(old["serial"], old)
        head = hash_of(table, new, head)
        edits.append(Edit(table, old, new | {"hash": head}))
    return edits, row["serial"]


FORGERIES = (cut_tail, forged_entry, forged_person, stolen_link)
