"""``seatsync schema``."""

from __future__ import annotations

import click

from seatsync.cli.options import common
from seatsync.cli.run import Run

NAMES = ("seatsync", "roster", "plan", "outcome", "year")


@click.command("schema")
@click.argument("name", type=click.Choice(NAMES), default="seatsync")
@common()
def command(run: Run, name: str) -> None:
    """Print a JSON Schema (2020-12).

    \b
    seatsync schema > seatsync.schema.json     of seatsync.yaml
    seatsync schema roster                     of YAML rosters
    seatsync schema plan                       of plan files
    seatsync schema outcome                    of the outcomes of `apply`
    seatsync schema year                       of `year --format json`

    For an editor with a YAML language server, name the schema in the first line of seatsync.yaml:
    # yaml-language-server: $schema=seatsync.schema.json
    """
    from seatsync.formats.schemas import schema_text

    click.echo(schema_text(name), nl=False)
