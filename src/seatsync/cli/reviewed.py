"""What ``apply`` may carry out without asking: what was expected, what was reviewed, or what the calendar alone asks for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from seatsync.cli.options import Run

if TYPE_CHECKING:
    from seatsync.hosts.review import Reviewed
    from seatsync.planning.plan import Plan


class Allowed(NamedTuple):
    """``expect`` is a fingerprint, ``reviewed`` what the pull request's comment showed, ``same_files`` that of dates alone."""

    expect: str | None = None
    reviewed: Mapping[str, Reviewed] | None = None
    same_files: bool = False

    @property
    def is_decided(self) -> bool:
        """Whether nobody need be asked."""
        return self.expect is not None or self.reviewed is not None or self.same_files

    def objection(self, plan: Plan, folder: Path, run: Run) -> tuple[str, str] | None:
        """Why the plan must not be applied, and what to do; None where it may."""
        if self.expect is not None and self.expect != plan.fingerprint:
            part = ", of which 64 digits are expected" if len(self.expect) != len(plan.fingerprint) else ""
            fact = f"the plan is another than the one expected: its fingerprint is {plan.fingerprint}{part}."
            return fact, "Review this plan, then expect its fingerprint."
        if not plan.changes:
            return None
        if self.reviewed is not None:
            return _not_reviewed(plan, self.reviewed.get(plan.institution))
        if self.same_files and _last_applied(plan, folder, run) != plan.desired_digest:
            fact = f"the files of {plan.institution} are not those of the last apply."
            return (
                fact,
                "What they ask for now waits for its own apply; nightly only dates and reminders are looked after.",
            )
        return None


def _not_reviewed(plan: Plan, reviewed: Reviewed | None) -> tuple[str, str] | None:
    if reviewed is None:
        fact = f"no plan of {plan.institution} was reviewed for this commit: no comment on its pull request shows one."
        return fact, f"Review this plan, then: `seatsync apply --expect {plan.fingerprint}`."
    if reviewed.fingerprint == plan.fingerprint:
        return None
    moved = [
        *([f"the ledger, from {reviewed.serial:,} to {plan.serial:,}"] if reviewed.serial != plan.serial else []),
        *([f"the day, from {reviewed.now} to {plan.now}"] if reviewed.now != plan.now else []),
        *(["the files"] if reviewed.files != plan.desired_digest else []),
    ]
    fact = (
        f"the plan of {plan.institution} is not the one that was reviewed: its fingerprint is {plan.fingerprint}, "
        f"that of the review {reviewed.fingerprint}. What moved: {', '.join(moved) or 'the version of seatsync'}."
    )
    return fact, f"Review this plan, then: `seatsync apply --expect {plan.fingerprint}`."


def _last_applied(plan: Plan, folder: Path, run: Run) -> str:
    """The digest of the files that were applied last."""
    from seatsync.ledger.lookup import last_desired

    with run.ledger_of(folder, plan.institution).reading() as connection:
        return last_desired(connection, plan.institution) if connection is not None else ""


class Unknown(Exception):
    """The host does not tell what was reviewed; ``help`` says what to do."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.help = help


def what_was_reviewed(timeout: float = 60.0) -> Mapping[str, Reviewed]:
    """By institution what the comment on the pull request of this commit shows.

    Raises:
        UsageError: the package that asks the host is missing.
        Nowhere: the environment does not say where to ask.
        Unknown: it can't be found out.
    """
    try:
        from seatsync.hosts.comment import marker
    except ModuleNotFoundError as error:
        if error.name != "requests":
            raise
        raise click.UsageError("This needs the Python package requests: pip install 'seatsync[ci]'.") from error
    from seatsync.hosts.http import HostError
    from seatsync.hosts.review import reviewed
    from seatsync.hosts.surroundings import merged_pull_request

    try:
        host = merged_pull_request(os.environ, timeout)
        return reviewed(host, marker("plan")) if host is not None else {}
    except HostError as error:
        raise Unknown(f"Nothing was applied, what was reviewed can't be read: {error}", error.help) from error
