"""Complete lists as CSV, the same bytes as ``seatsync export`` and ``licenses --format csv``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from seatsync.domain.filters import Filters
from seatsync.domain.library import Library
from seatsync.domain.license import ABSENT, License, Status
from seatsync.ledger.queries.batches import holder_batches, member_batches
from seatsync.ledger.queries.line import places
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
    """Yield the CSV of the licenses that match the filters, by library and member; of who waits, in the order of the line."""
    columns, meant = spreadsheet.license_columns(libraries), [it for it in libraries if filters.library in ("", it.id)]
    with_places = Status.WAITING in filters.status
    yield spreadsheet.text([(*columns, spreadsheet.PLACE) if with_places else columns])
    if with_places:
        yield spreadsheet.text(_in_line(connection, institution, filters, meant, len(columns)))
        return
    for library in meant:
        for rows in _license_rows(connection, institution, filters, library):
            yield spreadsheet.text(row[: len(columns)] for _, row in rows)


def _in_line(
    connection: Connection, institution: str, filters: Filters, libraries: Sequence[Library], width: int
) -> Iterator[list[str]]:
    """Rows with the number in the line, in its order; first those that do not wait."""
    for library in libraries:
        line = places(connection, institution, library.id)
        found = [pair for rows in _license_rows(connection, institution, filters, library) for pair in rows]
        for license, row in sorted(found, key=lambda pair: line.get(pair[0].place, 0)):
            yield [*row[:width], str(line.get(license.place, ""))]


def _license_rows(
    connection: Connection, institution: str, filters: Filters, library: Library
) -> Iterator[list[tuple[License, list[str]]]]:
    for numbers, books in holder_batches(connection, institution, filters, library.id):
        back, held = bounced(connection, institution, numbers), books.licenses[library.id]
        mails = {number: mail_of(held[number], (library.id, number) in back) for number in numbers}
        yield [
            (held[number], spreadsheet.license_row(library, books.members[number], held[number], mails[number]))
            for number in numbers
        ]
