"""``seatsync explain``."""

from __future__ import annotations

import click

from seatsync.cli.options import common
from seatsync.cli.output.explanations import explanations
from seatsync.cli.run import Run


@click.command("explain")
@click.argument("code", required=False)
@common()
def command(run: Run, code: str | None) -> None:
    """Explain a code: what it means, why it is there, how to mend it.

    \b
    seatsync explain slots-exceeded
    seatsync explain                  all codes
    """
    from seatsync.domain.text.guesses import did_you_mean

    known = explanations()
    if code is None:
        for name, text in known.items():
            weight, _, said = " ".join(text.split()).partition(". ")
            click.echo(f"{name:22} {weight.lower():8} {said.split('. ')[0].rstrip('.')}.")
    elif code in known:
        click.echo(f"{code}\n\n{known[code]}")
    else:
        raise click.UsageError(f'There is no code "{code}". {did_you_mean(code, known)}'.rstrip())
