"""``seatsync worklist done``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli.environment import actor, commit
from seatsync.cli.institution import ledger_of
from seatsync.cli.options import check_can_ask, common, folder, is_confirmed, option, yes_option
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.domain.portal.steps import Step
    from seatsync.domain.snapshot import Snapshot
    from seatsync.reports.worklist.sheets import Sheet

_MOST_NAMED = 10
_NOTHING = "None of this is on the work list. Nothing was marked."

Rows = Sequence[tuple[str, str, int]]
"""The rows of selection files: (student id, e-mail, line)."""


@click.command("done")
@click.argument("steps", nargs=-1, metavar="[STEP]...")
@folder
@option(
    "--select",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Only the people in this CSV file: the one of the step, which the portal took. Repeat it for several files.",
)
@yes_option
@common()
def done(run: Run, steps: tuple[str, ...], folder: Path, select: tuple[Path, ...], yes: bool) -> int:
    """Take off the work list what is done in the vendor's portal.

    \b
    seatsync worklist done 4-revoke-books --select 4-revoke-books.csv
    seatsync worklist done 1-remove             everybody in this step; asks first
    seatsync worklist done                      everything on the list; asks first

    STEP is the name of a file of the bundle. With its file, only the people in it are marked, and nobody who was put on the
    list since. Marking twice does no harm.
    """
    from seatsync.apply.at_vendor import done as mark
    from seatsync.cli.commands.worklist.choosing import named
    from seatsync.cli.commands.worklist.reading import read_open
    from seatsync.cli.listing import selected

    asks = not (steps and select)
    check_can_ask(yes or not asks)
    _check_are_files(select)
    selection = [row for file in select for row in selected(file, run).rows] if select else None
    work = read_open(folder, run)
    sheets = named(work.sheets, steps, work.libraries, selection is not None)
    chosen = [*_chosen(sheets, work.books, selection, run)]
    if not chosen:
        run.say(_NOTHING)
        return ExitCode.DONE
    if asks and not is_confirmed(yes, f"Mark as done: {_in_words(chosen, sheets)}?"):
        return ExitCode.DONE
    ledger = ledger_of(run, folder, work.institution)
    marked = mark(ledger, work.institution, chosen, run.at(work.books.timezone), actor(), commit(folder))
    run.say(f"Marked as done: {_in_words(marked, sheets)}." if marked else _NOTHING)
    return ExitCode.DONE


def _check_are_files(select: Sequence[Path]) -> None:
    """Check that no folder is selected: a bundle has the files of several steps, and who is in one may be open in another.

    Raises:
        UsageError: one is.
    """
    for path in select:
        if path.is_dir():
            raise click.UsageError(
                f"{path} is a folder. Name the step and its file in that folder: the commands stand at the end of its CHECKLIST.md."
            )


def _in_words(steps: Sequence[Step], sheets: Sequence[Sheet]) -> str:
    """How many people of each sheet."""
    from seatsync.domain.diagnostic import counted

    marked = {*steps}
    numbers = {sheet.step: sum(step in marked for step in sheet.steps) for sheet in sheets}
    return ", ".join(f"{counted(number, 'person', 'people')} in {name}" for name, number in numbers.items() if number)


def _chosen(sheets: Sequence[Sheet], books: Snapshot, selection: Rows | None, run: Run) -> Iterator[Step]:
    """The open steps of these sheets, of the people in the files, if there are any. Tells who in it has none."""
    from seatsync.domain.diagnostic import named

    found: set[int] = set()
    if selection is not None:
        found, others = people_in(selection, sheets, books)
        if others:
            run.say(f"Not on the work list in this step, or not clear who is meant: {named(others, _MOST_NAMED)}.")
    for sheet in sheets:
        yield from (step for step in sheet.steps if selection is None or step.member in found)


def people_in(selection: Rows, sheets: Sequence[Sheet], books: Snapshot) -> tuple[set[int], list[str]]:
    """The members of these sheets whom the rows name, and the rows that name nobody, or not clearly, by e-mail or id.

    A file of a bundle has people as the portal had them: under an e-mail that they may no longer have, and that somebody else
    may have now. Then only the student id says who is meant.
    """
    from seatsync.domain.portal.at_vendor import is_stand_in
    from seatsync.domain.text.emails import email_key
    from seatsync.reports.worklist.sheets import emails_of

    ids: dict[str, int] = {}
    by_email: dict[str, set[int]] = {}
    for sheet in sheets:
        for number in sheet.members:
            member = books.members[number]
            for email in emails_of(sheet, number, member):
                by_email.setdefault(email_key(email), set()).add(number)
            if member.student_id:
                ids.setdefault(member.student_id, number)
    found: set[int] = set()
    others: list[str] = []
    for id, email, _ in selection:
        by_id, named = ids.get(id), by_email.get(email_key(email), set())
        if by_id is not None and (not named or by_id in named):
            found.add(by_id)
        elif by_id is None and len(named) == 1:
            found |= named
        elif not is_stand_in(email):
            others.append(email or id)
    return found, others
