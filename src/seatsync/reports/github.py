"""Findings as GitHub's workflow commands, which sit on their file and line in the pull request.

GitHub shows ten annotations of a kind for a step, and fifty for a job: what goes beyond is counted in the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from seatsync.domain.diagnostic import Diagnostic, Severity
from seatsync.reports.view import PlanView

MOST = 10
"""Annotations of one kind."""

_KINDS = {
    Severity.ERROR: "error",
    Severity.REFUSAL: "error",
    Severity.WARNING: "warning",
    Severity.NOTICE: "notice",
}


class Annotations:
    """The annotations of one step, the verdicts on plans before all else."""

    def __init__(self) -> None:
        self.verdicts: list[tuple[str, str]] = []
        self.of_kind: dict[str, list[Diagnostic]] = {kind: [] for kind in _KINDS.values()}

    def plan(self, view: PlanView) -> None:
        """Add a plan: its verdict, what is refused, what is worth knowing."""
        kind = "error" if view.refused else "notice"
        told = f"{view.verdict} {view.counts}".rstrip()
        self.verdicts.append((kind, _command(kind, {"title": f"seatsync: {view.title}"}, told)))
        self.findings([*view.refusals, *view.warnings])

    def findings(self, found: Iterable[Diagnostic]) -> None:
        """Add findings."""
        for finding in found:
            self.of_kind[_KINDS[finding.severity]].append(finding)

    def lines(self) -> Iterator[str]:
        """As many as GitHub shows, the rest counted."""
        for kind, found in self.of_kind.items():
            verdicts = [line for of, line in self.verdicts if of == kind]
            yield from verdicts[: MOST - 1]
            room = max(1, MOST - len(verdicts))
            shown = found if len(found) <= room else found[: room - 1]
            yield from (_annotation(kind, finding) for finding in shown)
            if rest := found[len(shown) :]:
                codes = ", ".join(sorted({finding.code for finding in rest}))
                yield _command(kind, {"title": "seatsync"}, f"{len(rest):,} more: {codes}")


def _annotation(kind: str, finding: Diagnostic) -> str:
    origin = finding.origin
    where = {"file": origin.file, "line": str(origin.line), "col": str(origin.column)} if origin else {}
    return _command(kind, {**where, "title": finding.code}, f"{finding.message}\n→ {finding.help}")


def _command(kind: str, properties: dict[str, str], message: str) -> str:
    told = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
    return f"::{kind} {told}::{_escaped(message)}\n"


def _escaped(text: str, signs: str = "") -> str:
    """Text that ends neither the command nor the property it stands in."""
    for sign in f"%\r\n{signs}":
        text = text.replace(sign, f"%{ord(sign):02X}")
    return text
