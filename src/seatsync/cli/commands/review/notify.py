"""``seatsync notify``."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seatsync.cli import exits
from seatsync.cli.applying.outcome_file import read_outcome
from seatsync.cli.extras import needs
from seatsync.cli.options import common, host_timeout_option, option
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.text.characters import is_slug

if TYPE_CHECKING:
    from seatsync.formats.outcome import OutcomeFile
    from seatsync.hosts.comment import Host
    from seatsync.reports.outcome import Notice


@click.command("notify")
@click.argument("outcomes", nargs=-1, metavar="[OUTCOME.json]...", type=click.Path(path_type=Path))
@option("--comment", is_flag=True, of="notify", help="Comment on the pull request that this job's commit merged.")
@option(
    "--issue",
    metavar="NAME",
    of="notify",
    help="Open or update an issue if something failed or is to do, and close it if not. NAME tells several issues apart.",
)
@option(
    "--webhook",
    is_flag=True,
    of="notify",
    help="Send a message to the addresses in SEATSYNC_WEBHOOK; without this variable to nobody.",
)
@option("--failed", multiple=True, metavar="TEXT", of="notify", help="Something else that failed, in a sentence.")
@option(
    "--to-do",
    multiple=True,
    metavar="TEXT",
    of="notify",
    help="Something that somebody must look at although nothing failed: it opens the issue too.",
)
@option("--text", "more", multiple=True, metavar="TEXT", of="notify", help="Something else to tell, in a sentence.")
@option(
    "--with-names",
    is_flag=True,
    of="notify",
    help="Keep e-mails in --failed, --to-do and --text, where only you can read them.",
)
@option(
    "--pull-request",
    type=click.IntRange(1),
    metavar="NUMBER",
    of="notify",
    help="Comment on this pull request instead.",
)
@host_timeout_option("notify")
@common()
def command(
    run: Run,
    outcomes: tuple[Path, ...],
    comment: bool,
    issue: str | None,
    webhook: bool,
    failed: tuple[str, ...],
    to_do: tuple[str, ...],
    more: tuple[str, ...],
    with_names: bool,
    pull_request: int | None,
    timeout: float,
) -> int:
    """Tell what became of an apply.

    \b
    seatsync apply … --outcome outcome.json              the apply writes its outcome, also if it fails
    seatsync notify outcome.json                         print it as Markdown
    seatsync notify outcome.json --comment               on the merged pull request
    seatsync notify outcome.json --issue nightly         one issue, open as long as it fails
    seatsync notify outcome.json --webhook               in Slack, Teams, Discord, by mail, as JSON
    seatsync notify --failed "verify: exit code 1" --issue nightly

    A file that is not there counts as a failure: the run ended before it wrote its outcome. The token for --comment and
    --issue is that of `seatsync comment`. SEATSYNC_WEBHOOK has addresses as the library apprise reads them, or any https://
    address, separated by spaces. Needs `pip install 'seatsync[ci,notify]'`.

    Tries each way, even if another one fails. Exits with 1 if one failed; the apply itself is not affected.
    """
    if not (outcomes or failed or to_do or more):
        raise click.UsageError("Give a file that `seatsync apply --outcome` wrote, --failed, --to-do or --text.")
    if issue is not None and not is_slug(issue):
        raise click.UsageError(f'--issue "{issue}" is not valid: use lower-case letters, digits and single hyphens.')
    from seatsync.reports.outcome import notice

    read = [read_outcome(path) for path in outcomes]
    nameless = notice(read, *_without_names(failed, more, to_do))
    private = notice(read, failed, more, to_do) if with_names else nameless
    public = nameless if run.redactor is not None else private
    commit = next((one.commit for one in read if one.commit), "")
    ways: list[Callable[[], None]] = []
    if comment:
        known = sorted({number for one in read for each in one.institutions for number in each.pull_requests})
        ways.append(partial(_comment, run, public, commit, pull_request, known[-_MOST_REQUESTS:], timeout))
    if issue is not None:
        ways.append(partial(_issue, run, public, commit, issue, timeout))
    if webhook:
        ways.append(partial(_webhook, run, private, read))
    if not (comment or issue is not None or webhook):
        from seatsync.reports import outcome

        click.echo(outcome.markdown(public, outcome.MOST, commit))
    return exits.worst([ExitCode.DONE, *map(_tried, ways)])


def _tried(way: Callable[[], None]) -> int:
    """The exit code of one way to tell it; a failure is printed."""
    try:
        way()
    except Exception as error:
        return exits.failed(error)
    return ExitCode.DONE


_MOST_REQUESTS = 20
"""How many pull requests of earlier runs, which were dropped, get the comment: the newest ones."""


def _without_names(*texts: Sequence[str]) -> list[list[str]]:
    from seatsync.domain.text.emails_in_text import emails_replaced

    return [[emails_replaced(one, lambda email: "(e-mail)") for one in several] for several in texts]


def _comment(run: Run, notice: Notice, commit: str, number: int | None, known: Sequence[int], timeout: float) -> None:
    """Comment on the pull requests that the job's commit merged, and those ``known`` from the outcome.

    Raises:
        UsageError: the package for the host's API is missing.
        Failure: the host can't be found or reached, or does not allow it.
    """
    with needs("ci"):
        from seatsync.hosts.comment import marker, put
    from seatsync.hosts.environment import merged_or_asked
    from seatsync.hosts.http import HostError
    from seatsync.reports import outcome

    mark = marker("apply")

    def text(host: Host, before: str) -> str:
        return host.without_commands(
            outcome.markdown(notice, outcome.MOST - len(mark), commit, before.partition("\n")[2])
        )

    try:
        hosts = merged_or_asked(os.environ, number, known, timeout)
        for host in hosts:
            written, url = put(host, mark, partial(text, host))
            _say(run, f"commented: {url}" if written else f"comment is up to date: {url}")
        if not hosts:
            _say(run, "no comment: no pull request merged this commit.")
    except HostError as error:
        raise Failure(f"No comment was written: {error}", error.help) from error


def _issue(run: Run, notice: Notice, commit: str, name: str, timeout: float) -> None:
    """Open, update or close the issue with this name.

    Raises:
        UsageError: the package for the host's API is missing.
        Failure: the host can't be found or reached, or does not allow it.
    """
    with needs("ci"):
        from seatsync.hosts.comment import marker
    from seatsync.hosts import issues
    from seatsync.hosts.environment import issues as find
    from seatsync.hosts.http import HostError
    from seatsync.reports import outcome

    mark = marker(name)
    try:
        tracker = find(os.environ, timeout)
        if notice.is_bad or notice.to_do:
            text = outcome.markdown(notice, outcome.MOST - len(mark), commit)
            what = "failed" if notice.is_bad else "found something to look at"
            verb, url = issues.report(tracker, mark, f"seatsync: the {name} run {what}", text)
            _say(run, f"{verb} the issue: {url}")
        else:
            closed = issues.settle(
                tracker, mark, f"{outcome.title(notice)}\n\nThis run was good, so the issue is closed."
            )
            _say(run, f"closed the issue: {', '.join(closed)}" if closed else "no issue is open.")
    except HostError as error:
        raise Failure(f"The issue is not up to date: {error}", error.help) from error


def _webhook(run: Run, notice: Notice, outcomes: Sequence[OutcomeFile]) -> None:
    """Send a message to the addresses in the environment.

    Raises:
        UsageError: a package is missing.
        Failure: an address did not take it.
    """
    if not (addresses := os.environ.get("SEATSYNC_WEBHOOK", "").strip()):
        return
    with needs("notify"):
        from seatsync.hosts import webhook
    from seatsync.reports import outcome

    title = f"seatsync: {notice.title}"
    document = {"run": notice.run, "outcomes": [one.model_dump() for one in outcomes]}
    took, failures = webhook.post(addresses, webhook.Message(title, outcome.text(notice), notice.is_bad, document))
    if took:
        _say(run, f"sent: {took:,} of {took + len(failures):,} addresses took the message.")
    if failures:
        raise Failure(
            f"{webhook.VARIABLE}: {'; '.join(failures)}.",
            "Check the addresses in this secret, and whether the services still know them.",
        )


def _say(run: Run, text: str) -> None:
    if not run.quiet:
        click.echo(text)
