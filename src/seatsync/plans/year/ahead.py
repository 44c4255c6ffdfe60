"""The year of a folder and its ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from seatsync.domain.desired import Alike, Desired, Grant, Scenario
from seatsync.domain.diagnostic import Diagnostic
from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.text.days import day_in
from seatsync.domain.text.guesses import did_you_mean
from seatsync.domain.text.tags import join_tags
from seatsync.ledger.read import read_renamed
from seatsync.planning.entitlements import fits
from seatsync.planning.year.curve import Year
from seatsync.plans.whole import taken_of
from seatsync.plans.year.files import FilesOfDays
from seatsync.plans.year.outside import Outside
from seatsync.plans.year.simulation import run_ahead
from seatsync.sources.institution_folder import InstitutionFolder
from seatsync.sources.load import load

AHEAD = timedelta(days=365)


class NoScenario(Failure):
    """The files have no scenario of that name."""

    exit_code = ExitCode.USAGE

    def __init__(self, name: str, known: Sequence[str]) -> None:
        listed = (
            f"It has: {', '.join(known)}."
            if known
            else "It has none. Write `scenarios: {intake: {add: 60, tags: [student], on: 2027-09-01}}`."
        )
        super().__init__(f'seatsync.yaml has no scenario "{name}". {did_you_mean(name, known)}'.rstrip(), listed)


class Looked(NamedTuple):
    """The year, if the files have no mistakes, what was found in them, and their digest."""

    year: Year | None
    found: list[Diagnostic]
    files: str = ""


def year_ahead(
    folder: InstitutionFolder,
    connection: Connection | None,
    now: datetime,
    until: datetime | None = None,
    scenarios: Sequence[str] = (),
) -> Looked:
    """Run the days from ``now`` on ahead, a year or ``until`` a day, with these scenarios of the files.

    Raises:
        NoScenario: the files have none of that name.
        DayPast: ``until`` is over.
    """
    taken = taken_of(folder, connection)
    desired, found, _ = load(folder, now, taken=taken)
    if desired is None:
        return Looked(None, found)
    with_them = [_scenario(desired, name) for name in dict.fromkeys(scenarios)]
    timezone = desired.institution.timezone
    first = day_in(now, timezone)
    last = day_in(until, timezone) if until is not None else first + min(AHEAD, date.max - first)
    if last < first:
        raise DayPast(first, last)
    books = read_renamed(connection, desired.institution.id, desired.was)
    known_as = books.institution.id if books.institution is not None else desired.institution.id
    files = FilesOfDays(folder, taken, desired, first, with_them)
    year = run_ahead(files, books, Outside(connection, known_as), first, last)
    if year is not None:
        unreached = {one.name: _ended_on(desired, one) for one in with_them if not _is_reached(desired, one)}
        year = replace(year, scenarios=with_them, unreached=unreached)
    return Looked(year, found, desired.digest)


class DayPast(Failure):
    """The last day to look at is over."""

    exit_code = ExitCode.USAGE

    def __init__(self, first: date, last: date) -> None:
        super().__init__(f"{last} is over: today is {first}.", "Name a later day with --until.")


def _is_reached(desired: Desired, scenario: Scenario) -> bool:
    """Whether a grant gives the members of a scenario something on one of its days."""
    last = scenario.until or date.max
    return any(not (one.expired(scenario.on) or one.begins_after(last)) for one in _grants_for(desired, scenario))


def _ended_on(desired: Desired, scenario: Scenario) -> str:
    """The last day (ISO) of the grants for such members that have ended when the scenario begins; empty if there are none."""
    return max((one.ends for one in _grants_for(desired, scenario) if one.expired(scenario.on)), default="")


def _grants_for(desired: Desired, scenario: Scenario) -> list[Grant]:
    """The grants that would reach members with the scenario's tags, whatever the day."""
    like = Alike(join_tags(scenario.tags))
    return [one for one in desired.grants if not (one.to.emails or one.to.selection) and fits(one.to, like)]


def _scenario(desired: Desired, name: str) -> Scenario:
    known = {one.name: one for one in desired.scenarios}
    if name not in known:
        raise NoScenario(name, [*known])
    return known[name]
