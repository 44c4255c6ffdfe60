"""The current state of the ledger, as plain values."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seatsync.domain.approval import Used
from seatsync.domain.institution import Admin, Institution
from seatsync.domain.library import COUNTED, Library, Slots, figures_of
from seatsync.domain.license import ABSENT, License
from seatsync.domain.person import Member

NO_HEAD = "0" * 64
"""The head of a ledger without journal entries."""

TagsOverTime = Mapping[int, Sequence[tuple[str, tuple[str, ...]]]]
"""By member number: the day (ISO) and the tags from then on, in order."""


@dataclass(slots=True)
class Snapshot:
    """The current state of one institution.

    ``serial`` and ``head`` are the number and the hash (hex) of the last journal entry. ``admins`` are by e-mail key,
    ``members`` by number, ``licenses`` by library and member number. ``rosters`` are the members counted in each roster at the
    last apply, ``applied_on`` is its day, ``applied_at`` its instant, ``approvals`` are the used ones that have not ended.
    ``told_on`` is the day (ISO) up to which applies have told what comes (``calendar.distances``).
    ``briefed_on`` is the day (ISO) of the last briefing of its administrators.
    ``held_since`` is the moment (ISO) to which the ledger was restored, as long as its letters are held; else empty. Removed
    libraries keep their revoked licenses. ``exports`` are those in the files of the last apply, by key: the entry that took each.
    ``tags_over_time`` has for members whose tags may say that they were on leave (``desired.Leave``) all tags that they had, each
    with the day (ISO) since when, in order; it is read where a grant asks for it.
    ``former`` are the ids that the institution had before. ``beside`` is the id that the files say it had, if the ledger still has
    an institution of that id besides.

    A snapshot can hold only some ``members`` with their ``licenses``. The other fields always cover all of them: ``seats``
    counts the active licenses of each library by ``library.figures_of``, ``last_number`` is the highest member number, and
    ``baseline`` is what the last apply left for the next plan (``ledger.baseline``).

    Thousands of grants share one detail and give equal licenses: ``checked_detail`` is the detail checked last, ``interned``
    keeps one object for each license.
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
    applied_at: str = ""
    approvals: Sequence[Used] = ()
    held_since: str = ""
    told_on: str = ""
    briefed_on: str = ""
    seats: dict[str, dict[str, int]] = field(default_factory=dict)
    last_number: int = 0
    baseline: Mapping[str, Any] = field(default_factory=dict)
    exports: Mapping[str, int] = field(default_factory=dict)
    former: tuple[str, ...] = field(default=(), compare=False)
    beside: str = field(default="", compare=False)
    tags_over_time: TagsOverTime = field(default_factory=dict, compare=False, repr=False)
    checked_detail: object = field(default=None, compare=False, repr=False)
    interned: dict[License, License] = field(default_factory=dict, compare=False, repr=False)

    @property
    def timezone(self) -> str:
        """The institution's time zone; empty for UTC."""
        return self.institution.timezone if self.institution is not None else ""

    def copy(self) -> Snapshot:
        """A snapshot with the same contents; events that are posted to one do not change the other."""
        return replace(
            self,
            libraries=dict(self.libraries),
            admins=dict(self.admins),
            members=dict(self.members),
            licenses={library: dict(held) for library, held in self.licenses.items()},
            seats={library: dict(seats) for library, seats in self.seats.items()},
        )

    def slots(self, library: str) -> Slots:
        """The seats of ``library`` now; all zero if the ledger does not have it."""
        known, seats = self.libraries.get(library), self.seats.get(library, {})
        return Slots(known.slots if known else 0, *(seats.get(figure, 0) for figure in COUNTED))

    def seats_end(self, number: int) -> str:
        """The last day (ISO) of the member's temporary seats: the latest end date; empty without one."""
        return max((held[number].ends for held in self.licenses.values() if number in held), default="")

    def shared(self, license: License) -> License:
        """One shared object for all equal licenses."""
        return self.interned.setdefault(license, license)

    def put(self, library: str, number: int, license: License) -> None:
        """Set the member's license of ``library``."""
        held, seats = self.licenses.setdefault(library, {}), self.seats.setdefault(library, dict.fromkeys(COUNTED, 0))
        old = held.get(number, ABSENT)
        if (old.kind, old.status) != (license.kind, license.status):
            for figure in figures_of(old.kind, old.status):
                seats[figure] -= 1
            for figure in figures_of(license.kind, license.status):
                seats[figure] += 1
        held[number] = license

    def put_all(self, library: str, numbers: Collection[int], license: License) -> None:
        """Set this license of ``library`` for members who have none yet."""
        self.licenses.setdefault(library, {}).update(dict.fromkeys(numbers, license))
        for figure in figures_of(license.kind, license.status):
            self.seats.setdefault(library, dict.fromkeys(COUNTED, 0))[figure] += len(numbers)
