"""Carrying a plan out: one transaction, all or nothing."""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

from sqlalchemy import Connection

from seatsync.apply.events import events_of, first_event, newly_delivered
from seatsync.domain.diagnostic import named
from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.license import IllegalTransition
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.database import Ledger
from seatsync.ledger.journal import Entry
from seatsync.ledger.queries.accounts.emails import with_account
from seatsync.ledger.read import read_snapshot
from seatsync.ledger.record import Recorder, Stale
from seatsync.planning.plan import AcceptedPlan


class BadPlan(Failure):
    """A plan that seatsync did not make: the ledger is as the plan says, but what it asks for is against the rules."""

    exit_code = ExitCode.REFUSED

    def __init__(self, fact: str) -> None:
        help = "Plan again; this plan was not made by seatsync."
        super().__init__(f"Nothing was done, the plan breaks a rule: {fact}.", help)


class ForeignLedger(Failure):
    """The ledger is another institution's."""

    exit_code = ExitCode.REFUSED

    def __init__(self, fact: str) -> None:
        help = "Name the right ledger with --ledger. `seatsync explain institution-mismatch`"
        super().__init__(f"institution-mismatch: {fact}.", help)


class Applied(NamedTuple):
    """What an apply came to: where the journal stands now, and how many letters are in the outbox because of it."""

    serial: int
    head: str
    letters: int


def carry_out(ledger: Ledger, plan: AcceptedPlan, at: str, actor: str, commit: str) -> Applied:
    """Write the plan's changes, and the letters they cause.

    Where the plan has no changes and no roster ran empty or full, nothing is written.

    Raises:
        ForeignLedger: the ledger is another institution's.
        Stale: the ledger has moved since the plan was made.
        BadPlan: the plan breaks a rule that its making would have kept.
        LedgerError: the ledger can't be used.
    """
    if plan.serial or not plan.changes:  # otherwise the ledger may have to be made
        unchanged = _unchanged(ledger, plan)
        if unchanged is not None:
            return unchanged
    touched = {change.record for change in plan.changes} - {0}
    also = {change.library for change in plan.changes}

    def apply(connection: Connection) -> Applied:
        books = read_snapshot(connection, plan.institution, touched, also)
        must_match(plan, books)
        first = [] if books.serial else [first_event(plan)]
        accounts = _accounts(connection, plan, books)
        entry = Entry("apply", at, actor, commit, plan.fingerprint, _detail(plan, len(first) + len(accounts)))
        recorder = Recorder(connection, plan.institution, books)
        try:
            recorder.record(entry, chain(first, events_of(plan.changes, books, plan.now, accounts)))
        except IllegalTransition as illegal:
            raise BadPlan(str(illegal)) from illegal
        return Applied(books.serial, books.head, recorder.sent)

    return ledger.write(plan.institution, actor, commit, apply)


def _detail(plan: AcceptedPlan, more: int) -> dict[str, object]:
    """What the entry says of the files, and what is in order after its last event; there are ``more`` than changes."""
    settled = {**plan.settled, "events": len(plan.changes) + more} if plan.settled else {}
    return {"rosters": dict(plan.rosters), "desired": plan.desired_digest, "on": plan.now, "settled": settled}


def _accounts(connection: Connection, plan: AcceptedPlan, books: Snapshot) -> set[str]:
    """Those to whom seats are delivered at once because they have an account, which they must still have."""
    delivered = newly_delivered(plan.changes, books)
    if gone := delivered - with_account(connection, delivered):
        raise Stale(
            f"it delivers seats at once to {named(sorted(gone))}, who {_HAS[len(gone) == 1]} no account (any more)"
        )
    return delivered


_HAS = {True: "has", False: "have"}


def _unchanged(ledger: Ledger, plan: AcceptedPlan) -> Applied | None:
    """Where the journal stands, if there is nothing at all to be written."""
    with ledger.reading() as connection:
        if connection is not None and plan.changes:
            return None
        books = read_snapshot(connection, plan.institution, ())
    must_match(plan, books)
    moved = _rosters_moved(plan, books)
    return Applied(books.serial, books.head, 0) if books.serial and not moved else None


def must_match(plan: AcceptedPlan, books: Snapshot) -> None:
    """Raise ForeignLedger or Stale where the ledger is not the one, or not in the state, that the plan was made for."""
    must_be_its_own(books, plan.institution)
    if (books.serial, books.head) != (plan.serial, plan.head):
        raise Stale(
            f"the plan was made when the ledger stood at {plan.serial} ({plan.head[:12]}), "
            f"and it stands at {books.serial} ({books.head[:12]}) now"
        )


def must_be_its_own(books: Snapshot, institution: str) -> None:
    """Raise ForeignLedger where the ledger holds another institution."""
    must_be_that_of(books.institution.id if books.institution is not None else None, institution)


def must_be_that_of(owner: str | None, institution: str) -> None:
    """Raise ForeignLedger where the ledger's ``owner`` is another institution."""
    if owner is not None and owner != institution:
        raise ForeignLedger(f'the institution is "{institution}", the ledger is that of "{owner}"')


def _rosters_moved(plan: AcceptedPlan, books: Snapshot) -> bool:
    """Whether a roster file has become empty, or stopped being so: what the rule ``empty-roster`` goes by."""
    filled = {path for path, count in plan.rosters.items() if count}
    return filled != {path for path, count in books.rosters.items() if count}
