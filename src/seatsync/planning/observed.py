"""Take from the exports of a draft what has moved forward in the vendor's portal: changes, and the licenses as they are then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from seatsync.domain.action import Action
from seatsync.domain.desired import CommittedExport, Grant
from seatsync.domain.license import ABSENT, Kind
from seatsync.domain.origin import Origin
from seatsync.domain.portal.at_vendor import There, with_users_there
from seatsync.domain.posting import post
from seatsync.planning.change import Change, grouped
from seatsync.planning.draft import Draft, ReadExport
from seatsync.planning.events import event_of, events_of
from seatsync.planning.portal.comparison import compare
from seatsync.planning.portal.found import Changed, Move, Seen

ChangedSince = Callable[[str], Changed]
"""What has changed since an instant (ISO), as ``compare`` takes it."""

WORDS: Mapping[Seen, str] = {
    Seen.PERMANENT: "Made permanent at the vendor",
    Seen.GRANTED: "Granted at the vendor",
    Seen.CLAIMED: "Claimed at the vendor",
    Seen.DECLINED: "Declined at the vendor",
    Seen.REVOKED: "Revoked at the vendor",
    Seen.UNDONE: "Not done at the vendor: back on the work list",
    Seen.DONE: "Done at the vendor",
    Seen.STEP: "Something else is to be done at the vendor",
    Seen.LISTED: "Listed at the vendor otherwise than noted",
}
"""The reason of a change, by what was seen. Reports count changes by it."""


def unread(draft: Draft) -> list[CommittedExport]:
    """The exports that no apply has taken, in the order in which they were downloaded."""
    taken = draft.snapshot.exports
    return [export for export in draft.desired.exports if export.rows is not None and export.key not in taken]


def observe(draft: Draft, changed: ChangedSince) -> None:
    """Compare the unread exports, one after the other, with what the draft's changes of libraries and members come to.

    The draft gets a change for each thing that moves forward, the licenses as they are then, and what contradicts.
    """
    if exports := unread(draft):
        observer = _Observer(draft)
        for export in exports:
            draft.changes += observer.changes(export, changed(export.taken))
        draft.licenses = observer.books.licenses


class _Observer:
    """``books`` are the ledger after the changes so far. ``positions`` are those of the members in the rosters, by number."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.today = draft.today.isoformat()
        self.books = draft.snapshot.copy()
        before = [change for change in draft.changes if change.action in _BEFORE]
        ordered = [change for group in grouped(before).values() for change in group]
        for event in events_of(ordered, self.books, self.today):
            post(self.books, event)
        new = iter(range(draft.snapshot.last_number + 1, self.books.last_number + 1))
        draft.numbers = [record or next(new) for record in draft.matching.records]
        self.positions = {number: position for position, number in enumerate(draft.numbers)}

    def changes(self, export: CommittedExport, changed: Changed) -> Iterator[Change]:
        """Yield the changes of one export. ``books`` are after each of them before the next one is made."""
        assert export.rows is not None
        found = compare(export.rows, self.books, changed)
        self.draft.read.append(ReadExport(export, found))
        for move in found.moves:
            change = self._of_license(move, export) if move.library else self._of_person(move, export)
            post(self.books, event_of(change, move.member, {"on": self.today}))
            yield change

    def _of_license(self, move: Move, export: CommittedExport) -> Change:
        old = self.books.licenses.get(move.library, {}).get(move.member, ABSENT)
        if Seen.REVOKED in move.seen and old.kind is Kind.TEMPORARY and not old.ended(self.today):
            self.draft.revokes[move.library].append(self.books.members[move.member].email)
        rule = self._rule(move)
        is_asked = move.there == There.BY_HAND and rule is not None and rule.kind is Kind.PERMANENT
        now = {"kind": move.kind.value, "status": move.status.value, "there": "" if is_asked else move.there}
        before = {name: value for name, value in _values(old).items() if value != now[name]}
        after = {"there": now["there"]} if "there" in before else {}
        if not old.active and move.kind is Kind.TEMPORARY and rule is not None and self.draft.ends(rule):
            after["until"] = self.draft.ends(rule)
        return self._change(move, export, move.kind, move.status, before, after)

    def _of_person(self, move: Move, export: CommittedExport) -> Change:
        member = self.books.members[move.member]
        users = {portal: dict(fields) for portal, fields in move.users.items()}
        before, after = {"there": member.there}, {"there": with_users_there(member, users).there}
        return self._change(move, export, "", "", before, after)

    def _change(
        self,
        move: Move,
        export: CommittedExport,
        kind: str,
        status: str,
        before: Mapping[str, Any],
        after: Mapping[str, Any],
    ) -> Change:
        where = Origin(export.path, move.line) if move.line else export.origin
        record = move.member if move.member in self.draft.snapshot.members else 0
        email = self.books.members[move.member].email
        words = WORDS[min(move.seen, key=_IMPORTANCE.index)]
        return Change(
            Action.OBSERVE, words, where, move.library, email, kind, status, before or None, after or None, record
        )

    def _rule(self, move: Move) -> Grant | None:
        """The grant by which the files want the member to have the license."""
        position = self.positions.get(move.member)
        return self.draft.entitlements.wanted.get(move.library, {}).get(position) if position is not None else None


_BEFORE = (Action.LIBRARY_ADD, Action.LIBRARY_UPDATE, Action.MEMBER_ADD, Action.MEMBER_UPDATE)
"""What is done before an export is compared: then everybody in the files has a number."""
_IMPORTANCE = (*Seen,)


def _values(license: Any) -> dict[str, str]:
    return {"kind": license.kind.value, "status": license.status.value, "there": license.there}
