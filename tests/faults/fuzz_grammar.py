"""Inputs with the right shape but wrong contents: trees with the right keys, tables with the right columns."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from tests.faults.fuzz_mutation import MOST, strange

_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 7, 1.0, 7.0, 0.5, -0.0, 1e15, 2**31 - 1, 2**31, 2**63, 2**64, 10**30, 10**400),
    *(float("nan"), float("inf"), float("-inf"), "\ud800", "\udfff", "a\ud83d", "a\0b", "\x1b[2J", "\u202e", "x" * 300),
    *("", "0", "none", "temporary", "permanent", "unclaimed", "delivered", "opted_out", "revoked", "claim", "account"),
    *(
        "2026-09-02",
        "9999-12-31",
        "ann@grace.example",
        "dee@grace.example",
        "books",
        "sub",
        "jam",
        "grace",
        "Mars/Olympus",
        [],
        {},
    ),
)
_KEYS = (
    *(
        "",
        "id",
        "email",
        "key",
        "name",
        "title",
        "slots",
        "kinds",
        "system",
        "delivery",
        "opt_out",
        "timezone",
        "contacts",
        "on",
    ),
    *("kind", "status", "given_name", "family_name", "student_id", "role", "tags", "library", "member", "record"),
    *("account", "on_roster", "imported_on", "resend", "reminders", "until", "before", "after", "source", "line", "to"),
    *("everyone", "file", "path", "<<", "version", "rosters", "detail", "person", "salt", "hash", "serial", "\ud800"),
)


def spoil(random: Random, tree: Any) -> Any:
    """Put one to three wrong things into ``tree``, a JSON value, and return it. ``tree`` itself is changed."""
    for _ in range(random.choice((1, 1, 2, 3))):
        places = list(_places(tree))
        if not places or random.random() < 0.01:
            return value(random)
        holder, key = random.choice(places)
        _DAMAGES[random.randrange(len(_DAMAGES))](random, holder, key, places)
    return tree


def value(random: Random, depth: int = 0) -> Any:
    """Return a random JSON value."""
    match random.randrange(8 if depth < 3 else 6):
        case 0 | 1:
            return strange(random)
        case 6:
            return [value(random, depth + 1) for _ in range(random.randrange(3))]
        case 7:
            return {random.choice(_KEYS): value(random, depth + 1) for _ in range(random.randrange(3))}
    return random.choice(_VALUES)


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Return every (container, key or index) below ``tree``."""
    waiting = [tree]
    while waiting:
        holder = waiting.pop()
        keys: Any = list(holder) if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        for key in keys:
            yield holder, key
            waiting.append(holder[key])


def _put_something(random: Random, holder: Any, key: Any, places: Sequence[Any]) -> None:
    holder[key] = value(random)


def _put_another(random: Random, holder: Any, key: Any, places: Sequence[Any]) -> None:
    """Replace a value by one from another place, or from a place with the same name."""
    same = [place for place in places if place[1] == key]
    there, name = random.choice(same if random.random() < 0.5 else places)
    holder[key] = json.loads(json.dumps(there[name]))


def _drop(random: Random, holder: Any, key: Any, places: Sequence[Any]) -> None:
    del holder[key]


def _rename(random: Random, holder: Any, key: Any, places: Sequence[Any]) -> None:
    if isinstance(holder, dict):
        holder[random.choice(_KEYS)] = holder.pop(key)


def _add(random: Random, holder: Any, key: Any, places: Sequence[Any]) -> None:
    if isinstance(holder, dict):
        holder[random.choice(_KEYS)] = value(random)
    else:
        holder.insert(random.randint(0, len(holder)), json.loads(json.dumps(holder[key])))


def _reverse(random: Random, holder: Any, key: Any, places: Sequence[Any]) -> None:
    if isinstance(holder, list):
        holder.reverse()


_DAMAGES = (_put_something, _put_something, _put_something, _put_another, _put_another, _drop, _rename, _add, _reverse)


def as_yaml(random: Random, tree: Any) -> bytes:
    """Write ``tree`` as YAML as a person might: lines and brackets mixed, quoted or not, sometimes with an anchor or a tag."""
    text = "\n".join(_lines(random, tree, 0)[1]) + "\n"
    if random.random() < 0.003:
        text = _laughter(random) + text.replace(random.choice(re.findall(r"[\w@.]+", text) or [text]), "*x4", 1)
    return text.encode("utf-8", "replace")[:MOST]


def _laughter(random: Random) -> str:
    """Return nested lists of aliases ("billion laughs"): a few lines that stand for up to three million values."""
    wide = random.choice((2, 10, 15, 20))
    lists = [f"- &x{depth} [{', '.join([f'*x{depth - 1}' if depth else 'a'] * wide)}]\n" for depth in range(5)]
    return random.choice(("", "x:\n")) + "".join(lists)


def _lines(random: Random, tree: Any, depth: int) -> tuple[bool, list[str]]:
    """Return whether it fits on the line of its key, and the lines."""
    if not isinstance(tree, dict | list) or not tree or random.random() < 0.15 * depth:
        return True, [_flow(random, tree)]
    lines: list[str] = []
    for key, item in tree.items() if isinstance(tree, dict) else ((None, item) for item in tree):
        head = "-" if key is None else f"{_scalar(random, key)}:"
        beside, below = _lines(random, item, depth + 1)
        if beside or (key is None and len(below) == 1):
            lines.append(f"{head} {below[0]}".rstrip(" "))
        else:
            lines += [head, *("  " + line for line in below)]
    return False, lines


def _flow(random: Random, tree: Any) -> str:
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{_scalar(random, key)}: {_flow(random, item)}" for key, item in tree.items()) + "}"
    if isinstance(tree, list):
        return "[" + ", ".join(_flow(random, item) for item in tree) + "]"
    return _scalar(random, tree)


def _scalar(random: Random, scalar: Any) -> str:
    text = "" if scalar is None else str(scalar)
    match random.randrange(200):
        case 0:
            return random.choice(("*a", f"&a {text}", f"!!str {text}", f"!x {text}", f"? {text}", f"<<: *a\n{text}"))
        case drawn if drawn < 30:
            return json.dumps(text, ensure_ascii=drawn < 15)
        case drawn if drawn < 40:
            return "'" + text.replace("'", "''") + "'"
    return text


COLUMNS = (
    ("Role", "Institution Student ID", "Given Name", "Family Name", "Institution Email Address"),
    ("Role", "Institution (LIS) ID", "Given Name", "Family Name", "Institution Email"),
    ("email", "First name", "Last name", "type"),
    ("email", "given_name", "family_name", "student_id", "role", "tags"),
    ("library", "email", "kind", "until", "student_id"),
    ("email",),
    ("student_id",),
)
_LICENSES = ("License Kind", "License Status", "Books License Kind", "Books License Status", "sub License Kind", "Tags")
_CELLS = (
    *("ann@grace.example", "ben@grace.example", "zoë@grace.example", "new@grace.example", "Ann", "Lee", "S1", "S2", ""),
    *("participant", "books", "sub", "jam", "own", "temporary", "permanent", "Temporary", "Permanent-Reserved", "None"),
    *(
        "Delivered",
        "Unclaimed",
        "Opted Out",
        "Revoked",
        "2027-06-30",
        "student; reader",
        "reader",
        "imported:2026-09-01",
    ),
)


def table(random: Random, columns: Sequence[Sequence[str]] = COLUMNS) -> bytes:
    """Return a CSV file with roughly one of these headers, in any spelling, with any cells."""
    header = list(random.choice(columns))
    if random.random() < 0.3:
        header += random.choices(_LICENSES, k=random.randint(1, 3))
    for _ in range(random.choice((0, 0, 1, 3))):
        header[random.randrange(len(header))] = random.choice((*random.choice(COLUMNS), strange(random)))
    if random.random() < 0.2:
        random.shuffle(header)
    if random.random() < 0.003:  # as if a sheet is filled to its last column
        header += [f"{random.choice(header)}{number}" for number in range(random.choice((50, 500, 3_000)))]
    spelled = [random.choice((str, str, str, str.upper, lambda name: f" {name}* "))(name) for name in header]
    rows = [_row(random, header) for _ in range(random.choice((0, 1, 3, 6, 12)))]
    above = [[strange(random)] for _ in range(random.choice((0, 0, 0, 1, 12)))]
    return _written(random, [*above, spelled, *rows])


def _row(random: Random, header: Sequence[str]) -> list[str]:
    width = max(0, len(header) + random.choice((0, 0, 0, 0, 0, 0, -1, 1)))
    return [strange(random) if random.random() < 0.05 else _cell(random, name) for name in (*header, "")[:width]]


def _cell(random: Random, name: str) -> str:
    """Return a value that usually fits the column."""
    if "mail" in name.lower() and random.random() < 0.8:
        return f"{random.choice(('ann', 'ben', 'cy', 'dee', 'eli', 'fay', 'gil', 'Hal', 'ida'))}@grace.example"
    if "name" in name.lower() and random.random() < 0.8:
        return random.choice(("Ann", "Zoë", "Ли", "O'Neil", "Lee"))
    if name == "type" and random.random() < 0.9:
        return "participant"
    return random.choice(_CELLS)


def _written(random: Random, rows: Sequence[Sequence[str]]) -> bytes:
    delimiter, end = random.choice(",,,;\t"), random.choice(("\n", "\n", "\r\n", "\r"))
    if random.random() < 0.3:
        text = end.join(delimiter.join(row) for row in rows) + random.choice(("", end))
    else:
        out = io.StringIO(newline="")
        style = random.choice(("excel", "excel", "unix"))  # quotes around every cell
        csv.writer(out, style, delimiter=delimiter, lineterminator=end).writerows(rows)
        text = out.getvalue()
    charset = random.choice((*("utf-8",) * 6, "utf-8-sig", "utf-16", "cp1252"))
    return text.encode(charset, "replace")[:MOST]
