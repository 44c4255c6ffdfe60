"""The work list: what a person has to do in the vendors' portals, computed from what they have otherwise than the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from seatsync.domain.library import Library
from seatsync.domain.license import Kind, License
from seatsync.domain.person import Member
from seatsync.domain.portal.at_vendor import There, is_to_do, portal_of, to_correct, users_there
from seatsync.domain.portal.users import held_at, is_there, lists_holders, portals_of
from seatsync.domain.snapshot import Snapshot


class StepName(StrEnum):
    """What a person does in a portal, in the order in which it must be done."""

    REMOVE = "remove"
    EDIT = "edit"
    IMPORT = "import"
    REVOKE = "revoke"
    GRANT_TEMPORARY = "grant-temporary"
    ADD = "add"
    RESEND = "resend"
    GRANT_PERMANENT = "grant-permanent"


class Step(NamedTuple):
    """One person in one step of the work in a portal. ``library`` is empty for a step about the list of users."""

    portal: str
    step: StepName
    library: str
    member: int


StepKind = tuple[str, StepName, str]
"""A portal, a step and a library: what many people can be in together."""

_ORDER = {name: position for position, name in enumerate(StepName)}


def steps(books: Snapshot) -> list[Step]:
    """All that is to be done at the vendors, in the order in which it is to be done."""
    open_members = {number for number, member in books.members.items() if is_to_do(member)}
    for library in filter(portal_of, books.libraries.values()):
        held = books.licenses.get(library.id, {})
        open_members.update(number for number, license in held.items() if license.there)
    people = _people(books, sorted(open_members))
    ordered = sorted(people, key=lambda kind: (kind[0], _ORDER[kind[1]], kind[2]))
    return [Step(*kind, number) for kind in ordered for number in people[kind]]


def _people(books: Snapshot, numbers: Iterable[int]) -> dict[StepKind, list[int]]:
    """The members of each step. Thousands of members have equal licenses, for which the steps are worked out once."""
    held = [books.licenses.get(library.id, {}) for library in books.libraries.values() if portal_of(library)]
    known: dict[tuple[object, ...], list[StepKind]] = {}
    found: dict[StepKind, list[int]] = {}
    for number in numbers:
        member = books.members[number]
        key = (member.there, member.on_roster, *(licenses.get(number) for licenses in held))
        kinds = known.get(key)
        if kinds is None:
            kinds = known[key] = kinds_of(books, number)
        for kind in kinds:
            found.setdefault(kind, []).append(number)
    return found


def kinds_of(books: Snapshot, number: int) -> list[StepKind]:
    """The steps in which the member is."""
    return [(step.portal, step.step, step.library) for step in steps_of(books, number)]


def steps_of(books: Snapshot, number: int) -> Iterator[Step]:
    """What is to be done at the vendors about one member."""
    users = users_there(books.members[number])
    for portal in portals_of(books):
        held = [*held_at(books, number, portal)]
        rest = _in_list_of_holders if lists_holders(books, portal) else _in_list_of_users
        for step, library in rest(books.members[number], held, users.get(portal)):
            yield Step(portal, step, library, number)


Held = Sequence[tuple[Library, License]]
_Steps = Iterator[tuple[StepName, str]]


def _in_list_of_users(member: Member, held: Held, before: Mapping[str, str] | None) -> _Steps:
    """The steps about a member in a portal's list of users. ``before`` is what it has otherwise; None if they may not be in it.

    Who has left and owns nothing is removed from the list, and with that loses what is still to be revoked.
    """
    is_listed = before is not None or any(is_there(license) for _, license in held)
    if is_listed and not member.on_roster and not any(license.active for _, license in held):
        yield StepName.REMOVE, ""
        return
    if before and to_correct(member, before):
        yield StepName.EDIT, ""
    if not is_listed and any(license.there for _, license in held):
        yield StepName.IMPORT, ""
    yield from ((step, library.id) for library, license in held if (step := _of_license(license)))


def _in_list_of_holders(member: Member, held: Held, before: Mapping[str, str] | None) -> _Steps:
    for library, license in held:
        if step := _of_license(license):
            yield _OF_HOLDERS.get(step, step), library.id
    if before and any(license.active and is_there(license) for _, license in held):
        yield StepName.EDIT, ""


def _of_license(license: License) -> StepName | None:
    match license.there:
        case There.SAME | There.BY_HAND:
            return None
        case There.RESEND:
            return StepName.RESEND
        case _ if license.kind is Kind.PERMANENT:
            return StepName.GRANT_PERMANENT
        case There.NONE:
            return StepName.GRANT_TEMPORARY
        case _:
            return StepName.REVOKE


def used_there(books: Snapshot) -> dict[str, int]:
    """How many seats of each library that is at a vendor are used in its portal now, before any step is done.

    More is not known: of a license that is still to be revoked, the ledger no longer says whether it was claimed.
    """
    found = {}
    for library in filter(portal_of, books.libraries.values()):
        held = books.licenses.get(library.id, {}).values()
        more = sum(is_there(license) - license.active for license in held if license.there)
        found[library.id] = books.slots(library.id).used + more
    return found


_OF_HOLDERS = {
    StepName.GRANT_TEMPORARY: StepName.ADD,
    StepName.GRANT_PERMANENT: StepName.ADD,
    StepName.REVOKE: StepName.REMOVE,
}
"""The steps in a portal whose list of users is the list of holders."""
