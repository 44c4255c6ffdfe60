"""What a format of several files looks like. Each format is data: which file and which column means what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from seatsync.sources.rosters.sets.part import Names


class People(NamedTuple):
    """A file of people. ``fields`` maps a member's field to columns, of which the first with a value in the row counts.

    ``roles`` are columns, or the one ``role`` of everybody in the file. ``orgs`` and ``grades`` may have several values.
    ``enabled`` says yes or no. ``email_from`` is a column of user names that are e-mails where they have an @. ``more_orgs`` are
    columns with further organisations. With ``repeats``, a person may have several rows, which differ in what is not read or in the
    organisation. A set may be without a file that is ``optional``.
    """

    file: str
    id: Names
    fields: Mapping[str, Names]
    role: str = ""
    roles: Names = ()
    orgs: Names = ()
    grades: Names = ()
    status: Names = ("status",)
    enabled: Names = ()
    email_from: Names = ()
    more_orgs: Names = ()
    repeats: bool = False
    optional: bool = False


class Roles(NamedTuple):
    """A file of the roles of people in organisations."""

    file: str
    user: Names
    role: Names
    org: Names
    session: Names = ()
    grade: Names = ()
    primary: Names = ()
    end: Names = ()
    status: Names = ("status",)


class Entities(NamedTuple):
    """A file of organisations, sessions, courses or classes. ``links`` maps a meaning to a column with ids, ``end`` a last day."""

    file: str
    id: Names
    links: Mapping[str, Names] = {}
    end: Names = ()
    status: Names = ("status",)


class Enrollments(NamedTuple):
    """A file that says who is in which class. ``section`` is a column with ids of the format's sections.

    A file may be without a column of people that is ``optional``, as that of a second teacher.
    """

    file: str
    klass: Names
    user: Names
    role: str = ""
    roles: Names = ()
    section: Names = ()
    end: Names = ()
    status: Names = ("status",)
    optional: bool = False


@dataclass(frozen=True)
class SetFormat:
    """A format. ``files`` are those that a whole set has; ``signs`` are columns that tell it from others, by file."""

    name: str
    title: str
    signs: Mapping[str, Names]
    people: tuple[People, ...]
    classes: Entities
    enrollments: tuple[Enrollments, ...]
    orgs: Entities
    sessions: Entities | None = None
    courses: Entities | None = None
    sections: Entities | None = None
    roles: Roles | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    role_by_enrollment: bool = False
    has_manifest: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of all its files, without suffix."""
        files = [people.file for people in self.people]
        files += [one.file for one in (self.orgs, self.sessions, self.classes) if one is not None]
        files += [rows.file for rows in self.enrollments]
        files += [one.file for one in (self.courses, self.sections, self.roles) if one is not None]
        return tuple(dict.fromkeys(files))
