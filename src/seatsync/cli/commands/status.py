"""``seatsync status``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from seatsync.cli.from_here import about, from_here
from seatsync.cli.institution import ledger_of
from seatsync.cli.options import as_of_option, common, folders
from seatsync.cli.planning import institution_snapshot
from seatsync.cli.run import Run
from seatsync.domain.diagnostic import counted
from seatsync.domain.library import BY_KIND, FIGURES, Titles, titles_of
from seatsync.domain.text.days import day_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seatsync.domain.license import License
    from seatsync.domain.money.bought import Bought
    from seatsync.domain.portal.steps import StepKind
    from seatsync.domain.snapshot import Snapshot
    from seatsync.reports.writer import Writer


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
    institutions = [_read(folder, run, as_of) for folder in folders]
    if run.format == "json":
        found = [{**one.seats, **_purchases(one), **one.ends, **one.work} for one in institutions]
        click.echo(json.dumps(found if len(folders) > 1 else found[0], indent=2, ensure_ascii=False))
        return
    from seatsync.reports import text

    out = text.stdout(run.no_color)
    for number, (folder, institution) in enumerate(zip(folders, institutions, strict=True)):
        if number:
            out.line()
        with about(folder):
            _print(out, institution, is_present=as_of is None)


class _Institution(NamedTuple):
    """What is told of one institution, as parts of its JSON object. ``in_words`` has what is done in each step, and its people."""

    seats: Mapping[str, Any]
    titles: Titles
    bought: Mapping[str, Bought]
    ends: Mapping[str, Any]
    work: Mapping[str, Any]
    in_words: Sequence[tuple[str, int]]


def _read(folder: Path, run: Run, as_of: datetime | None) -> _Institution:
    from seatsync.planning.work import step_counts, steps_in_words

    id, snapshot = institution_snapshot(folder, run, as_of)
    if snapshot.serial == 0:
        run.say(f"{id}: nothing has been applied yet.")
    waiting = _waiting(folder, id, snapshot, run, as_of)
    libraries = {library: snapshot.slots(library).as_dict() for library in snapshot.libraries}
    people, books = _work(folder, id, snapshot, run, as_of)
    return _Institution(
        {"institution": id, "libraries": libraries, **({"waiting": waiting} if waiting else {})},
        Titles(titles_of(snapshot.libraries.values())),
        _bought(snapshot, day_in(as_of or run.now, snapshot.timezone).isoformat()),
        _ends(folder, id, snapshot, run, as_of),
        {"worklist": step_counts(people, books)} if any(one.is_at_vendor for one in books.libraries.values()) else {},
        steps_in_words(people, books),
    )


def _print(out: Writer, institution: _Institution, is_present: bool) -> None:
    """The seats, then what ends next and what is to be done at the vendor. A kind without seats has no number."""
    libraries, titles = institution.seats["libraries"], institution.titles
    rows = [
        (
            titles.with_id(library),
            *(f"{slots[name]:,}" if slots[name] or name not in BY_KIND else "" for name in FIGURES),
        )
        for library, slots in libraries.items()
    ]
    out.table(rows, (str(institution.seats["institution"]), *FIGURES.values()), [*FIGURES.values()])
    if institution.bought:
        out.line()
        out.line(("Bought:", ""))
    for id, bought in institution.bought.items():
        out.line((f"    {titles.of(id)}: {bought.in_words(libraries[id]['total'])}", ""))
    if waiting := [f"{number:,} for {titles.of(id)}" for id, number in institution.seats.get("waiting", {}).items()]:
        listed = "; `seatsync licenses --status waiting` lists them in their order" if is_present else ""
        out.line()
        out.line((from_here(f"In line for a seat: {', '.join(waiting)}{listed}."), ""))
    if ends := institution.ends.get("ends"):
        first = (
            f"{counted(days[0]['seats'], 'seat')} of {titles.of(library)} after {days[0]['day']}"
            for library, days in ends.items()
        )
        out.line()
        out.line((f"Next to end: {', '.join(first)}.", ""))
        if is_present:
            soonest = min(days[0]["day"] for days in ends.values())
            lists = f"`seatsync licenses --ends {soonest}` lists whose; `seatsync report > seats.html` draws all ahead."
            out.line((from_here(lists), ""))
    if institution.in_words:
        out.line()
        named = " (`seatsync worklist list` names the people)" if is_present else ""
        out.line((from_here(f"To be done at the vendor{named}:"), ""))
        work = [(step, f"{number:,}") for step, number in institution.in_words]
        out.table(work, ("step", "people"), ["people"], indent=4)


def _bought(snapshot: Snapshot, today: str) -> Mapping[str, Bought]:
    """What was bought of the libraries whose files say it."""
    return {
        id: library.bought(snapshot.slots(id).available, today)
        for id, library in snapshot.libraries.items()
        if library.purchases
    }


def _purchases(one: _Institution) -> Mapping[str, Any]:
    return {"purchases": {id: bought.as_dict() for id, bought in one.bought.items()}} if one.bought else {}


def _waiting(folder: Path, institution: str, snapshot: Snapshot, run: Run, as_of: datetime | None) -> Mapping[str, int]:
    """How many wait in the line of each library that has one. ``snapshot`` is as for ``_work``."""
    if as_of is not None:
        lines = {library: sum(map(_waits, held.values())) for library, held in snapshot.licenses.items()}
        return {library: number for library, number in lines.items() if number}
    from seatsync.ledger.queries.line import line_lengths

    with ledger_of(run, folder, institution).reading() as connection:
        return line_lengths(connection, institution) if connection is not None else {}


def _waits(license: License) -> bool:
    return bool(license.place)


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


def _work(
    folder: Path, institution: str, snapshot: Snapshot, run: Run, as_of: datetime | None
) -> tuple[Mapping[StepKind, int], Snapshot]:
    """The numbers of people in each step of the work list, and the snapshot that names the steps; nothing where no library is at the
    vendor.

    ``snapshot`` has all members if it is of the past.
    """
    from seatsync.domain.portal.steps import steps
    from seatsync.ledger.queries.work import open_counts
    from seatsync.planning.work import count_people

    if not any(library.is_at_vendor for library in snapshot.libraries.values()):
        return {}, snapshot
    if as_of is not None:
        return count_people(steps(snapshot)), snapshot
    with ledger_of(run, folder, institution).reading() as connection:
        books, people = open_counts(connection, institution)
    return people, books
