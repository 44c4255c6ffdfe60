"""Plans, diagnostics and tables as text."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from textwrap import fill
from typing import IO, assert_never

from seatsync.domain.action import Sign
from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.reports.sheet import Pipe, Sheet
from seatsync.reports.view import Group, PlanView, clean, shown

FEW = 10
"""Changes of a group that are shown where not all are asked for."""
MANY = 200
"""The same for what cannot be undone, which somebody has to read by name."""

_WEIGHT = {
    Severity.ERROR: "bold red",
    Severity.REFUSAL: "bold red",
    Severity.WARNING: "yellow",
    Severity.NOTICE: "cyan",
}


def plan(out: Sheet, view: PlanView, everything: bool) -> None:
    """The whole plan; long groups are cut unless ``everything`` is asked for, and what is left out is counted."""
    out.line((view.title, "bold"))
    out.line((view.context, ""))
    out.line()
    out.line((view.verdict, "bold red" if view.refused else "bold green"))
    diagnostics(out, view.refusals, columns=False)
    if view.plan.changes or view.refused:
        _slots(out, view)
    _groups(out, "Cannot be undone", view.irreversible, None if everything else MANY)
    _groups(out, "Changes", view.groups, None if everything else FEW)
    if view.warnings:
        out.line()
    diagnostics(out, view.warnings, columns=False)
    if view.plan.changes:
        out.line()
        out.line((f"In all: {view.counts}.", ""))
    if view.plan.changes and view.plan.fingerprint:
        out.line((f"Fingerprint {view.plan.fingerprint}", ""), folded=False)


def diagnostics(out: Sheet, found: Iterable[Diagnostic], folder: str = "", columns: bool = True) -> None:
    """Each with its place, its weight and code, what is so, and what to do; a saved plan knows no ``columns``."""
    for diagnostic in (shown(diagnostic, folder) for diagnostic in found):
        origin = diagnostic.origin
        where = (f"{origin}:{origin.column}  " if columns else f"{origin}  ") if origin else ""
        help = "    → " + diagnostic.help.replace("\n", "\n      ")
        if out.is_watched:
            weight = _WEIGHT[diagnostic.severity]
            out.line((where, "bold"), (f"{diagnostic.severity} ", weight), (diagnostic.code, "dim"), folded=False)
            out.paragraph(diagnostic.message)
            out.line((help, "dim"), folded=False)
        else:  # there may be a hundred thousand of them
            message = fill(
                diagnostic.message, out.width, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False
            )
            out.stream.write(f"{where}{diagnostic.severity} {diagnostic.code}\n{message}\n{help}\n")


def _slots(out: Sheet, view: PlanView) -> None:
    headers = ("slots", "total", "used", "available", "reserved", "temporary", "permanent")
    out.line()
    out.table(view.slots, headers, headers[1:])


def _groups(out: Sheet, title: str, groups: list[Group], most: int | None) -> None:
    if not groups:
        return
    out.line()
    out.line((title, "bold"))
    for group in groups:
        _group(out, group, most)


def _style(sign: Sign) -> str:
    match sign:
        case Sign.ADD:
            return "green"
        case Sign.REMOVE:
            return "red"
        case Sign.CHANGE:
            return "yellow"
        case Sign.RAISE:
            return "magenta"
        case Sign.REPEAT:
            return "cyan"
        case never:
            assert_never(never)


def _group(out: Sheet, group: Group, most: int | None) -> None:
    out.line((f"{group.sign} {group.title} ({len(group.changes):,})", _style(group.sign)))
    reasons = {change.reason for change in group.changes}
    if len(reasons) == 1:
        out.line((f"    {clean(reasons.pop())}", "dim"))
        rows = [(who, what, where) for who, what, _, where in group.lines(most)]
        out.table(rows, styles=("", "", "dim"), indent=4)
    else:
        out.table(group.lines(most), styles=("", "", "dim", "dim"), indent=4)
    if most is not None and len(group.changes) > most:
        out.line((f"    … and {len(group.changes) - most:,} more (--verbose shows all)", "dim"))


def summary(found: Sequence[Diagnostic]) -> str:
    """``2 errors, 1 warning``."""
    parts = [
        counted(number, severity.value)
        for severity in Severity
        if (number := sum(diagnostic.severity is severity for diagnostic in found))
    ]
    return ", ".join(parts) or "nothing wrong"


def sheet(stream: IO[str], no_color: bool) -> Sheet:
    """What is written on is folded and coloured for a person, or where COLUMNS or FORCE_COLOR ask for that."""
    if stream.isatty() or os.environ.get("COLUMNS") or os.environ.get("FORCE_COLOR"):
        from seatsync.reports.terminal import Terminal

        return Terminal(stream, no_color)
    return Pipe(stream)


def stdout(no_color: bool) -> Sheet:
    """For what was asked for."""
    return sheet(sys.stdout, no_color)


def stderr(no_color: bool) -> Sheet:
    """For everything else."""
    return sheet(sys.stderr, no_color)
