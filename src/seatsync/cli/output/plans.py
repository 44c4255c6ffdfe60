"""Plans and findings, printed in the format that was asked for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from seatsync.cli.output.findings import prefix
from seatsync.cli.output.privacy import own_commands
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from seatsync.domain.diagnostic import Diagnostic
    from seatsync.planning.plan import Plan
    from seatsync.reports.view import PlanView


class Shown(NamedTuple):
    """What there is to show of a ``folder``: its ``plan``, or what was ``found`` wrong with its files."""

    plan: Plan | None
    found: list[Diagnostic]
    folder: Path = Path()


def show(told: Iterable[Shown], several: bool, run: Run) -> None:
    """Print them on standard output; as text and JSON one after the other, as they come."""
    if run.format == "text":
        _as_text(told, several, run)
        return
    printed = {
        "json": _as_json,
        "html": _as_html,
        "markdown": _as_markdown,
        "github": _as_annotations,
        "sarif": _as_sarif,
    }
    pieces = printed[run.format](told, several)
    with own_commands() if run.format == "github" else nullcontext():
        for piece in pieces:
            click.echo(piece, nl=False)


def _as_text(told: Iterable[Shown], several: bool, run: Run) -> None:
    from seatsync.reports import text
    from seatsync.reports.view import PlanView

    out = text.stdout(run.no_color)
    for view in (PlanView(one.plan) for one in told if one.plan is not None):
        if run.quiet:
            text.diagnostics(out, view.refusals, columns=False)
        elif several and not (view.plan.changes or view.refused or view.warnings):
            out.line((f"{view.plan.institution}: nothing to do", ""))
        else:
            text.plan(out, view, run.verbose)
            if several:
                out.line(("\n" + "─" * 40 + "\n", ""))


def _as_json(told: Iterable[Shown], several: bool) -> Iterator[str]:
    from seatsync.formats.plan_document import to_document, to_text

    return to_text((to_document(one.plan) for one in told if one.plan is not None), several)


def _as_html(told: Iterable[Shown], several: bool) -> Iterator[str]:
    from seatsync.reports import html
    from seatsync.reports.view import PlanView

    return html.plans([PlanView(one.plan) for one in told if one.plan is not None])


def _as_markdown(told: Iterable[Shown], several: bool) -> Iterator[str]:
    """What is wrong with files first; then the plans, with the room that is left."""
    from seatsync.reports import markdown
    from seatsync.reports.view import PlanView

    both = [*told]
    found = [finding for one in both for finding in _placed(one, prefix(one.folder))]
    views = [PlanView(one.plan) for one in both if one.plan is not None]
    wrong = markdown.diagnostics(found, markdown.MOST // 2 if views else markdown.MOST)
    yield wrong
    yield markdown.plans(views, markdown.MOST - len(wrong))


def _as_annotations(told: Iterable[Shown], several: bool) -> Iterator[str]:
    from seatsync.reports.github import Annotations

    page = Annotations()
    for one in told:
        page.findings(_placed(one, _in_repository(one.folder)))
        for view in _view(one):
            page.plan(view)
    return page.lines()


def _as_sarif(told: Iterable[Shown], several: bool) -> Iterator[str]:
    from seatsync.cli.output.explanations import explanations
    from seatsync.reports import sarif
    from seatsync.sources.files import NAME

    both = [*told]
    views = [view for one in both for view in _view(one)]
    found = [finding for one in both for finding in _placed(one, _in_repository(one.folder))]
    found += [finding for view in views for finding in (*view.refusals, *view.warnings)]
    yield sarif.log(found, views, explanations(), _in_repository(both[0].folder if both else Path()) + NAME)


def _view(one: Shown) -> Iterator[PlanView]:
    from seatsync.reports.view import PlanView

    if one.plan is not None:
        yield PlanView(one.plan, _in_repository(one.folder))


def _placed(one: Shown, folder: str) -> list[Diagnostic]:
    from seatsync.reports.view import shown

    return [shown(finding, folder) for finding in one.found]


def _in_repository(folder: Path) -> str:
    """What to put before a file's name so that a code host finds it: the way from the root of what was checked out."""
    root = os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR")
    inside = root is not None and folder.resolve().is_relative_to(Path(root).resolve())
    return prefix(folder.resolve().relative_to(Path(root).resolve())) if root and inside else prefix(folder)
