"""The three spellings of a CSV roster, told apart by their header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seatsync.domain.names import did_you_mean, printable
from seatsync.sources.csv_table import Wanted, squeezed, strange


@dataclass(frozen=True, slots=True)
class Dialect:
    """``columns`` maps a squeezed column name to a member's field, ``required`` are fields, ``names`` the columns as the
    template writes them."""

    name: str
    columns: Mapping[str, str]
    required: frozenset[str]
    names: tuple[str, ...]

    def missing(self, header: set[str]) -> set[str]:
        """The required fields for which ``header`` has no column."""
        return set(self.required) - {self.columns[name] for name in header if name in self.columns}


_PEOPLE = frozenset({"email", "given_name", "family_name"})

LOGOS = Dialect(
    "the Logos portal's template",
    {
        "role": "role",
        "institutionstudentid": "student_id",
        "institutionlisid": "student_id",
        "givenname": "given_name",
        "familyname": "family_name",
        "institutionemailaddress": "email",
        "institutionemail": "email",
    },
    _PEOPLE,
    ("Role", "Institution Student ID", "Given Name", "Family Name", "Institution Email Address"),
)
JAMWORKS = Dialect(
    "the Jamworks template",
    {"email": "email", "firstname": "given_name", "lastname": "family_name", "type": "type"},
    _PEOPLE | {"type"},
    ("email", "First name", "Last name", "type"),
)
SEATSYNC = Dialect(
    "seatsync's own template",
    {
        "email": "email",
        "givenname": "given_name",
        "familyname": "family_name",
        "studentid": "student_id",
        "role": "role",
        "tags": "tags",
    },
    _PEOPLE,
    ("email", "given_name", "family_name", "student_id", "role", "tags"),
)
DIALECTS = (LOGOS, JAMWORKS, SEATSYNC)

_EXPECTED = "The header must be one of: " + "; ".join(f"{', '.join(d.names)} ({d.name})" for d in DIALECTS) + "."

EMAIL_COLUMNS = frozenset({"institutionemailaddress", "institutionemail", "email", "emailaddress"})
STUDENT_ID_COLUMNS = frozenset({"institutionstudentid", "institutionlisid", "studentid"})


def dialect_of(header: set[str]) -> Dialect | None:
    """The dialect whose required columns are all there, by squeezed names."""
    return next((dialect for dialect in DIALECTS if not dialect.missing(header)), None)


def _tell(cells: list[str]) -> str:
    """What a roster's header must have, for a person who wrote ``cells``: the nearest dialect, and what it lacks."""
    names = {squeezed(cell) for cell in cells}

    def distance(dialect: Dialect) -> tuple[int, int, int]:
        guessed = sum(bool(did_you_mean(cell, dialect.names)) for cell in strange(cells, dialect.columns))
        return len(dialect.missing(names)), -len(names & dialect.columns.keys()), -guessed

    nearest = min(DIALECTS, key=distance)
    if not names & nearest.columns.keys():
        return _EXPECTED
    missing = nearest.missing(names)
    lacking = [name for name in nearest.names if nearest.columns[squeezed(name)] in missing]
    near = ((cell, did_you_mean(cell, lacking)) for cell in strange(cells, nearest.columns))
    guesses = "".join(f' "{printable(cell)}": {guess}' for cell, guess in near if guess)
    return f"For {nearest.name} it lacks {', '.join(lacking)}.{guesses} {_EXPECTED}"


ROSTER = Wanted(
    lambda names: dialect_of(names) is not None,
    tuple(dict.fromkeys(name for dialect in DIALECTS for name in dialect.names)),
    _tell,
)
"""The header of a roster."""
