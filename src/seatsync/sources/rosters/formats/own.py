"""seatsync's own columns: one for each field of a person; and the list that `seatsync export` writes."""

from __future__ import annotations

from seatsync.domain.person import REQUIRED, Person
from seatsync.domain.portal.export import ON_ROSTER
from seatsync.sources.rosters.formats.format import Format
from seatsync.sources.rosters.meaning.presence import Presence
from seatsync.systems.registry import EXPORT_MORE, EXPORT_TEMPLATE

_EXPORTED = {column.name: column.field for column in EXPORT_TEMPLATE.columns} | dict(EXPORT_MORE)

FORMATS = (
    Format(
        "seatsync",
        "seatsync's own template",
        needs=(REQUIRED,),
        only_these=True,
        fields={name: (name,) for name in Person._fields},
    ),
    Format(
        "seatsync",
        "seatsync's export",
        needs=((*_EXPORTED, ON_ROSTER),),
        fields={field: (name,) for name, field in _EXPORTED.items()},
        presence={ON_ROSTER: Presence(here=frozenset({"yes"}), gone={"no": "on no roster any more"})},
        quiet=True,
        date_tags=True,
    ),
)
