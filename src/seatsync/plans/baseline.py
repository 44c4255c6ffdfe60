"""The baseline: what an apply leaves in order, so that the next plan need not check it again.

After an apply every member is as the files want, except those left open on purpose. So while the rules are the same and no
end date has passed, a member whose row still equals the ledger, and to whom nothing has happened since, needs no check.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import chain

from seatsync.domain.action import Action
from seatsync.domain.calendar.distances import days_before
from seatsync.domain.calendar.freezes import turning_days
from seatsync.domain.diagnostic import Diagnostic, Severity, counted, named
from seatsync.domain.money.purchases import days_of
from seatsync.domain.person import spoken
from seatsync.domain.text.days import parse_day
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.ids import plain_id
from seatsync.ledger.baseline import Baseline
from seatsync.planning.dates.tenure import next_days
from seatsync.planning.draft import Draft
from seatsync.planning.leaving import grace
from seatsync.plans.rules_digest import rules_digest

MOST_OPEN = 10_000
_PASSING = frozenset(
    {
        "address-taken",
        "begins-later",
        "comes-due",
        "contract-ends",
        "costs",
        "curve-moves",
        "delivery-changed",
        "drift",
        "export-not-believed",
        "export-overtaken",
        "grace-period",
        "granted-again",
        "institution-ends",
        "no-invitation",
        "no-timezone",
        "past-until",
        "permanent-kept",
        "permanent-waits",
        "read-otherwise",
        "portal-left",
        "same-name",
        "seats-lapse",
        "seats-change",
        "seats-end",
        "seats-low",
        "seats-run-short",
        "seats-short-later",
        "student-id-zeros",
        "tags-ended",
        "term-unused",
    }
)
"""Warnings about the changes of one plan. The next plan does not have them."""


def baseline_of(draft: Draft, warnings: Sequence[Diagnostic], meaning: str) -> Baseline:
    """The baseline once this draft without refusals is applied. Empty if too much is left open.

    ``meaning`` is the digest of what the files say.
    """
    left_open = {held.record for held in (*draft.declined, *draft.retained, *draft.by_hand)}
    if len(left_open) > MOST_OPEN:
        return {}
    read = {export.path for export, _ in draft.read}
    return {
        "rules": rules_digest(),
        "files": dict(sorted(draft.desired.files.items())),
        "meaning": meaning,
        "due": min(map(date.isoformat, chain(due_days(draft), _days_told(draft))), default=""),
        "remind": list(draft.desired.remind_after),
        "open": sorted(left_open),
        **({"renamed": sorted(renamed)} if (renamed := {*_renamed(draft)}) else {}),
        "silent": all(warning.code in _PASSING or _is_in(warning, read) for warning in warnings)
        and not draft.desired.approvals,
    }


def reading_changed(draft: Draft) -> Iterator[Diagnostic]:
    """Tell of members whom this version of seatsync reads otherwise than that of the last apply, in files that are the same.

    If other files have changed, their part in it is not known (a member may be in several rosters).
    """
    baseline = draft.snapshot.baseline
    if not baseline or baseline["rules"] == rules_digest():
        return
    now, then = draft.desired.files, baseline["files"]
    changed = {name for name in now.keys() | then.keys() if now.get(name) != then.get(name)}
    found = {
        action: [change for change in draft.groups.get((action, ""), ()) if not _is_of(changed, change.origin.file)]
        for action in (Action.MEMBER_ADD, Action.MEMBER_UPDATE, Action.MEMBER_REMOVE)
    }
    changes = [*chain.from_iterable(found.values())]
    if not changes:
        return
    new, otherwise, gone = (len(some) for some in found.values())
    fields = Counter(name for change in found[Action.MEMBER_UPDATE] for name in change.after or ())
    which = ", ".join(f"{spoken(name)} {number:,}" for name, number in fields.most_common())
    facts = [f"{counted(new, 'member is', 'members are')} new"] if new else []
    facts += [f"{counted(otherwise, 'member is', 'members are')} read otherwise ({which})"] if otherwise else []
    facts += [f"{counted(gone, 'person is', 'people are')} no member any more"] if gone else []
    members = [change.member for change in changes]
    fact = "These changes come from a new version of seatsync, not from your files"
    help = "Review them like a change of the files. `seatsync validate --verbose` says how each column is read."
    if changed:
        fact = "seatsync was updated after the last apply, so changes in files that are as they were then may come from that"
        help = "To see them alone, plan the files of the last apply."
    message = f"{fact}: {', '.join(facts)}: {named(members)}."
    yield Diagnostic("read-otherwise", message, help, changes[0].origin, Severity.NOTICE, None, members)


def _is_of(changed: Iterable[str], file: str) -> bool:
    """Whether the file, or the folder or archive that it is in, has changed; for a file of a folder, any other one in it counts."""
    folder = posixpath.dirname(file)
    return any(
        file == name or file.startswith(f"{name}/") or (folder and name.startswith(f"{folder}/")) for name in changed
    )


def _renamed(draft: Draft) -> Iterator[int]:
    """The members whom grants still name by an e-mail or student id that they had before this plan."""
    named_so = {
        one.student_id or email_key(one.email)
        for unknown in (draft.entitlements.unknown_members, draft.entitlements.unknown_left_out)
        for people in unknown.values()
        for one in people
    }
    before = {number for name, number in draft.earlier_names.items() if name in named_so}
    for change in draft.groups.get((Action.MEMBER_UPDATE, ""), ()):
        had = change.before or {}
        if {email_key(had.get("email", "")), plain_id(had.get("student_id", ""))} & named_so:
            before.add(change.record)
    yield from before


def _is_in(warning: Diagnostic, files: Container[str]) -> bool:
    """Whether the warning is about a row or column of one of these files, which the next plan does not read."""
    return warning.origin is not None and warning.origin.file in files


def _days_told(draft: Draft) -> Iterator[date]:
    """The days on which people are told of what comes on a later day (besides those of purchases)."""
    settings, retire = draft.desired.place("grants").file, draft.desired.institution.retire
    coming = {f"{grant.starts}" for grant in draft.desired.grants if grant.starts is not None}
    coming |= {draft.ends(grant) for grant in draft.desired.grants if grant.origin.file == settings}
    for day in (coming | {retire}) - {""}:
        yield from (known for known in map(date.fromisoformat, days_before(day)) if known > draft.today)


def due_days(draft: Draft) -> Iterator[date]:
    """The days on which grants begin, those after the last ones of grants, tags, leavers' seats, approvals and the institution, and
    those on which members come due by tenure, and those of purchases and contracts.

    In a draft of some members, the day known before covers the others. (Due reminders are read from the ledger each time.)
    """
    ends = [grant.until for grant in draft.desired.grants if grant.until is not None]
    ends += [approval.until for approval in draft.desired.approvals]
    ends += draft.entitlements.last_days
    ends += grace.last_days(draft)
    ends += [last for last in [parse_day(draft.desired.institution.retire)] if last is not None]
    yield from (end + timedelta(days=1) for end in ends if draft.today <= end < date.max)
    starts = (grant.starts for grant in draft.desired.grants)
    yield from (day for day in starts if day is not None and day > draft.today)
    today, libraries = draft.today.isoformat(), draft.desired.libraries.values()
    yield from (date.fromisoformat(day) for it in libraries for day in days_of(it.purchases) if day > today)
    freezes = draft.desired.institution.freezes
    yield from (date.fromisoformat(day) for day in turning_days(freezes) if day > today)
    yield from next_days(draft)
    known = parse_day(draft.snapshot.baseline.get("due", ""))
    if known is not None and known > draft.today and any(grant.after for grant in draft.desired.grants):
        yield known
