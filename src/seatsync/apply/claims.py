"""What members do themselves: claim or decline the seats offered to them.

Each is one transaction that reads and writes the rows of one member only, however large the institution is. When several
members come at the same time, each gets a clear answer: success, or an ``UnavailableReason``.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Connection

from seatsync.apply.apply import must_be_owned_by, must_belong_to
from seatsync.apply.members import Impossible, record
from seatsync.domain.action import Event, Unplanned
from seatsync.domain.institution import last_day_to_decline
from seatsync.domain.license import ABSENT, License, Status
from seatsync.domain.snapshot import Snapshot
from seatsync.domain.text.days import day_at
from seatsync.domain.text.emails import email_fault, email_key
from seatsync.domain.text.guesses import did_you_mean
from seatsync.ledger.database import Ledger
from seatsync.ledger.journal import Entry
from seatsync.ledger.queries import links
from seatsync.ledger.queries.accounts.emails import lock_account
from seatsync.ledger.queries.accounts.holdings import AccountHolder, hold, is_in, keep_holding, offered
from seatsync.ledger.queries.lookup import numbers_of
from seatsync.ledger.read import owner, read_snapshot


class UnavailableReason(StrEnum):
    """Why a member can't claim or decline a license."""

    UNKNOWN = "unknown"
    """There is no such member or personal link."""
    NOTHING = "nothing"
    """The license was never offered, or the library is gone."""
    CLAIMED = "claimed"
    """It was already claimed, with another account."""
    OPTED_OUT = "opted-out"
    REVOKED = "revoked"
    LAPSED = "lapsed"
    """It was not claimed in time."""
    WAITING = "waiting"
    """No seat is free yet; the member is in the library's line."""
    AT_VENDOR = "at-vendor"
    """It lives in the vendor's portal, where members claim and decline it."""
    ENDED = "ended"
    """The end date has passed; the next apply revokes the license."""
    NOT_ALLOWED = "not-allowed"
    """The institution does not allow members to decline."""
    TOO_LATE = "too-late"
    """The last day on which members may decline has passed."""
    NO_ACCOUNT = "no-account"
    """The account was deleted in the meantime."""
    LINK_USED = "link-used"
    LINK_ENDED = "link-ended"
    """The grant of this personal link has ended; a newer grant has its own link."""


class Unavailable(Impossible):
    """The license can't be claimed or declined; ``reason`` says why, ``until`` is the last day of one that has ended, or the
    last one to decline it.

    ``url`` is the vendor's claim page, if the files give it, where the license lives at the vendor.
    """

    def __init__(
        self,
        reason: UnavailableReason,
        message: str,
        help: str = "See `seatsync licenses --all`.",
        until: str = "",
        url: str = "",
    ) -> None:
        super().__init__(message, help)
        self.reason = reason
        self.until = until
        self.url = url


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
    """Claim a license with the member's own account. Return False if that account had it already.

    The member proves who they are by the ``token`` of their personal link, which is then used up, or by an e-mail that they
    have confirmed (``known_as``) and that must still be the member's. ``actor`` stays in the journal forever, so it must
    not name a person.

    Raises:
        Unavailable: there is nothing to claim; ``reason`` says why.
        ForeignLedger: the ledger belongs to another institution.
    """
    _must_be_an_email(account)

    def step(connection: Connection) -> bool:
        books = _books(connection, institution, member, known_as)
        link = _link(connection, institution, library, member, token)
        license = _license(books, library, member)
        signs_in = books.members[member].account
        if license.status is Status.DELIVERED and is_in(connection, institution, library, member, signs_in, account):
            return False
        _must_be_open(books, library, member, "claim", at)
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
    """Decline a license for the member; ``token``, ``known_as`` and ``actor`` as in ``claim``.

    Raises:
        Unavailable: there is nothing to decline, or the institution does not allow it.
        ForeignLedger: the ledger belongs to another institution.
    """

    def step(connection: Connection) -> None:
        books = _books(connection, institution, member, known_as)
        waits = _license(books, library, member).status is Status.WAITING
        if books.institution is not None and not books.institution.opt_out and not waits:
            help = "Set `opt_out: true` in seatsync.yaml and apply it."
            raise Unavailable(UnavailableReason.NOT_ALLOWED, f"Members of {institution} may not opt out.", help)
        link = _link(connection, institution, library, member, token)
        _must_be_open(books, library, member, "decline", at)
        _must_be_in_time(books, library, member, at)
        _use(connection, institution, link, token, at)
        record(
            connection,
            institution,
            books,
            _entry("opt-out", at, actor, link),
            [Event(Unplanned.OPT_OUT, library, member)],
        )

    ledger.write(institution, actor, "", step)


def member_with_email(ledger: Ledger, institution: str, library: str, email: str) -> int:
    """The number of the member with this e-mail. If several have had it, prefer the one who can claim the library.

    Raises:
        Unavailable: no member has it.
        ForeignLedger: the ledger belongs to another institution.
    """
    key = email_key(email)
    with ledger.reading() as connection:
        must_be_owned_by(owner(connection, institution), institution)
        known = numbers_of(connection, institution, {key}, ()) if connection is not None and key else {}
        open_here = offered(connection, institution, email).here if connection is not None else []
    if not known:
        message = f"No member in the ledger has the e-mail {email}."
        raise Unavailable(UnavailableReason.UNKNOWN, message, "Write it as `seatsync members` lists it.")
    return next((seat.member for seat in open_here if seat.library == library), next(iter(known)))


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
    """Put the license into the account. If ``is_own``, it becomes the member's account, and later seats go there too.

    A personal link alone does not prove that the account is the member's: a person who was given the link gets this one
    license only.
    """
    signs_in = books.members[member].account
    if account.id and not lock_account(connection, account.id):
        raise Unavailable(UnavailableReason.NO_ACCOUNT, f"The account {account.email} no longer exists.")
    if is_own:
        if account.id:
            keep_holding(connection, institution, member, signs_in)
        signs_in = account.email
    person = {"account": signs_in} if signs_in == account.email else {"claimed_with": account.email}
    record(connection, institution, books, entry, [Event(Unplanned.CLAIM, library, member, person=person)])
    hold(connection, institution, library, member, account)


def _must_be_an_email(account: AccountHolder) -> None:
    if fault := email_fault(account.email):
        raise Impossible(f"{fault}.", "Correct the e-mail.")


def _books(connection: Connection, institution: str, member: int, known_as: str = "") -> Snapshot:
    """The ledger with only this member, whose e-mail must be ``known_as`` if that is given."""
    books = read_snapshot(connection, institution, {member})
    must_belong_to(books, institution)
    if member not in books.members:
        raise Unavailable(UnavailableReason.UNKNOWN, f"The ledger has no member {member}.", "See `seatsync members`.")
    if known_as and books.members[member].key != email_key(known_as):
        raise Unavailable(
            UnavailableReason.UNKNOWN, f"Member {member} has a different e-mail now.", "See `seatsync members`."
        )
    return books


def _license(books: Snapshot, library: str, member: int) -> License:
    if library not in books.libraries:
        guess = did_you_mean(library, books.libraries)
        message = f'The ledger has no library "{library}". {guess}'.rstrip()
        raise Unavailable(UnavailableReason.NOTHING, message, "See `seatsync status`.")
    return books.licenses.get(library, {}).get(member, ABSENT)


_NOT_OPEN = {
    Status.NONE: UnavailableReason.NOTHING,
    Status.DELIVERED: UnavailableReason.CLAIMED,
    Status.OPTED_OUT: UnavailableReason.OPTED_OUT,
    Status.REVOKED: UnavailableReason.REVOKED,
    Status.LAPSED: UnavailableReason.LAPSED,
    Status.WAITING: UnavailableReason.WAITING,
}


def _must_be_open(books: Snapshot, library: str, member: int, what: str, at: str) -> None:
    license, email = _license(books, library, member), books.members[member].email
    if what == "decline" and license.status is Status.WAITING:
        return  # who waits has no seat yet, here or at the vendor
    if reason := _NOT_OPEN.get(license.status):
        shown = license.status.replace("_", " ")
        raise Unavailable(reason, f"{email} can't {what} {library}: the license status is {shown}.")
    if (known := books.libraries[library]).is_at_vendor:
        message = f"{email} can't {what} {library} here: its seats are at the vendor."
        page = f", on {known.claim_url}" if known.claim_url else ""
        help = f"Members do it there{page}; `seatsync import` then takes over what the portal's export says."
        raise Unavailable(UnavailableReason.AT_VENDOR, message, help, url=known.claim_url)
    if license.ended(day_at(at, books.timezone)):
        message = f"{email} can't {what} {library}: the license ended on {license.until}."
        help = "To extend it, change `until` of its grant, and apply."
        raise Unavailable(UnavailableReason.ENDED, message, help, license.until)


def _must_be_in_time(books: Snapshot, library: str, member: int, at: str) -> None:
    """Refuse what comes after the last day on which the institution's members may decline."""
    until = books.institution.opt_out_until if books.institution is not None else ""
    license = _license(books, library, member)
    last = last_day_to_decline(until, license.status, license.invited_on)
    if "" < last < day_at(at, books.timezone):
        message = f"{books.members[member].email} can't decline {library} any more: the last day to decline was {last}."
        help = "To allow it, change `opt_out` in seatsync.yaml, and apply. Who shall not have the seat loses it by `seatsync edit revoke`."
        raise Unavailable(UnavailableReason.TOO_LATE, message, help, last)


def _link(connection: Connection, institution: str, library: str, member: int, token: str) -> links.Resolved | None:
    """The personal link of the token; None without a token."""
    if not token:
        return None
    link = links.resolve(connection, institution, token)
    if link is None or (link.library, link.member) != (library, member):
        raise Unavailable(
            UnavailableReason.UNKNOWN,
            "The ledger does not know this personal link.",
            "Use the link in the latest letter.",
        )
    return link


def _entry(kind: str, at: str, actor: str, link: links.Resolved | None) -> Entry:
    """The journal entry. It names the personal link that it uses up."""
    return Entry(kind, at, actor, detail={"link": link.number} if link is not None else {})


def _use(connection: Connection, institution: str, link: links.Resolved | None, token: str, at: str) -> None:
    """Use the link up; raise Unavailable if it has ended or was used."""
    if link is None:
        return
    if link.state is links.LinkState.ENDED:
        message = "The grant that this personal link was sent for has ended."
        raise Unavailable(UnavailableReason.LINK_ENDED, message, "Use the link in the latest letter.")
    if not links.use(connection, institution, token, at):
        message = "This personal link has already been used."
        raise Unavailable(UnavailableReason.LINK_USED, message, "Use the link in the latest letter.")
