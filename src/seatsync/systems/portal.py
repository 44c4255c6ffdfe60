"""The facts about a vendor's portal: the files that it takes and gives, and what a person clicks there, step by step.

The words are the portal's own, so that a person finds them on the screen.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from seatsync.systems.template import Template

FILE, LIBRARY, PERSON = "FILE", "LIBRARY", "PERSON"
"""Stand in ``Task.clicks`` for the step's file, the library's title and each person."""

SELECT_BY_CSV = "Select by CSV"
"""The button in front of a file that selects people."""


class LicenseColumns(NamedTuple):
    """The names of the two columns that an export has for each library, after the library's name."""

    kind: str
    status: str


class Takes(StrEnum):
    """How the people of a step's file get into the portal."""

    UPLOAD = "upload"
    """The portal reads the file and adds the people in it."""
    SELECT = "select"
    """The portal reads the file and selects the people in it, by e-mail."""
    BY_HAND = "by hand"
    """The portal reads no file: a person works through its rows."""


class Task(NamedTuple):
    """One step of the work in a portal.

    ``name`` is the step's name in the work list and in file names. ``clicks`` is the way there: the tab, the filter and the
    buttons in order, with ``FILE``, ``LIBRARY`` and ``PERSON``. ``per_library``: each library has a file of its own.
    ``seats`` says whether a row frees or takes a seat: -1, 0 or 1; a permanent license for somebody with a temporary one takes
    none. ``one_by_one`` is the way to do it for a single person, where that differs by more than how the person is selected.
    ``note`` is what else to know at this step.
    """

    name: str
    title: str
    clicks: tuple[str, ...]
    takes: Takes
    per_library: bool = False
    seats: int = 0
    is_irreversible: bool = False
    one_by_one: tuple[str, ...] = ()
    note: str = ""

    @property
    def clicks_for_one(self) -> tuple[str, ...]:
        """The clicks for one person, without a file."""
        found = self.one_by_one or tuple(PERSON if click == FILE else click for click in self.clicks)
        return tuple(click for click in found if click != SELECT_BY_CSV)


class Portal(NamedTuple):
    """A vendor's portal: its files, and its tasks in the order in which they must be done.

    ``name`` is its name in the ledger and in folders. ``address`` is where administrators sign in; empty if it is not public.
    ``license_columns`` is None if the portal lists only members with a license, so that its export needs no such columns:
    then who is listed has a license, and nobody is imported apart from it. ``counts`` are the figures that the portal shows for
    a library, with their names in ``Slots``. ``tags_at_import`` says whether tags are typed in where a file is imported.
    """

    name: str
    title: str
    template: Template
    license_columns: LicenseColumns | None
    tasks: tuple[Task, ...] = ()
    address: str = ""
    counts: tuple[tuple[str, str], ...] = ()
    tags_at_import: bool = False

    @property
    def lists_only_holders(self) -> bool:
        """Whether the list of people is the list of licenses."""
        return self.license_columns is None

    @property
    def has_resend(self) -> bool:
        """Whether the portal can send an invitation again."""
        return any(task.name == "resend" for task in self.tasks)


def base_name(number: int, task: Task, library: str) -> str:
    """The name of the file of a portal's task with this number, without tags."""
    return f"{number}-{task.name}" + (f"-{library}" if task.per_library else "")
