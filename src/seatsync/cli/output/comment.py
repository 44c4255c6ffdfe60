"""The text of the comment on a pull request, made from plans, findings and how the planning ended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode
from seatsync.sources.files import NAME

if TYPE_CHECKING:
    from seatsync.domain.diagnostic import Diagnostic
    from seatsync.planning.plan import Plan
    from seatsync.reports.markdown import About

_FAILURES = {
    ExitCode.BROKEN: "the planning broke off",
    ExitCode.INVALID: "warnings stop it (`--strict`)",
    ExitCode.STALE: "it is out of date",
    ExitCode.LEDGER: "the ledger can't be reached",
    ExitCode.USAGE: "the command is wrong",
}
"""Why there is no plan, by the exit code of ``seatsync plan``."""


def failure_of(code: int, has_plan_file: bool, errors: Sequence[Diagnostic]) -> str:
    """Return why the planning that ended with this exit code gave no plan to go by; empty if it did.

    Files with errors, and broken rules, are no failure: the report says what is wrong with them.
    """
    if code in (ExitCode.DONE, ExitCode.CHANGES, ExitCode.REFUSED):
        return "" if has_plan_file or errors else "no plan was written"
    if code == ExitCode.INVALID and errors:
        return ""
    return _FAILURES.get(ExitCode(code), "") if code in {*ExitCode} else f"the job was stopped with exit code {code}"


def read_findings(path: Path, run: Run) -> tuple[list[Diagnostic], int]:
    """Return the findings that ``seatsync validate --format json`` printed, and how many institutions have errors.

    Raises:
        UsageError: the file has anything else.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8") or "[]")
        found = [_finding(one) for one in said]
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        help = "Write it with `seatsync validate --format json`."
        raise click.UsageError(f"{path} does not have the findings of seatsync. {help}") from error
    redactor = run.redactor
    invalid = {_folder_of(one.origin.file) for one in found if one.origin and one.severity == "error"}
    return [redactor.finding(one) if redactor is not None else one for one in found], len(invalid)


def _folder_of(file: str) -> Path:
    """The folder of the institution that a file belongs to: the nearest one above it that has a seatsync.yaml."""
    above = list(Path(file).parents)
    return next((folder for folder in above if (folder / NAME).is_file()), above[0])


def _finding(said: dict[str, Any]) -> Diagnostic:
    from seatsync.domain.diagnostic import Diagnostic, Severity
    from seatsync.domain.origin import Origin
    from seatsync.reports.view import shown

    source = said["source"]
    origin = Origin(str(source["file"]), int(source["line"]), int(source["column"])) if source else None
    code, message, help = (str(said[name]) for name in ("code", "message", "help"))
    return shown(Diagnostic(code, message, help, origin, Severity(said["severity"])))


def report_of(plans: Sequence[Plan], about: About, most: int | None = None) -> str:
    """Return the Markdown in at most ``most`` characters, without hidden lines: the plan file has everything."""
    from seatsync.reports import markdown
    from seatsync.reports.view import PlanView

    return markdown.report([PlanView(plan) for plan in plans], about, most or markdown.MOST)


def comment_of(plans: Sequence[Plan], about: About, most: int, old: str) -> str:
    """Return the record of the review and the Markdown, in at most ``most`` characters. ``old`` is the comment so far.

    Where there are errors or a failure, no plan counts as reviewed, so there is no record.
    """
    from seatsync.hosts import review

    if about.failure or about.errors:
        return report_of(plans, about, most)
    record = review.line(plans, about.commit)
    now = review.read(record)
    assert now is not None
    told = replace(about, since=_since(old, now, about.commit), unrecorded=now.left_out)
    return record + report_of(plans, told, most - len(record))


def _since(old: str, now: Any, commit: str) -> str:
    """Return what has changed since the commit that the comment shows so far. If it is this commit, what it says stays."""
    from seatsync.hosts import review
    from seatsync.reports.since import line_of, since

    before = review.read(old)
    if before is None or not before.commit or not commit:
        return ""
    if before.commit == commit:
        return line_of(old)
    asked, asked_before = ({id: plan.asked for id, plan in one.plans.items()} for one in (now, before))
    is_known = all((*asked.values(), *asked_before.values())) and not now.left_out and not before.left_out
    return since(before.commit, before.summary, now.summary, is_known and asked == asked_before)
