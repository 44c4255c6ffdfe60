"""The records of people in a portal's export, and who is in its list of users."""

from __future__ import annotations

from collections.abc import Mapping

from seatsync.domain.license import ABSENT, Kind
from seatsync.domain.person import Member
from seatsync.domain.portal.at_vendor import Users, is_stand_in, to_correct, users_there
from seatsync.domain.portal.export import NOTHING
from seatsync.planning.portal.found import Difference, Differs, Move, Seen
from seatsync.planning.portal.look import Look
from seatsync.planning.portal.people import COMPARED, Record, record_there


def compare_users(look: Look) -> None:
    """Compare the records of the people in the export, and who is in the portal's list of users. Licenses come before."""
    fields = [name for name in COMPARED if name in look.export.fields]
    for number, position in look.rows.items():
        if look.says_nothing("", number):
            continue
        member = look.books.members[number]
        edits = users_there(member).get(look.portal) if member.there else None
        record = record_there(look.export.members[position], member, edits or {}, fields)
        if record.differing and member.on_roster:
            where = look.line(number)
            look.found.differences.append(
                Difference(Differs.RECORD, "", number, member.email, where, fields=record.differing)
            )
        elif is_stand_in(look.export.members[position].key) and member.on_roster:
            look.differ(Differs.CORRECTING, "", number, NOTHING, NOTHING)
        if look.is_at_vendor and look.export.holdings:
            _note_user(look, number, edits, {**record.edits, **_email_of_leaver(look, number, record)})
        elif not member.on_roster and edits is None and not _holds_any(look, number):
            look.differ(Differs.LEFT, "", number, NOTHING, NOTHING)
    if look.is_at_vendor and look.is_whole and not look.export.lists_holders:
        _note_who_is_gone(look)


def _note_user(look: Look, number: int, old: Mapping[str, str] | None, edits: Mapping[str, str]) -> None:
    """Note what is still to be edited of a person in the portal's list, and that they are in it."""
    lists_holders = look.export.lists_holders
    is_known = old is not None or lists_holders or number in look.had_license or look.has_license(number)
    if edits == (old or {}) and is_known:
        return
    member = look.books.members[number]
    before, now = to_correct(member, old or {}), to_correct(member, edits)
    if old:
        seen = Seen.DONE if len(now) < len(before) else Seen.STEP
    else:
        seen = Seen.LISTED if not now and (member.on_roster or _owns(look, number)) else Seen.UNDONE
    users = _with_portal(member, look.portal, edits if edits or not lists_holders else None)
    look.found.moves.append(Move((seen,), "", number, look.line(number), users=users))


def _email_of_leaver(look: Look, number: int, record: Record) -> Mapping[str, str]:
    """The other e-mail under which the portal has somebody who left: nobody corrects it, and without it nobody finds them."""
    if look.books.members[number].on_roster or "email" not in record.differing:
        return {}
    return {"email": record.differing["email"][1]}


def _note_who_is_gone(look: Look) -> None:
    """Note who is no longer in the portal's list of users."""
    for number, member in look.books.members.items():
        if number in look.rows or look.says_nothing("", number):
            continue
        is_listed = bool(member.there) and look.portal in users_there(member)
        if is_listed or look.has_ended(number):
            seen = Seen.LISTED if member.on_roster or _owns(look, number) else Seen.DONE
            users = _with_portal(member, look.portal, None)
            look.found.moves.append(Move((seen,), "", number, 0, users=users))


def _with_portal(member: Member, portal: str, edits: Mapping[str, str] | None) -> Users:
    """The portals that list the member, with this one and what is to be edited there; without it if that is None."""
    users = users_there(member)
    users.pop(portal, None)
    return users if edits is None else {**users, portal: dict(edits)}


def _owns(look: Look, number: int) -> bool:
    """Whether the member has a permanent license in this portal."""
    held = (look.books.licenses.get(library, {}).get(number, ABSENT) for library in look.libraries)
    return any(license.kind is Kind.PERMANENT for license in held)


def _holds_any(look: Look, number: int) -> bool:
    held = (license.get(number, ABSENT) for license in look.books.licenses.values())
    return any(license.active or license.there for license in held)
