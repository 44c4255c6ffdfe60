"""What no event may leave behind: two members with one name, or more seats in use than there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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


def overfull(books: Snapshot, libraries: Iterable[str], before: Mapping[str, int] | None = None) -> str | None:
    """The first of ``libraries`` with more seats in use than it has, or None.

    The total of purchases can fall by their dates below what is in use. Then what was in use ``before`` stays, and only more than
    that is too many.
    """

    def is_over(library: str) -> bool:
        slots, known = books.slots(library), books.libraries.get(library)
        is_dated = known is not None and bool(known.purchases)
        grew = before is not None and slots.used > before.get(library, 0)
        return slots.available < 0 and (grew or not is_dated)

    return next(filter(is_over, libraries), None)
