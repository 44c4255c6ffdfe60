"""Read the work list from the ledger."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seatsync.cli.institution import institution_of, ledger_of
from seatsync.cli.planning import use_secret
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from seatsync.domain.snapshot import Snapshot
    from seatsync.reports.worklist.sheets import Sheet


class Open(NamedTuple):
    """What is open: the files of the steps, and the ledger with the members whom they are about."""

    institution: str
    books: Snapshot
    sheets: Sequence[Sheet]

    @property
    def libraries(self) -> Collection[str]:
        """The libraries that a step can be about."""
        return {*self.books.libraries, *(sheet.library for sheet in self.sheets if sheet.library)}


def read_open(folder: Path, run: Run) -> Open:
    """The open steps of the folder's institution. The redactor gets the institution's secret.

    Raises:
        ForeignLedger: the ledger belongs to another institution.
    """
    from seatsync.apply.apply import must_belong_to
    from seatsync.ledger.queries.work import open_work
    from seatsync.reports.worklist.sheets import sheets

    id = institution_of(folder, run)
    with run.step("Reading the ledger"), ledger_of(run, folder, id).reading() as connection:
        use_secret(connection, id, run)
        books, steps = open_work(connection, id)
    must_belong_to(books, id)
    if books.institution is None:
        run.say(f"{id}: nothing has been applied yet.")
    return Open(id, books, sheets(steps, books))
