"""seatsync's own CSV roster template: one column for each field of a person."""

from __future__ import annotations

from seatsync.domain.person import Person
from seatsync.systems.template import Column, Template

TEMPLATE = Template("seatsync's own template", tuple(Column(name, name) for name in Person._fields))
