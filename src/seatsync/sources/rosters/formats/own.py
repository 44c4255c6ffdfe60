"""seatsync's own columns: one for each field of a person."""

from __future__ import annotations

from seatsync.domain.person import REQUIRED, Person
from seatsync.sources.rosters.formats.format import Format

FORMATS = (
    Format(
        "seatsync",
        "seatsync's own template",
        needs=(REQUIRED,),
        only_these=True,
        fields={name: (name,) for name in Person._fields},
    ),
)
