"""Apply a plan: one transaction, all or nothing."""

from __future__ import annotations

from datetime import date
from itertools import chain
from typing import NamedTuple

from sqlalchemy import Connection

from seatsync.apply.events import events_of, first_event, newly_delivered
from seatsync.domain.diagnostic import named
from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.license import IllegalTransition
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.baseline import Baseline
from seatsync.ledger.database import Ledger
from seatsync.ledger.journal import Entry
from seatsync.ledger.queries.accounts.emails import with_account
from seatsync.ledger.queries.institutions.rename import rename
from seatsync.ledger.queries.lookup import has_only_noted_files, last_files
from seatsync.ledger.read import knows, read_snapshot
from seatsync.ledger.record import Recorder, Stale
from seatsync.planning.plan import AcceptedPlan


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
            "Name the right ledger with --ledger, or apply a changed id first. `seatsync explain institution-mismatch`"
        )
        super().__init__(f"institution-mismatch: {fact}.", help)


class Applied(NamedTuple):
    """The result of an apply: the last journal entry with its hash, and the number of letters put into the outbox.

    ``noted``: there was nothing to do, but the journal now knows these files. ``held``: the letters wait to be released.
    """

    serial: int
    head: str
    letters: int = 0
    noted: bool = False
    held: bool = False


def carry_out(
    ledger: Ledger, plan: AcceptedPlan, today: date, at: str, actor: str, commit: str, same_files: bool = False
) -> Applied:
    """Write the plan's changes and the letters that they cause. Days count from ``today``, the day of the apply.

    If there are none, the journal notes the files, if they are not those of the last apply, or must be noted again; with
    ``same_files`` only if they say the same as those. Else nothing is written.

    Raises:
        ForeignLedger: the ledger belongs to another institution.
        Stale: the ledger has changed since the plan was made, or the plan has become wrong by its age.
        BadPlan: the plan breaks a rule.
        LedgerError: the ledger can't be used.
    """
    must_be_in_time(plan, today.isoformat())
    if plan.serial or not plan.changes:  # otherwise the ledger may not exist yet
        unchanged = _unchanged(ledger, plan, same_files)
        if unchanged is not None:
            return unchanged
    known_as = plan.was or plan.institution
    touched = {change.record for change in plan.changes} - {0}
    also = {change.library for change in plan.changes}

    def apply(connection: Connection) -> Applied:
        books = read_snapshot(connection, known_as, touched, also)
        must_match(connection, plan, books)
        if _is_known(connection, plan, books, same_files):  # somebody else has noted the files in the meantime
            return Applied(books.serial, books.head)
        noted = not plan.changes and not plan.approvals and books.serial > 0
        first = [] if books.serial else [first_event(plan.institution, plan.settings)]
        accounts = _accounts(connection, plan, books)
        day = today.isoformat()
        kind, detail = "files" if noted else "apply", _detail(plan, day, len(first) + len(accounts))
        entry = Entry(kind, at, actor, commit, plan.fingerprint, detail)
        if plan.was:
            if knows(connection, plan.institution):
                raise Stale(f'the ledger has an institution "{plan.institution}" now')
            rename(connection, plan.was, plan.institution, at)
        recorder = Recorder(connection, plan.institution, books)
        try:
            recorder.record(entry, chain(first, events_of(plan.changes, books, day, accounts)))
        except IllegalTransition as illegal:
            raise BadPlan(str(illegal)) from illegal
        return Applied(books.serial, books.head, recorder.sent, noted, held=bool(books.held_since and recorder.sent))

    return ledger.write(known_as, actor, commit, apply)


def must_be_in_time(plan: AcceptedPlan, today: str) -> None:
    """Raise Stale if the plan was right on its day and is wrong ``today`` (ISO)."""
    if today < plan.now:
        raise Stale(f"it was made for {plan.now}, and today is {today}")
    last = str(plan.settings.get("retire", ""))
    if plan.changes and plan.now <= last < today:
        raise Stale(f"the institution ended on {last}, and today is {today}")
    for change in plan.changes:
        until = (change.after or {}).get("until", "")
        if "" < until < today and until >= plan.now:
            raise Stale(f"a seat of {change.library} in it ended on {until}, and today is {today}")
    for approval, *_ in plan.approvals:
        if approval.until.isoformat() < today:
            raise Stale(f"the approval at {approval.origin} ended on {approval.until}, and today is {today}")


def _detail(plan: AcceptedPlan, day: str, more: int) -> dict[str, object]:
    """The entry's details: the files, the approvals used and the new baseline. The entry has ``more`` events than the plan has
    changes."""
    baseline = {**plan.baseline, "events": len(plan.changes) + more} if plan.baseline else {}
    passed = [{**passed.as_dict(), "from": str(passed.approval.origin)} for passed in plan.approvals]
    return {
        "rosters": dict(plan.rosters),
        "desired": plan.desired_digest,
        "on": day,
        "settled": baseline,
        **({"approvals": passed} if passed else {}),
    }


def _accounts(connection: Connection, plan: AcceptedPlan, books: Snapshot) -> set[str]:
    """Return the e-mail keys of members who get seats at once because they have an account, and check that they still do."""
    delivered = newly_delivered(plan.changes, books)
    if lacking := delivered - with_account(connection, delivered):
        has = "has" if len(lacking) == 1 else "have"
        raise Stale(f"{named(sorted(lacking))} would get a seat at once, but no longer {has} an account")
    return delivered


def _unchanged(ledger: Ledger, plan: AcceptedPlan, same_files: bool) -> Applied | None:
    """The result, if there is nothing to write; else None."""
    with ledger.reading() as connection:
        if connection is not None and plan.changes:
            return None
        books = read_snapshot(connection, plan.institution, ())
        must_match(connection, plan, books)
        is_known = connection is not None and _is_known(connection, plan, books, same_files)
    return Applied(books.serial, books.head) if is_known else None


def _is_known(connection: Connection, plan: AcceptedPlan, books: Snapshot, same_files: bool) -> bool:
    """Whether there is nothing to write: no changes, no approvals used, and no files that the journal must note.

    Known files are noted again after an update of the rules: else each plan would read everybody.
    """
    if plan.changes or not books.serial:
        return False
    last = last_files(connection, plan.institution)
    if same_files and not last.say_the_same(plan):
        return True
    is_same = last.desired == plan.desired_digest and not _rosters_moved(plan, books)
    return is_same and not plan.approvals and not _is_of_other_rules(books.baseline, plan.baseline)


def _is_of_other_rules(known: Baseline, new: Baseline) -> bool:
    return bool(known and new) and known["rules"] != new["rules"]


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
