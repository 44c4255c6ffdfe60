"""Options that several ``seatsync edit`` commands have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from seatsync.cli.options import Command, common, folder, option


def edit_option(*names: str, **settings: Any) -> Callable[[Command], Command]:
    """An option that only SEATSYNC_EDIT_… can set: a variable that narrows a list must not widen an edit."""
    return option(*names, of="EDIT", **settings)


def select_option(of: str) -> Callable[[Command], Command]:
    """``--select``."""
    return edit_option("--select", type=click.Path(path_type=Path), metavar="FILE", help=of)


def of_members(command: Command) -> Command:
    """Add the arguments for e-mails, and ``--select``."""
    emails = click.argument("emails", nargs=-1, metavar="[EMAIL]...")
    chosen = select_option('Also the members listed in this CSV file, by e-mail or student id ("Select by CSV").')
    return emails(chosen(folder(common("text", "json")(command))))
