"""The facts about a system: they decide how seatsync treats its libraries, rosters and exports."""

from __future__ import annotations

from typing import NamedTuple

from seatsync.domain.library import Delivery
from seatsync.domain.license import Kind
from seatsync.systems.portal import LicenseColumns, Portal
from seatsync.systems.template import Template


class System(NamedTuple):
    """What a vendor's system can do, and the portal in which it is managed.

    ``name`` is its name in seatsync.yaml. ``kinds`` go from weakest to strongest.
    """

    name: str
    kinds: tuple[Kind, ...]
    delivery: Delivery
    portal: Portal

    @property
    def template(self) -> Template:
        return self.portal.template

    @property
    def license_columns(self) -> LicenseColumns | None:
        return self.portal.license_columns
