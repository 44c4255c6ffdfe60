"""What ``apply`` may carry out without asking: what was expected, what was reviewed, or what the calendar alone asks for."""

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
        if self.expect is None and not plan.changes:
            return None
        known = _Known.of(plan, folder, run)
        if self.expect is not None and self.expect not in known.forms(plan.fingerprint):
            part = ", of which 64 digits are expected" if len(self.expect) != len(plan.fingerprint) else ""
            fact = f"the plan is another than the one expected: its fingerprint is {known.told(plan)}{part}."
            return fact, "Review this plan, then expect its fingerprint."
        if not plan.changes:
            return None
        if self.reviewed is not None:
            return _not_reviewed(plan, self.reviewed.get(plan.institution), known)
        if self.same_files and known.last_applied != plan.desired_digest:
            fact = f"the files of {plan.institution} are not those of the last apply."
            return (
                fact,
                "What they ask for now waits for its own apply; nightly only dates and reminders are looked after.",
            )
        return None


class _Known(NamedTuple):
    """What of the institution's ledger matters here: its ``secret``, and the digest of the files that were applied last."""

    secret: bytes | None
    last_applied: str
    is_redacted: bool

    @classmethod
    def of(cls, plan: Plan, folder: Path, run: Run) -> _Known:
        from seatsync.cli.planning import secret_for
        from seatsync.ledger.queries.lookup import last_desired

        with ledger_of(run, folder, plan.institution).reading() as connection:
            last = last_desired(connection, plan.institution) if connection is not None else ""
            return cls(secret_for(connection, plan.institution), last, run.redactor is not None)

    def forms(self, digest: str) -> set[str]:
        """A digest in both forms in which it may have been printed: as it is, and keyed where names are left out."""
        from seatsync.planning.plan import keyed

        return {digest} if self.secret is None else {digest, keyed(self.secret, digest)}

    def told(self, plan: Plan) -> str:
        """The plan's fingerprint as it may be printed here."""
        if not self.is_redacted:
            return plan.fingerprint
        return next(iter(self.forms(plan.fingerprint) - {plan.fingerprint}), "not shown without SEATSYNC_REDACT_KEY")

    def mend(self, plan: Plan) -> str:
        if self.is_redacted and self.secret is None:
            return "Set SEATSYNC_REDACT_KEY for plan and apply, and plan again in a pull request."
        return f"Review this plan, then: `seatsync apply --expect {self.told(plan)}`."


def _not_reviewed(plan: Plan, reviewed: Reviewed | None, known: _Known) -> tuple[str, str] | None:
    mend = known.mend(plan)
    if reviewed is None:
        fact = f"no plan of {plan.institution} was reviewed for this commit: no comment on its pull request shows one."
        return fact, mend
    if reviewed.fingerprint in known.forms(plan.fingerprint):
        return None
    if not reviewed.fingerprint:
        fact = f"what was reviewed of {plan.institution} has no fingerprint: there was no ledger, and no SEATSYNC_REDACT_KEY."
        return fact, "Set SEATSYNC_REDACT_KEY for plan and apply, and plan again in a pull request."
    moved = [
        *([f"the ledger, from {reviewed.serial:,} to {plan.serial:,}"] if reviewed.serial != plan.serial else []),
        *([f"the day, from {reviewed.now} to {plan.now}"] if reviewed.now != plan.now else []),
        *(["the files"] if reviewed.files not in known.forms(plan.desired_digest) else []),
    ]
    fact = (
        f"the plan of {plan.institution} is not the one that was reviewed: its fingerprint is {known.told(plan)}, "
        f"that of the review {reviewed.fingerprint}. What moved: {', '.join(moved) or 'the version of seatsync'}."
    )
    return fact, mend


class Unknown(Failure):
    """The host does not tell what was reviewed."""


def what_was_reviewed(timeout: float = 60.0) -> Mapping[str, Reviewed]:
    """By institution what the comment on the pull request of this commit shows; of several all must show the same.

    Raises:
        UsageError: the package that asks the host is missing.
        Nowhere: the environment does not say where to ask.
        Unknown: it can't be found out.
    """
    with needs("ci"):
        from seatsync.hosts.comment import marker
    from seatsync.hosts.http import HostError
    from seatsync.hosts.review import reviewed
    from seatsync.hosts.surroundings import merged_pull_requests

    try:
        hosts = merged_pull_requests(os.environ, timeout)
        shown = [reviewed(host, marker("plan")) for host in hosts.values()]
    except HostError as error:
        raise Unknown(f"Nothing was applied, what was reviewed can't be read: {error}", error.help) from error
    if any(one != shown[0] for one in shown):
        raise Unknown(
            f"Nothing was applied: the commit came by the pull requests {' and '.join(map(str, hosts))}, which do not show the same.",
            "Review the plan and expect its fingerprint: --expect.",
        )
    return shown[0] if shown else {}
