"""Findings as GitHub workflow commands, which annotate files and lines in the pull request.

GitHub shows at most ten annotations of a kind per step and fifty per job. The last annotation counts the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.reports.view.findings import help_line
from seatsync.reports.view.plan import PlanView

MOST = 10
"""The most annotations of one kind."""

_KINDS = {
    Severity.ERROR: "error",
    Severity.REFUSAL: "error",
    Severity.WARNING: "warning",
    Severity.NOTICE: "notice",
}


class Annotations:
    """The annotations of one step. The verdicts on plans come first."""

    def __init__(self) -> None:
        self.verdicts: list[tuple[str, str]] = []
        self.of_kind: dict[str, list[Diagnostic]] = {kind: [] for kind in _KINDS.values()}

    def plan(self, view: PlanView) -> None:
        """Add a plan: its verdict, broken rules and warnings."""
        kind = "error" if view.refused else "notice"
        text = " ".join([view.verdict, *(f"{one.label}: {one.words}." for one in view.facts)])
        self.verdicts.append((kind, _command(kind, {"title": f"seatsync: {view.title}"}, text)))
        self.findings([*view.refusals, *view.warnings])

    def findings(self, found: Iterable[Diagnostic]) -> None:
        """Add findings."""
        for finding in found:
            self.of_kind[_KINDS[finding.severity]].append(finding)

    def lines(self) -> Iterator[str]:
        """Yield as many commands as GitHub shows; the last one of a kind counts the rest."""
        for kind, found in self.of_kind.items():
            verdicts = [line for of, line in self.verdicts if of == kind]
            yield from verdicts[: MOST - 1]
            room = max(1, MOST - len(verdicts))
            shown = found if len(found) <= room else found[: room - 1]
            yield from (_annotation(kind, finding) for finding in shown)
            if rest := found[len(shown) :]:
                codes = ", ".join(sorted({finding.code for finding in rest}))
                yield _command(kind, {"title": "seatsync"}, f"{len(rest):,} more: {codes}")


def notice(text: str) -> str:
    """Return a notice about the whole step."""
    return _command("notice", {"title": "seatsync"}, text)


def _annotation(kind: str, finding: Diagnostic) -> str:
    origin = finding.origin
    where = {"file": origin.file, "line": str(origin.line), "col": str(origin.column)} if origin else {}
    return _command(kind, {**where, "title": finding.code}, f"{finding.message}\n{help_line(finding)}")


def _command(kind: str, properties: dict[str, str], message: str) -> str:
    pairs = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
    return f"::{kind} {pairs}::{_escaped(message)}\n"


def _escaped(text: str, signs: str = "") -> str:
    """Return text that cannot end the command or the property that contains it."""
    for sign in f"%\r\n{signs}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text
