"""A Logos subscription: "cannot be granted to students for permanent ownership"."""

from __future__ import annotations

from seatsync.domain.library import Delivery
from seatsync.domain.license import Kind
from seatsync.systems.logos_portal import PORTAL
from seatsync.systems.system import System

SYSTEM = System("logos-subscription", (Kind.TEMPORARY,), Delivery.CLAIM, PORTAL)
