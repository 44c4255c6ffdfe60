"""One look at an export beside the ledger: who is who in both, what is told of them, and what has been found so far."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from seatsync.domain.license import ABSENT, License
from seatsync.domain.portal.at_vendor import portal_of, portal_of_system
from seatsync.domain.portal.export import NOTHING, Export, Holding
from seatsync.domain.portal.users import is_there
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.portal.found import Changed, Comparison, Difference, Differs, Move
from seatsync.planning.portal.licenses import Outcome
from seatsync.planning.portal.people import who_is_there


class Look:
    """What the parts of a comparison share.

    ``portal`` is the portal that the export is from, empty if that is not known; ``is_at_vendor`` says that seats live there.
    ``libraries`` are those of which the export says something: with columns, or of who is not in the list. ``rows`` are the
    positions in the export by member number, ``doubtful`` the members who may be somebody else there. ``is_whole``: who is
    missing in the list has nothing there. ``wrong`` are libraries of which nothing is taken. ``is_old`` says that a later export of
    all its libraries has been read.
    """

    def __init__(self, export: Export, books: Snapshot, changed: Changed) -> None:
        self.export, self.books, self.changed = export, books, changed
        self.portal = export.portal or _only_portal(export, books)
        here = sorted(id for id, library in books.libraries.items() if self.portal == portal_of(library) != "")
        self.is_at_vendor = bool(here) and not export.is_ours
        says_of_all = self.is_at_vendor and not export.lists_holders
        self.libraries = tuple(dict.fromkeys((*export.holdings, *(here if says_of_all else ()))))
        people = who_is_there(export, books, self.portal)
        self.found = Comparison(export, people.numbers, unsure=people.unsure)
        self.rows = {number: position for position, number in enumerate(people.numbers) if number}
        self.doubtful = {one.record for one in people.unsure}
        self.is_whole = False
        self.wrong: set[str] = set()
        self.moved: dict[int, dict[str, License]] = {}
        later = [changed.read[id] for id in export.holdings if id in changed.read]
        self.is_old = 0 < len(export.holdings) == len(later)
        self.found.later = max(later, default="")

    def held(self, library: str) -> Iterator[tuple[int, License]]:
        """The licenses of the library of which the export can say something, by member number."""
        for number, license in self.books.licenses.get(library, {}).items():
            if not self.says_nothing(library, number):
                yield number, license

    def says_nothing(self, library: str, number: int) -> bool:
        """Whether the export says nothing of a member's license, or of their record if there is no library."""
        return (library, number) in self.changed.about or number in self.doubtful

    def is_outdated(self, library: str) -> bool:
        """Whether a later export of the library has been read: of this one only what nobody can take back still holds."""
        return library in self.changed.read or (self.is_old and library not in self.export.holdings)

    def shown(self, library: str, number: int) -> Holding:
        """The license of somebody who is in the export."""
        return self.export.holdings[library].get(self.export.members[self.rows[number]].key, NOTHING)

    def line(self, number: int) -> int:
        """The line of the export, 0 for who is not in it."""
        return self.export.members[self.rows[number]].line if number in self.rows else 0

    @cached_property
    def had_license(self) -> set[int]:
        """The members of whom the ledger knows a license there: they are in the list of users, with or without an entry."""
        return {
            number
            for library in self.libraries
            for number, license in self.books.licenses.get(library, {}).items()
            if is_there(license)
        }

    def has_license(self, number: int) -> bool:
        """The same of one member, after what was seen."""
        moved = self.moved.get(number)
        if moved is None:
            return number in self.had_license
        before = {id: self.books.licenses.get(id, {}).get(number, ABSENT) for id in self.libraries}
        return any(map(is_there, {**before, **moved}.values()))

    def has_ended(self, number: int) -> bool:
        """Whether a license was seen to have ended there. The ledger then notes that the person is still in the list of users."""
        return any(
            is_there(self.books.licenses.get(library, {}).get(number, ABSENT)) and not is_there(new)
            for library, new in self.moved.get(number, {}).items()
        )

    def move_license(self, library: str, number: int, now: Outcome) -> None:
        """Note what moved of a license, if anything did."""
        if now.seen:
            old = self.books.licenses.get(library, {}).get(number, ABSENT)
            new = old._replace(kind=now.kind, status=now.status, there=now.there)
            self.moved.setdefault(number, {})[library] = new
            self.found.moves.append(Move(now.seen, library, number, self.line(number), *now[:3]))

    def differ(self, what: Differs, library: str, number: int, here: Holding, there: Holding) -> None:
        """Note a contradiction about a member."""
        email = self.books.members[number].email
        self.found.differences.append(Difference(what, library, number, email, self.line(number), here, there))


def _only_portal(export: Export, books: Snapshot) -> str:
    """The portal that the export must be from, by its libraries; empty if there is none or more than one."""
    systems = [books.libraries[library].system for library in export.holdings if library in books.libraries]
    portals = {portal_of_system(system) for system in systems}
    return portals.pop() if len(portals) == 1 else ""
