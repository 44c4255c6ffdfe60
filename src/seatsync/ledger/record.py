"""Record events: write the journal, the tables of the present and the outbox in the caller's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Index, Table, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from seatsync.domain.action import Action, Arrivals, Event, Grants, Several, Subject
from seatsync.domain.approval import with_uses, without_words
from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.fields import is_number, is_text
from seatsync.domain.letters import LetterState, letter_for
from seatsync.domain.library import Library
from seatsync.domain.license import IllegalTransition, License
from seatsync.domain.person import Member
from seatsync.domain.portal.at_vendor import TO_DO, There, leaves_portal
from seatsync.domain.posting import overfull, post
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.waiting import Seat
from seatsync.ledger import tables
from seatsync.ledger.baseline import checked, taken
from seatsync.ledger.chain import Chain, Row
from seatsync.ledger.journal import OUTSIDE, SILENT, Entry, approvals_of
from seatsync.ledger.link_chain import End
from seatsync.ledger.queries.waiting import SeatKey, settle, silence
from seatsync.ledger.rows import (
    CHUNK,
    MEMBER_VALUES,
    admin_rows,
    amend,
    bulk,
    clear,
    drop_indexes,
    institution_values,
    library_rows,
    license_rows,
    license_values,
    make_indexes,
    member_rows,
    member_values,
)


class Stale(Failure):
    """The ledger is no longer in the state that was read. ``moved`` says what differs."""

    exit_code = ExitCode.STALE

    def __init__(self, moved: str) -> None:
        super().__init__(
            f"Nothing was done. The plan is out of date: {moved}.", "Plan again, and have the new plan reviewed."
        )


class Recorder:
    """Writes one entry with its events, and updates ``books``.

    ``books`` must be the current snapshot of ``institution`` with all members in the events. It is changed, and must not be
    used if recording fails.
    """

    def __init__(self, connection: Connection, institution: str, books: Snapshot) -> None:
        self.connection = connection
        self.institution = institution
        self.books = books
        known_as = books.institution.id if books.institution is not None else ""
        self.chain = Chain(institution, books.serial, books.head, known_as)
        self.members: dict[int, Member | None] = {}
        self.held: dict[str, set[int]] = {}
        self.granted: dict[str, set[int]] = {}
        self.sent = 0
        self.stirred: set[SeatKey] = set()
        self.silenced: dict[str, int] = {}
        self.taken_back: set[str] = set()
        self.rows: list[tuple[object, ...]] = []
        self.letters: list[tuple[object, ...]] = []

    def record(self, entry: Entry, events: Iterable[Event | Several]) -> None:
        """Record the entry with its events.

        Raises:
            Stale: somebody else has written since ``books`` was read.
            IllegalTransition: an event is not allowed, or more seats would be used than there are.
        """
        try:
            self._record(entry, events)
        except IntegrityError as error:
            raise Stale("somebody else has changed the ledger in the meantime") from error

    def _record(self, entry: Entry, events: Iterable[Event | Several]) -> None:
        links = self._check_serial()
        first_time = self.books.serial == 0
        libraries, admins = library_rows(self.institution, self.books), dict(self.books.admins)
        noted = {**entry.detail, "links": links} if links.number else entry.detail
        in_use = {id: self.books.slots(id).used for id in self.books.libraries}
        opened, indexes = self.chain.open(entry._replace(detail=noted)), list[Index]()
        for event in events:
            if isinstance(event, Event):
                self._take(event, entry)
            elif isinstance(event, Grants):
                self._take_grants(event, entry)
            else:
                self._take_arrivals(event)
            if len(self.rows) >= CHUNK:
                indexes = indexes or self._dropped_indexes(first_time)
                self._flush()
        if (library := overfull(self.books, self.books.libraries, in_use)) is not None:
            raise IllegalTransition(f"more seats of {library} would be used than there are")
        self._write_institution(entry, opened, first_time)
        self._flush()
        if libraries != (now := library_rows(self.institution, self.books)):
            self._replace(tables.library, now)
        if admins != self.books.admins:
            self._replace(tables.admin, admin_rows(self.institution, self.books))
        try:
            self._write_members()
            self._write_licenses()
            make_indexes(self.connection, indexes)
        except IntegrityError as error:
            raise IllegalTransition("two members would have the same e-mail or student id") from error
        self._settle_letters(entry)

    def _dropped_indexes(self, first_time: bool) -> list[Index]:
        """Drop the indexes of a file that is empty, and return what makes them again when it is full: that takes a third of the time."""
        return drop_indexes(self.connection) if first_time and self.connection.dialect.name == "sqlite" else []

    def _check_serial(self) -> End:
        """Check that the journal ends where ``books`` does, and return the end of the chain of personal links.

        Raises:
            Stale: the journal has moved on.
        """
        columns = tables.institution.c
        known = select(columns.serial, columns.link_number, columns.link_head)
        now, *links = self.connection.execute(known.where(columns.institution == self.institution)).first() or (0,)
        if now != self.books.serial:
            raise Stale(f"the ledger was at journal entry {self.books.serial} and is now at {now}")
        return End(*links)

    def _take(self, event: Event, entry: Entry) -> None:
        letter = letter_for(self.books, event) if entry.kind not in SILENT else ""
        if event.library and event.member:
            self._touch(event.library, [event.member])
        facts = event.action.facts
        is_about_person = facts.subject is Subject.MEMBER or (event.member and event.person is not None)
        if is_about_person or event.action is Action.OBSERVE:  # what is seen of a license can tell of the list of users
            self.members.setdefault(event.member, self.books.members.get(event.member))
        library = self.books.libraries.get(event.library)
        post(self.books, event)
        self.rows.append(self.chain.event(event))
        if (
            event.detail.get("left_on") == ""
        ):  # back within the grace period: the licenses have no other end date any more
            for library_id, held in self.books.licenses.items():
                if event.member in held:
                    self._touch(library_id, [event.member])
        if letter or (facts.license is not None and facts.license.voids_invitations):
            self._stir(event.library, [event.member])
        if event.action is Action.LIBRARY_UPDATE and library is not None:
            self._note_update(library, event)
        if letter:
            address = "" if event.member else str((event.person or {}).get("email", ""))
            self._add_letters(letter, [(self.chain.serial, event.member)], event.library, address, entry)

    def _note_update(self, library: Library, event: Event) -> None:
        """Remember what a library's update does to all its letters and licenses, also of members who are not in ``books``."""
        if _silences(event.detail):
            self.silenced[library.id] = self.chain.serial
        if leaves_portal(library, self.books.libraries[library.id]):
            self.taken_back.add(library.id)

    def _take_grants(self, grants: Grants, entry: Entry) -> None:
        one = Event(Action.GRANT, grants.library, grants.members[0], grants.detail)
        letter = letter_for(self.books, one) if entry.kind not in SILENT else ""
        self._touch(grants.library, grants.members)
        post(self.books, grants)
        serial = self.chain.serial + 1
        self.rows += self.chain.grants(grants)
        self._stir(grants.library, grants.members)
        if letter:
            self._add_letters(letter, enumerate(grants.members, serial), grants.library, "", entry)

    def _take_arrivals(self, arrivals: Arrivals) -> None:
        """Take new members: nobody writes to them before they have a seat."""
        post(self.books, arrivals)
        self.members.update(dict.fromkeys(arrivals.numbers))
        self.rows += self.chain.arrivals(arrivals)

    def _add_letters(
        self, letter: str, to: Iterable[tuple[int, int]], library: str, address: str, entry: Entry
    ) -> None:
        """Add a letter for each (serial of the event, member). Those of an apply and briefings are held as long as letters are held."""
        waits = (
            LetterState.HELD if self.books.held_since and entry.kind in ("apply", "briefing") else LetterState.PENDING
        )
        about, state = (str(letter), library), (address, entry.at, waits.value, *tables.UNTRIED.values())
        self.letters += [(self.institution, serial, *about, member, *state) for serial, member in to]

    def _touch(self, library: str, numbers: Sequence[int]) -> None:
        """Remember the members whose licenses change, apart for those with a row in the ledger and those without."""
        known, granted = self.books.licenses.get(library, {}), self.granted.setdefault(library, set())
        self.held.setdefault(library, set()).update(n for n in numbers if n in known and n not in granted)
        granted.update(n for n in numbers if n not in known)

    def _stir(self, library: str, numbers: Sequence[int]) -> None:
        """Remember the seats with letters to settle. A seat that is new in the ledger has no earlier letters."""
        if held := self.held.get(library):
            self.stirred.update((library, number) for number in numbers if number in held)

    def _flush(self) -> None:
        self.sent += len(self.letters)
        bulk(self.connection, tables.event, self.rows)
        bulk(self.connection, tables.outbox, self.letters)
        self.rows, self.letters = [], []

    def _write_institution(self, entry: Entry, opened: Row, first_time: bool) -> None:
        known = self.books.institution
        assert known is not None
        if known.id != self.institution:
            raise IllegalTransition(f"the id would be {known.id} in the journal and {self.institution} in the tables")
        remember(self.books, entry.detail, self.chain.entry, entry.at)
        before, self.books.serial, self.books.head = self.books.serial, self.chain.serial, self.chain.head.hex()
        values = institution_values(known, self.books)
        columns = tables.institution.c
        if first_time:
            self.connection.execute(insert(tables.institution).values(institution=self.institution, **values))
        else:
            unchanged = (columns.institution == self.institution) & (columns.serial == before)
            if self.connection.execute(update(tables.institution).where(unchanged).values(**values)).rowcount != 1:
                raise Stale("somebody else has changed the ledger in the meantime")
        bulk(self.connection, tables.entry, [opened])

    def _replace(self, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
        """Replace all rows of a table. Libraries and administrators are few, so all are written if one changed."""
        clear(self.connection, table, self.institution)
        bulk(self.connection, table, rows)

    def _write_members(self) -> None:
        table, members = tables.member, self.books.members
        known = sorted((number, old) for number, old in self.members.items() if old is not None)
        # Clear what others take over first, so that two members can swap their e-mails under the unique indexes.
        giving = _giving_way([(number, old, members[number]) for number, old in known])
        cleared = [(False, "", self.institution, number) for number in giving]
        amend(self.connection, table, _UNIQUE, ("institution", "number"), cleared)
        changed: dict[tuple[str, ...], list[tuple[object, ...]]] = {}
        for number, old in known:
            both = zip(MEMBER_VALUES, member_values(old), member_values(members[number]), strict=True)
            must = _UNIQUE if number in giving else ()
            values = {name: after for name, before, after in both if after != before or name in must}
            changed.setdefault((*values,), []).append((*values.values(), self.institution, number))
        for names in filter(None, changed):
            amend(self.connection, table, names, ("institution", "number"), changed[names])
        new = sorted(number for number, old in self.members.items() if old is None)
        bulk(self.connection, table, member_rows(self.institution, ((number, members[number]) for number in new)))

    def _settle_letters(self, entry: Entry) -> None:
        """Let only those letters wait that say what is true now."""
        timezone, seats = self.books.timezone, dict[SeatKey, Seat]()
        for library, number in self.stirred:
            license, known = self.books.licenses[library][number], self.books.libraries.get(library)
            writes = known is None or known.sends_letters
            is_to_do = license.there in TO_DO
            seats[library, number] = Seat(license.status, license.invited_on, writes, timezone, license.until, is_to_do)
        settle(self.connection, self.institution, seats, entry.at)
        for library, serial in self.silenced.items():
            silence(self.connection, self.institution, library, serial, entry.at)

    def _write_licenses(self) -> None:
        table, licenses = tables.license, self.books.licenses
        for library in self.taken_back:
            is_open = (table.c.library == library) & text("license.there != ''")
            mine = (table.c.institution == self.institution) & is_open
            self.connection.execute(update(table).where(mine).values(there=There.SAME.value))
        rows = [
            (*license_values(licenses[library][number]), self.institution, library, number)
            for library, numbers in self.held.items()
            for number in sorted(numbers)
        ]
        amend(self.connection, table, License._fields, ("institution", "library", "member"), rows)
        for library, numbers in self.granted.items():
            bulk(self.connection, table, license_rows(self.institution, library, licenses[library], sorted(numbers)))


def _silences(detail: Mapping[str, Any]) -> bool:
    """Whether this change of a library ends the letters that wait: it sends none any more, or its seats live elsewhere now."""
    return detail.get("sends_letters") is False or "delivered_by" in detail


_UNIQUE = ("on_roster", "student_id")
"""The columns of members without which none is in a unique index."""


def _giving_way(changed: Sequence[tuple[int, Member, Member]]) -> dict[int, None]:
    """The numbers of members whose e-mail on a roster or student id another one takes over; ``changed`` has (number, old, new)."""
    keys = {new.key for _, old, new in changed if new.on_roster and not (old.on_roster and old.key == new.key)}
    ids = {new.student_id for _, old, new in changed if new.student_id != old.student_id} - {""}
    return dict.fromkeys(n for n, old, _ in changed if (old.on_roster and old.key in keys) or old.student_id in ids)


def remember(books: Snapshot, detail: Mapping[str, Any], serial: int, at: str, files: str | None = None) -> None:
    """Put into ``books`` what entry ``serial`` of the instant ``at`` says of the files it came from.

    These are the number of members in each roster, the day and instant, up to which day was told what comes, the approvals used, the
    exports taken, whether letters are held, the day of a briefing, and the baseline, to which the serial of the apply's last event is
    added. The digests of a sealed entry are passed as ``files``.

    Raises:
        ValueError: the detail holds something that seatsync never writes.
    """
    rosters, day = detail.get("rosters", books.rosters), detail.get("on", books.applied_on)
    told = detail.get("told", "")
    if not (all(map(is_text, rosters)) and all(map(is_number, rosters.values())) and is_text(day) and is_text(told)):
        raise ValueError("the rosters or the day have the wrong type")
    books.rosters, books.applied_on = dict(rosters), day
    if "on" in detail:
        books.applied_at = at
        books.told_on = detail.get("told", day)
        baseline = detail.get("settled") or {}
        sealed = bool(detail.get("sealed"))
        hidden: Mapping[str, Any] = json.loads(files) if sealed and files is not None else {}
        if baseline and sealed:
            baseline = {**baseline, **{name: hidden[name] for name in OUTSIDE if name in hidden}} if hidden else {}
        books.baseline = checked({**baseline, "serial": serial + baseline["events"]} if baseline else {})
        exports = (hidden if sealed else detail).get("exports", {})
        books.exports = taken({key: entry or serial for key, entry in exports.items()})
        books.approvals = with_uses(books.approvals, approvals_of(detail, files), serial, day)
    if "held" in detail:
        if not is_text(detail["held"]):
            raise ValueError("the hold of letters has the wrong type")
        books.held_since = detail["held"]
    if "briefed" in detail:
        if not is_text(detail["briefed"]):
            raise ValueError("the day of the briefing has the wrong type")
        books.briefed_on = detail["briefed"]
    if forgotten := detail.get("files"):
        books.approvals = [without_words(use) if use["entry"] in forgotten else use for use in books.approvals]
