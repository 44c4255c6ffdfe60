"""Who is in the lists of users of the vendors' portals, and how the ledger's events change what is known of it."""

from __future__ import annotations

from collections.abc import Iterator

from seatsync.domain.library import Library
from seatsync.domain.license import Kind, License
from seatsync.domain.person import Member, Person
from seatsync.domain.portal.at_vendor import kind_there, portal_of, user_list, users_there, with_users_there
from seatsync.domain.snapshot import Snapshot


def portals_of(books: Snapshot) -> list[str]:
    """The names of the portals in which the libraries' seats live."""
    return sorted({*map(portal_of, books.libraries.values())} - {""})


def is_listed(books: Snapshot, number: int, portal: str) -> bool:
    """Whether the portal lists the member among its users: by what is known of it, or because it has a license of theirs."""
    return portal in users_there(books.members[number]) or any(
        is_there(license) for library, license in held_at(books, number, portal)
    )


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
    changed = [name for name in Person._fields if getattr(old, name) != getattr(new, name)]
    users = users_there(old)
    for portal in sorted({*portals_of(books), *users}) if changed else ():
        fields = [name for name in changed if name in user_list(portal).fields]
        if fields and is_listed(books, number, portal):
            before = {name: getattr(old, name) for name in fields} | users.get(portal, {})
            users[portal] = {name: value for name, value in before.items() if value != getattr(new, name)}
            if not users[portal] and user_list(portal).is_of_holders:
                del users[portal]
    return with_users_there(new, users)


def note_end(books: Snapshot, number: int, portal: str) -> None:
    """Note what the list of users says of the member once a license of theirs has ended there: they stay in it, or are gone."""
    users = users_there(books.members[number])
    if not user_list(portal).is_of_holders:
        users.setdefault(portal, {})
    elif not any(map(is_there, (license for _, license in held_at(books, number, portal)))):
        users.pop(portal, None)
    books.members[number] = with_users_there(books.members[number], users)
