"""All formats. A header that fits several is read as the first."""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain, product

from seatsync.domain.person import REQUIRED, Person
from seatsync.sources.rosters.formats import (
    blackboard,
    brightspace,
    canvas,
    churches,
    clever,
    devices,
    entra,
    google_workspace,
    moodle,
    one_of_a_set,
    own,
    school_systems,
    spreadsheets,
)
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
    needs = tuple((*names, *must_say) for names in product(*(fields[field] for field in REQUIRED)))
    student_id = (*fields.get("student_id", ()), "student_id")
    return Format(
        name,
        template.name,
        needs=needs,
        only_these=True,
        fields={**fields, "student_id": student_id},
        must_say=must_say,
    )


_OF_PORTALS = [_of_template(portal.name, portal.template) for portal in PORTALS.values()]
FILES = (
    *(own, google_workspace, entra, canvas, moodle, clever, blackboard, brightspace),
    *(devices, school_systems, churches, one_of_a_set, spreadsheets),
)
"""The modules of formats that do not come from a vendor's portal."""

FORMATS: tuple[Format, ...] = (*_OF_PORTALS, *chain.from_iterable(file.FORMATS for file in FILES))
"""All formats. Those of one name are files of the same system."""


def detected(names: Collection[str], pinned: str | None = None) -> Format | None:
    """The format that a header with these squeezed names is of; None if it is a plain list.

    Of the formats with the name ``pinned``, it is the one that fits, else the first.
    """
    there = frozenset(names)
    possible = [format for format in FORMATS if pinned in (None, format.name)]
    fitting = next((format for format in possible if format.fits(there)), None)
    return possible[0] if fitting is None and pinned is not None else fitting
