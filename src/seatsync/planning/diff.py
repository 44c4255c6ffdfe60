"""Compare the files with the ledger. The diff contains illegal changes too; the refusals judge them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import chain
from types import MappingProxyType
from typing import Any, Protocol

from seatsync.domain.action import Action
from seatsync.domain.approval import Approval
from seatsync.domain.desired import Desired
from seatsync.domain.license import ABSENT, Status
from seatsync.domain.person import Member, Person, RosterMember, person_of
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.names import Named, have_same_names
from seatsync.domain.text.tags import split_tags
from seatsync.planning.change import Change, grouped
from seatsync.planning.dates.frozen import hold_library, without_held_grants
from seatsync.planning.draft import Draft, is_corrected, signs_in
from seatsync.planning.entitlements import resolve_grants
from seatsync.planning.leaving import grace
from seatsync.planning.license_diff import LicenseDiff
from seatsync.planning.line import seat_in_turn
from seatsync.planning.matching import who_is_who
from seatsync.planning.settings_diff import admin_changes, institution_changes, library_changes


def resolve(desired: Desired, snapshot: Snapshot, today: date) -> Draft:
    """Match members and resolve grants: a draft without its changes."""
    matching = who_is_who(desired, snapshot, today)
    entitlements = resolve_grants(desired, matching.records, snapshot, today)
    return Draft(desired, snapshot, today, matching, entitlements, snapshot.licenses, matching.records)


def resolve_again(before: Draft, desired: Desired, today: date) -> Draft:
    """As ``resolve``, on a later day: files and ledger have the same members as in the draft ``before``, whose plan was applied."""
    matching, snapshot = before.matching, before.snapshot
    entitlements = resolve_grants(desired, matching.records, snapshot, today, before.entitlements.index)
    return Draft(desired, snapshot, today, matching, entitlements, snapshot.licenses, matching.records)


def settle_again(draft: Draft) -> Draft:
    """As ``settle``, for a draft of ``resolve_again``: no member has changed."""
    draft.changes += library_changes(draft.desired, draft.snapshot)
    return draft


def diff(
    desired: Desired, snapshot: Snapshot, today: date, invited: Mapping[tuple[str, int], date] = MappingProxyType({})
) -> Draft:
    """Resolve and compare; only the accounts in the snapshot are known, and exports are not read. ``invited`` is as in ``Draft``."""
    draft = settle(resolve(desired, snapshot, today))
    draft.invited = invited
    return compare(draft)


def without_account(draft: Draft) -> set[str]:
    """The e-mail keys of members who would get a seat at once if they had an account."""
    desired, snapshot, records = draft.desired, draft.snapshot, draft.matching.records
    keys: set[str] = set()
    for id, library in desired.libraries.items():
        if library.delivery.facts.at_once:
            held = draft.licenses.get(id, {})
            known = snapshot.libraries.get(id)
            is_redelivered = known is not None and known.delivery is not library.delivery
            positions = [
                p
                for p in draft.entitlements.wanted[id]
                if not (license := held.get(draft.numbers[p], ABSENT)).active
                or (license.status is Status.UNCLAIMED and (is_redelivered or is_corrected(draft, p, records[p])))
            ]
            keys.update(desired.members[p].key for p in positions if not signs_in(snapshot, records[p]))
    return keys


class Holder(Named, Protocol):
    """A record of the ledger that has or had an e-mail."""

    @property
    def key(self) -> str: ...

    @property
    def number(self) -> int: ...


def own_accounts(draft: Draft, keys: Collection[str], holders: Iterable[Holder]) -> set[str]:
    """Those of the e-mail ``keys`` with an account that surely is the member's.

    It may be somebody else's if another record with other names has or had the e-mail, or signs in with it. Then the member
    proves that the mailbox is theirs, and claims.
    """
    rows = {
        row.key: (row, record)
        for row, record in zip(draft.desired.members, draft.matching.records, strict=True)
        if row.key in keys
    }
    others = {
        holder.key
        for holder in holders
        if holder.key in rows
        and holder.number != rows[holder.key][1]
        and not have_same_names(holder, rows[holder.key][0])
    }
    return rows.keys() - others


def settle(draft: Draft) -> Draft:
    """Add the changes of institution, libraries, administrators and of members on the rosters."""
    desired, snapshot = draft.desired, draft.snapshot
    draft.changes += institution_changes(desired, snapshot)
    draft.changes += library_changes(desired, snapshot)
    draft.changes += admin_changes(desired, snapshot)
    draft.changes += _member_changes(draft)
    return draft


def compare(draft: Draft, only: Mapping[str, Sequence[int]] | None = None) -> Draft:
    """Add the changes of leavers and licenses to a draft with all others. Afterwards they are in the order in which they are
    applied; within an action, in the order of the files. With ``only``, just these members can have changes (positions in the rosters, by
    library)."""
    desired, snapshot, before = draft.desired, draft.snapshot, _of_libraries(draft.changes)
    draft.leavers = grace.leavers(draft)
    draft.changes += grace.changes(draft)
    for library in sorted({*desired.libraries, *snapshot.libraries}):
        start = len(draft.changes)
        LicenseDiff(draft, library).run(only[library] if only is not None else None)
        if library not in desired.libraries:
            hold_library(draft, library, before[library])
        elif desired.libraries[library].has_line:
            draft.changes[start:] = seat_in_turn(draft, library, draft.changes[start:], before[library])
        elif draft.held.get((Action.REVOKE, library)):
            draft.changes[start:] = without_held_grants(draft, library, draft.changes[start:], before[library])
    draft.groups = grouped(draft.changes)
    draft.changes = [*chain.from_iterable(draft.groups.values())]
    return draft


def _of_libraries(changes: Iterable[Change]) -> defaultdict[str, list[Change]]:
    found: defaultdict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if change.library:
            found[change.library].append(change)
    return found


def _member_changes(draft: Draft) -> Iterator[Change]:
    members, approved = draft.snapshot.members, draft.matching.approved
    for position, (member, record) in enumerate(zip(draft.desired.members, draft.matching.records, strict=True)):
        known, word = members[record] if record else None, _who(approved.get(position))
        if known is None:
            yield _arrival(member, f"New on a roster{word}")
            continue
        fields = _differing(member, known)
        if not known.on_roster:
            back = _arrival(member, f"Back on a roster; the earlier record is used again{word}")
            yield back._replace(before=_shown(known, fields) or None, record=record)
        elif fields or known.left_on:
            before, after = _shown(known, fields), _shown(member, fields)
            returns: dict[str, Any] = {"left_on": known.left_on} if known.left_on else {}
            yield Change(
                Action.MEMBER_UPDATE,
                f"{'Back on a roster within the grace period' if returns else 'Changed in the roster'}{word}",
                member.origin,
                member=member.email,
                before={**before, **returns},
                after={**after, **dict.fromkeys(returns, "")},
                record=record,
            )
    for record, approval in draft.matching.replaced.items():
        yield _replaced(members[record], record, approval)


def _who(approval: Approval | None) -> str:
    if approval is None:
        return ""
    return f"; {'the same person as' if approval.is_same else 'not the person of'} the earlier record, by the approval at {approval.origin}"


def _arrival(member: RosterMember, reason: str) -> Change:
    after = _shown(member, [name for name in _OTHER_FIELDS if getattr(member, name)])
    return Change(Action.MEMBER_ADD, reason, member.origin, member=member.email, after=after)


def _replaced(known: Member, record: int, approval: Approval) -> Change:
    """The record gives up its e-mail and student id as keys: somebody new has them."""
    gives_up = {"student_id": known.student_id} if known.student_id else {}
    return Change(
        Action.MEMBER_UPDATE,
        "Somebody new has the e-mail or student id; what the earlier member owns stays with the earlier record",
        approval.origin,
        member=known.email,
        before={**gives_up, "replaced": False},
        after={**dict.fromkeys(gives_up, ""), "replaced": True},
        record=record,
    )


def _differing(member: RosterMember, known: Member) -> list[str]:
    """The fields in which roster and ledger differ. E-mails that differ only in case are equal."""
    if person_of(member) == person_of(known):
        return []
    fields = ["email"] if member.key != known.key else []
    return fields + [name for name in _OTHER_FIELDS if getattr(member, name) != getattr(known, name)]


_OTHER_FIELDS = tuple(name for name in Person._fields if name != "email")


def _shown(member: RosterMember | Member, fields: Iterable[str]) -> dict[str, Any]:
    """These fields of the member, as plans write them."""
    return {name: _tags(member.tags) if name == "tags" else getattr(member, name) for name in fields}


@cache
def _tags(joined: str) -> list[str]:
    """Split joined tags. Members with the same tags share one list."""
    return list(split_tags(joined))
