"""Print plans and diagnostics in any output format."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from seatsync.cli.output.findings import prefix
from seatsync.cli.output.privacy import annotations_allowed
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from seatsync.domain.diagnostic import Diagnostic
    from seatsync.planning.plan import Plan
    from seatsync.reports.view.plan import PlanView


class FolderResult(NamedTuple):
    """The ``plan`` of a ``folder``, or the diagnostics ``found`` in its files. ``details`` are lines for --verbose."""

    plan: Plan | None
    found: list[Diagnostic]
    folder: Path = Path()
    details: Sequence[str] = ()


def show(results: Iterable[FolderResult], several: bool, run: Run, others: Sequence[str] = ()) -> None:
    """Print the results on standard output, in ``run.format``. Text and JSON are printed one by one, as they arrive.

    ``others`` are sentences about what was not done; formats for a pull request show them too.
    """
    if run.format == "text":
        _as_text(results, several, run)
        return
    renderers = {
        "json": _as_json,
        "html": _as_html,
        "markdown": _as_markdown,
        "github": _as_annotations,
        "sarif": _as_sarif,
        "gitlab": _as_code_quality,
    }
    pieces = renderers[run.format](results, several)
    with annotations_allowed() if run.format == "github" else nullcontext():
        for piece in pieces:
            click.echo(piece, nl=False)
        for words in others:
            _about_others(words, run.format)


def _about_others(words: str, format: str) -> None:
    if format == "markdown":
        click.echo(f"\n{words}")
    elif format == "github":
        from seatsync.reports.github import notice

        click.echo(notice(words), nl=False)


def _as_text(results: Iterable[FolderResult], several: bool, run: Run) -> None:
    from seatsync.reports import text
    from seatsync.reports.view.plan import PlanView

    out = text.stdout(run.no_color)
    for view in (PlanView(one.plan, commands_in=prefix(one.folder)) for one in results if one.plan is not None):
        if run.quiet:
            text.diagnostics(out, view.refusals, columns=False)
        elif several and not (view.plan.changes or view.refused or view.warnings):
            out.line((f"{view.plan.institution}: nothing to do", ""))
        else:
            text.plan(out, view, run.verbose)
            if several:
                out.line(("\n" + "─" * 40 + "\n", ""))


def _as_json(results: Iterable[FolderResult], several: bool) -> Iterator[str]:
    from seatsync.formats.plan_document import to_document, to_text

    return to_text((to_document(one.plan) for one in results if one.plan is not None), several)


def _as_html(results: Iterable[FolderResult], several: bool) -> Iterator[str]:
    from seatsync.reports import html
    from seatsync.reports.view.plan import PlanView

    everything = [*results]
    found = [finding for one in everything for finding in _placed(one, prefix(one.folder))]
    return html.plans(
        [PlanView(one.plan, commands_in=prefix(one.folder)) for one in everything if one.plan is not None], found
    )


def _as_markdown(results: Iterable[FolderResult], several: bool) -> Iterator[str]:
    """The verdict, then the mistakes in the files, then the plans."""
    from seatsync.domain.diagnostic import Severity
    from seatsync.reports.markdown.about import About
    from seatsync.reports.markdown.report import report
    from seatsync.reports.view.plan import PlanView

    everything = [*results]
    found = [finding for one in everything for finding in _placed(one, prefix(one.folder))]
    invalid = sum(any(finding.severity is Severity.ERROR for finding in one.found) for one in everything)
    views = [PlanView(one.plan, commands_in=prefix(one.folder)) for one in everything if one.plan is not None]
    yield report(views, About(errors=found, invalid=invalid))


def _as_annotations(results: Iterable[FolderResult], several: bool) -> Iterator[str]:
    from seatsync.reports.github import Annotations

    page = Annotations()
    for one in results:
        page.findings(_placed(one, _in_repository(one.folder)))
        for view in _view(one):
            page.plan(view)
    return page.lines()


def _as_sarif(results: Iterable[FolderResult], several: bool) -> Iterator[str]:
    from seatsync.cli.output.explanations import explanations
    from seatsync.reports import sarif

    found, views, config = _findings(results)
    yield sarif.log(found, views, explanations(), config)


def _as_code_quality(results: Iterable[FolderResult], several: bool) -> Iterator[str]:
    from seatsync.reports.gitlab import code_quality

    found, _, config = _findings(results)
    yield code_quality(found, config)


def _findings(results: Iterable[FolderResult]) -> tuple[list[Diagnostic], list[PlanView], str]:
    """All findings, in files and on plans; the plans; and the first seatsync.yaml, for findings without a place."""
    from seatsync.sources.files import NAME

    everything = [*results]
    views = [view for one in everything for view in _view(one)]
    found = [finding for one in everything for finding in _placed(one, _in_repository(one.folder))]
    found += [finding for view in views for finding in (*view.refusals, *view.warnings)]
    return found, views, _in_repository(everything[0].folder if everything else Path()) + NAME


def _view(one: FolderResult) -> Iterator[PlanView]:
    from seatsync.reports.view.plan import PlanView

    if one.plan is not None:
        yield PlanView(one.plan, _in_repository(one.folder))


def _placed(one: FolderResult, folder: str) -> list[Diagnostic]:
    """The diagnostics with ``folder`` before their files' names."""
    from seatsync.reports.view.findings import shown

    return [shown(finding, folder) for finding in one.found]


def _in_repository(folder: Path) -> str:
    """The prefix that makes a file's name a path from the root of the repository, as code hosts need it."""
    root = os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR")
    inside = root is not None and folder.resolve().is_relative_to(Path(root).resolve())
    return prefix(folder.resolve().relative_to(Path(root).resolve())) if root and inside else prefix(folder)
