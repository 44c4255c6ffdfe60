"""The journal's chain: every link holds a hash over itself and the link before.

Entries (who, when, why) and events (what) share one numbering and one chain. An event's personal part enters the
chain only as ``SHA-256(salt + person)``: with salt and text deleted nobody can read or guess it, and the chain holds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

_SEPARATOR = "\x1f"  # never inside: slugs, numbers, ISO dates and JSON have no control characters


class Entry(NamedTuple):
    """The head of a set of events that were recorded together.

    ``kind`` is ``apply``, ``import``, ``resend``, ``claim`` or ``opt-out``; ``at`` an instant (ISO, UTC); ``detail``
    holds the rosters' counts and the digest of the files.
    """

    kind: str
    at: str
    actor: str
    commit: str = ""
    fingerprint: str = ""
    detail: Mapping[str, Any] = {}


def canonical(value: Mapping[str, Any]) -> str:
    """JSON with one spelling."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def commitment(salt: bytes, person: str) -> bytes:
    """What stands for a person's data in the chain."""
    return sha256(salt + person.encode()).digest()


def link(before: bytes, fields: Iterable[object]) -> bytes:
    """The hash of a link with these fields, after the link with hash ``before``."""
    return sha256(before + _SEPARATOR.join(map(str, fields)).encode()).digest()
