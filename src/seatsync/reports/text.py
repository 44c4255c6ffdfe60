"""Plans, diagnostics and tables for a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from textwrap import fill
from typing import IO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.reports.view import Group, PlanView, clean, shown

FEW = 10
"""Changes of a group that are shown where not all are asked for."""
MANY = 200
"""The same for what cannot be undone, which somebody has to read by name."""

WHOLE = frozenset({"email", "member", "to", "at", "created_at"})
"""Columns that are never folded: what stands there is copied by people."""

_STYLES = {"+": "green", "-": "red", "~": "yellow", "^": "magenta", "»": "cyan"}
_WEIGHT = {
    Severity.ERROR: "bold red",
    Severity.REFUSAL: "bold red",
    Severity.WARNING: "yellow",
    Severity.NOTICE: "cyan",
}


def console(stream: IO[str], no_color: bool) -> Console:
    """A console that honours NO_COLOR; where nobody watches, nothing is folded, so that lines can be searched."""
    wide = None if stream.isatty() or "COLUMNS" in os.environ else 1000
    return Console(file=stream, no_color=no_color or None, width=wide, highlight=False, markup=False, emoji=False)


def plan(out: Console, view: PlanView, everything: bool) -> None:
    """The whole plan; long groups are cut unless ``everything`` is asked for, and what is left out is counted."""
    out.print(Text(view.title, "bold"))
    out.print(view.context)
    out.print()
    out.print(Text(view.verdict, "bold red" if view.refused else "bold green"))
    diagnostics(out, view.refusals, columns=False)
    if view.plan.changes or view.refused:
        _slots(out, view)
    _groups(out, "Cannot be undone", view.irreversible, None if everything else MANY)
    _groups(out, "Changes", view.groups, None if everything else FEW)
    if view.warnings:
        out.print()
    diagnostics(out, view.warnings, columns=False)
    if view.plan.changes:
        out.print()
        out.print(f"In all: {view.counts}.")
        out.print(f"Fingerprint {view.plan.fingerprint}", soft_wrap=True)


def diagnostics(out: Console, found: Iterable[Diagnostic], folder: str = "", columns: bool = True) -> None:
    """Each with its place, its weight and code, what is so, and what to do; a saved plan knows no ``columns``."""
    for diagnostic in (shown(diagnostic, folder) for diagnostic in found):
        origin = diagnostic.origin
        where = (f"{origin}:{origin.column}  " if columns else f"{origin}  ") if origin else ""
        help = "    → " + diagnostic.help.replace("\n", "\n      ")
        if out.is_terminal:
            weight = _WEIGHT[diagnostic.severity]
            out.print(
                Text.assemble((where, "bold"), (f"{diagnostic.severity} ", weight), (diagnostic.code, "dim")),
                soft_wrap=True,
            )
            _put(out, Padding(Text(diagnostic.message), (0, 0, 0, 4), expand=False))
            out.print(Text(help, "dim"), soft_wrap=True)
        else:  # there may be a hundred thousand of them
            message = fill(
                diagnostic.message, out.width, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
            )
            out.file.write(f"{where}{diagnostic.severity} {diagnostic.code}\n{message}\n{help}\n")


def table(
    out: Console, headers: Sequence[str], rows: Iterable[Sequence[object]], numbers: frozenset[str] = frozenset()
) -> None:
    """A plain table; the columns named in ``numbers`` are set to the right."""
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for header in headers:
        made.add_column(
            header, justify="right" if header in numbers else "left", overflow="fold", no_wrap=header in WHOLE
        )
    for row in rows:
        made.add_row(*(Text(clean(str(cell))) for cell in row))
    _put(out, made)


def _put(out: Console, what: Table | Padding) -> None:
    """Print without the blanks that fill lines up."""
    with out.capture() as captured:
        out.print(what)
    out.file.writelines(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _slots(out: Console, view: PlanView) -> None:
    headers = ("slots", "total", "used", "available", "reserved", "temporary", "permanent")
    out.print()
    table(out, headers, view.slots, frozenset(headers[1:]))


def _groups(out: Console, title: str, groups: list[Group], most: int | None) -> None:
    if not groups:
        return
    out.print()
    out.print(Text(title, "bold"))
    for group in groups:
        _group(out, group, most)


def _group(out: Console, group: Group, most: int | None) -> None:
    style = _STYLES[group.sign]
    out.print(Text(f"{group.sign} {group.title} ({len(group.changes):,})", style))
    made = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    reasons = {change.reason for change in group.changes}
    for style in ("", "", *(["dim"] if len(reasons) > 1 else []), "dim"):
        made.add_column(overflow="fold", style=style)
    for who, what, why, where in group.lines(most):
        made.add_row(*map(Text, (who, what, why, where) if len(reasons) > 1 else (who, what, where)))
    if len(reasons) == 1:
        out.print(Text(f"    {clean(reasons.pop())}", "dim"))
    _put(out, Padding(made, (0, 0, 0, 4)))
    if most is not None and len(group.changes) > most:
        out.print(Text(f"    … and {len(group.changes) - most:,} more (--verbose shows all)", "dim"))


def summary(found: Sequence[Diagnostic]) -> str:
    """``2 errors, 1 warning``."""
    parts = [
        counted(number, severity.value)
        for severity in Severity
        if (number := sum(diagnostic.severity is severity for diagnostic in found))
    ]
    return ", ".join(parts) or "nothing wrong"


def stdout(no_color: bool) -> Console:
    """For what was asked for."""
    return console(sys.stdout, no_color)


def stderr(no_color: bool) -> Console:
    """For everything else."""
    return console(sys.stderr, no_color)
