"""Read a list of tags: each row names somebody by student id or e-mail, and has tags for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from seatsync.domain.diagnostic import Diagnostic, counted
from seatsync.domain.person import Person
from seatsync.domain.text.characters import clean, forbidden
from seatsync.domain.text.emails import email_fault, email_key, email_to_write
from seatsync.domain.text.ids import plain_email, plain_id
from seatsync.sources.rosters.how import HowToRead
from seatsync.sources.rosters.members import SPOILED_ID, Locate, RosterReader

_EMAIL, _STUDENT_ID, _TAGS = map(Person._fields.index, ("email", "student_id", "tags"))


class Addition(NamedTuple):
    """A row: ``tags`` (joined) for the person of the e-mail (``key``: for comparison) or the student id. One of them can be empty."""

    email: str
    key: str
    student_id: str
    tags: str
    line: int


class TagsReader(RosterReader):
    """Collects the rows of a list of tags in ``additions``. Nobody is a member by it."""

    title = "a list of tags for members of other rosters"
    of_no_use = ("row adds no tags", "rows add no tags")

    def __init__(self, file: str, tags: list[str], found: list[Diagnostic], how: HowToRead) -> None:
        super().__init__(file, tags, found, how)
        self.additions: list[Addition] = []

    @property
    def amount(self) -> str:
        return counted(len(self.additions), "row with tags", "rows with tags")

    def take(
        self, values: Sequence[str], line: int, at: int, locate: Locate, sound: bool = True, ends: str = ""
    ) -> None:
        """Check a row and keep it if nothing is wrong. The same person may be on several rows."""
        email, student_id = clean(plain_email(values[_EMAIL])), clean(plain_id(values[_STUDENT_ID]))
        told = len(self.found)
        if not email and not student_id:
            message = f"Row {locate(at, 'email').line} has neither an e-mail nor a student id, so nobody gets its tags."
            self._wrong("missing-value", message, "Fill one in, or delete the row.", locate(at, "email"))
        named = ["" if position not in (_EMAIL, _STUDENT_ID, _TAGS) else value for position, value in enumerate(values)]
        if forbidden("".join(named)):
            self._invisible(named, at, locate)
        elif email and (fault := email_fault(email)):
            self._wrong("invalid-email", f"{fault}.", email_to_write(email), locate(at, "email"))
        if SPOILED_ID.fullmatch(student_id):
            self._of_a_spreadsheet("student_id", student_id, at, locate)
        tags = self.joined.get(values[_TAGS])
        if tags is None:
            tags = self._join(values[_TAGS], at, locate)
        if tags and sound and len(self.found) == told:
            self.additions.append(Addition(email, email_key(email), student_id, tags, line))

    def take_plain(
        self, columns: Sequence[Sequence[str]], lines: Sequence[int], ends: Sequence[str] | None = None
    ) -> bool:
        """Every row is taken by itself."""
        return False
