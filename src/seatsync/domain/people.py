"""Members, administrators and contacts, and the institution they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from seatsync.domain.origin import Origin


class Member(NamedTuple):
    """A member as the ledger records them.

    ``key`` is what the e-mail is compared by; ``tags`` are joined as in ``names.join_tags``; ``imported_on`` is the
    day (ISO) of the first apply; ``account`` the e-mail of the member's own sign-in, empty where none is known.
    """

    email: str
    key: str
    given_name: str
    family_name: str
    student_id: str = ""
    role: str = ""
    tags: str = ""
    imported_on: str = ""
    on_roster: bool = True
    account: str = ""


ERASED = "(erased)"
"""What stands in place of the e-mail of somebody who was erased. Their ``key`` is empty: nobody finds them by a name."""


class RosterMember(NamedTuple):
    """A member as the rosters want them; ``file`` and ``line`` say which row."""

    email: str
    key: str
    given_name: str
    family_name: str
    student_id: str
    role: str
    tags: str
    file: str
    line: int

    @property
    def origin(self) -> Origin:
        return Origin(self.file, self.line)


def found_by(member: Member) -> str:
    """What a search looks in, and members are sorted by: family name, given name, then all that one may look for.

    Without regard to case, in any script, which not every database can do.
    """
    given, family = member.given_name, member.family_name
    return f"{family}{_BETWEEN}{given}{_BETWEEN}{given} {family}\n{member.email}\n{member.student_id}".casefold()


_BETWEEN = "\x1f"
"""In no name, and before every letter: Lee comes before Lee-Ann."""


MEMBER_FIELDS = ("email", "given_name", "family_name", "student_id", "role", "tags")
"""What a roster says of a member, in the order in which plans show it."""


@dataclass(frozen=True, slots=True)
class Admin:
    """Who may sign in to the institution's pages. All administrators are equal."""

    email: str
    given_name: str
    family_name: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody at the vendor."""

    name: str
    email: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class Institution:
    """Who buys the seats. ``id`` is the ledger's key and never reused."""

    id: str
    name: str
    contacts: tuple[Contact, ...] = ()
    opt_out: bool = False
