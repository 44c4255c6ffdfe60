"""The dialects of CSV rosters. The header shows which one a file is in."""

from __future__ import annotations

from collections.abc import Mapping

from seatsync.domain.person import REQUIRED
from seatsync.domain.text.characters import printable
from seatsync.domain.text.guesses import did_you_mean
from seatsync.sources.rosters import seatsync_template
from seatsync.sources.tables.header import HeaderSpec
from seatsync.sources.tables.table import squeezed, unknown_names
from seatsync.systems.registry import TEMPLATES
from seatsync.systems.template import Template

_IN_EVERY_TEMPLATE = {squeezed("student_id"): "student_id"}
"""A column that every roster and export may have: a member is known by it when the e-mail changes."""


class Dialect:
    """A template, prepared for the reader.

    ``columns`` maps a squeezed column name to a member's field; ``required`` are fields. ``must_say`` maps a field that has the
    same word in every row to that word.
    """

    def __init__(self, template: Template) -> None:
        self.template = template
        self.name, self.names = template.name, template.names
        self.columns: Mapping[str, str] = {
            **_IN_EVERY_TEMPLATE,
            **{
                squeezed(name): column.field
                for column in template.columns
                for name in (column.name, *column.other_names)
            },
        }
        self.must_say = {column.field: column.must_say for column in template.columns if column.must_say}
        self.required = frozenset({*REQUIRED, *self.must_say})

    def missing(self, header: set[str]) -> set[str]:
        """Return the required fields for which ``header`` has no column."""
        return set(self.required) - {self.columns[name] for name in header if name in self.columns}


OWN = (seatsync_template.TEMPLATE,)
"""The dialects that do not come from a vendor's system; each has a file in this package."""

DIALECTS = tuple(map(Dialect, (*TEMPLATES, *OWN)))
"""All dialects. A header that matches several is read as the first."""

_EXPECTED = "The header must be one of: " + "; ".join(f"{', '.join(d.names)} ({d.name})" for d in DIALECTS) + "."


def _names_of(field: str) -> frozenset[str]:
    return frozenset(name for dialect in DIALECTS for name, of in dialect.columns.items() if of == field)


EMAIL_COLUMNS = _names_of("email") | {"emailaddress"}
STUDENT_ID_COLUMNS = _names_of("student_id")
LISTED_BY = tuple(
    dict.fromkeys(
        column.name
        for dialect in DIALECTS
        for field in ("email", "student_id")
        for column in dialect.template.columns
        if column.field == field
    )
)
"""The names of columns with e-mails and student ids, as the templates write them."""


def dialect_of(header: set[str]) -> Dialect | None:
    """Return the first dialect whose required columns are all in ``header`` (squeezed names), or None."""
    return next((dialect for dialect in DIALECTS if not dialect.missing(header)), None)


def _header_help(cells: list[str]) -> str:
    """Return the help for a person who wrote ``cells`` as header: the nearest dialect and the columns it lacks."""
    names = {squeezed(cell) for cell in cells}

    def distance(dialect: Dialect) -> tuple[int, int, int]:
        guessed = sum(bool(did_you_mean(cell, dialect.names)) for cell in unknown_names(cells, dialect.columns))
        return len(dialect.missing(names)), -len(names & dialect.columns.keys()), -guessed

    nearest = min(DIALECTS, key=distance)
    if not names & nearest.columns.keys():
        return _EXPECTED
    missing = nearest.missing(names)
    lacking = [name for name in nearest.names if nearest.columns[squeezed(name)] in missing]
    near = ((cell, did_you_mean(cell, lacking)) for cell in unknown_names(cells, nearest.columns))
    guesses = "".join(f' "{printable(cell)}": {guess}' for cell, guess in near if guess)
    return f"For {nearest.name}, add {', '.join(lacking)}.{guesses} {_EXPECTED}"


ROSTER = HeaderSpec(
    lambda names: dialect_of(names) is not None,
    tuple(dict.fromkeys(name for dialect in DIALECTS for name in dialect.names)),
    _header_help,
)
"""The header of a roster."""
