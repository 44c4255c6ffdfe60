"""Who is in the lists of users of the vendors' portals, and how the ledger's events change what is known of it."""

from __future__ import annotations

from collections.abc import Iterator

from seatsync.domain.library import Library
from seatsync.domain.license import Kind, License
from seatsync.domain.person import Member, Person
from seatsync.domain.portal.at_vendor import kind_there, portal_of, users_there, with_users_there
from seatsync.domain.snapshot import Snapshot


def portals_of(books: Snapshot) -> list[str]:
    """The names of the portals in which the libraries' seats live."""
    return sorted({*map(portal_of, books.libraries.values())} - {""})


def is_listed(books: Snapshot, number: int, portal: str) -> bool:
    """Whether the portal lists the member among its users: by what is known of it, or because it has a license of theirs."""
    return portal in users_there(books.members[number]) or any(
        is_there(license) for library, license in held_at(books, number, portal)
    )


def lists_holders(books: Snapshot, portal: str) -> bool:
    """Whether the portal lists only people with a license, so that nobody is added to it or removed from it apart from that."""
    return any(portal_of(it) == portal and it.delivery.facts.lists_holders for it in books.libraries.values())


def listed_fields(books: Snapshot, portal: str) -> tuple[str, ...]:
    """The fields of ``Person`` that the portal's list of users has."""
    return _NAMES if lists_holders(books, portal) else (*_NAMES, "student_id")


_NAMES = ("email", "given_name", "family_name")


def held_at(books: Snapshot, number: int, portal: str) -> Iterator[tuple[Library, License]]:
    """The member's licenses of the libraries in this portal, also those that have ended."""
    for library in books.libraries.values():
        license = books.licenses.get(library.id, {}).get(number)
        if license is not None and portal_of(library) == portal:
            yield library, license


def is_there(license: License) -> bool:
    """Whether the portal has the license, or still has it."""
    return kind_there(license) is not Kind.NONE


def keep_old_values(books: Snapshot, number: int, new: Member) -> Member:
    """The member as ``new``, with what the portals that list the member still have as before."""
    old = books.members[number]
    users, portals = users_there(old), portals_of(books)
    if not users and not portals:
        return new
    changed = [name for name in Person._fields if getattr(old, name) != getattr(new, name)]
    for portal in sorted({*portals, *users}) if changed else ():
        fields = [name for name in changed if name in listed_fields(books, portal)]
        if fields and is_listed(books, number, portal):
            before = {name: getattr(old, name) for name in fields} | users.get(portal, {})
            users[portal] = {name: value for name, value in before.items() if value != getattr(new, name)}
            if not users[portal] and lists_holders(books, portal):
                del users[portal]
    return with_users_there(new, users)


def note_end(books: Snapshot, number: int, portal: str) -> None:
    """Note what the list of users says of the member once a license of theirs has ended there: they stay in it, or are gone."""
    users = users_there(books.members[number])
    if not lists_holders(books, portal):
        users.setdefault(portal, {})
    elif not any(map(is_there, (license for _, license in held_at(books, number, portal)))):
        users.pop(portal, None)
    books.members[number] = with_users_there(books.members[number], users)
