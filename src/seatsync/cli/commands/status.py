"""``seatsync status``."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatsync.cli.institution import ledger_of
from seatsync.cli.options import as_of_option, common, folders
from seatsync.cli.planning import institution_snapshot
from seatsync.cli.run import Run
from seatsync.domain.diagnostic import counted
from seatsync.domain.library import FIGURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from seatsync.domain.license import License
    from seatsync.domain.snapshot import Snapshot


@click.command("status")
@folders
@as_of_option
@common("text", "json", pages=True)
def command(run: Run, folders: list[Path], as_of: datetime | None) -> None:
    """Show the seats of each library: total, used, available; of each kind how many are claimed and unclaimed.

    \b
    seatsync status
    seatsync status --format json | jq '.libraries[].available'
    seatsync status --as-of 2026-12-31

    The numbers come from the ledger: what was applied, not what the files say. Where a library is at the vendor, it also says
    how many people each step of the work list is about.
    """
    institutions: list[dict[str, Any]] = []
    for folder in folders:
        id, snapshot = institution_snapshot(folder, run, as_of)
        if snapshot.serial == 0:
            run.say(f"{id}: nothing has been applied yet.")
        libraries = {library: snapshot.slots(library).as_dict() for library in snapshot.libraries}
        others = {**_ends(folder, id, snapshot, run, as_of), **_work(folder, id, snapshot, run, as_of)}
        institutions.append({"institution": id, "libraries": libraries, **others})
    if run.format == "json":
        click.echo(json.dumps(institutions if len(folders) > 1 else institutions[0], indent=2, ensure_ascii=False))
        return
    from seatsync.reports import text

    for institution in institutions:
        libraries = institution["libraries"]
        rows = [(library, *(f"{slots[name]:,}" for name in FIGURES)) for library, slots in libraries.items()]
        out = text.stdout(run.no_color)
        out.table(rows, (str(institution["institution"]), *FIGURES.values()), [*FIGURES.values()])
        if ends := institution.get("ends"):
            first = (
                f"{counted(days[0]['seats'], 'seat')} of {library} after {days[0]['day']}"
                for library, days in ends.items()
            )
            out.line((f"Next to end: {', '.join(first)}. `seatsync report` shows what is ahead.", ""))
        if work := institution.get("worklist"):
            listed = ", ".join(f"{step} {number:,}" for step, number in work.items())
            out.line((f"To be done at the vendor: {listed}. `seatsync worklist list` names the people.", ""))


def _ends(folder: Path, institution: str, snapshot: Snapshot, run: Run, as_of: datetime | None) -> dict[str, Any]:
    """The last days of seats, soonest first, by library; nothing where no seat ends. ``snapshot`` is as for ``_work``."""
    ends: Mapping[str, Sequence[tuple[Any, ...]]]
    if as_of is not None:
        ends = {library: _counted(held.values()) for library, held in snapshot.licenses.items()}
    else:
        from seatsync.ledger.queries.outlook.ahead import ends_ahead

        with ledger_of(run, folder, institution).reading() as connection:
            ends = ends_ahead(connection, institution) if connection is not None else {}
    found = {
        library: [{"day": day, "seats": seats} for day, seats, *_ in days] for library, days in ends.items() if days
    }
    return {"ends": found} if found else {}


def _counted(licenses: Iterable[License]) -> list[tuple[str, int]]:
    return sorted(Counter(license.ends for license in licenses if license.ends).items())


def _work(folder: Path, institution: str, snapshot: Snapshot, run: Run, as_of: datetime | None) -> dict[str, Any]:
    """The steps of the work list with their numbers of people; nothing where no library is at the vendor.

    ``snapshot`` has all members if it is of the past.
    """
    from seatsync.domain.portal.steps import steps
    from seatsync.ledger.queries.work import open_counts
    from seatsync.planning.work import count_people, step_counts

    if not any(library.is_at_vendor for library in snapshot.libraries.values()):
        return {}
    if as_of is not None:
        return {"worklist": step_counts(count_people(steps(snapshot)), snapshot)}
    with ledger_of(run, folder, institution).reading() as connection:
        books, people = open_counts(connection, institution)
    return {"worklist": step_counts(people, books)}
