"""The journal's chain: every link has a hash over itself and the link before.

Entries (who, when, why) and events (what) share one numbering and one chain. An event's personal data is in the chain only as
``SHA-256(salt + person)``: once salt and text are deleted, nobody can read or guess it, and the chain still holds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import zip_longest
from typing import Any, NamedTuple, TypeGuard

SEPARATOR = "\x1f"
SALT = 16
"""Length of a salt in bytes. It is fixed, so that no part of the hidden text can be moved into the salt and outlive it."""

_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


UNPLANNED = ("files", "cancel", "hold", "release", "briefing")
"""Kinds of entries that make no plan out of date. Only the one with a briefing has events: who gets it."""

DONE = "worklist"
"""The kind of an entry by which steps of the work list were done. It puts nothing on the list, and changes no plan."""

SILENT = frozenset({"import", "erase", "prune", DONE})
"""Kinds of entries that cause no letters. A portal has already written to its members about what it reports."""


OUTSIDE = ("files", "meaning")
"""What of a baseline is kept outside the chain, where it can be erased."""


class Entry(NamedTuple):
    """The head of a set of events that were recorded together.

    ``kind`` is ``apply``, ``files``, ``import``, ``worklist``, ``resend``, ``claim``, ``opt-out``, ``erase``, ``prune``, ``cancel``,
    ``hold``, ``release`` or ``briefing``; ``at`` is an instant (ISO, UTC). An entry of the kind ``files`` notes the files of an apply with
    nothing to do, one of the kind ``cancel``, ``hold`` or ``release`` the letters that a person cancelled, held or released, one of the
    kind ``briefing`` who gets one: these kinds (``UNPLANNED``) make no plan out of date. ``detail`` holds the rosters' counts, the files'
    digests, the approvals used and the exports taken, up to which day was told what comes, the day of a briefing, the day before which
    letters were pruned, the serials of those letters and since when letters are held, or the entries whose plan and files were erased;
    ``exports_read`` has when the exports were taken that the entry has read, by library.
    """

    kind: str
    at: str
    actor: str
    commit: str = ""
    fingerprint: str = ""
    detail: Mapping[str, Any] = {}


class Sealed(NamedTuple):
    """An entry as it is recorded.

    ``plan`` (its fingerprint) and ``files`` (their digests, the keys of exports, and the reasons of used approvals, JSON) are stored
    outside the chain; the chain's ``fingerprint`` and ``detail`` have only their commitments. A fingerprint or digest can confirm a guess
    of who is in the files; once plan, files and salts are deleted, nothing can.
    """

    fingerprint: str
    detail: str
    plan: str | None = None
    salt: bytes | None = None
    files: str | None = None
    files_salt: bytes | None = None


def seal(entry: Entry) -> Sealed:
    """Replace an entry's fingerprint and digests by commitments, and keep them outside the chain."""
    fingerprint, detail = entry.fingerprint, {**entry.detail}
    plan = salt = files = files_salt = None
    if fingerprint:
        plan, salt = fingerprint, os.urandom(SALT)
        fingerprint = commitment(salt, plan).hex()
        detail["sealed"] = True
    if "desired" in detail:
        baseline = {**(detail.get("settled") or {})}
        outside = {name: baseline.pop(name) for name in OUTSIDE if name in baseline}
        hidden = {"desired": detail["desired"], "files": {}, **outside}
        if "exports" in detail:
            hidden["exports"] = detail.pop("exports")
        if passed := detail.get("approvals"):
            from seatsync.domain.approval import PERSONAL  # imports much; the kinds of entries are needed more often

            hidden["approvals"] = [{name: p[name] for name in PERSONAL if name in p} for p in passed]
            detail["approvals"] = [{name: p[name] for name in p if name not in PERSONAL} for p in passed]
        files, files_salt = canonical(hidden), os.urandom(SALT)
        detail |= {"desired": commitment(files_salt, files).hex(), "settled": baseline, "sealed": True}
    return Sealed(fingerprint, canonical(detail), plan, salt, files, files_salt)


def approvals_of(detail: Mapping[str, Any], files: str | None) -> list[dict[str, Any]]:
    """The limits that an entry passed by approvals, with their sealed words where these were not erased."""
    passed: Sequence[Mapping[str, Any]] = detail.get("approvals", ())
    hidden: Sequence[Mapping[str, Any]] = json.loads(files).get("approvals", ()) if files is not None else ()
    nothing: Mapping[str, Any] = {}
    return [{**values, **words} for values, words in zip_longest(passed, hidden, fillvalue=nothing)]


class EntryLink(NamedTuple):
    """An entry in the chain, in the order of its table's columns."""

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
        """Whether the hash is right for this link after a link with hash ``before``."""
        return _is(self.hash, before, self[:8])

    def seals_hold(self, detail: Mapping[str, Any]) -> bool:
        """Whether plan and files match their commitments, or are deleted with their salts."""
        return _is_sealed(self.plan, self.salt, self.fingerprint) and _is_sealed(
            self.files, self.files_salt, detail.get("desired", "")
        )


class EventLink(NamedTuple):
    """An event in the chain, in the order of its table's columns."""

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
        """Whether the hash is right for this link after a link with hash ``before``."""
        if not isinstance(self.commitment, bytes | None):  # SQLite takes text for bytes
            return False
        sealed = self.commitment.hex() if self.commitment is not None else ""
        return _is(self.hash, before, (*self[1:7], sealed))

    def person_holds(self) -> bool:
        """Whether the person's data matches its commitment, or is erased completely."""
        if self.person is None:
            return self.salt is None
        return _is_salt(self.salt) and commitment(self.salt, self.person) == self.commitment


def canonical(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """Encode as JSON; equal values give equal texts."""
    return _ENCODE(value)


def commitment(salt: bytes, person: str) -> bytes:
    """The salted hash that stands for a person's data in the chain."""
    return sha256(salt + person.encode()).digest()


def link(before: bytes, fields: Sequence[object]) -> bytes:
    """The hash of a link with these fields, after the link with hash ``before``.

    Raises:
        ValueError: a field contains the separator, so that text could move to the next field unnoticed.
    """
    text = SEPARATOR.join(map(str, fields))
    if text.count(SEPARATOR) >= len(fields):
        raise ValueError("a field of the journal contains a control character")
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
