"""``seatsync comment``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from seatsync.cli.applying.outcome_file import read_outcome
from seatsync.cli.changed.also_open import AlsoOpen, also_open
from seatsync.cli.commands.plan import load_plans
from seatsync.cli.environment import head_commit
from seatsync.cli.extras import needs
from seatsync.cli.options import common, host_timeout_option, option
from seatsync.cli.output.comment import about_run, comment_of, read_findings, report_of
from seatsync.cli.planning import printable_plan
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.text.characters import is_slug

if TYPE_CHECKING:
    from seatsync.planning.plan import Plan
    from seatsync.reports.markdown.about import About


@click.command("comment")
@click.argument("plans", nargs=-1, metavar="[PLAN.json]...", type=click.Path(path_type=Path))
@option(
    "--outcome",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What `seatsync plan --outcome` wrote: the comment says what was not planned, and why. Without such a file the "
    "plan ended too early, and the comment says this.",
)
@option(
    "--findings",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What `seatsync validate --format json` printed; used if files have errors, which then come first.",
)
@option("--commit", default=head_commit, metavar="SHA", help="The commit that was planned. Default: from the job.")
@option(
    "--body",
    type=click.File("r", encoding="utf-8", errors="replace"),
    metavar="FILE|-",
    help="Post this Markdown instead of plans; it is cut to the host's limit.",
)
@option("--print", "prints", is_flag=True, help="Print the Markdown and post nothing.")
@option(
    "--marker",
    default="plan",
    show_default=True,
    metavar="NAME",
    help="The comment's name. Another name makes a second comment. In a job of a merge queue, plan means merge-queue.",
)
@option(
    "--pull-request",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="The pull request. Default: the job's own.",
)
@host_timeout_option()
@common()
def command(
    run: Run,
    plans: tuple[Path, ...],
    outcome: Path | None,
    findings: Path | None,
    commit: str,
    body: TextIO | None,
    prints: bool,
    marker: str,
    pull_request: int | None,
    timeout: float,
) -> None:
    """Write or update a comment on this job's pull request.

    \b
    seatsync comment plan.json                      what the plan would change
    seatsync comment plan.json --outcome o.json     also what could not be planned, and why
    seatsync comment plan.json --print              the same Markdown, for a summary
    seatsync comment a.json b.json                  several plans in one comment
    seatsync comment --body -                       any Markdown, here from a pipe
    seatsync comment plan.json --marker nightly     a second comment next to the first

    The job on GitHub or GitLab names the pull request. The token comes from GITHUB_TOKEN or GH_TOKEN, on GitLab from
    SEATSYNC_GITLAB_TOKEN or GITLAB_TOKEN. Needs `pip install 'seatsync[ci]'`.
    """
    from seatsync.reports.markdown.about import About

    if bool(plans or outcome) == bool(body):
        raise click.UsageError("Give either plan files or --body.")
    if not is_slug(marker):
        raise click.UsageError(f'--marker "{marker}" is not valid: use lower-case letters, digits and single hyphens.')
    text = body.read() if body else ""
    if run.redactor is not None:
        text = run.redactor.text(text)
    if body and not text.strip():
        raise click.UsageError("--body is empty: there is nothing to post.")
    there = [path for path in plans if outcome is None or path.exists()]
    loaded = [printable_plan(plan, Path(), run) for path in there for plan in load_plans(path)[0]]
    about = About(commit=commit)
    if outcome is not None:
        ended = read_outcome(outcome)
        are_invalid = any(one.code == ExitCode.INVALID for one in ended.institutions)
        errors = read_findings(findings, run) if findings and are_invalid else []
        about = about_run(replace(about, errors=errors), ended, loaded)
    if prints:
        click.echo(text if body else report_of(loaded, about), nl=False)
        return
    with run.step("Commenting"):
        written, url = _put(text, loaded, about, marker, pull_request, timeout)
    if not run.quiet:
        click.echo(f"commented: {url}" if written else f"comment is up to date: {url}")


def _put(
    text: str, plans: Sequence[Plan], about: About, marker: str, pull_request: int | None, timeout: float
) -> tuple[bool, str]:
    """Post the ``text``, else the ``plans``. Whether the comment was changed, and its address.

    Raises:
        UsageError: the package for the host's API is missing.
        Failure: the host can't be found or reached, or does not allow it.
    """
    with needs("ci"):
        from seatsync.hosts import comment
    from seatsync.hosts.environment import is_in_merge_queue
    from seatsync.hosts.environment import pull_request as find
    from seatsync.hosts.http import HostError
    from seatsync.reports.cutting import cut
    from seatsync.reports.room import MOST

    is_queued = marker == comment.PLAN and is_in_merge_queue(os.environ)
    mark = comment.marker(comment.QUEUE if is_queued else marker)
    try:
        host = find(os.environ, pull_request, timeout)
        if text:
            return comment.put(host, mark, cut(host.without_commands(text), host.limit - len(mark)))
        changed = {plan.institution for plan in plans if plan.changes or plan.refusals}
        other = also_open(changed, host.number) if not is_queued else AlsoOpen([])
        about = replace(about, also_open=other.names, is_all_open=other.is_all)
        return comment.put(host, mark, lambda old: comment_of(plans, about, min(MOST, host.limit) - len(mark), old))
    except HostError as error:
        help = f"{error.help} The plan itself is not affected."
        raise Failure(f"No comment was written: {error}", help) from error
