"""Complete lists as CSV, the same bytes as ``seatsync export`` and ``licenses --format csv``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from seatsync.domain.filters import Filters
from seatsync.domain.library import Library
from seatsync.domain.license import ABSENT
from seatsync.ledger.queries.batches import holder_batches, member_batches
from seatsync.ledger.queries.outbox import bounced, mail_of
from seatsync.reports import spreadsheet


def members_csv(
    connection: Connection,
    institution: str,
    filters: Filters,
    libraries: Sequence[Library],
    only: Sequence[int] | None = None,
) -> Iterator[str]:
    """Yield the CSV of the members that match the filters, with their licenses; ``only`` limits it to these member numbers."""
    meant = [library for library in libraries if filters.library in ("", library.id)]
    ids = [library.id for library in meant]
    yield spreadsheet.text([spreadsheet.member_header(meant)])
    for numbers, books in member_batches(connection, institution, filters, ids, only):
        yield spreadsheet.text(
            spreadsheet.member_row(
                books.members[number], meant, [books.licenses.get(id, {}).get(number, ABSENT) for id in ids]
            )
            for number in numbers
        )


def licenses_csv(
    connection: Connection, institution: str, filters: Filters, libraries: Sequence[Library]
) -> Iterator[str]:
    """Yield the CSV of the licenses that match the filters, by library and member."""
    columns = spreadsheet.license_columns(libraries)
    yield spreadsheet.text([columns])
    for library in [library for library in libraries if filters.library in ("", library.id)]:
        for numbers, books in holder_batches(connection, institution, filters, library.id):
            back, held = bounced(connection, institution, numbers), books.licenses[library.id]
            rows = (
                spreadsheet.license_row(
                    library, books.members[number], held[number], mail_of(held[number], (library.id, number) in back)
                )
                for number in numbers
            )
            yield spreadsheet.text(row[: len(columns)] for row in rows)
