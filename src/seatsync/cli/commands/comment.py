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
from seatsync.cli.planning import to_be_shown
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
    help="Ready Markdown instead of plans; cut to what the host takes.",
)
@option(
    "--marker",
    default="plan",
    show_default=True,
    metavar="NAME",
    help="Which comment; another name makes another one, beside the first.",
)
@option(
    "--pull-request",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Where to; taken from the job's event if not given.",
)
@option(
    "--timeout",
    type=click.FloatRange(0.1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to keep trying while the host is slow, busy or out of reach.",
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
    """Comment on the pull request of this job, in one comment that is kept up to date.

    \b
    seatsync comment plan.json                      what the plan would change
    seatsync comment a.json b.json                  several plans in one comment
    seatsync comment --body -                       ready Markdown, here from a pipe
    seatsync comment plan.json --marker nightly     a second comment, beside the first

    Where to is taken from the job on GitHub or GitLab. The token is taken from GITHUB_TOKEN or GH_TOKEN, on GitLab
    from SEATSYNC_GITLAB_TOKEN or GITLAB_TOKEN. Needs `pip install 'seatsync[ci]'`.
    """
    if bool(plans) == bool(body):
        raise click.UsageError("Give either plan files or --body.")
    if not is_slug(marker):
        raise click.UsageError(f'--marker "{marker}" is none: lower-case letters, digits and single hyphens.')
    text = body.read() if body else ""
    if body and not text.strip():
        raise click.UsageError("--body is empty: there is nothing to say.")
    loaded = [to_be_shown(plan, Path(), run) for path in plans for plan in load_plans(path)[0]]
    if run.redactor is not None:
        text = run.redactor.text(text)
    with run.step("Commenting"):
        written, url = _put(text, loaded, marker, pull_request, timeout)
    if not run.quiet:
        click.echo(f"commented: {url}" if written else f"comment is up to date: {url}")


def _put(text: str, plans: Sequence[Plan], marker: str, pull_request: int | None, timeout: float) -> tuple[bool, str]:
    """Write the ``text``, or what the ``plans`` would change where it is empty; whether that had to be, and the comment's address.

    Raises:
        UsageError: the package that talks to the host is missing.
        Failure: the host can't be found, refuses, or can't be reached.
    """
    with needs("ci"):
        from seatsync.hosts import comment
    from seatsync.hosts.http import HostError
    from seatsync.hosts.surroundings import pull_request as find
    from seatsync.reports import markdown

    mark = comment.marker(marker)
    try:
        host = find(os.environ, pull_request, timeout)
        most = host.limit - len(mark)
        body = _of_plans(plans, mark) if plans else markdown.cut(host.harmless(text), most)
        return comment.put(host, mark, body)
    except HostError as error:
        help = f"{error.help} The plan itself is not affected."
        raise Failure(f"No comment was written: {error}", help) from error


def _of_plans(plans: Sequence[Plan], mark: str) -> str:
    """However much a host takes, nobody reads more, and the plan file has everything."""
    from seatsync.hosts import review
    from seatsync.reports import markdown
    from seatsync.reports.view import PlanView

    shown = review.line(plans)
    return shown + markdown.plans([PlanView(plan) for plan in plans], markdown.MOST - len(mark + shown))
