"""What members do themselves: they claim what was offered to them, or decline it.

Each is one transaction that reads and writes the rows of one member alone, whatever the size of the institution. Of any
number who come at once each is told what came of it: ``Why``.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Connection

from seatsync.apply.apply import must_be_its_own, must_be_that_of
from seatsync.apply.members import Impossible, record
from seatsync.domain.action import Event, Unplanned
from seatsync.domain.license import ABSENT, License, Status
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.emails import email_fault, email_key
from seatsync.domain.text.guesses import did_you_mean
from seatsync.ledger.database import Ledger
from seatsync.ledger.journal import Entry
from seatsync.ledger.queries import links
from seatsync.ledger.queries.accounts.emails import lock_account
from seatsync.ledger.queries.accounts.holdings import AccountHolder, hold, is_in, keep_holding, open_licenses
from seatsync.ledger.queries.lookup import numbers_of
from seatsync.ledger.read import owner, read_snapshot


class Why(StrEnum):
    """Why there is nothing to claim or to decline."""

    UNKNOWN = "unknown"
    """There is no such member, library or personal link."""
    NOTHING = "nothing"
    """Nothing was ever offered."""
    CLAIMED = "claimed"
    """It was claimed, with another account."""
    OPTED_OUT = "opted-out"
    REVOKED = "revoked"
    NOT_ALLOWED = "not-allowed"
    """The institution lets nobody decline."""
    NO_ACCOUNT = "no-account"
    """The account was deleted meanwhile."""
    LINK_USED = "link-used"
    LINK_ENDED = "link-ended"
    """The grant that the personal link was sent for has ended; what is open now has another."""


class Missed(Impossible):
    """There is nothing to claim or to decline (any more)."""

    def __init__(self, why: Why, message: str, help: str = "See `seatsync licenses --all`.") -> None:
        super().__init__(message, help)
        self.why = why


def claim(
    ledger: Ledger,
    institution: str,
    library: str,
    member: int,
    account: AccountHolder,
    at: str,
    actor: str,
    token: str = "",
    known_as: str = "",
) -> bool:
    """The member claims a license with their own account; whether it was theirs only from now on.

    Who it is, is said by the ``token`` of the personal link they came by, which is used up, or by the e-mail that they have
    proved to read (``known_as``), which must be the member's still. ``actor`` stays in the journal for good, so it names
    nobody whom it may have to forget.

    Raises:
        Missed: there is nothing to claim; ``why`` says why.
        ForeignLedger: the ledger is another institution's.
    """
    _must_be_an_email(account)

    def step(connection: Connection) -> bool:
        books = _books(connection, institution, member, known_as)
        link = _link(connection, institution, library, member, token)
        license = _license(books, library, member)
        signs_in = books.members[member].account
        if license.status is Status.DELIVERED and is_in(connection, institution, library, member, signs_in, account):
            return False
        _must_be_open(books, library, member, "claim")
        _use(connection, institution, link, token, at)
        is_own = not token or email_key(account.email) == books.members[member].key
        _take(connection, institution, books, library, member, account, is_own, _entry("claim", at, actor, link))
        return True

    return ledger.write(institution, actor, "", step)


def opt_out(
    ledger: Ledger,
    institution: str,
    library: str,
    member: int,
    at: str,
    actor: str,
    token: str = "",
    known_as: str = "",
) -> None:
    """The member declines a license; ``token``, ``known_as`` and ``actor`` as for ``claim``.

    Raises:
        Missed: there is nothing to decline, or the institution does not allow it.
        ForeignLedger: the ledger is another institution's.
    """

    def step(connection: Connection) -> None:
        books = _books(connection, institution, member, known_as)
        if books.institution is not None and not books.institution.opt_out:
            help = "Set `opt_out: true` in seatsync.yaml and apply it."
            raise Missed(Why.NOT_ALLOWED, f"Members of {institution} may not opt out.", help)
        link = _link(connection, institution, library, member, token)
        _must_be_open(books, library, member, "decline")
        _use(connection, institution, link, token, at)
        record(
            connection,
            institution,
            books,
            _entry("opt-out", at, actor, link),
            [Event(Unplanned.OPT_OUT, library, member)],
        )

    ledger.write(institution, actor, "", step)


def known_by(ledger: Ledger, institution: str, library: str, email: str) -> int:
    """The number of the member with this e-mail; of several (others had it before) the one to whom the library is open.

    Raises:
        Missed: nobody has it.
        ForeignLedger: the ledger is another institution's.
    """
    key = email_key(email)
    with ledger.reading() as connection:
        must_be_that_of(owner(connection, institution), institution)
        known = numbers_of(connection, institution, {key}, ()) if connection is not None and key else {}
        offered = open_licenses(connection, institution, email) if connection is not None else []
    if not known:
        message = f"The ledger knows nobody with the e-mail {email}."
        raise Missed(Why.UNKNOWN, message, "Write it as `seatsync members` lists it.")
    return next((seat.member for seat in offered if seat.library == library), next(iter(known)))


def _take(
    connection: Connection,
    institution: str,
    books: Snapshot,
    library: str,
    member: int,
    account: AccountHolder,
    is_own: bool,
    entry: Entry,
) -> None:
    """Put the license into the account. If it ``is_own``, the member signs in with it from now on: later seats are delivered
    there. A personal link alone does not prove that: somebody to whom it was passed on gets that one license."""
    signs_in = books.members[member].account
    if account.id and not lock_account(connection, account.id):
        raise Missed(Why.NO_ACCOUNT, f"The account {account.email} is not there any more.")
    if is_own:
        if account.id:
            keep_holding(connection, institution, member, signs_in)
        signs_in = account.email
    person = {"account": signs_in} if signs_in == account.email else {"claimed_with": account.email}
    record(connection, institution, books, entry, [Event(Unplanned.CLAIM, library, member, person=person)])
    hold(connection, institution, library, member, account)


def _must_be_an_email(account: AccountHolder) -> None:
    if fault := email_fault(account.email):
        raise Impossible(f"{fault}.", "Correct it.")


def _books(connection: Connection, institution: str, member: int, known_as: str = "") -> Snapshot:
    """The ledger, of all members only this one, who must be ``known_as`` that, if anything."""
    books = read_snapshot(connection, institution, {member})
    must_be_its_own(books, institution)
    if member not in books.members:
        raise Missed(Why.UNKNOWN, f"The ledger knows no member {member}.", "See `seatsync members`.")
    if known_as and books.members[member].key != email_key(known_as):
        raise Missed(Why.UNKNOWN, f"Member {member} has another e-mail now.", "See `seatsync members`.")
    return books


def _license(books: Snapshot, library: str, member: int) -> License:
    if library not in books.libraries:
        guess = did_you_mean(library, books.libraries)
        message = f'The ledger has no library "{library}". {guess}'.rstrip()
        raise Missed(Why.UNKNOWN, message, "See `seatsync status`.")
    return books.licenses.get(library, {}).get(member, ABSENT)


_SETTLED = {
    Status.NONE: Why.NOTHING,
    Status.DELIVERED: Why.CLAIMED,
    Status.OPTED_OUT: Why.OPTED_OUT,
    Status.REVOKED: Why.REVOKED,
}


def _must_be_open(books: Snapshot, library: str, member: int, what: str) -> None:
    status = _license(books, library, member).status
    if why := _SETTLED.get(status):
        email, said = books.members[member].email, status.replace("_", " ")
        raise Missed(why, f"{email} has nothing to {what} of {library}: the license status is {said}.")


def _link(connection: Connection, institution: str, library: str, member: int, token: str) -> links.Resolved | None:
    """What the token is about; None for no token."""
    if not token:
        return None
    link = links.resolve(connection, institution, token)
    if link is None or (link.library, link.member) != (library, member):
        raise Missed(Why.UNKNOWN, "The ledger knows no such personal link.", "Take that of the latest letter.")
    return link


def _entry(kind: str, at: str, actor: str, link: links.Resolved | None) -> Entry:
    """The entry names the personal link that is used up by it."""
    return Entry(kind, at, actor, detail={"link": link.number} if link is not None else {})


def _use(connection: Connection, institution: str, link: links.Resolved | None, token: str, at: str) -> None:
    """Use the link up, which must be good."""
    if link is None:
        return
    if link.state is links.LinkState.ENDED:
        message = "The grant that this personal link was sent for has ended."
        raise Missed(Why.LINK_ENDED, message, "Take that of the latest letter.")
    if not links.use(connection, institution, token, at):
        message = "This personal link has been used."
        raise Missed(Why.LINK_USED, message, "Take that of the latest letter.")
