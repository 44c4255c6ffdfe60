"""``seatsync worklist``: the group, and its command ``list``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatsync.cli.commands.worklist.bundle import bundle
from seatsync.cli.commands.worklist.done import done
from seatsync.cli.lists import MOST_IN_TEXT, and_more, unknown_library, write_json, write_rows
from seatsync.cli.options import common, one_folder, option
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from seatsync.domain.person import Member
    from seatsync.domain.snapshot import Snapshot
    from seatsync.reports.worklist.sheets import Sheet


@click.group("worklist")
def command() -> None:
    """Show and mark what is to be done in a vendor's portal.

    \b
    seatsync worklist list                 who is to be granted, revoked, corrected … there
    seatsync worklist bundle to-do         files for the portal, and a check list to print
    seatsync worklist done 1-remove        take a step off the list that is done
    """


command.add_command(bundle)
command.add_command(done)

_COLUMNS = ("step", "portal", "library", "email", "given_name", "family_name", "student_id", "field", "old", "new")


@command.command("list")
@one_folder
@option("--step", "steps", multiple=True, metavar="STEP", help="Only this step. Repeat it for several steps.")
@option("--library", metavar="ID", help="Only steps about this library.")
@common("text", "csv", "json", "markdown", pages=True)
def list_(run: Run, folder: Path, steps: tuple[str, ...], library: str | None) -> None:
    """List who is still to be worked on, step by step.

    \b
    seatsync worklist list
    seatsync worklist list --step 4-revoke-books
    seatsync worklist list --library books --format json

    The steps are in the order in which they are to be done in the vendor's portal.
    """
    from seatsync.cli.commands.worklist.choosing import named
    from seatsync.cli.commands.worklist.reading import read_open
    from seatsync.reports.worklist.check_list import NOTHING, in_all
    from seatsync.reports.worklist.markdown import people_of as markdown

    work = read_open(folder, run)
    if library and library not in work.books.libraries:
        raise unknown_library(library, work.books.libraries)
    chosen = [sheet for sheet in named(work.sheets, steps, work.libraries) if library in (None, sheet.library)]
    rows = (_shown(row, run) for sheet in chosen for row in _rows(sheet, work.books, run))
    if run.format == "json":
        write_json(rows)
    elif run.format == "csv":
        write_rows(_COLUMNS, rows)
    elif run.format == "markdown":
        click.echo(markdown(chosen, rows), nl=False)
    elif not chosen:
        run.say(NOTHING)
    else:
        _print_text(chosen, rows, run)
        run.say(f"{in_all(chosen)}. `seatsync worklist bundle DIR` writes the files for the portal.")


def _print_text(sheets: Sequence[Sheet], rows: Iterable[dict[str, Any]], run: Run) -> None:
    """Print each step with its people below it; without ``--verbose`` only as many as in other lists."""
    from seatsync.domain.diagnostic import counted
    from seatsync.domain.person import spoken
    from seatsync.reports import text

    out = text.stdout(run.no_color)
    people = {sheet.step: len(sheet.members) for sheet in sheets}
    for step, found in groupby(islice(rows, None if run.verbose else MOST_IN_TEXT), lambda row: row["step"]):
        title = next(sheet.full_title for sheet in sheets if sheet.step == step)
        out.line((step, "bold"), (f"  {title}: {counted(people[step], 'person', 'people')}", ""))
        out.table(
            [
                (
                    row["email"],
                    f"{row['given_name']} {row['family_name']}",
                    f"{spoken(row['field'])}: {row['old'] or 'none'} → {row['new'] or 'none'}" if row["field"] else "",
                )
                for row in found
            ],
            indent=4,
        )
    if (left := sum(1 for _ in rows)) > 0:
        and_more(out, run, left)


def _shown(row: dict[str, Any], run: Run) -> dict[str, Any]:
    return run.redactor.row(row) if run.redactor is not None else row


def _rows(sheet: Sheet, books: Snapshot, run: Run) -> Iterator[dict[str, Any]]:
    """A row for each person of a step, or for each value that is to be corrected."""
    from seatsync.reports.redaction import HIDDEN
    from seatsync.reports.worklist.sheets import edits_of, email_in

    edits = edits_of(sheet, books.members)
    for number in sheet.members if not edits else ():
        yield _row(sheet, books.members[number], email_in(sheet, number, books.members[number]))
    for edit in edits:
        hidden = run.redactor is not None and edit.field != "email"
        old, new = (HIDDEN, HIDDEN) if hidden else (edit.old, edit.new)
        yield _row(sheet, edit.there, edit.there.email) | {"field": edit.field, "old": old, "new": new}


def _row(sheet: Sheet, member: Member, email: str) -> dict[str, Any]:
    names = {name: getattr(member, name) for name in ("given_name", "family_name", "student_id")}
    empty = {"field": "", "old": "", "new": ""}
    return {"step": sheet.step, "portal": sheet.portal.name, "library": sheet.library, "email": email, **names, **empty}
