"""A Logos library: temporary or permanent licenses."""

from __future__ import annotations

from seatsync.domain.library import Delivery
from seatsync.domain.license import Kind
from seatsync.systems.logos_portal import PORTAL
from seatsync.systems.system import System

SYSTEM = System("logos-library", (Kind.TEMPORARY, Kind.PERMANENT), Delivery.CLAIM, PORTAL)
