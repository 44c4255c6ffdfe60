"""The plans that ``apply`` may apply without asking: the expected one, the reviewed one, or one with nothing new but dates."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seatsync.cli.extras import needs
from seatsync.cli.institution import ledger_of
from seatsync.cli.run import Run
from seatsync.domain.failure import Failure

if TYPE_CHECKING:
    from seatsync.hosts.review import Reviewed
    from seatsync.ledger.queries.lookup import AppliedFiles
    from seatsync.planning.plan import Plan


class Authorization(NamedTuple):
    """The plan that may be applied without asking; at most one of the three is set.

    ``expect`` is a fingerprint, ``reviewed`` the plans in the pull request's comment by institution. ``same_files`` allows any
    plan of files that say the same as those of the last apply: only dates and reminders can have changed it.
    """

    expect: str | None = None
    reviewed: Mapping[str, Reviewed] | None = None
    same_files: bool = False

    @property
    def is_given(self) -> bool:
        """Whether one of the three is set, so that nobody needs to be asked."""
        return self.expect is not None or self.reviewed is not None or self.same_files

    def objection(self, plan: Plan, folder: Path, run: Run) -> tuple[str, str] | None:
        """Why the plan must not be applied, and what to do; None if it may be applied."""
        if self.expect is None and not plan.changes:
            return None
        known = _LedgerFacts.of(plan, folder, run)
        if self.expect is not None and self.expect not in known.forms(plan.fingerprint):
            digits = " (--expect needs all 64 digits)" if len(self.expect) != len(plan.fingerprint) else ""
            fact = f"the plan differs from the expected one: its fingerprint is {known.printable(plan)}{digits}."
            return fact, "Review this plan, then apply it with --expect and this fingerprint."
        if not plan.changes:
            return None
        if self.reviewed is not None:
            return None if not plan.asked else _not_reviewed(plan, self.reviewed.get(plan.institution), known)
        if self.same_files and not known.last_applied.say_the_same(plan):
            fact = f"the content of the files of {plan.institution} has changed since the last apply."
            return fact, _APPLY_FIRST
        return None


_APPLY_FIRST = (
    "With --same-files only dates and reminders are applied. Review `seatsync plan`, then run `seatsync apply`, "
    "even if there is nothing to do: the journal then knows these files, and --same-files works again."
)


class _LedgerFacts(NamedTuple):
    """The institution's ``secret`` and the files that were applied last."""

    secret: bytes | None
    last_applied: AppliedFiles
    is_redacted: bool

    @classmethod
    def of(cls, plan: Plan, folder: Path, run: Run) -> _LedgerFacts:
        from seatsync.cli.planning import secret_for
        from seatsync.ledger.queries.lookup import AppliedFiles, last_files

        with ledger_of(run, folder, plan.institution).reading() as connection:
            last = last_files(connection, plan.institution) if connection is not None else AppliedFiles()
            return cls(secret_for(connection, plan.institution), last, run.redactor is not None)

    def forms(self, digest: str) -> set[str]:
        """Both forms in which a digest may have been printed: plain, and keyed if names are left out."""
        from seatsync.planning.plan import keyed

        return {digest} if self.secret is None else {digest, keyed(self.secret, digest)}

    def printable(self, plan: Plan) -> str:
        """The plan's fingerprint, keyed if names are left out."""
        if not self.is_redacted:
            return plan.fingerprint
        return next(iter(self.forms(plan.fingerprint) - {plan.fingerprint}), "not shown without SEATSYNC_REDACT_KEY")

    def help(self, plan: Plan) -> str:
        if self.is_redacted and self.secret is None:
            return "Set SEATSYNC_REDACT_KEY for plan and apply, and plan again in a pull request."
        return f"Review this plan, then run `seatsync apply --expect {self.printable(plan)}`."


def _not_reviewed(plan: Plan, reviewed: Reviewed | None, known: _LedgerFacts) -> tuple[str, str] | None:
    help = known.help(plan)
    if reviewed is None:
        fact = f"no plan of {plan.institution} was reviewed for this commit: no comment on its pull request shows one."
        return fact, help
    if reviewed.shows(known.forms(plan.asked)):
        return None
    if not reviewed.asked:
        fact = f"the reviewed plan of {plan.institution} has no fingerprint: there was no ledger and no SEATSYNC_REDACT_KEY."
        return fact, "Set SEATSYNC_REDACT_KEY for plan and apply, and plan again in a pull request."
    changed = [
        *(
            [f"the ledger, from journal entry {reviewed.serial:,} to {plan.serial:,}"]
            if reviewed.serial != plan.serial
            else []
        ),
        *([f"the day, from {reviewed.now} to {plan.now}"] if reviewed.now != plan.now else []),
        *(["the files"] if not reviewed.is_of(known.forms(plan.desired_digest)) else []),
    ]
    fact = (
        f"the plan of {plan.institution} differs from the reviewed one; its fingerprint is {known.printable(plan)}. "
        f"What changed: {', '.join(changed) or 'the version of seatsync'}."
    )
    return fact, help


class ReviewUnreadable(Failure):
    """The reviewed plan can't be read from the host."""


def reviewed_plans(timeout: float = 60.0) -> Mapping[str, Reviewed]:
    """The plans in the comment on this commit's pull request, by institution. If it has several, all must show the same.

    Raises:
        UsageError: the package for the host's API is missing.
        NoPullRequest: the environment names no host, repository, commit or token.
        ReviewUnreadable: the host can't be read, or the comments differ.
    """
    with needs("ci"):
        from seatsync.hosts.comment import marker
    from seatsync.hosts.environment import merged_pull_requests
    from seatsync.hosts.http import HostError
    from seatsync.hosts.review import reviewed

    try:
        hosts = merged_pull_requests(os.environ, timeout)
        shown = [reviewed(host, marker("plan")) for host in hosts.values()]
    except HostError as error:
        raise ReviewUnreadable(f"Nothing was applied: the reviewed plan can't be read: {error}", error.help) from error
    if any(one != shown[0] for one in shown):
        raise ReviewUnreadable(
            f"Nothing was applied: the comments on this commit's pull requests {' and '.join(map(str, hosts))} show different plans.",
            "Review the plan, then apply it with --expect and its fingerprint.",
        )
    return shown[0].plans if shown and shown[0] is not None else {}
