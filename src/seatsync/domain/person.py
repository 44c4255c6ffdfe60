"""Members: the fields of a person, the fields that the ledger adds, and those that a roster adds.

``Person`` is the one list of a member's fields in a roster. A NamedTuple cannot inherit fields, so ``Member`` and
``RosterMember`` repeat them at the start; a test compares the three. Build both from a person: ``Member(*person, key)``.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Annotated, NamedTuple

from seatsync.domain.origin import Origin
from seatsync.domain.text.emails import email_key
from seatsync.domain.text.names import without_accents


class Person(NamedTuple):
    """The fields of a member in a roster, in the order in which plans and lists show them.

    The texts describe the fields to the authors of rosters. A field without a default is required in every roster. A new
    field needs a default, because older journals have members without it. ``tags`` are joined by ``tags.join_tags``.
    """

    email: Annotated[str, "The institution's e-mail for the member; their own account may have another."]
    given_name: Annotated[str, "Given name."]
    family_name: Annotated[str, "Family name."]
    student_id: Annotated[str, "Student ID or any other number; a member is known by it when the e-mail changes."] = ""
    role: Annotated[str, "The member's role in the institution, for example Professor. Free text."] = ""
    tags: Annotated[str, "Tags, used by grants to say whom they are for."] = ""


NAMES = ("given_name", "family_name")
"""The fields that say what somebody is called."""


class Member(NamedTuple):
    """A member in the ledger: a person, and the fields that the ledger adds.

    ``key`` is the e-mail's key for comparison; empty if somebody else has the e-mail now, so that no name finds the member.
    ``imported_on`` is the day (ISO) of the member's first apply, ``account`` the e-mail of their own sign-in, empty if not known.
    ``there`` says in which vendors' lists of users the member is, and what is still as before there (``portal.at_vendor``).
    ``left_on`` is the day (ISO) on which a member left all rosters who keeps seats for a grace period (``on_roster`` is true as long
    as it lasts); else empty.
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
    there: str = ""
    left_on: str = ""

    @property
    def is_listed(self) -> bool:
        """Whether a roster has the member: not one who has left, with or without a grace period."""
        return self.on_roster and not self.left_on


class RosterMember(NamedTuple):
    """A member in a roster: a person, and the ``file`` and ``line`` of the row. ``key`` is as in ``Member``.

    ``ends`` says which of the ``tags`` hold only to a day (``text.tags.join_ends``); with ``EVERYTHING``, the person is a member only
    to that day.
    """

    email: str
    given_name: str
    family_name: str
    student_id: str
    role: str
    tags: str
    key: str
    file: str
    line: int
    ends: str = ""

    @property
    def origin(self) -> Origin:
        return Origin(self.file, self.line)


REQUIRED = tuple(name for name in Person._fields if name not in Person._field_defaults)
"""The fields that every member of a roster must have."""

person_of: Callable[[Member | RosterMember], tuple[str, ...]] = itemgetter(slice(len(Person._fields)))
"""Return the member's fields of ``Person``, to compare or write them."""

ERASED = "(erased)"
"""Replaces the e-mail of an erased member. Their ``key`` is empty, so that no name finds them."""


def spoken(field: str) -> str:
    """The field's name in a sentence."""
    return {"email": "e-mail", "student_id": "student id", "left_on": "left on"}.get(field, field.replace("_", " "))


def found_by(member: Member) -> str:
    """The text that a search looks in and that members are sorted by: family name, given name, then e-mail and id.

    It is case-folded for all scripts, which not every database can do. What is sorted by has no accents: Öz comes after Oz, before Ozan.
    """
    given, family = member.given_name, member.family_name
    others = f"{given} {family}\n{member.email}\n{member.student_id}".casefold()
    return f"{without_accents(f'{family}{_SEPARATOR}{given}')}{_SEPARATOR}{others}"


def account_key(member: Member) -> str:
    """The key of the account's e-mail, for comparison; empty for none."""
    return email_key(member.account) if member.account else ""


_SEPARATOR = "\x1f"
"""Is in no name, and sorts before every letter, so that Lee comes before Lee-Ann."""
