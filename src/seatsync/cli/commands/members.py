"""``seatsync members``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatsync.cli.listing import Listing, listing
from seatsync.cli.lists import filter_options, leaving, member_row, print_rows, sort_rows, with_ended
from seatsync.cli.options import as_of_option, common, one_folder, option
from seatsync.cli.run import Run
from seatsync.domain.filters import Filters
from seatsync.domain.person import REQUIRED, Person

if TYPE_CHECKING:
    from seatsync.domain.library import Library


@click.command("members")
@one_folder
@filter_options("on")
@option("--sort", metavar="COLUMN", help="Sort by this column; -COLUMN sorts in descending order.")
@option("--pseudonym", metavar="PERSON", help="The person whom --redact calls person-….")
@as_of_option
@common("text", "csv", "json", pages=True)
def command(
    run: Run,
    folder: Path,
    filters: Filters,
    select: Path | None,
    sort: str | None,
    pseudonym: str | None,
    as_of: datetime | None,
) -> None:
    """List members.

    \b
    seatsync members --tag faculty
    seatsync members --library jamworks --without-license --format csv
    seatsync members --library books --status unclaimed --sort family_name
    seatsync members --pseudonym person-3f09ab52c7d1

    With --library the list also shows the kind and status of each member's license, its last day if it ends, and whether
    the latest invitation bounced. Who is on no roster any more and keeps seats for a grace period has the day in "left on", and
    the last day of their seats in "seats end".
    """
    if pseudonym is not None:
        print_rows(
            run,
            Person._fields,
            _with_pseudonym(pseudonym, folder, run),
            "Nobody in the ledger or the files has this pseudonym.",
        )
        return
    columns: tuple[str, ...] = (
        (*Person._fields, "kind", "status", "until", "mail") if filters.library else Person._fields
    )
    with listing(folder, run, filters, select, as_of) as listed:
        library = listed.books.libraries.get(filters.library)
        if library is not None and library.is_at_vendor:
            columns = (*columns, "at_vendor")
        rows, besides = listed.shown(_rows(listed, library), run, sort, is_of_licenses=False)
        if_empty = listed.none_match("members") if not rows else ""
    rows = sort_rows(rows, (*columns, "left_on", "seats_end"), sort)
    if filters.library:
        rows = with_ended(rows, run, listed.books.timezone, as_of)
    print_rows(run, (*columns, *_leaving_columns(rows, run)), rows, if_empty, besides)


def _rows(listed: Listing, library: Library | None) -> Iterator[dict[str, Any]]:
    """The members; of a library, with their license of it."""
    from seatsync.domain.license import ABSENT
    from seatsync.domain.portal.progress import progress
    from seatsync.ledger.queries.outbox import mail_of

    id = listed.filters.library
    for numbers, books in listed.members():
        bounced = listed.bounced(numbers) if id else set()
        for number in numbers:
            row = member_row(books.members[number]) | leaving(books, number)
            if id:
                held = books.licenses.get(id, {}).get(number, ABSENT)
                mail = mail_of(held, (id, number) in bounced)
                row |= {"kind": held.kind.value, "status": held.status.value, "until": held.ends, "mail": mail}
                if library is not None and library.is_at_vendor:
                    row["at_vendor"] = progress(library, held).value
            yield row


def _leaving_columns(rows: list[dict[str, Any]], run: Run) -> tuple[str, ...]:
    """The columns that say who is in a grace period; a table has them only where somebody is."""
    return ("left_on", "seats_end") if run.format != "text" or any(row["left_on"] for row in rows) else ()


def _with_pseudonym(pseudonym: str, folder: Path, run: Run) -> list[dict[str, Any]]:
    """The people with this pseudonym: members, including those who have left or are only in the files, and administrators."""
    from seatsync.domain.text.tags import split_tags
    from seatsync.reports.redaction import Redactor
    from seatsync.sources.institution_folder import InstitutionFolder
    from seatsync.sources.load import load

    if run.redactor is not None:
        raise click.UsageError("--pseudonym shows a name, so it can't be used with --redact.")
    redactor = Redactor({})
    rows = []
    with listing(folder, replace(run, redactor=redactor), Filters(), None) as listed:
        for _, books in listed.members():
            rows += [member_row(one) for one in books.members.values() if redactor.who(one.email) == pseudonym.strip()]
    desired = load(InstitutionFolder.open(folder), run.now).desired
    if desired is not None:
        rows += [{**member._asdict(), "tags": list(split_tags(member.tags))} for member in desired.members]
        rows += [
            {**dict.fromkeys(Person._fields, ""), **{name: getattr(admin, name) for name in REQUIRED}}
            for admin in desired.admins
        ]
    found = {row["email"]: row for row in reversed(rows) if redactor.who(row["email"]) == pseudonym.strip()}
    return list(found.values())
