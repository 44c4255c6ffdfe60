"""The text of the comment on a pull request, made from plans, findings and how the planning ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatsync.cli.output.findings import prefix
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode

if TYPE_CHECKING:
    from seatsync.domain.diagnostic import Diagnostic
    from seatsync.formats.outcome import OutcomeFile
    from seatsync.planning.plan import Plan
    from seatsync.reports.markdown.about import About

_FAILURES = {
    ExitCode.BROKEN: "the planning broke off",
    ExitCode.STALE: "it is out of date",
    ExitCode.LEDGER: "the ledger can't be reached",
    ExitCode.USAGE: "the command is wrong",
}
"""Why nothing was planned, by the exit code of ``seatsync plan``."""


def about_run(about: About, outcome: OutcomeFile, plans: Sequence[Plan]) -> About:
    """Add to ``about`` what an outcome file says: what has no plan, and why, and how many institutions were left out."""
    planned = {plan.institution for plan in plans}
    lost = [one for one in outcome.institutions if one.code not in _PLANNED and one.institution not in planned]
    invalid = [one for one in lost if one.code == ExitCode.INVALID]
    told = [one for one in lost if one not in invalid or not about.errors]
    strict = sum(one.code == ExitCode.INVALID and one.institution in planned for one in outcome.institutions)
    return replace(
        about,
        invalid=len(invalid) if about.errors else 0,
        stopped=strict,
        unplanned=[_unplanned(one.institution or one.folder, one.message, one.help, one.folder) for one in told]
        + ([_unplanned("seatsync plan", outcome.message, outcome.help)] if outcome.message else []),
        failure=_failure(outcome, plans, bool(invalid)),
        others=outcome.unchanged.institutions if outcome.unchanged else 0,
        folders={one.institution: prefix(Path(one.folder)) for one in outcome.institutions},
    )


_PLANNED = (ExitCode.DONE, ExitCode.CHANGES, ExitCode.REFUSED)


def _failure(outcome: OutcomeFile, plans: Sequence[Plan], are_invalid: bool) -> str:
    """Why there is no plan at all; empty if there is one, or if only errors in the files are in the way."""
    if outcome.code is None:
        return "the job ended before the plan was done"
    if not outcome.message and (plans or are_invalid or (outcome.code in _PLANNED and not outcome.institutions)):
        return ""
    return (
        _FAILURES.get(ExitCode(outcome.code), "no plan was written") if outcome.code in {*ExitCode} else "it broke off"
    )


def _unplanned(who: str, message: str, help: str, folder: str = "") -> Diagnostic:
    from seatsync.domain.diagnostic import Diagnostic
    from seatsync.reports.view.findings import shown

    told = Diagnostic(who, message or "It was not planned.", help or "Read the job's log.")
    return shown(told, commands_in=prefix(Path(folder)))


def read_findings(path: Path, run: Run) -> list[Diagnostic]:
    """Return the findings that ``seatsync validate --format json`` printed; none if there is no such file.

    Raises:
        UsageError: the file has anything else.
    """
    try:
        said = json.loads((path.read_text(encoding="utf-8") if path.exists() else "") or "[]")
        found = [_finding(one) for one in said]
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        help = "Write it with `seatsync validate --format json`."
        raise click.UsageError(f"{path} does not have the findings of seatsync. {help}") from error
    redactor = run.redactor
    return [redactor.finding(one) if redactor is not None else one for one in found]


def _finding(said: dict[str, Any]) -> Diagnostic:
    from seatsync.domain.diagnostic import Diagnostic, Severity
    from seatsync.domain.origin import Origin
    from seatsync.reports.view.findings import shown

    source = said["source"]
    origin = Origin(str(source["file"]), int(source["line"]), int(source["column"])) if source else None
    code, message, help = (str(said[name]) for name in ("code", "message", "help"))
    return shown(Diagnostic(code, message, help, origin, Severity(said["severity"])))


def report_of(plans: Sequence[Plan], about: About, most: int | None = None) -> str:
    """Return the Markdown in at most ``most`` characters, without hidden lines: the plan file has everything."""
    from seatsync.reports.markdown.report import report
    from seatsync.reports.room import MOST
    from seatsync.reports.view.plan import PlanView

    return report(
        [PlanView(plan, commands_in=about.folders.get(plan.institution, "")) for plan in plans], about, most or MOST
    )


def comment_of(plans: Sequence[Plan], about: About, most: int, old: str) -> str:
    """Return the record of the review and the Markdown, in at most ``most`` characters. ``old`` is the comment so far.

    Where there are errors or a failure, no plan counts as reviewed, so there is no record.
    """
    from seatsync.hosts import review

    if about.failure or about.invalid or about.stopped or about.unplanned:
        return report_of(plans, about, most)
    record = review.line(plans, about.commit)
    now = review.read(record)
    assert now is not None
    told = replace(about, since=_since(old, now, about.commit), unrecorded=now.left_out)
    return record + report_of(plans, told, most - len(record))


def _since(old: str, now: Any, commit: str) -> str:
    """Return what has changed since the commit that the comment shows so far. If it is this commit, what it says stays."""
    from seatsync.cli.output.since import line_of, since
    from seatsync.hosts import review

    before = review.read(old)
    if before is None or not before.commit or not commit:
        return ""
    if before.commit == commit:
        return line_of(old)
    asked, asked_before = ({id: plan.asked for id, plan in one.plans.items()} for one in (now, before))
    is_known = all((*asked.values(), *asked_before.values())) and not now.left_out and not before.left_out
    return since(before.commit, before.summary, now.summary, is_known and asked == asked_before)
