"""The difference between the files and the ledger. It is honest: whether a change is legal, the refusals judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from itertools import chain
from typing import Any

from seatsync.domain.action import Action
from seatsync.domain.desired import Desired
from seatsync.domain.license import ABSENT
from seatsync.domain.person import Member, Person, RosterMember, person_of
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.tags import split_tags
from seatsync.planning.change import Change, grouped
from seatsync.planning.draft import Draft
from seatsync.planning.license_diff import LicenseDiff, signs_in
from seatsync.planning.matching import match
from seatsync.planning.settings_diff import admin_changes, institution_changes, library_changes
from seatsync.planning.wishes import work_out


def resolve(desired: Desired, snapshot: Snapshot, today: date) -> Draft:
    """Who is who and who shall hold what: a draft without its changes."""
    matching = match(desired.members, snapshot)
    return Draft(desired, snapshot, today, matching, work_out(desired, matching.records, snapshot, today))


def diff(desired: Desired, snapshot: Snapshot, today: date) -> Draft:
    """Resolve and compare, where nobody has an account but those of whom the snapshot says so."""
    return compare(resolve(desired, snapshot, today))


def without_account(draft: Draft) -> set[str]:
    """The e-mail keys of those who would be delivered a seat at once, if only somebody signs in with that e-mail."""
    desired, snapshot, records = draft.desired, draft.snapshot, draft.matching.records
    keys: set[str] = set()
    for id, library in desired.libraries.items():
        if library.delivery.facts.at_once:
            held = snapshot.licenses.get(id, {})
            positions = [p for p in draft.wishes.wanted[id] if not held.get(records[p], ABSENT).active]
            keys.update(desired.members[p].key for p in positions if not signs_in(snapshot, records[p]))
    return keys


def compare(draft: Draft) -> Draft:
    """Add the changes, in the order in which they are applied, and within an action in that of the files."""
    desired, snapshot = draft.desired, draft.snapshot
    draft.changes += institution_changes(desired, snapshot)
    draft.changes += library_changes(desired, snapshot)
    draft.changes += admin_changes(desired, snapshot)
    draft.changes += _member_changes(draft)
    for library in sorted({*desired.libraries, *snapshot.libraries}):
        LicenseDiff(draft, library).run()
    draft.groups = grouped(draft.changes)
    draft.changes = [*chain.from_iterable(draft.groups.values())]
    return draft


def _member_changes(draft: Draft) -> Iterator[Change]:
    members = draft.snapshot.members
    for wanted, record in zip(draft.desired.members, draft.matching.records, strict=True):
        known = members[record] if record else None
        if known is None:
            yield _arrival(wanted)
        elif not known.on_roster:
            yield _arrival(wanted)._replace(reason="is on a roster again; the old record is picked up", record=record)
        elif fields := _differing(wanted, known):
            yield Change(
                Action.MEMBER_UPDATE,
                "the roster says otherwise than the ledger",
                wanted.origin,
                member=wanted.email,
                before=_shown(known, fields),
                after=_shown(wanted, fields),
                record=record,
            )
    where = draft.desired.place("rosters")
    for record in draft.matching.leaving:
        member = members[record]
        yield Change(
            Action.MEMBER_REMOVE,
            "is on no roster any more",
            where,
            member=member.email,
            before=_shown(
                member, [name for name in ("given_name", "family_name", "student_id") if getattr(member, name)]
            ),
            record=record,
        )


def _arrival(wanted: RosterMember) -> Change:
    after = _shown(wanted, [name for name in _BESIDE_EMAIL if getattr(wanted, name)])
    return Change(Action.MEMBER_ADD, "is new on a roster", wanted.origin, member=wanted.email, after=after)


def _differing(wanted: RosterMember, known: Member) -> list[str]:
    """The fields in which roster and ledger differ; an e-mail does not by its case alone."""
    if person_of(wanted) == person_of(known):
        return []
    fields = ["email"] if wanted.key != known.key else []
    return fields + [name for name in _BESIDE_EMAIL if getattr(wanted, name) != getattr(known, name)]


_BESIDE_EMAIL = tuple(name for name in Person._fields if name != "email")


def _shown(member: RosterMember | Member, fields: Iterable[str]) -> dict[str, Any]:
    """The fields as a plan has them."""
    return {name: _tags(member.tags) if name == "tags" else getattr(member, name) for name in fields}


@cache
def _tags(joined: str) -> list[str]:
    """The tags of ``tags.join_tags``: one list for all who have the same."""
    return list(split_tags(joined))
