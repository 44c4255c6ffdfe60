"""How people and programs name the columns of a person's fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from seatsync.domain.person import Person
from seatsync.sources.tables.table import squeezed
from seatsync.systems.registry import TEMPLATES

SPELLINGS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "email": (
        ("Institution Email Address", "Institution Email"),
        ("Email", "Email Address", "Mail", "Mail Address", "User Email"),
    ),
    "given_name": (("Given Name", "First Name", "Forename", "Vorname"),),
    "family_name": (("Family Name", "Last Name", "Surname", "Nachname"),),
    "student_id": (
        ("Institution Student ID", "Institution LIS ID", "Institution ID"),
        ("Student ID", "LIS ID", "Student Number", "ID Number"),
        ("User ID",),
    ),
    "role": (("Role",),),
    "tags": (("Tags", "User Tags"), ("Tag",)),
}
"""The names by field of ``Person``, the surest first: where several are in a header, the surest is read.

Case, spaces and punctuation do not count. A field's own name is one too, and a vendor's template may have further ones.
"""

_KNOWN = {squeezed(field): (field, 0) for field in Person._fields}
_KNOWN |= {
    squeezed(name): (column.field, 0)
    for template in TEMPLATES
    for column in template.columns
    for name in (column.name, *column.other_names)
    if column.field in Person._fields
}
_KNOWN |= {
    squeezed(name): (field, rank)
    for field, ranks in SPELLINGS.items()
    for rank, names in enumerate(ranks)
    for name in names
}

NAMES = (
    *(name for ranks in SPELLINGS.values() for names in ranks for name in names),
    *(name for template in TEMPLATES for name in template.names),
)
"""All names, as people write them."""


def fields_of(columns: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    """Yield (field, rank, position) of each column (squeezed) with a known name; rank 0 is the surest."""
    for position, name in enumerate(columns):
        if name in _KNOWN:
            yield (*_KNOWN[name], position)
