"""``seatsync report``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatsync.cli.institution import institution_of, ledger_of
from seatsync.cli.options import common, folders
from seatsync.cli.planning import plan_result
from seatsync.cli.run import Run
from seatsync.domain.diagnostic import counted
from seatsync.domain.text.days import day_in

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from seatsync.ledger.queries.outlook.outlook import Outlook
    from seatsync.planning.year.curve import Curve
    from seatsync.plans.result import PlanResult
    from seatsync.reports.outlook.page import State


@click.command("report")
@folders
@common("html", "json")
def command(run: Run, folders: list[Path]) -> None:
    """Write the state of an institution as one page: seats over time and ahead, invitations, and what waits.

    \b
    seatsync report > seats.html
    seatsync report institutions/* > seats.html
    seatsync report --format json | jq '.libraries[].ends'

    The page loads nothing, has no script and names no member. The numbers come from the ledger; the dashed lines say how many seats are
    used on the coming days, if nothing else happens: as `seatsync year` says, for institutions of more than 10,000 members by end dates
    alone.
    """
    if run.format == "html" and sys.stdout.isatty():
        raise click.UsageError(
            "The report is a page for a browser. Write it into a file: `seatsync report > seats.html`. "
            "`seatsync status` shows the numbers here."
        )
    states = [_state(folder, run) for folder in folders]
    if run.format == "json":
        objects = [_as_json(state) for state in states]
        click.echo(json.dumps(objects if len(folders) > 1 else objects[0], indent=2, ensure_ascii=False))
        return
    from seatsync.reports.outlook.page import html

    click.echo(html(states), nl=False)


def _state(folder: Path, run: Run) -> State:
    from seatsync.ledger.queries.outlook.outlook import outlooks
    from seatsync.ledger.read import read_snapshot
    from seatsync.plans.year.quick import is_quick
    from seatsync.reports.outlook.page import State

    id = institution_of(folder, run)
    with run.step(f"Reading the journal of {id}"), ledger_of(run, folder, id).reading() as connection:
        books = read_snapshot(connection, id, ())
        libraries = outlooks(connection, id, books) if connection is not None else []
        waits = [*_open(connection, id)] if connection is not None else []
        curves = _curves(folder, run, connection) if is_quick(books.rosters) else {}
    name = books.institution.name if books.institution is not None else id
    waits = [*_of_plan(plan_result(folder, run)), *waits]
    here = "" if folder == Path() else folder.as_posix()
    return State(id, name, day_in(run.now, books.timezone), books.applied_on, libraries, waits, curves, here)


def _curves(folder: Path, run: Run, connection: Connection | None) -> Mapping[str, Curve]:
    """The curve of each library in the coming year; none if the files have mistakes."""
    from seatsync.plans.year.ahead import year_ahead
    from seatsync.sources.institution_folder import InstitutionFolder

    year = year_ahead(InstitutionFolder.open(folder), connection, run.now).year
    return year.curves if year is not None else {}


def _of_plan(result: PlanResult) -> Iterator[str]:
    """What the next apply would do: what the files ask for, and what is due, such as reminders."""
    if result.plan is None:
        yield "The files have mistakes; `seatsync validate` lists them."
    elif result.plan.refusals:
        codes = ", ".join(sorted({refusal.code for refusal in result.plan.refusals}))
        yield f"The plan of the files is blocked ({codes}); `seatsync plan` says why."
    elif result.plan.changes:
        many = counted(len(result.plan.changes), "change comes", "changes come")
        yield f"{many} with the next apply; `seatsync plan` shows them."


def _open(connection: Connection, institution: str) -> Iterator[str]:
    """Letters and steps of the work list that wait."""
    from seatsync.domain.action import Letter
    from seatsync.ledger.queries.outbox import count, count_bounced, count_held
    from seatsync.ledger.queries.work import open_counts
    from seatsync.planning.work import steps_in_words

    for number, words, listed in (
        (count_held(connection, institution), "held since the ledger was restored", "held"),
        (count(connection, institution, tuple(Letter)), "not sent yet", "pending"),
        (count_bounced(connection, institution), "not delivered", "bounced"),
    ):
        if number:
            yield f"{counted(number, 'letter is', 'letters are')} {words}; `seatsync outbox list --state {listed}` shows them."
    books, people = open_counts(connection, institution)
    if work := steps_in_words(people, books):
        steps = ", ".join(f"{step}: {number:,}" for step, number in work)
        yield f"To be done at the vendor: {steps}; `seatsync worklist list` names the people."


def _as_json(state: State) -> dict[str, Any]:
    from seatsync.reports.view.findings import run_in

    return {
        "institution": state.id,
        "today": state.today.isoformat(),
        "applied_on": state.applied,
        "waits": [run_in(one, state.folder) for one in state.waits],
        "libraries": {
            one.library.id: {
                **one.slots.as_dict(),
                **_purchases(one, state.today),
                "past": _days(one.past),
                "ahead": _days(state.ahead(one)),
                "full_on": _full_on(one, state.today),
                **_year(state.curves.get(one.library.id)),
                **({"line": one.line._asdict()} if one.line is not None else {}),
                "ends": [{"day": day, "seats": number} for day, number, _ in one.ends],
                "invitations": {
                    "claimed": one.invited.claimed,
                    "declined": one.invited.declined,
                    "waiting": one.invited.waiting,
                    "bounced": one.invited.bounced,
                    "unclaimed": [{"granted_on": day, "seats": number} for day, number in one.invited.unclaimed],
                },
            }
            for one in state.libraries
        },
    }


def _year(curve: Curve | None) -> dict[str, Any]:
    if curve is None:
        return {}
    of = {"full_on": curve.full_on or None, "to_order": curve.to_order, "order_by": curve.order_by or None}
    return {"year": of}


def _full_on(one: Outlook, today: date) -> str | None:
    found = one.full_on(today)
    return found.day if found is not None else None


def _purchases(one: Outlook, today: date) -> dict[str, Any]:
    if not one.library.purchases:
        return {}
    return {"purchases": one.library.bought(one.slots.available, today.isoformat()).as_dict()}


def _days(days: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"date": day, "used": used} for day, used in days]
