"""``seatsync edit library``: what was bought."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from seatsync.cli.commands.edit.carry_out import carry_out_in_config
from seatsync.cli.commands.edit.options import edit_option
from seatsync.cli.options import common, folder
from seatsync.cli.run import Run

_NUMBER = click.IntRange(0)
_title = edit_option("--title", metavar="TEXT", help="The title, as members know it.")
_delivered_by = edit_option(
    "--delivered-by", type=click.Choice(["seatsync", "vendor"]), help="Where the seats live, and who writes to members."
)


@click.group("library")
def command() -> None:
    """Add a library, or change how many seats it has.

    \b
    seatsync edit library add books --system logos-library --slots 40 --title "Biblical Studies"
    seatsync edit library set books --slots 60
    """


@command.command("add")
@click.argument("library", metavar="ID")
@edit_option("--system", required=True, help="The vendor's product line; it decides the kinds of license.")
@edit_option("--slots", required=True, type=_NUMBER, metavar="NUMBER", help="How many seats were bought.")
@_title
@_delivered_by
@folder
@common("text", "json")
def add(
    run: Run, folder: Path, library: str, system: str, slots: int, title: str | None, delivered_by: str | None
) -> int:
    """Add a library. Its id never changes.

    \b
    seatsync edit library add jamworks --system jamworks --slots 100
    """
    from seatsync.domain.text.guesses import did_you_mean
    from seatsync.sources.editing import library_entries
    from seatsync.systems.registry import SYSTEMS

    if system not in SYSTEMS:
        fact = f'"{system}" is not a system. {did_you_mean(system, SYSTEMS)}'.rstrip()
        raise click.BadParameter(f"{fact} The systems are {', '.join(SYSTEMS)}.", param_hint="--system")
    values = {"system": system, **_values(slots, title, delivered_by)}
    return carry_out_in_config(folder, run, partial(library_entries.add, id=library, values=values))


@command.command("set")
@click.argument("library", metavar="ID")
@edit_option("--slots", type=_NUMBER, metavar="NUMBER", help="How many seats were bought in all.")
@_title
@_delivered_by
@folder
@common("text", "json")
def set_(run: Run, folder: Path, library: str, slots: int | None, title: str | None, delivered_by: str | None) -> int:
    """Change a library's number of seats, or its title.

    \b
    seatsync edit library set books --slots 60
    """
    from seatsync.sources.editing import library_entries

    values = _values(slots, title, delivered_by)
    if not values:
        raise click.UsageError("Say what changes: --slots, --title or --delivered-by.")
    return carry_out_in_config(folder, run, partial(library_entries.change, id=library, values=values))


@command.command("remove")
@click.argument("library", metavar="ID")
@folder
@common("text", "json")
def remove(run: Run, folder: Path, library: str) -> int:
    """Remove a library that no grant gives any more.

    \b
    seatsync edit library remove books
    """
    from seatsync.sources.editing import library_entries

    return carry_out_in_config(folder, run, partial(library_entries.remove, id=library))


def _values(slots: int | None, title: str | None, delivered_by: str | None) -> dict[str, str]:
    """The values that were given, as they are written."""
    from seatsync.domain.text.characters import clean

    values = {
        "slots": str(slots) if slots is not None else "",
        "title": clean(title or ""),
        "delivered_by": delivered_by,
    }
    return {key: value for key, value in values.items() if value}
