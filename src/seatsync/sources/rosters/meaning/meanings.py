"""Find what the columns of a header mean: the fields of a person, by the names in ``spellings.py``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from seatsync.domain.person import Person
from seatsync.sources.rosters.meaning.names import BESIDE
from seatsync.sources.rosters.meaning.spellings import OF_PEOPLE, SPELLINGS, UNUSED_TRIMMINGS
from seatsync.sources.tables.table import squeezed
from seatsync.systems.registry import TEMPLATES

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
_BESIDE = {
    squeezed(name): [(field, {*map(squeezed, beside)}) for field, _, beside in meanings]
    for name, meanings in BESIDE.items()
}

NAMES = (
    *(name for ranks in SPELLINGS.values() for names in ranks for name in names),
    *(name for template in TEMPLATES for name in template.names),
)
"""All names, as people write them."""

_BRACKETS = re.compile(r"\s*[\[(]\s*([^\[\]()]*?)\s*[\])]\s*")
_UNUSED = frozenset(map(squeezed, UNUSED_TRIMMINGS))
_OTHERS = (
    "parent",
    "guardian",
    "mother",
    "father",
    "manager",
    "supervisor",
    "advisor",
    "contact",
    "emergency",
    "recovery",
    "spouse",
)
"""Words of a column that is somebody else's, or none of a member's own."""
_OF_PEOPLE = frozenset(map(squeezed, OF_PEOPLE))


def spelled_as(cell: str) -> tuple[str, ...]:
    """The squeezed names that a header's cell can stand for, the surest first.

    Programs add words in brackets (``First Name [Required]``), their own name of the column (``Name [displayName] Required``), and
    the name of a table (``student.lastName``). Whose column it is, as in ``Email (parent)``, is never left out.
    """
    names = [squeezed(cell)]
    if "[" in cell or "(" in cell:
        inside = [squeezed(part) for part in _BRACKETS.findall(cell)]
        outside = squeezed(_BRACKETS.sub(" ", cell))
        if all(part in _UNUSED for part in inside):
            names.append(outside)
        if not any(word in outside for word in _OTHERS):
            names += [squeezed(part) for part in re.findall(r"\[([A-Za-z]+)\]", cell) if squeezed(part) not in _UNUSED]
        if inside and inside[0] in _OF_PEOPLE:
            names.append(outside)
    if "." in cell:
        table, _, rest = cell.rpartition(".")
        if squeezed(table) in _OF_PEOPLE:
            names.append(squeezed(rest))
    return tuple(dict.fromkeys(filter(None, names)))


def fields_of(columns: Iterable[str]) -> Iterator[tuple[str, int, int]]:
    """Yield (field, rank, position) of each column (squeezed) with a known name; rank 0 is the surest."""
    columns = [*columns]
    there = {*columns}
    for position, name in enumerate(columns):
        if (meaning := meaning_of((name,), there)) is not None:
            yield (*meaning, position)


def meaning_of(names: Sequence[str], beside: set[str]) -> tuple[str, int] | None:
    """The (field, rank) of a column with these squeezed names, ``beside`` all names of the header; None if it is no field."""
    for name in names:
        if name in _KNOWN:
            return _KNOWN[name]
        for field, partners in _BESIDE.get(name, ()):
            if partners & beside:
                return field, 0
    return None


@cache
def names_of(field: str) -> frozenset[str]:
    """All squeezed names of a field."""
    return frozenset(name for name, (of, _) in _KNOWN.items() if of == field)
