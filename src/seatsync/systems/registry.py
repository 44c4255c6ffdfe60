"""The registry of all systems. Other code uses it and never names a system."""

from __future__ import annotations

from collections.abc import Mapping

from seatsync.domain.person import Person
from seatsync.systems import jamworks, logos_library, logos_portal, logos_subscription
from seatsync.systems.system import LicenseColumns, System
from seatsync.systems.template import Template

SYSTEMS: Mapping[str, System] = {
    system.name: system for system in (logos_subscription.SYSTEM, logos_library.SYSTEM, jamworks.SYSTEM)
}
"""The systems by name, in the order in which messages list them."""

TEMPLATES: tuple[Template, ...] = tuple(dict.fromkeys(system.template for system in SYSTEMS.values()))
"""The roster templates of all systems, each once."""

LICENSE_COLUMNS: tuple[LicenseColumns, ...] = tuple(
    dict.fromkeys(system.license_columns for system in SYSTEMS.values() if system.license_columns)
)
"""The names of license columns in exports, each pair once."""

LISTS_OF_HOLDERS = frozenset(system.template for system in SYSTEMS.values() if system.license_columns is None)
"""The templates of portals that list only members with a license."""

EXPORT_TEMPLATE, EXPORT_LICENSE_COLUMNS = logos_portal.TEMPLATE, logos_portal.LICENSE_COLUMNS
"""The template and license columns of ``seatsync export``."""

EXPORT_MORE: Mapping[str, str] = {
    field.replace("_", " ").title(): field
    for field in Person._fields
    if field not in {column.field for column in EXPORT_TEMPLATE.columns}
}
"""Further columns of ``seatsync export``, with the fields that the template lacks. ``seatsync import`` reads them too."""
