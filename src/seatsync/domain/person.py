"""Members: the columns of a person, what the ledger adds to them, and what a roster adds.

``Person`` is the one list of what a roster says of a member. A NamedTuple cannot inherit fields, so ``Member`` and
``RosterMember`` begin with the same ones; a test compares the three. Both are made of a person: ``Member(*person, key)``.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Annotated, NamedTuple

from seatsync.domain.origin import Origin


class Person(NamedTuple):
    """What a roster says of a member, in the order in which plans and lists show it.

    The texts describe the fields to who writes a roster. A field without a default is required in every roster. A
    new field needs a default: older journals have members without it. ``tags`` are joined as in ``tags.join_tags``.
    """

    email: Annotated[str, "The institution's e-mail for the member; their own account may have another."]
    given_name: Annotated[str, "First name."]
    family_name: Annotated[str, "Last name."]
    student_id: Annotated[str, "Student ID or any other number; a member is known by it when the e-mail changes."] = ""
    role: Annotated[str, "Any description, for instance Professor."] = ""
    tags: Annotated[str, "Tags, used by grants to say whom they are for."] = ""


class Member(NamedTuple):
    """A member as the ledger records them: a person, and what the ledger adds.

    ``key`` is what the e-mail is compared by; ``imported_on`` is the day (ISO) of the first apply; ``account`` the
    e-mail of the member's own sign-in, empty where none is known.
    """

    email: str
    given_name: str
    family_name: str
    student_id: str
    role: str
    tags: str
    key: str
    imported_on: str = ""
    on_roster: bool = True
    account: str = ""


class RosterMember(NamedTuple):
    """A member as the rosters want them: a person, and ``file`` and ``line`` of their row. ``key`` as in ``Member``."""

    email: str
    given_name: str
    family_name: str
    student_id: str
    role: str
    tags: str
    key: str
    file: str
    line: int

    @property
    def origin(self) -> Origin:
        return Origin(self.file, self.line)


REQUIRED = tuple(name for name in Person._fields if name not in Person._field_defaults)
"""The fields that every member of a roster has."""

person_of: Callable[[Member | RosterMember], tuple[str, ...]] = itemgetter(slice(len(Person._fields)))
"""The fields of ``Person``, to be compared or written."""

ERASED = "(erased)"
"""What stands in place of the e-mail of somebody who was erased. Their ``key`` is empty: nobody finds them by a name."""


def spoken(field: str) -> str:
    """A field's name in a sentence."""
    return {"email": "e-mail", "student_id": "student id"}.get(field, field.replace("_", " "))


def found_by(member: Member) -> str:
    """What a search looks in, and members are sorted by: family name, given name, then all that one may look for.

    Without regard to case, in any script, which not every database can do.
    """
    given, family = member.given_name, member.family_name
    return f"{family}{_BETWEEN}{given}{_BETWEEN}{given} {family}\n{member.email}\n{member.student_id}".casefold()


_BETWEEN = "\x1f"
"""In no name, and before every letter: Lee comes before Lee-Ann."""
