"""The facts about a system: they decide how seatsync treats its libraries, rosters and exports."""

from __future__ import annotations

from typing import NamedTuple

from seatsync.domain.library import Delivery
from seatsync.domain.license import Kind
from seatsync.systems.template import Template


class LicenseColumns(NamedTuple):
    """The names of the two columns that an export has for each library, after the library's name."""

    kind: str
    status: str


class System(NamedTuple):
    """What a vendor's portal can do, and the files that it reads and writes.

    ``name`` is its name in seatsync.yaml. ``kinds`` go from weakest to strongest. ``license_columns`` is None if the portal
    lists only members with a license, so that its export needs no such columns.
    """

    name: str
    kinds: tuple[Kind, ...]
    delivery: Delivery
    template: Template
    license_columns: LicenseColumns | None
