"""``seatsync worklist``: the group, and its command ``list``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatsync.cli.commands.worklist.bundle import bundle
from seatsync.cli.commands.worklist.done import done
from seatsync.cli.lists import print_rows, unknown_library
from seatsync.cli.options import common, folder, option
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
_IN_TEXT = tuple(name for name in _COLUMNS if name not in ("portal", "library", "student_id"))
"""The columns of the table; the step's name says the portal and the library."""


@command.command("list")
@folder
@option("--step", "steps", multiple=True, metavar="STEP", help="Only this step. Repeat it for several steps.")
@option("--library", metavar="ID", help="Only steps about this library.")
@common("text", "csv", "json")
def list_(run: Run, folder: Path, steps: tuple[str, ...], library: str | None) -> None:
    """List who is still to be worked on in the vendor's portal, step by step in the order to be done.

    \b
    seatsync worklist list
    seatsync worklist list --step 4-revoke-books
    seatsync worklist list --library books --format json
    """
    from seatsync.cli.commands.worklist.choosing import named
    from seatsync.cli.commands.worklist.reading import read_open
    from seatsync.domain.diagnostic import counted
    from seatsync.reports.worklist.check_list import NOTHING

    work = read_open(folder, run)
    if library and library not in work.books.libraries:
        raise unknown_library(library, work.books)
    chosen = [sheet for sheet in named(work.sheets, steps, work.libraries) if library in (None, sheet.library)]
    rows = [row for sheet in chosen for row in _rows(sheet, work.books, run)]
    print_rows(run, _IN_TEXT if run.format == "text" else _COLUMNS, rows, NOTHING)
    if rows and run.format == "text":
        people = counted(sum(len(sheet.members) for sheet in chosen), "person", "people")
        run.say(
            f"{counted(len(chosen), 'step')}, {people}. `seatsync worklist bundle DIR` writes the files for the portal."
        )


def _rows(sheet: Sheet, books: Snapshot, run: Run) -> Iterator[dict[str, Any]]:
    """A row for each person of a step, or for each value that is to be corrected."""
    from seatsync.reports.redaction import HIDDEN
    from seatsync.reports.worklist.sheets import edits_of, email_in

    edits = edits_of(sheet, books.members)
    for number in sheet.members if not edits else ():
        yield _row(sheet, books.members[number], email_in(sheet, books.members[number]))
    for edit in edits:
        hidden = run.redactor is not None and edit.field != "email"
        old, new = (HIDDEN, HIDDEN) if hidden else (edit.old, edit.new)
        yield _row(sheet, edit.member, edit.email) | {"field": edit.field, "old": old, "new": new}


def _row(sheet: Sheet, member: Member, email: str) -> dict[str, Any]:
    names = {name: getattr(member, name) for name in ("given_name", "family_name", "student_id")}
    empty = {"field": "", "old": "", "new": ""}
    return {"step": sheet.step, "portal": sheet.portal.name, "library": sheet.library, "email": email, **names, **empty}
