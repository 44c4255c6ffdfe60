"""What became of one institution, for the outcome file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seatsync.cli.outcome import Outcome
from seatsync.cli.planning import printable_plan, redactor_of
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from seatsync.domain.diagnostic import Diagnostic
    from seatsync.planning.plan import Plan


def of_errors(found: Sequence[Diagnostic]) -> Outcome:
    """The outcome where the files have errors: their places and codes, because their messages may name people."""
    from seatsync.domain.diagnostic import Severity, counted

    errors = [one for one in found if one.severity is Severity.ERROR]
    places = [f"{one.code} ({one.origin.file}:{one.origin.line})" if one.origin else one.code for one in errors[:3]]
    more = ", …" if len(errors) > len(places) else ""
    message = f"The files have {counted(len(errors), 'error')}: {', '.join(places)}{more}."
    return Outcome(result="stopped", message=message, help="Correct the files in a new pull request.")


def stopped(plan: Plan, folder: Path, run: Run, message: str = "", help: str = "") -> Outcome:
    """The outcome where nothing of a plan was applied; without a ``message`` because of its broken rules or warnings."""
    if not message:
        message = blocked(plan)
        help = "Correct the files in a new pull request, or approve the exception there. Its plan says how."
    told = of_plan(plan, folder, run)
    return told._replace(result="stopped", message=message, help=help)


def blocked(plan: Plan) -> str:
    """What stops a plan, by its codes, because their messages may name people: broken rules, or else warnings."""
    codes = ", ".join(dict.fromkeys(one.code for one in plan.refusals or plan.warnings))
    return f"The plan is blocked: {codes}." if plan.refusals else f"The plan has warnings, and --strict is on: {codes}."


def what_comes(plan: Plan, folder: Path, run: Run) -> list[str]:
    """What a plan tells because a day has come nearer."""
    return [one.message for one in printable_plan(plan, folder, run).told_once] if plan.told_once else []


def of_plan(plan: Plan, folder: Path, run: Run) -> Outcome:
    """What is known of an outcome from the plan alone."""
    redactor = redactor_of(folder, plan.institution, run, plan.was)
    fingerprint = plan.fingerprint if redactor is None else redactor.fingerprint(plan.fingerprint)
    return Outcome(plan.institution, str(folder), fingerprint=fingerprint, summary=plan.summary)
