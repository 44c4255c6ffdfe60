"""Turn entries and events into rows of the journal, each chained to the row before."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from hashlib import sha256
from json.encoder import encode_basestring as _quoted
from operator import itemgetter

from seatsync.domain.action import Action, Arrivals, Event, Grants
from seatsync.domain.person import Person
from seatsync.domain.text.characters import printable
from seatsync.ledger.journal import SALT, SEPARATOR, Entry, canonical, commitment, link, seal

Row = tuple[object, ...]
"""A row in the order of its table's columns."""

_NAMES = (*Person._fields, "from")
_IN_ORDER = itemgetter(*map(_NAMES.index, sorted(_NAMES)))
_PERSON = "{" + ",".join(f'"{name}":%s' for name in sorted(_NAMES)) + "}"
"""A new member's personal data as ``canonical`` spells it."""


class Chain:
    """The journal's end: ``serial`` and ``head`` belong to its last link, ``entry`` is the serial of its last entry.

    The hash of an entry covers the id ``known_as`` that the institution has when it is opened; an event of it may change the id.
    """

    def __init__(self, institution: str, serial: int, head: str, known_as: str = "") -> None:
        self.institution = institution
        self.known_as = known_as or institution
        self.serial = serial
        self.head = bytes.fromhex(head)
        self.entry = 0
        self._spelled: dict[int, tuple[Mapping[str, object], str]] = {}

    def open(self, entry: Entry) -> Row:
        """Append an entry and return its row."""
        self.serial += 1
        self.entry = self.serial
        head = (entry.kind, entry.at, printable(entry.actor, 254), printable(entry.commit, 254))
        sealed = seal(entry)
        fields = (self.serial, *head, sealed.fingerprint, sealed.detail)
        self.head = link(self.head, (self.known_as, *fields))
        return (self.institution, *fields, self.head, sealed.plan, sealed.salt, sealed.files, sealed.files_salt)

    def event(self, event: Event) -> Row:
        """Append an event to the entry and return its row."""
        self.serial += 1
        person = salt = sealed = None
        if event.person is not None:
            person, salt = canonical(event.person), os.urandom(SALT)
            sealed = commitment(salt, person)
        fields = (self.serial, self.entry, str(event.action), event.library, event.member, self._spell(event.detail))
        self.head = link(self.head, (*fields, sealed.hex() if sealed else ""))
        return (self.institution, *fields, person, salt, sealed, self.head)

    def grants(self, grants: Grants) -> Iterator[Row]:
        """Append an event for each of the members. The hashes are the same as ``link`` would make, in less time.

        Raises:
            ValueError: as in ``link``.
        """
        library, detail, action = grants.library, self._spell(grants.detail), str(Action.GRANT)
        if SEPARATOR in library + detail:
            raise ValueError("a field of the journal contains a control character")
        before = SEPARATOR.join(["", str(self.entry), action, library, ""])
        after = SEPARATOR.join(["", detail, ""])
        for member in grants.members:
            self.serial += 1
            self.head = sha256(self.head + f"{self.serial}{before}{member}{after}".encode()).digest()
            yield (
                *(self.institution, self.serial, self.entry, action, library, member, detail),
                *(None, None, None, self.head),
            )

    def arrivals(self, arrivals: Arrivals) -> Iterator[Row]:
        """Append an event for each of the new members: the rows that ``event`` would make, in less time.

        Raises:
            ValueError: as in ``link``.
        """
        detail = self._spell(arrivals.detail)
        if SEPARATOR in detail:
            raise ValueError("a field of the journal contains a control character")
        about = (self.entry, str(Action.MEMBER_ADD), "")
        before = SEPARATOR.join(["", *map(str, about), ""])
        salts = os.urandom(SALT * len(arrivals.people))
        for at, (number, person, place) in enumerate(
            zip(arrivals.numbers, arrivals.people, arrivals.places, strict=True)
        ):
            self.serial += 1
            text, salt = _PERSON % (*map(_quoted, _IN_ORDER((*person, place))),), salts[SALT * at : SALT * (at + 1)]
            sealed = sha256(salt + text.encode())
            own = f"{self.serial}{before}{number}{SEPARATOR}{detail}{SEPARATOR}{sealed.hexdigest()}"
            self.head = sha256(self.head + own.encode()).digest()
            yield (self.institution, self.serial, *about, number, detail, text, salt, sealed.digest(), self.head)

    def _spell(self, detail: Mapping[str, object]) -> str:
        """Canonical JSON. Thousands of events share the same detail, so each is encoded once."""
        known = self._spelled.get(id(detail))
        if known is None:
            known = self._spelled[id(detail)] = (detail, canonical(detail))
        return known[1]
