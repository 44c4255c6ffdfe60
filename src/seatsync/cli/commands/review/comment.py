"""``seatsync comment``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from seatsync.cli.commands.plan import load_plans
from seatsync.cli.extras import needs
from seatsync.cli.options import common, option
from seatsync.cli.planning import printable_plan
from seatsync.cli.run import Run
from seatsync.domain.failure import Failure
from seatsync.domain.text.characters import is_slug

if TYPE_CHECKING:
    from seatsync.planning.plan import Plan


@click.command("comment")
@click.argument("plans", nargs=-1, metavar="[PLAN.json]...", type=click.Path(path_type=Path))
@option(
    "--body",
    type=click.File("r", encoding="utf-8", errors="replace"),
    metavar="FILE|-",
    help="Post this Markdown instead of plans; it is cut to the host's limit.",
)
@option(
    "--marker",
    default="plan",
    show_default=True,
    metavar="NAME",
    help="The comment's name. Another name makes a second comment.",
)
@option(
    "--pull-request",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="The pull request. Default: the job's own.",
)
@option(
    "--timeout",
    type=click.FloatRange(0.1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to keep trying if the host is slow, busy or can't be reached.",
)
@common()
def command(
    run: Run,
    plans: tuple[Path, ...],
    body: TextIO | None,
    marker: str,
    pull_request: int | None,
    timeout: float,
) -> None:
    """Write or update a comment on this job's pull request.

    \b
    seatsync comment plan.json                      what the plan would change
    seatsync comment a.json b.json                  several plans in one comment
    seatsync comment --body -                       any Markdown, here from a pipe
    seatsync comment plan.json --marker nightly     a second comment next to the first

    The job on GitHub or GitLab names the pull request. The token comes from GITHUB_TOKEN or GH_TOKEN, on GitLab from
    SEATSYNC_GITLAB_TOKEN or GITLAB_TOKEN. Needs `pip install 'seatsync[ci]'`.
    """
    if bool(plans) == bool(body):
        raise click.UsageError("Give either plan files or --body.")
    if not is_slug(marker):
        raise click.UsageError(f'--marker "{marker}" is not valid: use lower-case letters, digits and single hyphens.')
    text = body.read() if body else ""
    if body and not text.strip():
        raise click.UsageError("--body is empty: there is nothing to post.")
    loaded = [printable_plan(plan, Path(), run) for path in plans for plan in load_plans(path)[0]]
    if run.redactor is not None:
        text = run.redactor.text(text)
    with run.step("Commenting"):
        written, url = _put(text, loaded, marker, pull_request, timeout)
    if not run.quiet:
        click.echo(f"commented: {url}" if written else f"comment is up to date: {url}")


def _put(text: str, plans: Sequence[Plan], marker: str, pull_request: int | None, timeout: float) -> tuple[bool, str]:
    """Post the ``plans``, or the ``text`` if there are none. Whether the comment was changed, and its address.

    Raises:
        UsageError: the package for the host's API is missing.
        Failure: the host can't be found or reached, or does not allow it.
    """
    with needs("ci"):
        from seatsync.hosts import comment
    from seatsync.hosts.environment import pull_request as find
    from seatsync.hosts.http import HostError
    from seatsync.reports import markdown

    mark = comment.marker(marker)
    try:
        host = find(os.environ, pull_request, timeout)
        most = host.limit - len(mark)
        body = _of_plans(plans, mark) if plans else markdown.cut(host.without_commands(text), most)
        return comment.put(host, mark, body)
    except HostError as error:
        help = f"{error.help} The plan itself is not affected."
        raise Failure(f"No comment was written: {error}", help) from error


def _of_plans(plans: Sequence[Plan], mark: str) -> str:
    """The comment's Markdown for plans, at most ``markdown.MOST`` long: the plan file has everything."""
    from seatsync.hosts import review
    from seatsync.reports import markdown
    from seatsync.reports.view import PlanView

    facts = review.line(plans, os.environ.get("GITHUB_SHA") or os.environ.get("CI_COMMIT_SHA", ""))
    return facts + markdown.plans([PlanView(plan) for plan in plans], markdown.MOST - len(mark + facts))
