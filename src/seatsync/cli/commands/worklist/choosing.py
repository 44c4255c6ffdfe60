"""Find the steps that a command line names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import click

from seatsync.reports.worklist.sheets import BY_HAND, Sheet
from seatsync.systems.portal import base_name
from seatsync.systems.registry import PORTALS


def named(
    sheets: Sequence[Sheet], names: Sequence[str], libraries: Collection[str], with_file: bool = False
) -> list[Sheet]:
    """The open steps with these names; all if there are no names, and none for a step that could be open and is not.

    Names are those of a bundle's files, with or without their number, portal and ending. ``with_file``: a file names the
    people, and the tags in its name do not count: they may have changed since it was written.

    Raises:
        UsageError: there is no such step, or it is in two portals.
    """
    chosen = {
        step
        for name in names
        for step in _steps(sheets, name.removesuffix(".csv").removesuffix(BY_HAND), libraries, with_file)
    }
    return [sheet for sheet in sheets if not names or sheet.step in chosen]


def _steps(sheets: Sequence[Sheet], name: str, libraries: Collection[str], with_file: bool) -> set[str]:
    found = [sheet for sheet in sheets if _is_named(sheet, name, with_file)]
    if len(portals := sorted({sheet.portal.name for sheet in found})) > 1:
        both = " or ".join(f"{portal}/{name}" for portal in portals)
        raise click.UsageError(f'"{name}" is a step in two portals. Write {both}.')
    possible = {*_possible(libraries)}
    if not found and name not in possible and not (with_file and name.startswith(tuple(f"{one}-" for one in possible))):
        raise _unknown(name, [sheet.step for sheet in sheets], possible)
    return {sheet.step for sheet in found}


def _is_named(sheet: Sheet, name: str, with_file: bool) -> bool:
    whole = [*_spellings(sheet.portal.name, sheet.base)]
    if name in whole or name in _spellings(sheet.portal.name, sheet.name):
        return True
    return with_file and sheet.is_tagged and name.startswith(tuple(f"{one}-" for one in whole))


def _spellings(portal: str, name: str) -> Iterator[str]:
    for one in (name, name.partition("-")[2]):
        yield from (one, f"{portal}/{one}")


def _possible(libraries: Collection[str]) -> Iterator[str]:
    """All names of steps, with all spellings."""
    for portal in PORTALS.values():
        for number, task in enumerate(portal.tasks, 1):
            for library in libraries if task.per_library else [""]:
                yield from _spellings(portal.name, base_name(number, task, library))


def _unknown(name: str, open_now: Sequence[str], possible: Collection[str]) -> click.UsageError:
    from seatsync.domain.text.guesses import did_you_mean

    guess = did_you_mean(name, open_now) or did_you_mean(name, sorted(possible))
    listed = f"The open steps are: {', '.join(open_now)}." if open_now else "No step is open."
    return click.UsageError(f'There is no step "{name}". {guess} {listed}'.replace("  ", " "))
