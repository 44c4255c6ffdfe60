"""The year ahead of an institution's libraries, as an apply has kept it, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from flask_babel import format_decimal
from sqlalchemy import Connection

from seatsync.domain.snapshot import Snapshot
from seatsync.ledger.queries.outlook.kept import kept
from seatsync.planning.year.curve import Curve
from seatsync.portal.web.translation import _, day


class Ahead(NamedTuple):
    """The curve of each library from today on, and the day (ISO) of the apply that has run it ahead; empty for none."""

    on: str
    curves: Mapping[str, Curve]

    @property
    def in_words(self) -> dict[str, str]:
        """When each library is full, and how many seats to order by when; without those that never are."""
        return {id: _in_words(curve) for id, curve in self.curves.items() if curve.full_on}


def ahead(connection: Connection, institution: str, books: Snapshot, today: str) -> Ahead:
    """The kept year from ``today`` (ISO) on."""
    known = kept(connection, institution)
    return Ahead(known.on, known.curves(books, today)) if known is not None else Ahead("", {})


def _in_words(curve: Curve) -> str:
    full = _("Full on %(day)s.", day=day(curve.full_on))
    if not curve.to_order:
        return full
    short = _("From %(day)s on seats are missing.", day=day(curve.short_on))
    values = {"day": day(curve.deadline), "count": format_decimal(curve.to_order)}
    if curve.order_by:
        return f"{full} {short} " + _("Seats to order by %(day)s, the last day of notice: %(count)s.", **values)
    return f"{full} {short} " + _("Seats to order by %(day)s: %(count)s.", **values)
