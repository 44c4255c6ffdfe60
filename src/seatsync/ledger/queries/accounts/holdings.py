"""The licenses in an account, and those that wait to be claimed, for the members' pages.

An account belongs to a person and may hold licenses of several institutions. Only a few statements look across institutions, to
find where somebody is a member. They are marked with ``ACROSS``, and row-level security applies to them too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, insert, select, text

from seatsync.domain.library import DeliveredBy, Delivery
from seatsync.domain.license import Kind, Status
from seatsync.domain.text.emails import email_key
from seatsync.ledger import tables
from seatsync.ledger.account_tables import account, holding
from seatsync.ledger.queries.accounts.emails import email_hash, mailbox_of
from seatsync.ledger.queries.unclaimed.invited import last_days_to_claim

ACROSS = {"across_institutions": True}
"""Marks a statement about a person that is not limited to one institution."""


NOBODY = "-"
"""The account id of a license whose account was deleted; no account has this id."""


class AccountHolder(NamedTuple):
    """A person's own sign-in. ``id`` is empty for a sign-in to a vendor's portal, of which only the e-mail is known."""

    email: str
    id: str = ""


class Seat(NamedTuple):
    """A license as its member sees it.

    ``name`` is the institution's name. ``kind`` is none after a revoke. ``granted_on`` is the day (ISO) of the last grant,
    ``until`` the last day, empty for no end. ``timezone`` is the institution's. ``there`` is what the vendor's portal has
    otherwise (``There``), if the seat lives there; ``place`` that of who waits in the library's line. ``own_end`` is the end
    that it would have but for a leaver's grace period, empty if that does not end it. ``claim_url``, ``open_url`` and ``about`` are the
    library's. ``claim_by`` is the last day (ISO) to claim it, empty if that is not known.
    """

    institution: str
    name: str
    library: str
    title: str
    member: int
    kind: str
    status: str
    delivery: Delivery
    granted_on: str
    until: str
    timezone: str
    delivered_by: str
    claim_url: str
    open_url: str
    about: str
    there: str
    place: str
    own_end: str
    claim_by: str = ""

    @property
    def is_at_vendor(self) -> bool:
        return self.delivered_by == DeliveredBy.VENDOR

    @property
    def is_open(self) -> bool:
        """Whether the member can claim it here."""
        return self.status == Status.UNCLAIMED and not self.is_at_vendor


class Offered(NamedTuple):
    """The seats of the members with an e-mail: those that they can claim ``here``, all that they have ``at_vendor``, those that they
    are ``in_line`` for, those that may be ``over`` (taken back, lapsed, or unclaimed with an end date), and those that were ``claimed``
    here, with whatever account."""

    here: list[Seat]
    at_vendor: list[Seat]
    in_line: list[Seat]
    over: list[Seat]
    claimed: list[Seat]


def offered(connection: Connection, institution: str, email: str) -> Offered:
    """The seats of the institution's members with this e-mail, without those of an earlier owner of the mailbox."""
    seats = _seats_of_mailbox(connection, institution, email)
    return Offered(
        [*_with_last_days(connection, institution, [seat for seat in seats if seat.is_open])],
        [
            *_with_last_days(
                connection, institution, [seat for seat in seats if seat.is_at_vendor and seat.kind != Kind.NONE]
            )
        ],
        [seat for seat in seats if seat.place],
        [seat for seat in seats if seat.status in _OVER or (seat.status == Status.UNCLAIMED and seat.until)],
        [seat for seat in seats if seat.status == Status.DELIVERED and not seat.is_at_vendor],
    )


_OVER = (Status.REVOKED, Status.LAPSED)


def is_of_mailbox(connection: Connection, institution: str, member: int, email: str) -> bool:
    """Whether this member of the institution has this e-mail, and is not an earlier owner of the mailbox."""
    return any(seat.member == member for seat in _seats_of_mailbox(connection, institution, email))


def _with_last_days(connection: Connection, institution: str, seats: Iterable[Seat]) -> Iterator[Seat]:
    """These seats, each that is unclaimed with the last day to claim it."""
    offered = {(seat.library, seat.member): seat for seat in seats}
    lapses = (Kind.TEMPORARY, Status.UNCLAIMED)
    unclaimed = [key for key, seat in offered.items() if (seat.kind, seat.status) == lapses]
    days = last_days_to_claim(connection, institution, unclaimed)
    return (seat._replace(claim_by=days.get(key, "")) for key, seat in offered.items())


def _seats_of_mailbox(connection: Connection, institution: str, email: str) -> list[Seat]:
    numbers = {number for _, number in _members(connection, email, institution)}
    if len(numbers) > 1:
        numbers -= mailbox_of(connection, institution, email).earlier
    return [seat for seat, *_ in _seats(connection, institution, numbers)]


def offered_to_account(connection: Connection, email: str) -> Offered:
    """The seats of all institutions' members with the e-mail of an account.

    None of an institution where somebody else had the e-mail before, as the account may be that person's. Its member proves the
    mailbox on the claim page or with the personal link; a claim makes the account theirs.
    """
    found = Offered([], [], [], [], [])
    for institution in sorted({institution for institution, _ in _members(connection, email)}):
        seats = offered(connection, institution, email)
        if any(seats) and is_surely_theirs(connection, institution, email):
            for mine, theirs in zip(found, seats, strict=True):
                mine.extend(theirs)
    return found


def is_surely_theirs(connection: Connection, institution: str, email: str) -> bool:
    """Whether the account with this e-mail is that of the institution's member with this e-mail."""
    owner, earlier = mailbox_of(connection, institution, email)
    return not earlier or owner is None or email_key(owner.account) == email_key(email)


def leave_to_nobody(connection: Connection, holder: AccountHolder) -> None:
    """Take the licenses of earlier owners of the mailbox out of an account whose e-mail was just proved.

    Each institution says who owns the mailbox now, and only for its own licenses. They are in nobody's account then.
    """
    for institution in sorted({institution for institution, _ in _members(connection, holder.email)}):
        earlier = mailbox_of(connection, institution, holder.email).earlier
        for seat, sign_in, account_of_seat in [*_seats(connection, institution, earlier)]:
            if _is_in(holder, account_of_seat, sign_in):
                hold(connection, institution, seat.library, seat.member, AccountHolder("", NOBODY))


def licenses_of(connection: Connection, account_id: str) -> list[Seat]:
    """The licenses in an account, of all institutions: claimed with it, or delivered to its e-mail by an apply.

    For a library that is delivered to accounts, revoked licenses are included, as the vendor's account still exists.
    """
    return [seat for seat in _in_account(connection, account_id) if _is_shown(seat)]


def over_in(connection: Connection, account_id: str) -> list[Seat]:
    """The licenses that were in an account and are over, without those that ``licenses_of`` has."""
    return [seat for seat in _in_account(connection, account_id) if seat.status in _OVER and not _is_shown(seat)]


def _in_account(connection: Connection, account_id: str) -> list[Seat]:
    of_account = select(account.c.email).where(account.c.id == account_id)
    email = connection.execute(of_account).scalar() or ""
    holder = AccountHolder(email, account_id)
    members: dict[str, set[int]] = {}
    for institution, number in _possible_members(connection, holder):
        members.setdefault(institution, set()).add(number)
    return [
        seat
        for institution in sorted(members)
        for seat, sign_in, account_of_seat in _seats(connection, institution, members[institution])
        if _is_in(holder, account_of_seat, sign_in)
    ]


def is_in(
    connection: Connection, institution: str, library: str, member: int, sign_in: str, holder: AccountHolder
) -> bool:
    """Whether a claimed license is in this account. ``sign_in`` is the e-mail that the member signs in with."""
    columns = holding.c
    this = (columns.institution == institution) & (columns.library == library) & (columns.member == member)
    return _is_in(holder, connection.execute(select(columns.account).where(this)).scalar(), sign_in)


def hold(connection: Connection, institution: str, library: str, member: int, holder: AccountHolder) -> None:
    """Put the member's license into this account; into none if the holder has no id."""
    columns = holding.c
    this = (columns.institution == institution) & (columns.library == library) & (columns.member == member)
    connection.execute(delete(holding).where(this))
    if holder.id:
        row = {"institution": institution, "library": library, "member": member, "account": holder.id}
        connection.execute(insert(holding).values(row))


def keep_holding(connection: Connection, institution: str, member: int, sign_in: str) -> None:
    """Keep the member's licenses that are known only by sign-in e-mail in the account with that e-mail, if there is one.

    Call this before the member gets another sign-in e-mail.
    """
    account_id = connection.execute(select(account.c.id).where(account.c.email_hash == email_hash(sign_in))).scalar()
    if account_id is None:
        return
    license, held = tables.license.c, holding.c
    known = and_(
        held.institution == license.institution, held.library == license.library, held.member == license.member
    )
    without_account = (
        select(license.library)
        .select_from(tables.license.outerjoin(holding, known))
        .where(license.institution == institution, license.member == member, held.account.is_(None))
        .where(license.status.in_((Status.DELIVERED.value, Status.REVOKED.value)))
    )
    in_libraries = license.library.in_(_all_libraries(connection, institution))
    libraries = connection.execute(without_account.where(in_libraries)).scalars().all()
    rows = [
        {"institution": institution, "library": library, "member": member, "account": account_id}
        for library in libraries
    ]
    if rows:
        connection.execute(insert(holding), rows)


def keep_holdings(connection: Connection, holder: AccountHolder) -> None:
    """Keep licenses that are in the account only because of its e-mail there. Call this before the account gets another e-mail."""
    members = {*_possible_members(connection, holder)}
    member, key = tables.member.c, email_key(holder.email)
    for institution in sorted({id for id, _ in members}):
        numbers = sorted(number for id, number in members if id == institution)
        query = select(member.number, member.account).where(member.institution == institution)
        for number, sign_in in connection.execute(query.where(member.number.in_(numbers))).all():
            if email_key(sign_in) == key:
                keep_holding(connection, institution, number, sign_in)


def _possible_members(connection: Connection, holder: AccountHolder) -> list[tuple[str, int]]:
    """(institution, number) of the members who may have licenses in this account."""
    held = select(holding.c.institution, holding.c.member).where(holding.c.account == holder.id)
    found = connection.execute(held, execution_options=ACROSS)
    return [*((row.institution, row.member) for row in found), *_members(connection, holder.email)]


def _all_libraries(connection: Connection, institution: str) -> list[str]:
    """The ids of all libraries. The key of licenses begins with them, so that a member's licenses are found fast."""
    return list(
        connection.execute(select(tables.library.c.id).where(tables.library.c.institution == institution)).scalars()
    )


def _is_in(holder: AccountHolder, account_of_seat: str | None, sign_in: str) -> bool:
    """Compare by the account that the seat was claimed with; where that is not known, by the sign-in e-mail."""
    if not holder.id:
        return False
    if account_of_seat:
        return account_of_seat == holder.id
    return bool(sign_in) and email_key(sign_in) == email_key(holder.email)


def _is_shown(seat: Seat) -> bool:
    return seat.status == Status.DELIVERED or (seat.status == Status.REVOKED and seat.delivery.facts.outlasts_revoke)


def _members(connection: Connection, email: str, institution: str = "") -> list[tuple[str, int]]:
    """(institution, number) of members with this e-mail, on a roster or not, of one institution or of all."""
    institutions, member = tables.institution.c, tables.member.c
    if not (key := email_key(email)):
        return []  # erased members have an empty key
    query = (
        select(member.institution, member.number)
        .select_from(tables.institution.join(tables.member, member.institution == institutions.institution))
        .where(member.key == key, *([institutions.institution == institution] if institution else []))
        .execution_options(**({} if institution else ACROSS))
    )
    indexed = ("member.on_roster", "NOT member.on_roster")  # exactly the conditions of the indexes
    return [
        (row.institution, row.number)
        for condition in indexed
        for row in connection.execute(query.where(text(condition)))
    ]


def _seats(connection: Connection, institution: str, members: Iterable[int]) -> Iterator[tuple[Seat, str, str | None]]:
    """All licenses of these members, each with the member's sign-in e-mail and the account that it was claimed with."""
    numbers = sorted(members)
    if not numbers:
        return
    institutions, library, license, member = tables.institution.c, tables.library.c, tables.license.c, tables.member.c
    institution_column = license.institution
    rows = connection.execute(
        select(
            *(
                institutions.institution,
                institutions.name,
                library.id,
                library.title,
                license.member,
                license.kind,
                license.status,
            ),
            *(
                library.delivery,
                license.invited_on,
                license.until,
                institutions.timezone,
                library.delivered_by,
                library.claim_url,
                library.open_url,
                library.about,
                license.there,
                license.place,
                license.own_end,
                member.account,
                holding.c.account,
            ),
        )
        .select_from(
            tables.license.join(tables.institution, institutions.institution == institution_column)
            .join(tables.library, and_(library.institution == institution_column, library.id == license.library))
            .join(tables.member, and_(member.institution == institution_column, member.number == license.member))
            .outerjoin(
                holding,
                and_(
                    holding.c.institution == institution_column,
                    holding.c.library == license.library,
                    holding.c.member == license.member,
                ),
            )
        )
        .where(institution_column == institution, license.member.in_(numbers))
        .order_by(library.title, library.id, license.member)
    )
    for *fields, sign_in, account_id in rows:
        seat = Seat(*fields)
        yield seat._replace(delivery=Delivery(seat.delivery)), sign_in, account_id
