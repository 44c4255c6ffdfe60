"""What no event may leave behind: two members with one name, or more seats in use than there are."""

from __future__ import annotations

from collections.abc import Iterable

from seatsync.domain.snapshot import Snapshot


def duplicate_name(books: Snapshot) -> str | None:
    """An e-mail or student id of two members, or None. E-mails must differ on the rosters, ids everywhere."""
    seen: set[str] = set()
    for member in books.members.values():
        names = ([member.key] if member.on_roster else []) + ([f"id {member.student_id}"] if member.student_id else [])
        for name in names:
            if name in seen:
                return name
            seen.add(name)
    return None


def overfull(books: Snapshot, libraries: Iterable[str]) -> str | None:
    """The first of ``libraries`` with more seats in use than it has, or None."""
    return next((library for library in libraries if books.slots(library).available < 0), None)
