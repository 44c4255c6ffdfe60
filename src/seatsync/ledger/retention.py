"""Delete old letters, and erase persons."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, select, update

from seatsync.domain.action import Letter, Subject, about
from seatsync.domain.fields import MAX_NUMBER
from seatsync.domain.letters import WAITING
from seatsync.domain.text.emails import email_key
from seatsync.ledger import link_chain, tables
from seatsync.ledger.account_tables import holding

_LETTERS = re.compile(r'"letters":"([^"]*)"')
_RANGE = re.compile(r"\b(\d{1,18})-(\d{1,18})\b")
_LINK_LOST = "its personal link was made after the last journal entry, and was not loaded with the dump"
_FORGOTTEN = {"person": None, "salt": None}


class Pruned:
    """The serials of pruned letters, from the journal. Unreadable entries are skipped: checking the chain finds them."""

    def __init__(self, connection: Connection, institution: str) -> None:
        columns = tables.entry.c
        of_prunes = (columns.institution == institution) & (columns.kind == "prune")
        details = connection.execute(select(columns.detail).where(of_prunes)).scalars()
        ranges = [letters for detail in details for letters in _LETTERS.findall(str(detail))]
        self._ranges = sorted((int(first), int(last)) for first, last in _RANGE.findall(",".join(ranges)))

    def __contains__(self, serial: int) -> bool:
        place = bisect_right(self._ranges, (serial, MAX_NUMBER))
        return place > 0 and serial <= self._ranges[place - 1][1]


def prune_letters(connection: Connection, institution: str, before: str) -> list[tuple[int, int]]:
    """Delete letters from before the instant ``before`` (ISO) that no longer wait. Return their serials as (first, last) ranges.

    A letter about a seat that its member was never told of stays as long as a later one that the seat has ended: it says that
    this one is not needed (``domain.waiting``).
    """
    outbox = tables.outbox.c
    done_with = (outbox.institution == institution) & (outbox.created_at < before) & outbox.state.not_in(WAITING)
    done_with &= ~_says_of_nothing_known(institution, before)
    serials = connection.execute(select(outbox.serial).where(done_with).order_by(outbox.serial)).scalars().all()
    connection.execute(delete(tables.outbox).where(done_with))
    pruned = in_ranges(serials)
    if pruned:
        in_range = tables.link.c.serial.between(bindparam("first"), bindparam("last"))
        ranges = [{"first": first, "last": last} for first, last in pruned]
        _delete_links(connection, institution, (in_range, ranges))
    return pruned


def _says_of_nothing_known(institution: str, before: str) -> ColumnElement[bool]:
    outbox, end = tables.outbox.c, tables.outbox.alias("the_end").c
    same_seat = (end.institution == institution) & (end.library == outbox.library) & (end.member == outbox.member)
    removed = (end.letter == Letter.REMOVED.value) & (end.state == "cancelled") & (end.created_at >= before)
    is_unsent = (outbox.letter == Letter.PLAN_ASSIGNED.value) & (outbox.state == "cancelled")
    return is_unsent & exists().where(same_seat & removed)


def in_ranges(serials: Iterable[int]) -> list[tuple[int, int]]:
    """The ascending serials as ranges (first, last)."""
    runs = [[*run] for _, run in groupby(enumerate(serials), lambda pair: pair[1] - pair[0])]
    return [(run[0][1], run[-1][1]) for run in runs]


def forget_members(connection: Connection, institution: str, numbers: Collection[int]) -> None:
    """Delete the personal data of these members from the journal, and the links from their licenses to accounts.

    Without the salt, nobody can guess the data from the chain.
    """
    event, outbox, held = tables.event.c, tables.outbox.c, holding.c
    for number in numbers:
        of_member = (event.institution == institution) & (event.member == number)
        connection.execute(update(tables.event).where(of_member).values(_FORGOTTEN))
        waiting = (outbox.institution == institution) & (outbox.member == number) & outbox.state.in_(WAITING)
        connection.execute(update(tables.outbox).where(waiting).values(state="cancelled"))
        sent = (outbox.institution == institution) & (outbox.member == number)
        connection.execute(update(tables.outbox).where(sent).values(reply="", sent_to=""))
        connection.execute(delete(holding).where((held.institution == institution) & (held.member == number)))


def forget_links(connection: Connection, institution: str, numbers: Collection[int], serials: Collection[int]) -> None:
    """Delete the personal links of these members, and the links in the letters with these serials.

    Call this before the entry with the reason is recorded: that entry notes the new end of the links.
    """
    _delete_links(
        connection,
        institution,
        (tables.link.c.member == bindparam("which"), [{"which": number} for number in numbers]),
        (tables.link.c.serial == bindparam("which"), [{"which": serial} for serial in serials]),
    )


def forget_sending(connection: Connection, institution: str, serials: Iterable[int]) -> None:
    """Mark these letters as bounced: their links do not work in this ledger. ``outbox retry`` sends them again."""
    outbox, which = tables.outbox.c, [{"which": serial} for serial in sorted(serials)]
    this = (outbox.institution == institution) & (outbox.serial == bindparam("which"))
    went_out = this & ((outbox.state == "sent") | (outbox.state == "bounced"))
    if which:
        untried = update(tables.outbox).where(this).values(attempts=0, due_at="", held_until="")
        connection.execute(untried, which)
        bounced = update(tables.outbox).where(went_out).values(state="bounced", sent_at="", reply=_LINK_LOST)
        connection.execute(bounced, which)


def _delete_links(
    connection: Connection, institution: str, *deletions: tuple[ColumnElement[bool], Sequence[dict[str, int]]]
) -> None:
    if not link_chain.end(connection, institution).number:
        return
    link_chain.must_hold(connection, institution)
    for which, given in deletions:
        if given:
            connection.execute(delete(tables.link).where((tables.link.c.institution == institution) & which), given)
    link_chain.rebuild_chain(connection, institution)


class Stints(NamedTuple):
    """The serials of events that made somebody an administrator or a contact.

    ``ended`` are events that removed them from the contacts: these do not name them, but their plans did.
    """

    administrators: list[int]
    contacts: list[int]
    ended: list[int]

    @property
    def naming(self) -> list[int]:
        return sorted([*self.administrators, *self.contacts])


def forget_stints(connection: Connection, institution: str, email: str) -> Stints:
    """Delete a former administrator's or contact's data from journal and outbox, with other people's data in the same events."""
    event, outbox = tables.event.c, tables.outbox.c
    stints = _stints(connection, institution, email_key(email))
    if which := [{"which": serial} for serial in stints.naming]:
        this = (event.institution == institution) & (event.serial == bindparam("which"))
        connection.execute(update(tables.event).where(this).values(_FORGOTTEN), which)
        this = (outbox.institution == institution) & (outbox.serial == bindparam("which"))
        connection.execute(
            update(tables.outbox).where(this).values(address="", state="cancelled", reply="", sent_to=""), which
        )
    return stints


def _stints(connection: Connection, institution: str, key: str) -> Stints:
    event, found, is_contact = tables.event.c, Stints([], [], []), False
    of_institution = about(Subject.INSTITUTION)
    of_no_member = (event.institution == institution) & (event.member == 0) & event.commitment.is_not(None)
    rows = connection.execute(
        select(event.serial, event.action, event.person).where(of_no_member).order_by(event.serial)
    )
    for serial, action, text in rows:
        person = json.loads(text or "{}")
        if action in of_institution:
            was_contact = is_contact
            is_contact = key in [email_key(one["email"]) for one in _named(person)]
            if is_contact or was_contact:
                (found.contacts if is_contact else found.ended).append(serial)
        elif email_key(person.get("email", "")) == key:
            found.administrators.append(serial)
    return found


def _named(person: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """The people whom an event of the institution names: contacts, and whom members may ask."""
    return [*person.get("contacts", ()), *([person["help"]] if person.get("help") else [])]


def forget_plans(
    connection: Connection, institution: str, numbers: Collection[int], stints: Collection[int]
) -> dict[str, list[int]]:
    """Delete fingerprints of plans and digests of files that could confirm who was in them. Return the serials of the entries.

    These are the plans that named these members or had these events (``stints``), and the files of all applies but the last,
    which nobody who can be erased is in.
    """
    entry, event = tables.entry.c, tables.event.c
    entries = select(event.entry).where(event.institution == institution).distinct()
    named: set[int] = set()
    for condition in (*(event.member == number for number in numbers), *(event.serial == serial for serial in stints)):
        named.update(connection.execute(entries.where(condition)).scalars())
    ours = select(entry.serial).where(entry.institution == institution)
    plans = [*connection.execute(ours.where(entry.salt.is_not(None)).order_by(entry.serial)).scalars()]
    files = [*connection.execute(ours.where(entry.files_salt.is_not(None)).order_by(entry.serial)).scalars()]
    forgotten = {"plans": [serial for serial in plans if serial in named], "files": files[:-1]}
    this = (entry.institution == institution) & (entry.serial == bindparam("which"))
    for name, values in (("plans", {"plan": None, "salt": None}), ("files", {"files": None, "files_salt": None})):
        if forgotten[name]:
            which = [{"which": serial} for serial in forgotten[name]]
            connection.execute(update(tables.entry).where(this).values(values), which)
    return forgotten
