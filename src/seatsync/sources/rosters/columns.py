"""What the columns of a roster's header mean: which field is read from where, and which columns say who is a member."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from seatsync.domain.person import REQUIRED, Person
from seatsync.sources.rosters.formats.format import Format
from seatsync.sources.rosters.how import HowToRead
from seatsync.sources.rosters.meaning.hints import Hint
from seatsync.sources.rosters.meaning.presence import Presence
from seatsync.sources.rosters.templates import Bound


class PresenceColumn(NamedTuple):
    """A column that says who is gone or blocked. ``field`` is its name under `map:`."""

    position: int
    field: str
    meaning: Presence


class Fault(NamedTuple):
    """A mistake of a header, or of what the roster's entry says about it.

    ``position`` is that of a column, or ``path`` that of a key in the entry. ``near`` are names to guess at for ``name``.
    """

    code: str
    message: str
    help: str
    position: int = -1
    path: tuple[str, ...] = ()
    name: str = ""
    near: tuple[str, ...] = ()


@dataclass
class Columns:
    """What the columns of a ``header`` mean.

    ``fields`` has the fields of ``Person``, ``org`` and ``term``; ``tags`` the templates of further tags by prefix. ``passed`` are
    columns that mean a field which a surer one holds, ``unread`` those without a known meaning; ``maybe`` are the unread ones
    that may say who is gone, and ``ends`` those with the last day of a member. ``last_days`` maps the values of these, and of other
    columns with days on which people leave, to days (ISO); it is filled once the rows are known (``presence_check.py``).
    """

    header: Sequence[str]
    format: Format | None
    how: HowToRead
    fields: dict[str, Bound] = field(default_factory=dict)
    presence: list[PresenceColumn] = field(default_factory=list)
    tags: list[tuple[str, Bound]] = field(default_factory=list)
    must_say: dict[int, str] = field(default_factory=dict)
    ends: list[int] = field(default_factory=list)
    last_days: dict[int, Mapping[str, str]] = field(default_factory=dict)
    passed: dict[int, str] = field(default_factory=dict)
    unread: list[int] = field(default_factory=list)
    maybe: dict[int, Hint] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    @property
    def missing(self) -> list[str]:
        """The required fields that are read from nowhere. A list of tags needs the e-mail or the student id."""
        if self.how.adds_tags:
            is_tagged = self.how.gives_tags or self.tags or "tags" in self.fields
            is_named = "email" in self.fields or "student_id" in self.fields
            return [name for name, there in (("email", is_named), ("tags", is_tagged)) if not there]
        return [name for name in REQUIRED if name not in self.fields]

    @property
    def whole(self) -> list[str] | None:
        """The field of each column, if each column is a field as it stands and every row is a member; else None."""
        if (
            self.presence
            or self.maybe
            or self.must_say
            or self.tags
            or self.ends
            or self._filters()
            or self._of_format()
        ):
            return None
        of = {bound.position: name for name, bound in self.fields.items() if name in Person._fields}
        return [of[at] for at in range(len(self.header))] if {*of} == {*range(len(self.header))} else None

    @property
    def are_as_they_stand(self) -> bool:
        """Whether each field is one cell, and each person one row."""
        fields = [bound for name, bound in self.fields.items() if name in Person._fields]
        return all(bound.position is not None for bound in fields) and not (self.format and self.format.repeats)

    def _filters(self) -> bool:
        take = self.how.take
        return any(given is not None for given in (take.roles, take.orgs, take.terms))

    def _of_format(self) -> bool:
        return self.format is not None and not self.format.only_these

    def position(self, name: str) -> int:
        """A column of the field, for places in messages; 0 if there is none."""
        return next(self.fields[name].positions, 0) if name in self.fields else 0
