"""``seatsync explain``."""

from __future__ import annotations

import re
from importlib.resources import files

import click

from seatsync.cli.options import Run, common


@click.command("explain")
@click.argument("code", required=False)
@common()
def command(run: Run, code: str | None) -> None:
    """Explain a code: what it means, why it is there, how to mend it.

    \b
    seatsync explain slots-exceeded
    seatsync explain                  all codes
    """
    from seatsync.domain.names import did_you_mean

    known = explanations()
    if code is None:
        for name, text in known.items():
            weight, _, said = " ".join(text.split()).partition(". ")
            click.echo(f"{name:22} {weight.lower():8} {said.split('. ')[0].rstrip('.')}.")
    elif code in known:
        click.echo(f"{code}\n\n{known[code]}")
    else:
        raise click.UsageError(f'There is no code "{code}". {did_you_mean(code, known)}'.rstrip())


def explanations() -> dict[str, str]:
    """Code → its page: of the refusals their rule's docstring, of all others their section in ``explanations.md``."""
    from seatsync.refusals.judge import RULES

    pages = {rule.CODE: f"Refusal. {(rule.__doc__ or '').strip()}" for rule in RULES}
    text = (files("seatsync.cli") / "explanations.md").read_text(encoding="utf-8")
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        name, _, page = section.partition("\n")
        pages[name] = page.strip()
    return pages
