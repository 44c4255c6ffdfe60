"""Why a member cannot use a library: one sentence for each, and the command that changes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from shlex import quote
from typing import NamedTuple

from seatsync.domain.library import Library
from seatsync.domain.license import ABSENT, License, Status
from seatsync.domain.person import Member
from seatsync.domain.portal.progress import OPEN
from seatsync.domain.posting.no_seat import barrier, to_grant
from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.queries.lists import Listed, ListedLicense
from seatsync.ledger.queries.origins import NOT_GRANTED, Ended
from seatsync.portal.admin.labels import PROGRESS
from seatsync.portal.web.translation import _, day


class NoAccess(NamedTuple):
    """A library that a member cannot use, ``why``, and the ``command`` that changes it (empty for none)."""

    library: Library
    why: str
    command: str = ""


NOT_HERE = Ended("", "")
"""The end of a seat that ended at the vendor."""


def without_access(one: Listed, books: Snapshot, ends: Mapping[str, Ended], today: str) -> list[NoAccess]:
    """The libraries that a member cannot use now. ``ends`` says how the last seat of a library ended here."""
    held = {each.library: each for each in one.held}
    found = []
    for id, library in books.libraries.items():
        license = held[id].license if id in held else ABSENT
        if license.active:
            sentences = [*_with_seat(held[id], library, today)]
        else:
            sentences = [*_without_seat(license, one.member, books, *ends.get(id, NOT_HERE))]
        if sentences:
            found.append(NoAccess(library, " ".join(sentences), _command(library, one.member, license)))
    return found


def _with_seat(held: ListedLicense, library: Library, today: str) -> Iterator[str]:
    """Why a seat is of no use; nothing if it is."""
    license = held.license
    if license.ended(today):
        yield _("The seat ended on %(day)s; the next apply takes it back.", day=day(license.until))
    elif license.there in OPEN and held.at_vendor:
        words = str(PROGRESS[held.at_vendor])
        yield f"{words[:1].upper()}{words[1:]}."
    elif license.status is Status.UNCLAIMED:
        yield _("Not claimed yet.")
        if license.invited_on:
            yield _("Granted on %(day)s.", day=day(license.invited_on))
        if held.mail:
            yield _("The last letter was not delivered.")
        elif held.is_unsent:
            yield _("The invitation was not sent yet.")
        elif not library.sends_letters:
            yield _("No letters are sent about this library.")


def _without_seat(license: License, member: Member, books: Snapshot, ended_on: str, reason: str) -> Iterator[str]:
    """Why there is no seat. ``ended_on`` is the day on which it was taken back (for a ``reason``) or declined here; empty if not here."""
    match license.status:
        case Status.OPTED_OUT if ended_on:
            yield _("Declined by the member on %(day)s.", day=day(ended_on))
        case Status.OPTED_OUT:
            yield _("Declined at the vendor.")
        case Status.REVOKED if license.ended(ended_on):
            yield _("The seat ended on %(day)s.", day=day(license.until))
        case Status.REVOKED if reason == NOT_GRANTED:
            yield _("Taken back on %(day)s, because no grant asked for it any more.", day=day(ended_on))
        case Status.REVOKED if ended_on:
            yield _("Taken back on %(day)s.", day=day(ended_on))
        case Status.REVOKED:
            yield _("Taken back at the vendor.")
        case Status.LAPSED:
            yield _("It lapsed on %(day)s.", day=day(ended_on))
        case Status.WAITING:
            yield _("In line for a seat since %(day)s.", day=day(license.invited_on))
        case _ if member.is_listed:
            yield _("No grant asked for it when the files were applied last.")
            if books.applied_on:
                yield _("That was on %(day)s.", day=day(books.applied_on))
    if in_the_way := barrier(license, member.is_listed):
        yield _(in_the_way)


def _command(library: Library, member: Member, license: License) -> str:
    """The command that sends an unclaimed invitation again or grants a seat; none where neither is possible by a command."""
    if license.active:
        can_resend = license.status is Status.UNCLAIMED and not library.is_at_vendor
        return f"seatsync resend --library {library.id} {quote(member.email)}" if can_resend else ""
    return to_grant(library, quote(member.email)) if member.key and not barrier(license, member.is_listed) else ""
