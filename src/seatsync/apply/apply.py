"""Apply a plan: one transaction, all or nothing."""

from __future__ import annotations

from datetime import date
from itertools import chain
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection

from seatsync.domain.calendar.freezes import ACTIONS, freezes_of, hold_on
from seatsync.domain.diagnostic import counted, named
from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.license import IllegalTransition
from seatsync.domain.money.purchases import purchases_of, total_on
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.baseline import Baseline
from seatsync.ledger.database import Ledger
from seatsync.ledger.journal import Entry
from seatsync.ledger.queries.accounts.emails import with_account
from seatsync.ledger.queries.institutions.rename import rename
from seatsync.ledger.queries.lookup import AppliedFiles, has_only_noted_files, last_files
from seatsync.ledger.read import knows, read_snapshot
from seatsync.ledger.record import Recorder, Stale
from seatsync.planning.events import events_of, first_event, newly_delivered
from seatsync.planning.plan import AcceptedPlan

MANY = 1_000
"""After so many entries and events, an apply with nothing to do notes the files again: plans read each member since the last note."""


class BadPlan(Failure):
    """The plan fits the ledger, but breaks a rule, so seatsync did not make it."""

    exit_code = ExitCode.REFUSED

    def __init__(self, fact: str) -> None:
        help = "Make a new plan; seatsync did not make this one."
        super().__init__(f"Nothing was done. The plan breaks a rule: {fact}.", help)


class ForeignLedger(Failure):
    """The ledger belongs to another institution."""

    exit_code = ExitCode.REFUSED

    def __init__(self, fact: str) -> None:
        help = (
            "Name the right ledger with --ledger, apply a changed id first, or use the newer files that have it. "
            "`seatsync explain institution-mismatch`"
        )
        super().__init__(f"institution-mismatch: {fact}.", help)


class Source(NamedTuple):
    """Where files are from, for the journal: the last commit that touched them; for files that were applied although newer ones
    were applied before, the commit of those, and their own as ``outdated``. Empty if not known.
    """

    commit: str = ""
    outdated: str = ""


class Compared(Protocol):
    """Files that know where they are from (``outdated.FilesInGit``)."""

    def compared(self, last: AppliedFiles, desired: str) -> Source: ...


class Applied(NamedTuple):
    """The result of an apply: the last journal entry with its hash, and the number of letters put into the outbox.

    ``noted``: there was nothing to do, but the journal now knows these files. ``held``: the letters wait to be released.
    ``outdated``: the commit of the files, if the journal notes that they are outdated.
    """

    serial: int
    head: str
    letters: int = 0
    noted: bool = False
    held: bool = False
    outdated: str = ""


def carry_out(
    ledger: Ledger,
    plan: AcceptedPlan,
    today: date,
    at: str,
    actor: str,
    commit: str,
    same_files: bool = False,
    files: Compared | None = None,
) -> Applied:
    """Write the plan's changes and the letters that they cause. Days count from ``today``, the day of the apply.

    If there are none, the journal notes the files, if they or the last commit that touched them (in ``files``) are others than
    at the last apply, or must be noted again; with ``same_files`` only if they say the same. Else nothing is written.

    Raises:
        ForeignLedger: the ledger belongs to another institution.
        Stale: the ledger has changed since the plan was made, or the plan has become wrong by its age.
        Outdated: newer files were applied before.
        HistoryUnknown: nobody can tell.
        BadPlan: the plan breaks a rule.
        LedgerError: the ledger can't be used.
    """
    must_be_in_time(plan, today.isoformat())
    known_as = plan.was or plan.institution
    with ledger.reading() as connection:
        before = last_files(connection, known_as) if connection is not None else AppliedFiles()
        books = Snapshot()
        if connection is None or not plan.changes:
            books = read_snapshot(connection, known_as, ())
            must_match(connection, plan, books)
    source = files.compared(before, plan.desired_digest) if files is not None else Source(before.commit)
    if _is_known(before, plan, books, same_files, source):
        return Applied(books.serial, books.head)
    touched = {change.record for change in plan.changes} - {0}
    also = {change.library for change in plan.changes}

    def apply(connection: Connection) -> Applied:
        books = read_snapshot(connection, known_as, touched, also)
        must_match(connection, plan, books)
        _must_have_the_seats_of(plan, books, today.isoformat())
        last = last_files(connection, known_as)
        if last.commit not in (before.commit, source.commit):
            raise Stale("another apply has noted other files in the meantime")
        if _is_known(last, plan, books, same_files, source):  # somebody else has noted the files in the meantime
            return Applied(books.serial, books.head)
        return _write(connection, plan, books, Entry("apply", at, actor, commit, plan.fingerprint), today, source)

    return ledger.write(known_as, actor, commit, apply)


def _write(
    connection: Connection, plan: AcceptedPlan, books: Snapshot, entry: Entry, today: date, source: Source
) -> Applied:
    """Write the plan's changes, with the ``entry`` once it says what they came from. ``books`` has the members that they need."""
    noted = not plan.changes and not plan.approvals and books.serial > 0
    first = [] if books.serial else [first_event(plan.institution, plan.settings)]
    accounts, day = _accounts(connection, plan, books), today.isoformat()
    entry = entry._replace(
        kind="files" if noted else "apply", detail=_detail(plan, day, len(first) + len(accounts), source)
    )
    if plan.was:
        if knows(connection, plan.institution):
            raise Stale(f'the ledger has an institution "{plan.institution}" now')
        rename(connection, plan.was, plan.institution, entry.at)
    recorder = Recorder(connection, plan.institution, books)
    try:
        recorder.record(entry, chain(first, events_of(plan.changes, books, day, accounts)))
    except IllegalTransition as illegal:
        raise BadPlan(str(illegal)) from illegal
    held = bool(books.held_since and recorder.sent)
    return Applied(books.serial, books.head, recorder.sent, noted, held, source.outdated)


def note_commit(ledger: Ledger, institution: str, at: str, actor: str, commit: str, files: Compared) -> Applied:
    """Note in the journal the last commit that touched the files, if it is another than at their last apply.

    The caller has seen that they are the files of the last apply, so that nothing needs to be planned.

    Raises:
        Stale: other files were applied in the meantime.
        Outdated, HistoryUnknown, LedgerError: as ``carry_out``.
    """
    with ledger.reading() as connection:
        before = last_files(connection, institution) if connection is not None else AppliedFiles()
        books = read_snapshot(connection, institution, ())
    source = files.compared(before, before.desired)
    if source.commit == before.commit:
        return Applied(books.serial, books.head)

    def note(connection: Connection) -> Applied:
        if last_files(connection, institution) != before:
            raise Stale("another apply has noted other files in the meantime")
        books = read_snapshot(connection, institution, ())
        entry = Entry("files", at, actor, commit, detail={"files_commit": source.commit})
        Recorder(connection, institution, books).record(entry, ())
        return Applied(books.serial, books.head, noted=True)

    return ledger.write(institution, actor, commit, note)


def must_be_in_time(plan: AcceptedPlan, today: str) -> None:
    """Raise Stale if the plan was right on its day and is wrong ``today`` (ISO)."""
    if today < plan.now:
        raise Stale(f"it was made for {plan.now}, and today is {today}")
    last = str(plan.settings.get("retire", ""))
    if plan.changes and plan.now <= last < today:
        raise Stale(f"the institution ended on {last}, and today is {today}")
    written: Any = plan.settings.get("freezes", ())
    freezes = freezes_of(written)
    if plan.changes and any(hold_on(freezes, plan.now, one) != hold_on(freezes, today, one) for one in ACTIONS):
        raise Stale(f"a freeze has begun or ended since {plan.now}, and today is {today}")
    for change in plan.changes:
        until = (change.after or {}).get("until", "")
        if "" < until < today and until >= plan.now:
            raise Stale(f"a seat of {change.library} in it ended on {until}, and today is {today}")
    for approval, *_ in plan.approvals:
        if approval.until.isoformat() < today:
            raise Stale(f"the approval at {approval.origin} ended on {approval.until}, and today is {today}")


def _must_have_the_seats_of(plan: AcceptedPlan, books: Snapshot, today: str) -> None:
    """Raise Stale if a library has another total ``today`` (ISO) than on the plan's day, by the dates of its purchases."""
    bought = {id: library.purchases for id, library in books.libraries.items()}
    for change in plan.changes:
        if change.after is not None and "purchases" in change.after:
            bought[change.library] = purchases_of(change.after["purchases"])
    for library, purchases in bought.items() if plan.changes else ():
        then, now = (total_on(purchases, day) for day in (plan.now, today))
        if then != now:
            raise Stale(f"{library} had {counted(then, 'seat')} on {plan.now} and has {now:,} today, {today}")


def _detail(plan: AcceptedPlan, day: str, more: int, source: Source) -> dict[str, object]:
    """The entry's details: the files and where they are from, the approvals used, the exports taken and the new baseline. The entry
    has ``more`` events than the plan has changes."""
    baseline = {**plan.baseline, "events": len(plan.changes) + more} if plan.baseline else {}
    passed = [{**passed.as_dict(), "from": str(passed.approval.origin)} for passed in plan.approvals]
    return {
        "rosters": dict(plan.rosters),
        "desired": plan.desired_digest,
        "on": day,
        **({"told": plan.now} if plan.now != day else {}),
        "settled": baseline,
        **({"files_commit": source.commit} if source.commit else {}),
        **({"outdated": source.outdated} if source.outdated else {}),
        **({"approvals": passed} if passed else {}),
        **({"exports": dict(plan.exports)} if plan.exports else {}),
        **({"exports_read": dict(plan.exports_read)} if plan.exports_read else {}),
    }


def _accounts(connection: Connection, plan: AcceptedPlan, books: Snapshot) -> set[str]:
    """Return the e-mail keys of members who get seats at once because they have an account, and check that they still do."""
    delivered = newly_delivered(plan.changes, books)
    if lacking := delivered - with_account(connection, delivered):
        has = "has" if len(lacking) == 1 else "have"
        raise Stale(f"{named(sorted(lacking))} would get a seat at once, but no longer {has} an account")
    return delivered


def _is_known(last: AppliedFiles, plan: AcceptedPlan, books: Snapshot, same_files: bool, source: Source) -> bool:
    """Whether there is nothing to write: no changes, no approvals used, no exports taken, nothing told of a day that has come nearer,
    and no files that the journal must note.

    Known files are noted again after an update of the rules, once much has happened (an import), and once a day has come on which they
    could have asked for more: else each plan would read everybody.
    """
    if plan.changes or not books.serial:
        return False
    if same_files and not last.say_the_same(plan):
        return True
    is_same = (last.desired, last.commit) == (plan.desired_digest, source.commit) and not _rosters_moved(plan, books)
    is_used = plan.approvals or 0 in plan.exports.values() or plan.told_once
    return is_same and not is_used and not _is_outdated(books.baseline, plan, books.serial)


def _is_outdated(known: Baseline, plan: AcceptedPlan, serial: int) -> bool:
    """Whether the plan's baseline makes the next plans faster than the known one."""
    if not (known and plan.baseline):
        return False
    has_ended, is_older = "" < known["due"] <= plan.now, known["rules"] != plan.baseline["rules"]
    return bool(has_ended or is_older or serial - known["serial"] > MANY)


def must_match(connection: Connection | None, plan: AcceptedPlan, books: Snapshot) -> None:
    """Raise ForeignLedger or Stale if the plan was made for another ledger, or for an earlier state of it.

    Entries that only note files don't count.
    """
    known_as = plan.was or plan.institution
    must_belong_to(books, known_as)
    is_here = (books.serial, books.head) == (plan.serial, plan.head)
    if not is_here and not (
        connection is not None and has_only_noted_files(connection, known_as, plan.serial, plan.head)
    ):
        raise Stale(
            "the ledger has changed since the plan was made; "
            f"the journal was at entry {plan.serial} ({plan.head[:12]}) and is now at {books.serial} ({books.head[:12]})"
        )


def must_belong_to(books: Snapshot, institution: str) -> None:
    """Raise ForeignLedger if the ledger belongs to another institution."""
    must_be_owned_by(books.institution.id if books.institution is not None else None, institution)


def must_be_owned_by(owner: str | None, institution: str) -> None:
    """Raise ForeignLedger if the ledger's ``owner`` is another institution."""
    if owner is not None and owner != institution:
        raise ForeignLedger(f'the institution is "{institution}", but the ledger belongs to "{owner}"')


def _rosters_moved(plan: AcceptedPlan, books: Snapshot) -> bool:
    """Whether a roster has become empty, or is no longer empty: the rule ``empty-roster`` needs to know."""
    filled = {path for path, count in plan.rosters.items() if count}
    return filled != {path for path, count in books.rosters.items() if count}
