"""What all ``fetch`` commands have: where the file goes, secrets from the environment, and the words for what came."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seatsync.cli.options import option, with_options
from seatsync.cli.run import Run
from seatsync.reports.sentences import say

if TYPE_CHECKING:
    from seatsync.fetching.writing import Difference


def fetch_option(*names: str, **settings: Any) -> Callable[[Any], Any]:
    """An option that SEATSYNC_FETCH_… can set, too."""
    return option(*names, of="FETCH", **settings)


def into_option(what: str, *, is_folder: bool) -> Callable[[Any], Any]:
    """``--into``, ``--allow-shrink`` and ``--timeout``."""
    options = [
        fetch_option(
            "--into",
            required=True,
            type=click.Path(file_okay=not is_folder, dir_okay=is_folder, path_type=Path),
            metavar="FOLDER" if is_folder else "FILE",
            help=what,
        ),
        fetch_option(
            "--allow-shrink",
            is_flag=True,
            help="Write it although nobody is left, or fewer than half of what was there.",
        ),
        fetch_option(
            "--timeout",
            type=click.FloatRange(1),
            default=1800.0,
            show_default=True,
            metavar="SECONDS",
            help="How long everything together may take.",
        ),
    ]
    return lambda command: with_options(command, options)


def secret(variable: str) -> str:
    """The secret in this environment variable.

    Raises:
        UsageError: it is not set.
    """
    if not (value := os.environ.get(variable, "").strip("\r\n")):
        raise click.UsageError(
            f"The environment variable {variable} is not set. Secrets come from the environment, never from a file or an argument."
        )
    return value


def tell(run: Run, differences: Sequence[Difference], left_out: Counter[str], into: Path) -> None:
    """Print what changed in the files, then who was left out and why."""
    if not differences:
        say(f"{into}: nothing has changed.", sys.stdout)
    for one in differences:
        say(f"{one.path}: {one}.", sys.stdout)
    if left_out:
        run.say(f"Left out: {', '.join(f'{number:,} {why}' for why, number in left_out.most_common())}.")
    if any(one.is_new for one in differences):
        run.say(f"Next: name {into} under `rosters:` in seatsync.yaml if it is not there, and run `seatsync plan`.")
