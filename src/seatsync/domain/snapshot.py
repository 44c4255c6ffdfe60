"""What the ledger says now, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

from seatsync.domain.library import Library, Slots, count_slots
from seatsync.domain.license import License
from seatsync.domain.people import Admin, Institution, Member

NO_HEAD = "0" * 64
"""The head of a ledger in which nothing has happened."""


@dataclass(slots=True)
class Snapshot:
    """The present of one institution.

    ``serial`` and ``head`` are the number and the hash (hex) of the journal's last link. ``admins`` are by e-mail
    key, ``members`` by their number in the ledger, ``licenses`` by library and member number, ``rosters`` are the
    members counted in each roster file at the last apply, ``applied_on`` its day. Dropped libraries keep their revoked licenses.
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

    def slots(self, library: str) -> Slots:
        """The slots of ``library`` now; all nought for one that the ledger does not have."""
        known = self.libraries.get(library)
        return count_slots(known.slots if known else 0, self.licenses.get(library, {}).values())
