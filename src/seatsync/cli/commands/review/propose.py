"""``seatsync propose``."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from seatsync.cli.environment import branch as job_branch
from seatsync.cli.extras import needs
from seatsync.cli.options import common, host_timeout_option, option
from seatsync.cli.run import Run
from seatsync.domain.failure import ExitCode, Failure
from seatsync.domain.text.characters import printable
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from seatsync.hosts.proposals.put import Proposals

_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_UNPLANNED = (
    "\n\nGitHub starts no pipeline for a pull request that a job opened with its own token. "
    "To plan it, write `/seatsync plan` as a comment."
)

_KEPT = "as proposed before, because its source could not be fetched"


class _TooPublic(Failure):
    """Names would get into a repository that everybody may read."""

    exit_code = ExitCode.REFUSED

    def __init__(self) -> None:
        super().__init__(
            "This repository is not known to be private, and everybody could read the rosters in it. Nothing was proposed.",
            "Keep rosters in a private repository. If these have no names that others may not read, give --no-redact.",
        )


@click.command("propose")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@option("--title", of="PROPOSE", default="New rosters", show_default=True, metavar="TEXT", help="The request's title.")
@option(
    "--body",
    of="PROPOSE",
    type=click.File("r", encoding="utf-8", errors="replace"),
    metavar="FILE|-",
    help="Say this in the pull request, for example what `seatsync fetch` printed.",
)
@option(
    "--branch",
    of="PROPOSE",
    default="seatsync/rosters",
    show_default=True,
    metavar="NAME",
    help="The branch for the files. It belongs to seatsync: an earlier proposal on it is replaced.",
)
@option(
    "--base", of="PROPOSE", default=job_branch, metavar="NAME", help="Where it shall go. Default: the job's branch."
)
@option(
    "--keep",
    of="PROPOSE",
    multiple=True,
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Keep what the open pull request has of these files: their source could not be fetched. Repeatable.",
)
@host_timeout_option()
@common()
def command(
    run: Run,
    paths: tuple[Path, ...],
    title: str,
    body: TextIO | None,
    branch: str,
    base: str,
    keep: tuple[Path, ...],
    timeout: float,
) -> None:
    """Propose changed files: commit them to a branch, and open its pull request or bring it up to date.

    \b
    seatsync propose rosters/sis
    seatsync propose rosters/ldap.csv --branch seatsync/ldap --title "Rosters from the directory"

    There is one pull request for a branch. If the files are as committed, it is closed. Where a source could not be fetched, name its
    files with --keep, or else an earlier proposal of them is dropped. The token comes from GITHUB_TOKEN or
    GH_TOKEN, on GitLab from SEATSYNC_GITLAB_TOKEN or GITLAB_TOKEN; Git pushes to origin. Needs `pip install 'seatsync[ci]'`.
    """
    with needs("ci"):
        from seatsync.hosts.proposals.of_job import proposals
        from seatsync.hosts.proposals.put import put
    from seatsync.git.proposal import propose

    if lacking := [path for path in paths if not path.exists()]:
        raise click.UsageError(f"There is no {lacking[0]}.")
    if not _BRANCH.fullmatch(branch) or branch.endswith(".lock") or ".." in branch:
        raise click.UsageError(f'--branch "{branch}" is not a name for a branch, such as seatsync/rosters.')
    if not base or base == branch:
        raise click.UsageError(
            "--base must name the branch that the files shall go into, and another one than --branch."
        )
    if run.redactor is not None:
        raise _TooPublic
    text = body.read().strip() if body is not None else ""
    requests, are_planned = proposals(os.environ, branch, base, timeout)
    with run.step("Proposing"):
        open_one = requests.find() if keep else None
        pushed = propose(Path(), paths, branch, title, keep if open_one is not None else ())
        if pushed is None:
            done, url = _closed(requests)
        else:
            told = [text, *(f"{_KEPT}: {printable(name, 300)}" for name in pushed.kept)]
            said = _fenced("\n".join(filter(None, told))) + ("" if are_planned else _UNPLANNED)
            done, url = put(requests, title, said)
            done = "updated" if done == "up to date" and pushed.is_new else done
    say(f"{done}: {url}" if done else "Nothing to propose: the files are as committed.", sys.stdout)


def _closed(requests: Proposals) -> tuple[str, str]:
    """Close the open pull request. Return what was done, and its address; both are empty if there is none."""
    if (open_one := requests.find()) is None:
        return "", ""
    requests.close(open_one)
    return "closed", open_one.url


def _fenced(text: str) -> str:
    """The text as the hosts show it literally: they run commands and notify people that a text names."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}" if text else "The files were fetched by `seatsync fetch`."
