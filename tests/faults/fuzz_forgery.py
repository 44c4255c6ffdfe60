"""Changed plans and dumps whose seals, fingerprints and chains are rebuilt, so that they pass the first checks."""

from __future__ import annotations

import json
from hashlib import sha256
from random import Random
from typing import Any

from seatsync.formats import plan_document
from seatsync.ledger.journal import commitment, link
from seatsync.planning.change import grouped
from seatsync.planning.plan import fingerprint
from tests.faults.fuzz_grammar import spoil

_OF_ENTRIES = ("serial", "kind", "at", "actor", "commit", "fingerprint", "detail")
_OF_EVENTS = ("serial", "entry", "action", "library", "member", "detail")
"""The fields that the chain covers, besides the institution or the commitment to a person."""


def plan(random: Random, text: str, sealed: bool = True) -> bytes:
    """Return a plan file with wrong values in it."""
    document = json.loads(text)
    spoiled = spoil(random, document["changes"] if random.random() < 0.7 else document)
    if isinstance(spoiled, list):
        spoiled = {**document, "changes": spoiled}
    text = json.dumps(_sealed(spoiled) if sealed else spoiled, ensure_ascii=random.random() < 0.5)
    if random.random() < 0.02:
        key = random.choice(("changes", "action", "reason", "source", "before", "after", "settings", "seal"))
        before, colon, after = text.partition(f'"{key}": ')
        text = f'{before}{colon}{_deep(random)}, "more": {after}' if colon else text
    return text.encode("utf-8", "replace")


def _deep(random: Random) -> str:
    """Return deeply nested JSON."""
    depth = random.choice((50, 300, 450, 600, 5_000))
    opened, closed = random.choice((("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")))
    return f"{opened * depth}1{closed * depth}"


def _sealed(document: Any) -> Any:
    """Add the fingerprint and the seal that seatsync would compute, as far as that is possible."""
    if not isinstance(document, dict):
        return document
    try:
        changes = [plan_document._read_change(change) for change in document["changes"]]
        settings = document["settings"] if document["ledger"]["serial"] == 0 else None
        document["fingerprint"] = fingerprint(grouped(changes), settings)
    except Exception:
        document.setdefault("fingerprint", "0" * 64)
    try:
        document.pop("seal", None)
        document["seal"] = plan_document._seal(document)
    except Exception:
        document["seal"] = "0" * 64
    return document


def dump(random: Random, text: str) -> bytes:
    """Return a dump with another history and an intact chain."""
    header, *lines = [json.loads(line) for line in text.splitlines()]
    institution, journal, letters = header["institution"], lines[: header["serial"]], lines[header["serial"] :]
    match random.randrange(8):
        case 0:
            letters = spoil(random, letters)
        case 1:
            header = spoil(random, header)
        case 2:
            journal = spoil(random, journal)
        case _:
            for _ in range(random.choice((1, 1, 2))):
                _another_story(random, random.choice(journal))
    if not isinstance(journal, list) or not isinstance(letters, list):
        return json.dumps(journal).encode()
    head = _chain(journal, institution)
    if isinstance(header, dict) and random.random() < 0.95:
        header = {**header, "serial": len(journal), "head": head, "letters": len(letters)}
    return "\n".join(map(json.dumps, [header, *journal, *letters])).encode()


def _another_story(random: Random, line: dict[str, Any]) -> None:
    """Change something in the JSON inside a link, or one of the link's own fields."""
    inside = [name for name in ("detail", "person") if isinstance(line.get(name), str)]
    name = random.choice([*inside, *inside, "", "action", "library", "member"])
    if name in inside and random.random() < 0.02:
        line[name] = _deep(random)
    elif name in inside:
        line[name] = json.dumps(spoil(random, json.loads(line[name])))
    else:
        spoil(random, line)


def _chain(journal: list[Any], institution: str) -> str:
    """Recompute each link's commitment to the person and its hash; return the last hash."""
    head = bytes(32)
    for given in journal:
        if not isinstance(given, dict):
            continue
        try:
            _commit(given)
            is_entry = "kind" in given
            fields = [given.get(name) for name in (_OF_ENTRIES if is_entry else _OF_EVENTS)]
            head = link(head, [institution, *fields] if is_entry else [*fields, given.get("commitment") or ""])
        except (ValueError, TypeError):
            head = sha256(head).digest()
        given["hash"] = head.hex()
    return head.hex()


def _commit(given: dict[str, Any]) -> None:
    if isinstance(given.get("person"), str) and isinstance(given.get("salt"), str):
        given["commitment"] = commitment(bytes.fromhex(given["salt"]), given["person"]).hex()
