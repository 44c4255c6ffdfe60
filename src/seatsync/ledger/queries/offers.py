"""What an institution offers to somebody, for the page that asks whether they want it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, select

from seatsync.domain.brand.logo import picture
from seatsync.domain.institution import last_day_to_decline
from seatsync.domain.library import DeliveredBy
from seatsync.domain.license import Kind, Status
from seatsync.domain.text.languages import language_of
from seatsync.domain.text.tags import split_tags
from seatsync.ledger import tables
from seatsync.ledger.queries.unclaimed.invited import last_days_to_claim


class Offer(NamedTuple):
    """An offer: the institution's name, the library's title, the recipient's e-mail, and the license's kind, status and last day.

    With ``may_decline`` the member may decline it, to the end of the day ``decline_until``; empty for no last day. Days end in the
    institution's ``timezone``. With ``is_at_vendor`` it is claimed on the vendor's page ``claim_url``, which
    is empty if the files do not give it.

    ``about`` is what the library is, ``claim_by`` the last day (ISO) to claim the seat, if unclaimed ones lapse. ``own_end`` is as in
    ``holdings.Seat``. ``language`` is that of the member's letters, empty if their tags say none. ``title`` is empty in the offer of an
    administrator's sign-in.
    """

    name: str
    title: str
    email: str
    may_decline: bool
    kind: str = ""
    status: str = ""
    until: str = ""
    timezone: str = ""
    is_at_vendor: bool = False
    claim_url: str = ""
    language: str = ""
    about: str = ""
    decline_until: str = ""
    claim_by: str = ""
    own_end: str = ""

    def is_too_late_to_decline(self, today: str) -> bool:
        return "" < self.decline_until < today


def offer(connection: Connection, institution: str, library: str, member: int) -> Offer | None:
    """The offer of a library to a member; None where the ledger does not know the member or the library."""
    institutions, titles, people, license = tables.institution.c, tables.library.c, tables.member.c, tables.license.c
    held = and_(
        license.institution == institutions.institution, license.library == titles.id, license.member == people.number
    )
    query = (
        select(
            *(institutions.name, titles.title, people.email, institutions.opt_out),
            *(
                license.kind,
                license.status,
                license.until,
                license.own_end,
                institutions.timezone,
                titles.delivered_by,
                titles.claim_url,
                titles.about,
                people.tags,
                institutions.opt_out_until,
                license.invited_on,
            ),
        )
        .select_from(
            tables.institution.join(tables.library, titles.institution == institutions.institution)
            .join(tables.member, people.institution == institutions.institution)
            .outerjoin(tables.license, held)
        )
        .where(institutions.institution == institution, titles.id == library, people.number == member)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    license_now = (row.kind or "", row.status or "", row.until or "", row.timezone)
    is_there = row.delivered_by == DeliveredBy.VENDOR
    is_temporary = (row.kind, row.status) == (Kind.TEMPORARY.value, Status.UNCLAIMED.value)
    seats = [(library, member)] if is_temporary and not is_there else []
    days = last_days_to_claim(connection, institution, seats)
    may_decline = row.status == Status.WAITING or (bool(row.opt_out) and not is_there)
    return Offer(
        row.name,
        row.title,
        row.email,
        may_decline,
        *license_now,
        is_there,
        row.claim_url,
        language_of(split_tags(row.tags)),
        row.about,
        last_day_to_decline(row.opt_out_until, row.status or "", row.invited_on or "") if may_decline else "",
        days.get((library, member), ""),
        row.own_end or "",
    )


def welcome(connection: Connection, institution: str, admin: str) -> Offer | None:
    """The offer to an administrator (by the key of their e-mail) to sign in to the institution's pages."""
    institutions, people = tables.institution.c, tables.admin.c
    query = (
        select(institutions.name, people.email)
        .select_from(tables.institution.join(tables.admin, people.institution == institutions.institution))
        .where(institutions.institution == institution, people.key == admin)
    )
    row = connection.execute(query).one_or_none()
    return Offer(row.name, "", row.email, False) if row is not None else None


class Host(NamedTuple):
    """An institution that has a claim page: its name, its last day (ISO; empty for no end) and its time zone.

    ``elsewhere`` are the libraries at the vendor: (title, the vendor's claim page or empty). ``is_here`` says that seats can
    be claimed here.
    """

    name: str
    retire: str
    timezone: str
    elsewhere: Sequence[tuple[str, str]]
    is_here: bool


def host(connection: Connection, institution: str) -> Host | None:
    """The institution as its claim page shows it; None where the ledger does not know it."""
    columns = tables.institution.c
    query = select(columns.name, columns.retire, columns.timezone).where(columns.institution == institution)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    library = tables.library.c
    shown = select(library.title, library.claim_url, library.delivered_by).where(library.institution == institution)
    libraries = connection.execute(shown.order_by(library.title, library.id)).all()
    there = [(one.title, one.claim_url) for one in libraries if one.delivered_by == DeliveredBy.VENDOR]
    return Host(*row, there, len(there) < len(libraries) or not libraries)


class Letterhead(NamedTuple):
    """An institution as its pages show it: its name, whom to ask (``help``, with name, email and url), its language and colour, and
    whether it has a logo."""

    id: str
    name: str
    help: Mapping[str, str]
    language: str
    color: str
    has_logo: bool


def letterhead(connection: Connection, institution: str) -> Letterhead | None:
    """The institution's letterhead; None where the ledger does not know it."""
    columns = tables.institution.c
    has_logo = columns.logo != ""  # the picture itself has a page of its own
    shown = select(columns.institution, columns.name, columns.help, columns.language, columns.color, has_logo)
    row = connection.execute(shown.where(columns.institution == institution)).one_or_none()
    if row is None:
        return None
    id, name, help, *rest = row
    return Letterhead(id, name, json.loads(help or "{}"), *rest)


def logo(connection: Connection, institution: str) -> bytes | None:
    """The institution's logo, a PNG picture; None if it has none."""
    columns = tables.institution.c
    kept = connection.execute(select(columns.logo).where(columns.institution == institution)).scalar()
    return picture(kept) if kept else None


def declining(connection: Connection, institution: str) -> str | None:
    """Until when the institution's members may decline, as ``last_day_to_decline`` takes it; None if they may not."""
    columns = tables.institution.c
    query = select(columns.opt_out, columns.opt_out_until).where(columns.institution == institution)
    row = connection.execute(query).one_or_none()
    return row.opt_out_until if row is not None and row.opt_out else None
