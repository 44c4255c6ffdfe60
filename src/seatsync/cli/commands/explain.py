"""``seatsync explain``."""

from __future__ import annotations

import click

from seatsync.cli.options import common
from seatsync.cli.output.explanations import explanations
from seatsync.cli.run import Run


@click.command("explain")
@click.argument("code", required=False)
@common(pages=True)
def command(run: Run, code: str | None) -> None:
    """Explain a code: what it means, why the rule exists, and how to fix the problem.

    \b
    seatsync explain slots-exceeded
    seatsync explain                  all codes
    """
    from seatsync.domain.text.guesses import did_you_mean

    known = explanations()
    if code is None:
        for name, text in known.items():
            severity, _, page = " ".join(text.split()).partition(". ")
            click.echo(f"{name:22} {severity.lower():8} {page.split('. ')[0].rstrip('.')}.")
    elif code in known:
        click.echo(f"{code}\n\n{known[code]}")
    else:
        raise click.UsageError(f'There is no code "{code}". {did_you_mean(code, known)}'.rstrip())
