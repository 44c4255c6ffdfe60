"""The journal's chain: every link holds a hash over itself and the link before.

Entries (who, when, why) and events (what) share one numbering and one chain. An event's personal part enters the
chain only as ``SHA-256(salt + person)``: with salt and text deleted nobody can read or guess it, and the chain holds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple, TypeGuard

SEPARATOR = "\x1f"
SALT = 16
"""Bytes of a salt. With any other number of them, a part of what it hides could stand in the salt, and outlive it."""

_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


SILENT = frozenset({"import", "erase", "prune"})
"""Kinds of entries that cause no letters: what a portal reports it has told its members itself."""


class Entry(NamedTuple):
    """The head of a set of events that were recorded together.

    ``kind`` is ``apply``, ``import``, ``resend``, ``claim``, ``opt-out``, ``erase`` or ``prune``; ``at`` an instant (ISO,
    UTC); ``detail`` holds the rosters' counts and the digests of the files, the day before which letters were pruned, or of
    which entries plan and files were erased.
    """

    kind: str
    at: str
    actor: str
    commit: str = ""
    fingerprint: str = ""
    detail: Mapping[str, Any] = {}


class Sealed(NamedTuple):
    """An entry as it is recorded: ``plan`` (its fingerprint) and ``files`` (their digests, JSON) stand beside the chain, in which
    ``fingerprint`` and ``detail`` have only their commitments. A fingerprint or a digest confirms who is in the files to
    whoever guesses it; with plan, files and salts deleted nothing does."""

    fingerprint: str
    detail: str
    plan: str | None = None
    salt: bytes | None = None
    files: str | None = None
    files_salt: bytes | None = None


def seal(entry: Entry) -> Sealed:
    """An entry with what could be guessed beside it."""
    fingerprint, detail = entry.fingerprint, {**entry.detail}
    plan = salt = files = files_salt = None
    if fingerprint:
        plan, salt = fingerprint, os.urandom(SALT)
        fingerprint = commitment(salt, plan).hex()
        detail["sealed"] = True
    if "desired" in detail:
        settled = {**(detail.get("settled") or {})}
        files, files_salt = (
            canonical({"desired": detail["desired"], "files": settled.pop("files", {})}),
            os.urandom(SALT),
        )
        detail |= {"desired": commitment(files_salt, files).hex(), "settled": settled, "sealed": True}
    return Sealed(fingerprint, canonical(detail), plan, salt, files, files_salt)


class EntryLink(NamedTuple):
    """An entry as it stands in the chain, in the order of its table's columns."""

    institution: str
    serial: int
    kind: str
    at: str
    actor: str
    commit: str
    fingerprint: str
    detail: str
    hash: bytes
    plan: str | None
    salt: bytes | None
    files: str | None
    files_salt: bytes | None

    def holds(self, before: bytes) -> bool:
        """Whether the hash is right for this link after one with the hash ``before``."""
        return _is(self.hash, before, self[:8])

    def seals_hold(self, detail: Mapping[str, Any]) -> bool:
        """Whether plan and files are those that were committed to, or are gone with their salts."""
        return _is_sealed(self.plan, self.salt, self.fingerprint) and _is_sealed(
            self.files, self.files_salt, detail.get("desired", "")
        )


class EventLink(NamedTuple):
    """An event as it stands in the chain, in the order of its table's columns."""

    institution: str
    serial: int
    entry: int
    action: str
    library: str
    member: int
    detail: str
    person: str | None
    salt: bytes | None
    commitment: bytes | None
    hash: bytes

    @property
    def is_erased(self) -> bool:
        return self.person is None and self.commitment is not None

    def holds(self, before: bytes) -> bool:
        """Whether the hash is right for this link after one with the hash ``before``."""
        if not isinstance(self.commitment, bytes | None):  # SQLite takes text for bytes
            return False
        sealed = self.commitment.hex() if self.commitment is not None else ""
        return _is(self.hash, before, (*self[1:7], sealed))

    def person_holds(self) -> bool:
        """Whether the person's data are those that were committed to, or are erased as a whole."""
        if self.person is None:
            return self.salt is None
        return _is_salt(self.salt) and commitment(self.salt, self.person) == self.commitment


def canonical(value: Mapping[str, Any]) -> str:
    """JSON with one spelling."""
    return _ENCODE(value)


def commitment(salt: bytes, person: str) -> bytes:
    """What stands for a person's data in the chain."""
    return sha256(salt + person.encode()).digest()


def link(before: bytes, fields: Sequence[object]) -> bytes:
    """The hash of a link with these fields, after the link with hash ``before``.

    Raises:
        ValueError: a field holds the separator, so that text could move from one field to the next unseen.
    """
    text = SEPARATOR.join(map(str, fields))
    if text.count(SEPARATOR) >= len(fields):
        raise ValueError("a field of the journal holds a control character")
    return sha256(before + text.encode()).digest()


def _is_sealed(text: str | None, salt: bytes | None, seal: str) -> bool:
    if text is None or salt is None:
        return text is None and salt is None
    return _is_salt(salt) and commitment(salt, text).hex() == seal


def _is_salt(salt: object) -> TypeGuard[bytes]:
    return isinstance(salt, bytes) and len(salt) == SALT


def _is(hash: bytes, before: bytes, fields: Sequence[object]) -> bool:
    try:
        return link(before, fields) == hash
    except (ValueError, TypeError):
        return False
