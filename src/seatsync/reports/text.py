"""Plans, diagnostics and tables as text."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import IO, assert_never

from seatsync.domain.action import Sign
from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.domain.library import BY_KIND
from seatsync.reports.sentences import in_lines, words_in_lines
from seatsync.reports.tables.shortening import first_of
from seatsync.reports.view.decision import Decision
from seatsync.reports.view.findings import help_line, shown
from seatsync.reports.view.groups import Group
from seatsync.reports.view.lines import HEADERS as HEADERS_OF_LINES
from seatsync.reports.view.plan import PlanView
from seatsync.reports.view.seats import HEADERS
from seatsync.reports.writer import Pipe, Writer

FEW = 10
"""The changes shown of a long group, without ``--verbose``."""
MANY = 200
"""The same for changes that cannot be undone, because somebody must check each name."""

_VERDICTS = {
    Decision.BLOCKED: "bold red",
    Decision.IRREVERSIBLE: "bold yellow",
    Decision.SAFE: "bold green",
    Decision.NOTHING: "bold",
}

_WEIGHT = {
    Severity.ERROR: "bold red",
    Severity.REFUSAL: "bold red",
    Severity.WARNING: "yellow",
    Severity.NOTICE: "cyan",
}


def plan(out: Writer, view: PlanView, everything: bool) -> None:
    """Write the whole plan. Unless ``everything`` is true, long groups are cut and the rest is counted."""
    out.line((view.title, "bold"))
    out.line((view.context, ""))
    out.line()
    word, colon, rest = view.verdict.partition(":")
    style = _VERDICTS[view.decision]
    out.line(
        (word + colon, style), (rest, "bold" if view.panel.takes_away and view.decision is Decision.SAFE else style)
    )
    out.table(view.facts, styles=("dim", ""), indent=2)
    if view.refused:
        out.line()
    diagnostics(out, view.refusals, columns=False)
    _findings(out, view.warnings, Severity.WARNING)
    if view.plan.changes or view.refused:
        _slots(out, view)
    _groups(out, "Refused", view.impossible, None if everything else MANY)
    _groups(out, "Cannot be undone", view.irreversible, None if everything else MANY)
    _groups(out, "Changes", view.groups, None if everything else FEW)
    _lines(out, view)
    _drift(out, view, None if everything else FEW)
    _findings(out, view.warnings, Severity.NOTICE)
    if view.plan.changes and view.plan.fingerprint:
        out.line()
        out.line((f"Fingerprint {view.plan.fingerprint}", ""))


def _findings(out: Writer, found: Iterable[Diagnostic], severity: Severity) -> None:
    """Write the findings of one severity: warnings belong beside the verdict, what is only worth knowing to the end."""
    of_severity = [one for one in found if one.severity is severity]
    if of_severity:
        out.line()
    diagnostics(out, of_severity, columns=False)


def diagnostics(
    out: Writer,
    found: Iterable[Diagnostic],
    folder: str = "",
    columns: bool = True,
    excerpt: Callable[[Diagnostic, int], tuple[str, str] | None] | None = None,
) -> None:
    """Write each finding: place, severity, code, message and help. A saved plan knows no ``columns``.

    At a terminal also the ``excerpt`` of the file, if there is one: the line, and the carets below it.
    """
    for number, finding in enumerate(found):
        diagnostic = shown(finding, folder)
        origin = diagnostic.origin
        where = (f"{origin}:{origin.column}  " if columns else f"{origin}  ") if origin else ""
        help = f"    {help_line(diagnostic)}".replace("\n", "\n      ").split("\n")
        if out.is_watched:
            if number:
                out.line()
            weight = _WEIGHT[diagnostic.severity]
            out.line((where, "bold"), (f"{_label(diagnostic.severity)} ", weight), (diagnostic.code, "dim"))
            for line, style in zip((excerpt and excerpt(finding, out.width - 4)) or (), ("", weight), strict=False):
                out.line((f"    {line}", style), folded=False)
            out.paragraph(diagnostic.message)
            for line in help:
                out.line((line, "bold"), folded=not _is_to_paste(line))
        else:  # without rich, because there may be a hundred thousand
            message = [f"    {line}" for line in words_in_lines(diagnostic.message, out.width - 4)]
            advice = [one for line in help for one in ([line] if _is_to_paste(line) else in_lines(line, out.width))]
            head = f"{where}{_label(diagnostic.severity)} {diagnostic.code}"
            out.stream.write("\n".join([head, *message, *advice]) + "\n")


def _is_to_paste(line: str) -> bool:
    """Whether a line of a help is one of seatsync.yaml, which somebody copies as it is."""
    return line.startswith("       ")


def _label(severity: Severity) -> str:
    return "rule broken" if severity is Severity.REFUSAL else severity.value


def _slots(out: Writer, view: PlanView) -> None:
    """The seats; a kind that has none has no number."""
    kinds = {*BY_KIND.values()}
    rows = [
        ["" if name in kinds and cell == "0" else cell for name, cell in zip(HEADERS, row, strict=True)]
        for row in view.slots
    ]
    out.line()
    out.table(rows, HEADERS, HEADERS[1:])


def _groups(out: Writer, title: str, groups: list[Group], most: int | None) -> None:
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


def _group(out: Writer, group: Group, most: int | None) -> None:
    out.line((f"{group.sign} {group.title}", _style(group.sign)))
    if group.seen and most is not None:
        out.line((f"    {group.seen} (--verbose shows each)", "dim"))
        return
    shown = first_of(group.size, most)
    if group.reason:
        out.line((f"    {group.reason}", "dim"))
        rows = [(told.subject, told.what, told.where) for told in group.lines(shown)]
        out.table(rows, styles=("", "", "dim"), indent=4)
    else:
        out.table((told[:4] for told in group.lines(shown)), styles=("", "", "dim", "dim"), indent=4)
    if left := group.size - shown:
        out.line((f"    … and {left:,} more (--verbose shows all)", "dim"))


def _lines(out: Writer, view: PlanView) -> None:
    for line in view.lines:
        out.line()
        out.line((f"The line of {line.title}", "bold"))
        out.paragraph(line.sentence)
        out.table((row[:6] for row in line.rows), HEADERS_OF_LINES, styles=("", "", "dim", "dim", "", "dim"), indent=4)
        if line.rest:
            out.line((f"    {line.rest}", "dim"))


def _drift(out: Writer, view: PlanView, most: int | None) -> None:
    if not view.plan.drift:
        return
    from seatsync.reports.drift import of_plan  # imports much, and most plans have no drift

    lines = of_plan.lines(view.plan, view.names)
    out.line()
    out.line((f"Drift ({len(lines):,})", "bold"))
    out.line((f"    {of_plan.TITLE}", "dim"))
    rows = [(one.subject, one.why, one.what, one.where) for one in lines[: first_of(len(lines), most)]]
    out.table(rows, styles=("", "", "", "dim"), indent=4)
    if left := len(lines) - len(rows):
        out.line((f"    … and {left:,} more (--verbose shows all)", "dim"))


def summary(found: Sequence[Diagnostic]) -> str:
    """Return a count such as ``2 errors, 1 warning``."""
    parts = [
        counted(number, severity.value)
        for severity in Severity
        if (number := sum(diagnostic.severity is severity for diagnostic in found))
    ]
    return ", ".join(parts) or "no problems"


def writer(stream: IO[str], no_color: bool) -> Writer:
    """Return a writer with colours and folded lines if a person is watching, or if COLUMNS or FORCE_COLOR is set."""
    if stream.isatty() or os.environ.get("COLUMNS") or os.environ.get("FORCE_COLOR"):
        from seatsync.reports.terminal import Terminal

        return Terminal(stream, no_color)
    return Pipe(stream)


def stdout(no_color: bool) -> Writer:
    """Return the writer for results."""
    return writer(sys.stdout, no_color)


def stderr(no_color: bool) -> Writer:
    """Return the writer for everything else."""
    return writer(sys.stderr, no_color)
