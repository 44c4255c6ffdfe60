"""Making links: entries and events → rows of the journal, each chained to the one before."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from hashlib import sha256

from seatsync.domain.action import Action, Event, Grants
from seatsync.domain.text.characters import printable
from seatsync.ledger.journal import SALT, SEPARATOR, Entry, canonical, commitment, link, seal

Row = tuple[object, ...]
"""In the order of its table's columns."""


class Chain:
    """The journal's end: ``serial`` and ``head`` are those of its last link, ``entry`` the serial of its last entry."""

    def __init__(self, institution: str, serial: int, head: str) -> None:
        self.institution = institution
        self.serial = serial
        self.head = bytes.fromhex(head)
        self.entry = 0
        self._spelled: dict[int, tuple[Mapping[str, object], str]] = {}

    def open(self, entry: Entry) -> Row:
        """One more entry."""
        self.serial += 1
        self.entry = self.serial
        told = (entry.kind, entry.at, printable(entry.actor, 254), printable(entry.commit, 254))
        sealed = seal(entry)
        fields = (self.institution, self.serial, *told, sealed.fingerprint, sealed.detail)
        self.head = link(self.head, fields)
        return (*fields, self.head, sealed.plan, sealed.salt, sealed.files, sealed.files_salt)

    def event(self, event: Event) -> Row:
        """One more event of the entry."""
        self.serial += 1
        person = salt = sealed = None
        if event.person is not None:
            person, salt = canonical(event.person), os.urandom(SALT)
            sealed = commitment(salt, person)
        told = (self.serial, self.entry, str(event.action), event.library, event.member, self._spell(event.detail))
        self.head = link(self.head, (*told, sealed.hex() if sealed else ""))
        return (self.institution, *told, person, salt, sealed, self.head)

    def grants(self, grants: Grants) -> Iterator[Row]:
        """One more event for each of the members. The text of each is as ``link`` has it, made of less.

        Raises:
            ValueError: as ``link`` does.
        """
        library, detail, action = grants.library, self._spell(grants.detail), str(Action.GRANT)
        if SEPARATOR in library + detail:
            raise ValueError("a field of the journal holds a control character")
        before = SEPARATOR.join(["", str(self.entry), action, library, ""])
        after = SEPARATOR.join(["", detail, ""])
        for member in grants.members:
            self.serial += 1
            self.head = sha256(self.head + f"{self.serial}{before}{member}{after}".encode()).digest()
            yield (
                *(self.institution, self.serial, self.entry, action, library, member, detail),
                *(None, None, None, self.head),
            )

    def _spell(self, detail: Mapping[str, object]) -> str:
        """Canonical JSON; thousands of events share one and the same detail, which is spelled once."""
        known = self._spelled.get(id(detail))
        if known is None:
            known = self._spelled[id(detail)] = (detail, canonical(detail))
        return known[1]
