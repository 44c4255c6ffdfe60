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
    from seatsync.reports import text

    known = explanations()
    if code is None:
        text.stdout(run.no_color).table(_row(name, page) for name, page in known.items())
    elif code in known:
        out = text.stdout(run.no_color)
        out.line((code, "bold"))
        for paragraph in known[code].split("\n\n"):
            out.line()
            out.line((" ".join(paragraph.split()), ""))
    else:
        raise click.UsageError(f'There is no code "{code}". {did_you_mean(code, known)}'.rstrip())


def _row(code: str, page: str) -> tuple[str, str, str]:
    """A code, what it does, and the first sentence about it."""
    severity, _, about = " ".join(page.split()).partition(". ")
    return code, severity.lower(), f"{about.split('. ')[0].rstrip('.')}."
