"""The registry of all systems. Other code uses it and never names a system."""

from __future__ import annotations

from collections.abc import Mapping

from seatsync.domain.library import Library
from seatsync.domain.person import Person
from seatsync.systems import jamworks, logos_library, logos_portal, logos_subscription
from seatsync.systems.portal import LicenseColumns, Portal
from seatsync.systems.system import System
from seatsync.systems.template import Template

SYSTEMS: Mapping[str, System] = {
    system.name: system for system in (logos_subscription.SYSTEM, logos_library.SYSTEM, jamworks.SYSTEM)
}
"""The systems by name, in the order in which messages list them."""

PORTALS: Mapping[str, Portal] = {system.portal.name: system.portal for system in SYSTEMS.values()}
"""The vendors' portals by name, in the order in which work lists have them."""


def portal_of(library: Library) -> Portal | None:
    """The portal in which a library is managed; None if the files give kinds and delivery in place of a system."""
    return SYSTEMS[library.system].portal if library.system else None


TEMPLATES: tuple[Template, ...] = tuple(dict.fromkeys(portal.template for portal in PORTALS.values()))
"""The roster templates of all systems, each once."""

LICENSE_COLUMNS: tuple[LicenseColumns, ...] = tuple(
    dict.fromkeys(portal.license_columns for portal in PORTALS.values() if portal.license_columns)
)
"""The names of license columns in exports, each pair once."""

LISTS_OF_HOLDERS = frozenset(portal.template for portal in PORTALS.values() if portal.lists_only_holders)
"""The templates of portals that list only members with a license."""

EXPORT_TEMPLATE, EXPORT_LICENSE_COLUMNS = logos_portal.TEMPLATE, logos_portal.LICENSE_COLUMNS
"""The template and license columns of ``seatsync export``."""

EXPORT_MORE: Mapping[str, str] = {
    field.replace("_", " ").title(): field
    for field in Person._fields
    if field not in {column.field for column in EXPORT_TEMPLATE.columns}
}
"""Further columns of ``seatsync export``, with the fields that the template lacks. ``seatsync import`` reads them too."""
