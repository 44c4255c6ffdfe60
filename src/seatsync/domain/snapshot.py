"""What the ledger says now, as plain values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from seatsync.domain.library import SEATS, Library, Slots, seat_of
from seatsync.domain.license import ABSENT, License
from seatsync.domain.people import Admin, Institution
from seatsync.domain.person import Member

NO_HEAD = "0" * 64
"""The head of a ledger in which nothing has happened."""


@dataclass(slots=True)
class Snapshot:
    """The present of one institution.

    ``serial`` and ``head`` are the number and the hash (hex) of the journal's last link. ``admins`` are by e-mail
    key, ``members`` by their number in the ledger, ``licenses`` by library and member number, ``rosters`` are the
    members counted in each roster file at the last apply, ``applied_on`` its day. Dropped libraries keep their revoked licenses.

    Whoever asks for some of the ``members`` and their ``licenses`` has those alone. The rest is about all of them: ``seats``
    counts the active licenses of a library by ``library.seat_of``, ``last_number`` is the highest number of a member,
    ``settled`` is what the ledger noted of the last apply (``ledger.settled``), which nothing here reads.

    Thousands of grants share one detail and come to licenses that look alike: ``fitting`` is the detail that was checked last,
    ``alike`` keeps each look once.
    """

    serial: int = 0
    head: str = NO_HEAD
    institution: Institution | None = None
    libraries: dict[str, Library] = field(default_factory=dict)
    admins: dict[str, Admin] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    licenses: dict[str, dict[int, License]] = field(default_factory=dict)
    rosters: dict[str, int] = field(default_factory=dict)
    applied_on: str = ""
    seats: dict[str, dict[str, int]] = field(default_factory=dict)
    last_number: int = 0
    settled: Mapping[str, Any] = field(default_factory=dict)
    fitting: object = field(default=None, compare=False, repr=False)
    alike: dict[License, License] = field(default_factory=dict, compare=False, repr=False)

    def slots(self, library: str) -> Slots:
        """The slots of ``library`` now; all nought for one that the ledger does not have."""
        known, seats = self.libraries.get(library), self.seats.get(library, {})
        return Slots(known.slots if known else 0, *(seats.get(seat, 0) for seat in SEATS))

    def one(self, license: License) -> License:
        """A license that looks the same, always the same one."""
        return self.alike.setdefault(license, license)

    def put(self, library: str, number: int, license: License) -> None:
        """The member's license of ``library`` is this one now."""
        held, seats = self.licenses.setdefault(library, {}), self.seats.setdefault(library, dict.fromkeys(SEATS, 0))
        old = held.get(number, ABSENT)
        if seat := seat_of(old.kind, old.status):
            seats[seat] -= 1
        if seat := seat_of(license.kind, license.status):
            seats[seat] += 1
        held[number] = license

    def put_all(self, library: str, numbers: Collection[int], license: License) -> None:
        """The licenses of ``library`` of these members, who have none yet, are this one now."""
        self.licenses.setdefault(library, {}).update(dict.fromkeys(numbers, license))
        if seat := seat_of(license.kind, license.status):
            self.seats.setdefault(library, dict.fromkeys(SEATS, 0))[seat] += len(numbers)
