"""The facts about a system by which seatsync treats its libraries, rosters and exports."""

from __future__ import annotations

from typing import NamedTuple

from seatsync.domain.library import Delivery
from seatsync.domain.license import Kind
from seatsync.systems.template import Template


class LicenseColumns(NamedTuple):
    """The names of the two columns that an export has for each library, behind the library's own name."""

    kind: str
    status: str


class System(NamedTuple):
    """What a vendor's portal can do, and the files that go in and out of it.

    ``name`` is the word for it in seatsync.yaml. ``kinds`` go from the weakest to the strongest. ``license_columns`` is
    None where the portal lists only those members who hold a license, so that the list itself says who does.
    """

    name: str
    kinds: tuple[Kind, ...]
    delivery: Delivery
    template: Template
    license_columns: LicenseColumns | None
