"""Import a portal's export: into the files first, then into the ledger, so that the next plan is empty.

Only what moves forward is taken (``planning.portal``), as an export can be older than the ledger. Everything is checked before
the first file is written. If an import stops between files and ledger, running it again finds the files complete and continues
with the ledger.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, assert_never

from sqlalchemy import Connection

from seatsync.apply.apply import must_belong_to
from seatsync.apply.members import Impossible
from seatsync.domain.action import Action, Event, Several
from seatsync.domain.desired import Desired, Grant
from seatsync.domain.diagnostic import counted, named
from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.license import ABSENT, IllegalTransition, Kind, License, Status
from seatsync.domain.person import RosterMember, person_of
from seatsync.domain.portal.at_vendor import There, text_of
from seatsync.domain.portal.export import Export
from seatsync.domain.posting import duplicate_name, overfull, post
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.tags import join_tags, split_tags
from seatsync.ledger.database import Ledger
from seatsync.ledger.journal import Entry
from seatsync.ledger.queries.lookup import changed_since, exports_read
from seatsync.ledger.read import read_snapshot
from seatsync.ledger.record import Recorder
from seatsync.planning.change import Change
from seatsync.planning.diff import diff
from seatsync.planning.draft import Draft
from seatsync.planning.entitlements import resolve_grants
from seatsync.planning.events import events_of, first_event
from seatsync.planning.matching import who_is_who
from seatsync.planning.plan import settings_of
from seatsync.planning.portal.comparison import compare
from seatsync.planning.portal.found import Changed, Comparison, Move, Unbelieved


class OfOthers(Failure):
    """The export seems to be another institution's: nobody who has a seat there by the ledger is in it, but others are."""

    exit_code = ExitCode.INVALID

    def __init__(self, export: Export, doubt: Unbelieved, strangers: int, institution: str) -> None:
        holders = counted(doubt.expected, "person who has", "people who have")
        super().__init__(
            f"{export.file}: None of the {holders} a seat there by the ledger is in this file, and "
            f"{counted(strangers, 'person', 'people')} in it would be new. It may be another institution's list, so nothing of it "
            "is taken.",
            f"Export all users of {institution} from its portal, without a filter. If the people in the file do belong to "
            f"{institution}, add them to a roster, apply it, and import the file again.",
        )


@dataclass
class Import:
    """What an import of one export does. Nothing is written yet.

    ``events`` bring the export into the ledger: from ``before``, which has the members that the import adds, to ``after``.
    ``found`` is the comparison with ``before``. ``new`` are members for the rosters, ``grants`` are licenses for which the
    files have no rule: (library, member, kind, last day).
    """

    before: Snapshot
    after: Snapshot
    found: Comparison
    events: list[Event | Several] = field(default_factory=list)
    new: list[RosterMember] = field(default_factory=list)
    grants: list[tuple[str, RosterMember, Kind, str]] = field(default_factory=list)


def prepare(
    desired: Desired,
    books: Snapshot,
    export: Export,
    changed: Changed,
    today: date,
    tags: Sequence[str] | None = (),
    applied_later: bool = False,
) -> Import:
    """Work out what an import does, and check that it can be done.

    Members who are on no roster get the ``tags``; if these are None, such members are left out. With ``applied_later`` only the
    files are written now: new members get their date tag on the day of the apply, so no rule by that tag is known to reach them.

    Raises:
        ForeignLedger: the ledger belongs to another institution.
        OfOthers: the export seems to be another institution's.
        Impossible: the portal uses more seats than there are, or has a kind that the library does not allow, or a member of the
            files and the export may be another person than the record in the ledger.
    """
    must_belong_to(books, desired.institution.id)
    preparing = _Preparing(desired, books, export, changed, today)
    try:
        preparing.add_members(tags)
        done = preparing.compare()
        if done.found.moves:
            records = who_is_who(preparing.desired, preparing.trial, today).records
            rows = {number: row for number, row in zip(records, preparing.desired.members, strict=True) if number}
            undated = preparing.arrived if applied_later else ()
            rules = _rules(preparing.desired, preparing.trial, records, today, undated)
            _take(done, preparing.trial, rows, rules, today)
    except IllegalTransition as illegal:
        raise Impossible(
            f"The portal's export can't be right: {illegal}.", "Correct the export, or the library in seatsync.yaml."
        ) from illegal
    _must_fit(done, export)
    return done


class _Preparing:
    """``trial`` is the ledger as the import changes it, ``desired`` the files with the members that it adds.

    ``arrived`` are the numbers of new members.
    """

    def __init__(self, desired: Desired, books: Snapshot, export: Export, changed: Changed, today: date) -> None:
        self.desired, self.books, self.export, self.changed, self.today = desired, books, export, changed, today
        self.trial = books.copy()
        self.events: list[Event | Several] = []
        self.new: list[RosterMember] = []
        self.arrived: list[int] = []
        self.found: Comparison | None = None

    def add_members(self, tags: Sequence[str] | None) -> None:
        """Add the libraries, and who is in the export and not yet in the ledger: from the rosters, or new."""
        draft = diff(self.desired, self.books, self.today)
        _must_be_sure(draft, self.export)
        everybody = self.books.copy()
        events = self._post(draft, everybody, None)
        found = compare(self.export, everybody, self.changed)
        listed = {everybody.members[number].key for number in found.numbers if number}
        strangers = [stranger.person for stranger in found.strangers]
        if tags is not None:
            for doubt in found.unbelieved:
                if doubt.is_of_others and strangers:
                    raise OfOthers(self.export, doubt, len(strangers), self.desired.institution.name)
            self.new = [_tagged(person, tags) for person in strangers if person.key not in self.export.left]
        if self.new:
            self.desired = replace(self.desired, members=[*self.desired.members, *self.new])
            draft = diff(self.desired, self.books, self.today)
        first = self.trial.last_number
        arriving = {email_key(change.member) for change in draft.changes if change.action is Action.MEMBER_ADD}
        if not strangers and arriving <= listed:  # the same members again: nothing to compare anew
            self.trial, self.events, self.found = everybody, events, found
            self.arrived = [*range(first + 1, self.trial.last_number + 1)]
            return
        self.events += self._post(draft, self.trial, listed | {person.key for person in self.new})
        for person in strangers:
            if person.key in self.export.left:
                self._owner_who_left(person)
        self.arrived = [*range(first + 1, self.trial.last_number + 1)]

    def _post(self, draft: Draft, books: Snapshot, keys: Collection[str] | None) -> list[Event | Several]:
        """Post the changes of the files that an import needs, members only of these ``keys``; return the events."""
        first = self.books.serial == 0
        events: list[Event | Several] = []
        if first:
            events.append(first_event(self.desired.institution.id, settings_of(self.desired.institution)))
            post(books, events[0])
        needed = [change for change in draft.changes if _is_needed(change, self.export, keys, first)]
        for event in events_of(needed, books, self.today.isoformat()):
            post(books, event)
            events.append(event)
        return events

    def _owner_who_left(self, person: RosterMember) -> None:
        """Add somebody who is on no roster, as the file of `seatsync export` says."""
        number = self.trial.last_number + 1
        fields = {**dict(zip(person._fields, person_of(person), strict=False)), "from": str(person.origin)}
        day = {"on": self.today.isoformat()}
        for event in (Event(Action.MEMBER_ADD, "", number, day, fields), Event(Action.MEMBER_REMOVE, "", number)):
            post(self.trial, event)
            self.events.append(event)

    def compare(self) -> Import:
        """Compare the export with the ledger that has all its members."""
        found = self.found or compare(self.export, self.trial, self.changed)
        return Import(self.trial.copy(), self.trial, found, self.events, self.new)


def _must_be_sure(draft: Draft, export: Export) -> None:
    keys = {member.key for member in export.members}
    doubtful = [draft.desired.members[doubt.position] for doubt in draft.matching.doubts]
    if found := [member.email for member in doubtful if member.key in keys]:
        fact = f"{named(found)} may be another person than the ledger's record of the same student id or e-mail"
        help = "Run `seatsync plan`, do what it says about identity-changed, apply, and import again."
        raise Impossible(f"identity-changed: {fact}.", help)


def _tagged(person: RosterMember, tags: Sequence[str]) -> RosterMember:
    return person._replace(tags=join_tags([*split_tags(person.tags), *tags])) if tags else person


def _is_needed(change: Change, export: Export, keys: Collection[str] | None, first: bool) -> bool:
    """Whether an import also makes this change of the files: what the ledger needs to hold the portal's licenses."""
    match change.action:
        case Action.LIBRARY_ADD | Action.LIBRARY_UPDATE:
            return first or change.library in export.holdings
        case Action.ADMIN_ADD:
            return first
        case Action.MEMBER_ADD:
            return keys is None or email_key(change.member) in keys
        case (
            Action.INSTITUTION_UPDATE
            | Action.ADMIN_REMOVE
            | Action.ADMIN_UPDATE
            | Action.MEMBER_UPDATE
            | Action.MEMBER_REMOVE
            | Action.OBSERVE
            | Action.REVOKE
            | Action.UPGRADE
            | Action.LICENSE_UPDATE
            | Action.UNWAIT
            | Action.GRANT
            | Action.WAIT
            | Action.RESEND
            | Action.LIBRARY_REMOVE
        ):
            return False
        case never:
            assert_never(never)


Rules = Mapping[tuple[str, int], Grant]
"""The strongest current rule of the files for each (library, member's number)."""


def _rules(desired: Desired, books: Snapshot, records: Sequence[int], today: date, undated: Collection[int]) -> Rules:
    """The rules that reach the members, whose numbers are ``records``. Those who are ``undated`` have no date tag yet."""
    if undated:
        members = {**books.members, **{number: books.members[number]._replace(imported_on="") for number in undated}}
        books = replace(books, members=members)
    wanted = resolve_grants(desired, records, books, today).wanted
    return {
        (library, records[position]): grant
        for library, grants in wanted.items()
        for position, grant in grants.items()
        if records[position]
    }


def _take(done: Import, trial: Snapshot, rows: Mapping[int, RosterMember], rules: Rules, today: date) -> None:
    """Take what moves forward: its events, and a grant for the files where no rule asks for the license."""
    for move in done.found.moves:
        old = done.before.licenses.get(move.library, {}).get(move.member, ABSENT)
        rule, row = rules.get((move.library, move.member)), rows.get(move.member)
        until = rule.ends if rule is not None else _end(done.found.export, done.before, move)
        is_given = move.kind is not Kind.NONE and move.kind is not old.kind
        is_missing = is_given and row is not None and (rule is None or rule.kind not in (move.kind, Kind.PERMANENT))
        if is_missing and row is not None:
            until = _end(done.found.export, done.before, move)
            done.grants.append((move.library, row, move.kind, until))
        is_wanted = is_missing or (rule is not None and rule.kind is Kind.PERMANENT)
        event = _event(done, move, old, until, is_wanted, today)
        if event is not None:
            post(trial, event)
            done.events.append(event)


def _end(export: Export, books: Snapshot, move: Move) -> str:
    """The last day (ISO) that a file of `seatsync export` gives the license; empty for none."""
    ends = export.ends.get(move.library, {})
    return ends.get(books.members[move.member].key, "") if move.kind is Kind.TEMPORARY else ""


def _event(done: Import, move: Move, old: License, until: str, is_wanted: bool, today: date) -> Event | None:
    """The event of a move. ``is_wanted`` says that the files ask for the license as a permanent one, if it is permanent."""
    member = done.before.members[move.member]
    if not move.library:
        return Event(Action.OBSERVE, "", move.member, {}, {"there": text_of(move.users)})
    detail: dict[str, Any] = {}
    if (move.kind, move.status) != old[:2]:
        detail = {"kind": move.kind.value, "status": move.status.value, "on": today.isoformat()}
        if move.kind is Kind.TEMPORARY and not old.active:
            detail["until"] = until
    there = There.SAME if move.there == There.BY_HAND and is_wanted else move.there
    if done.found.export.is_ours and old == ABSENT:
        there = done.found.export.there.get(move.library, {}).get(member.key, there)
    if there != old.there:
        detail["there"] = str(there)
    if not detail:
        return None
    at_once = done.before.libraries[move.library].delivery.facts.at_once
    signs_in = at_once and move.status is Status.DELIVERED and not member.account and member.key
    return Event(Action.OBSERVE, move.library, move.member, detail, {"account": member.key} if signs_in else None)


def _must_fit(done: Import, export: Export) -> None:
    if (name := duplicate_name(done.after)) is not None:
        message = f"In the ledger, {name} belongs to one member, and in the export to another."
        help = "Apply the files first, or correct the export, so that each member has one e-mail and one student id."
        raise Impossible(message, help)
    in_use = {id: done.before.slots(id).used for id in done.before.libraries}
    if (library := overfull(done.after, export.holdings, in_use)) is not None:
        slots = done.after.slots(library)
        message = f"{slots.used:,} seats of {library} are in use, but seatsync.yaml gives it {slots.total:,}."
        raise Impossible(message, f"Set `slots: {slots.used}` or more; the portal shows how many were bought.")


def import_exports(
    ledger: Ledger,
    desired: Desired,
    exports: Sequence[Export],
    taken: str,
    today: date,
    at: str,
    actor: str,
    commit: str,
) -> int:
    """Write what the exports say into the ledger, in one entry of the journal; return the number of events.

    ``taken`` is the instant (ISO) of the exports: what changed later is left alone. The ledger notes it, even if nothing is new in them:
    an older export then puts nothing back. No letters are sent: the portal has already told its members.

    Raises:
        ForeignLedger, Impossible: as for ``prepare``.
    """
    rosters = {roster.path: roster.count for roster in desired.rosters}
    institution = desired.institution.id

    def step(connection: Connection) -> int:
        books = read_snapshot(connection, institution)
        changed = changed_since(connection, institution, taken)
        events, libraries = _events_of_all(desired, books, exports, changed, today)
        known = exports_read(connection, institution, taken)
        read = {library: taken for library in libraries if library not in known}
        if events or read:
            detail = {"rosters": rosters, **({"exports_read": read} if read else {})}
            Recorder(connection, institution, books).record(Entry("import", at, actor, commit, "", detail), events)
        return len(events)

    return ledger.write(institution, actor, commit, step)


def _events_of_all(
    desired: Desired, books: Snapshot, exports: Sequence[Export], changed: Changed, today: date
) -> tuple[list[Event | Several], list[str]]:
    """The events of all exports, and the libraries that they show."""
    events: list[Event | Several] = []
    libraries: list[str] = []
    for export in exports:
        done = prepare(desired, books, export, changed, today, tags=None)
        events += done.events
        libraries += done.found.read
        books = replace(done.after, serial=max(books.serial, 1))
    return events, libraries
