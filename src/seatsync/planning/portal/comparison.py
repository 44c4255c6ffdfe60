"""Compare a portal's export with the ledger: the one comparison of `drift`, `import` and `exports:`.

What is in the export is a fact. Who is missing in it changes no license: it may only tick off what was to be taken away there,
and put a grant that nobody has claimed back on the work list, and only if the export is whole (``trust``). A file of
`seatsync export` is what the ledger wanted, so it says nothing of what was done in a portal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from seatsync.domain.license import ABSENT, Kind, License
from seatsync.domain.portal.at_vendor import portal_of, portal_of_system, users_there
from seatsync.domain.portal.export import NOTHING, Export, Holding
from seatsync.domain.portal.users import is_there
from seatsync.domain.snapshot import Snapshot
from seatsync.planning.portal.found import Comparison, Difference, Differs, Move, Seen, Stranger
from seatsync.planning.portal.licenses import Outcome, contradiction, is_held_there, observed
from seatsync.planning.portal.people import COMPARED, record_there, who_is_there, with_portal
from seatsync.planning.portal.trust import unbelieved, unbelieved_list

Changed = Collection[tuple[str, int]]
"""What changed after the export was taken: (library, member's number); without a library for the person's record."""


def compare(export: Export, books: Snapshot, changed: Changed = frozenset()) -> Comparison:
    """Compare an export with the ledger, or with what a plan will leave. Neither is changed.

    The snapshot must have all members. Somebody on the rosters whom the ledger does not know yet is found only if their
    `member-add` has been posted to ``books``.
    """
    comparer = _Comparer(export, books, changed)
    comparer.judge()
    for library in comparer.libraries:
        comparer.licenses(library)
    comparer.people()
    comparer.strangers()
    return comparer.found


class _Comparer:
    """``rows`` are the positions in the export by member number, ``libraries`` those of which the export says something."""

    def __init__(self, export: Export, books: Snapshot, changed: Changed) -> None:
        self.export, self.books, self.changed = export, books, changed
        self.portal = export.portal or _only_portal(export, books)
        at_vendor = {
            id
            for id, library in books.libraries.items()
            if portal_of(library) == self.portal != "" and not export.is_ours
        }
        self.is_at_vendor = bool(at_vendor)
        also = () if export.lists_holders else sorted(at_vendor - export.holdings.keys())
        self.libraries = (*export.holdings, *also)
        people = who_is_there(export, books, self.portal)
        self.found = Comparison(export, people.numbers, unsure=people.unsure)
        self.rows = {number: position for position, number in enumerate(people.numbers) if number}
        self.doubtful = {one.record for one in people.unsure}
        self.moved: dict[tuple[str, int], License] = {}
        self.is_whole, self.wrong = False, set[str]()

    def judge(self) -> None:
        """Judge whether who is missing in the list says something, and of which libraries the columns do."""
        expected = {
            number
            for library in self.libraries
            for number, license in self.books.licenses.get(library, {}).items()
            if is_held_there(license) and not self._says_nothing(library, number)
        }
        if self.export.is_ours:
            return
        doubt = unbelieved_list(len(self.export.members), len(expected - self.rows.keys()), len(expected))
        self.is_whole = doubt is None
        if doubt is not None and doubt.expected:
            self.found.unbelieved.append(doubt)
        for library in self.export.holdings:
            held = self.books.licenses.get(library, {})
            here = [n for n, old in held.items() if is_held_there(old) and not self._says_nothing(library, n)]
            lacking = sum(self._shown(library, n) == NOTHING for n in here if n in self.rows)
            if self.export.lists_holders and not self.is_whole:
                lacking = sum(n not in held for n in self.rows)  # another library's holders
            if doubt := unbelieved(library, lacking, len(here)) if here else None:
                self.wrong.add(library)
                self.found.unbelieved.append(doubt)

    def licenses(self, library: str) -> None:
        """Compare the licenses of a library: of those in the export, then of those missing in it."""
        held, shown = self.books.licenses.get(library, {}), self.export.holdings.get(library)
        known = self.books.libraries.get(library)
        at_vendor = known is not None and known.is_at_vendor and not self.export.is_ours
        if shown is not None:
            for number, position in self.rows.items():
                there, old = shown.get(self.export.members[position].key, NOTHING), held.get(number, ABSENT)
                if (old.there or there != old[:2]) and not self._says_nothing(library, number):
                    self._listed(library, number, old, there, at_vendor)
        for number, old in held.items():
            if (old.active or old.there) and number not in self.rows and not self._says_nothing(library, number):
                self._missing(library, number, old, at_vendor)

    def _listed(self, library: str, number: int, old: License, there: Holding, at_vendor: bool) -> None:
        if self.export.is_ours:
            old = old._replace(there="")
        now = Outcome(old.kind, old.status, old.there)
        if library not in self.wrong:
            now = observed(old, there, at_vendor, self.books.members[number].on_roster)
            self._move(library, number, now)
        if what := contradiction(now, there):
            self._differ(what, library, number, (now.kind, now.status), there)

    def _missing(self, library: str, number: int, old: License, at_vendor: bool) -> None:
        """Somebody who has or had a license and is not in the export: they have nothing there, if the export is whole."""
        now = Outcome(old.kind, old.status, old.there)
        if self.is_whole and library not in self.wrong:
            now = observed(old, NOTHING, at_vendor, self.books.members[number].on_roster)
            self._move(library, number, now)
        if contradiction(now, NOTHING) or (self.export.is_ours and old.active):
            self._differ(Differs.MISSING, library, number, (now.kind, now.status), NOTHING)

    def people(self) -> None:
        """Compare the records of the people in the export, and the portal's list of users."""
        fields = [name for name in COMPARED if name in self.export.fields]
        for number, position in self.rows.items():
            if ("", number) in self.changed:
                continue
            member = self.books.members[number]
            users = users_there(member)
            record = record_there(self.export.members[position], member, users.get(self.portal, {}), fields)
            if record.differing and member.on_roster:
                self._differ(Differs.RECORD, "", number, fields=record.differing)
            if self.is_at_vendor:
                self._user(number, record.edits)
            elif not member.on_roster and not self._holds_any(number):
                self._differ(Differs.LEFT, "", number)
        if self.is_at_vendor and self.is_whole and not self.export.lists_holders:
            self._gone()

    def _user(self, number: int, edits: dict[str, str]) -> None:
        """Note what is to be edited of a person in the portal's list, and that they are in it."""
        member = self.books.members[number]
        old = users_there(member).get(self.portal)
        is_known = (
            old is not None or self.export.lists_holders or self._had_license(number) or self._has_license(number)
        )
        if edits == (old or {}) and is_known:
            return
        if old:
            seen = Seen.DONE if len(edits) < len(old) else Seen.STEP
        else:
            seen = Seen.LISTED if member.on_roster or self._owns(number) else Seen.UNDONE
        users = with_portal(member, self.portal, edits)
        self.found.moves.append(Move((seen,), "", number, self._line(number), users=users))

    def _gone(self) -> None:
        """Note who is no longer in the portal's list of users."""
        for number, member in self.books.members.items():
            if number in self.rows or number in self.doubtful or ("", number) in self.changed:
                continue
            is_listed = bool(member.there) and self.portal in users_there(member)
            if is_listed or (self._had_license(number) and not self._has_license(number)):
                seen = Seen.LISTED if member.on_roster or self._owns(number) else Seen.DONE
                users = with_portal(member, self.portal, None)
                self.found.moves.append(Move((seen,), "", number, 0, users=users))

    def strangers(self) -> None:
        """Name the people whom the ledger does not know, and those who may be somebody else."""
        unsure = {one.person.key for one in self.found.unsure}
        for one in self.found.unsure:
            self.found.differences.append(Difference(Differs.UNSURE, "", one.record, one.person.email, one.person.line))
        for person, number in zip(self.export.members, self.found.numbers, strict=True):
            if number or person.key in unsure:
                continue
            shown = {library: held.get(person.key, NOTHING) for library, held in self.export.holdings.items()}
            self.found.strangers.append(Stranger(person, shown))
            held = {library: there for library, there in shown.items() if there[0] is not Kind.NONE}
            for library, there in held.items() or [("", NOTHING)]:
                self.found.differences.append(
                    Difference(Differs.UNKNOWN, library, 0, person.email, person.line, there=there)
                )

    def _says_nothing(self, library: str, number: int) -> bool:
        return number in self.doubtful or (library, number) in self.changed

    def _shown(self, library: str, number: int) -> Holding:
        return self.export.holdings[library].get(self.export.members[self.rows[number]].key, NOTHING)

    def _line(self, number: int) -> int:
        return self.export.members[self.rows[number]].line if number in self.rows else 0

    def _move(self, library: str, number: int, now: Outcome) -> None:
        if now.seen:
            old = self.books.licenses.get(library, {}).get(number, ABSENT)
            self.moved[library, number] = old._replace(kind=now.kind, status=now.status, there=now.there)
            move = Move(now.seen, library, number, self._line(number), now.kind, now.status, now.there)
            self.found.moves.append(move)

    def _differ(
        self,
        what: Differs,
        library: str,
        number: int,
        here: Holding = NOTHING,
        there: Holding = NOTHING,
        fields: Mapping[str, tuple[str, str]] = {},
    ) -> None:
        email = self.books.members[number].email
        self.found.differences.append(Difference(what, library, number, email, self._line(number), here, there, fields))

    def _held(self, number: int) -> Iterator[tuple[str, License]]:
        """The member's licenses in this portal, by library."""
        for library in self.libraries:
            if (license := self.books.licenses.get(library, {}).get(number)) is not None:
                yield library, license

    def _holds_any(self, number: int) -> bool:
        return any(held.get(number, ABSENT).active for held in self.books.licenses.values())

    def _owns(self, number: int) -> bool:
        return any(license.kind is Kind.PERMANENT for _, license in self._held(number))

    def _had_license(self, number: int) -> bool:
        """Whether the ledger knows of a license there. Then the person is in the list of users, with or without an entry."""
        return any(is_there(license) for _, license in self._held(number))

    def _has_license(self, number: int) -> bool:
        """The same, after what was seen."""
        moved = [self.moved.get((library, number), ABSENT) for library in self.libraries]
        return any(map(is_there, moved)) or any(
            is_there(license) for library, license in self._held(number) if (library, number) not in self.moved
        )


def _only_portal(export: Export, books: Snapshot) -> str:
    """The portal that the export must be from, by its libraries; empty if there is none or more than one."""
    systems = [books.libraries[library].system for library in export.holdings if library in books.libraries]
    portals = {portal_of_system(system) for system in systems}
    return portals.pop() if len(portals) == 1 else ""
