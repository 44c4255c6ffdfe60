"""All formats. A header that fits several is read as the first."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from seatsync.domain.person import REQUIRED, Person
from seatsync.sources.rosters.formats import own
from seatsync.sources.rosters.formats.format import Format
from seatsync.systems.registry import PORTALS
from seatsync.systems.template import Template


def _of_template(name: str, template: Template) -> Format:
    """The format of a vendor's template: a header with its columns only."""
    fields = {
        column.field: (column.name, *column.other_names)
        for column in template.columns
        if column.field in Person._fields
    }
    must_say = {column.name: column.must_say for column in template.columns if column.must_say}
    needs = (*(fields[field][0] for field in REQUIRED), *must_say)
    student_id = (*fields.get("student_id", ()), "student_id")
    return Format(
        name,
        template.name,
        needs=(needs,),
        only_these=True,
        fields={**fields, "student_id": student_id},
        must_say=must_say,
    )


_OF_PORTALS = [_of_template(portal.name, portal.template) for portal in PORTALS.values()]
_OF_FILES = (own.FORMAT,)
"""The formats that do not come from a vendor's portal; each has a file in this package."""

FORMATS: Mapping[str, Format] = {format.name: format for format in (*_OF_PORTALS, *_OF_FILES)}
"""The formats by the name that `format:` pins, in the order in which they are tried."""


def detected(names: Collection[str]) -> Format | None:
    """The first format that a header with these squeezed names is of; None if it is a plain list."""
    there = frozenset(names)
    return next((format for format in FORMATS.values() if format.fits(there)), None)
