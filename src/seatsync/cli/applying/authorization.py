"""The plans that ``apply`` may apply without asking: the expected ones, or one with nothing new but dates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from seatsync.cli.applying.facts import NEEDS_KEY, LedgerFacts, command
from seatsync.cli.run import Run

if TYPE_CHECKING:
    from seatsync.planning.plan import Plan


class Authorization(NamedTuple):
    """The plans that may be applied without asking; at most one of the two is set.

    ``expect`` are pairs of an institution's id (empty: any) and a fingerprint. ``same_files`` allows any plan of files that say
    the same as those of the last apply: only dates and reminders can have changed it. ``is_several``: an institution that has
    nothing to do need not be expected.
    """

    expect: Sequence[tuple[str, str]] = ()
    same_files: bool = False
    is_several: bool = False

    @property
    def is_given(self) -> bool:
        """Whether one of the two is set, so that nobody needs to be asked."""
        return bool(self.expect) or self.same_files

    def objection(self, plan: Plan, folder: Path, run: Run) -> tuple[str, str] | None:
        """Why the plan must not be applied, and what to do; None if it may be applied."""
        if not plan.changes and (self.is_several or not self.expect):
            return None
        known = LedgerFacts.of(plan, folder, run)
        if self.expect:
            return self._unexpected(plan, folder, run, known)
        if self.same_files and not known.last_applied.say_the_same(plan):
            fact = f"the content of the files of {plan.institution} has changed since the last apply."
            return fact, _APPLY_FIRST
        if self.same_files and plan.reads_otherwise:
            return (
                f"this version of seatsync reads files of {plan.institution} otherwise than the last apply did.",
                _APPLY_FIRST,
            )
        return None

    def _unexpected(self, plan: Plan, folder: Path, run: Run, known: LedgerFacts) -> tuple[str, str] | None:
        forms = known.forms(plan.fingerprint)
        asked = [fingerprint for id, fingerprint in self.expect if id in ("", plan.institution)]
        if not forms.isdisjoint(asked):
            return None
        if not plan.changes:
            return f"there is nothing to do for {plan.institution}: the ledger already matches the files.", _WAS_APPLIED
        shown = known.printable(plan)
        is_short = len(asked) == 1 and len(asked[0]) != len(plan.fingerprint)
        digits = " (--expect needs all 64 digits)" if is_short else ""
        fact = f"the plan of {plan.institution} differs from the expected one: its fingerprint is {shown or 'not shown'}{digits}."
        if not shown:
            return fact, NEEDS_KEY
        return fact, f"Review this plan, then run `{command(run, folder, shown)}`."


_APPLY_FIRST = (
    "With --same-files only dates and reminders are applied. Review `seatsync plan`, then run `seatsync apply`, "
    "even if there is nothing to do: the journal then knows these files, and --same-files works again."
)

_WAS_APPLIED = "If the expected plan was applied before, do nothing. `seatsync log` says what was applied, and when."


def check_known(expect: Sequence[tuple[str, str]], folders: Sequence[Path]) -> None:
    """Check that the institutions that --expect names have folders.

    Raises:
        UsageError: one has none.
    """
    from seatsync.cli.institution import institution_id

    if named := {id for id, _ in expect if id}:
        for id in sorted(named - {institution_id(folder) for folder in folders}):
            raise click.UsageError(f'--expect names "{id}", but none of the folders has this institution.')


def expected(given: Sequence[str]) -> list[tuple[str, str]]:
    """Read the values of --expect: FINGERPRINT or ID=FINGERPRINT, several separated by spaces.

    Raises:
        UsageError: one of them is empty.
    """
    words = [word for value in given for word in value.split() or [""]]
    pairs = [(id, fingerprint) for id, _, fingerprint in (word.rpartition("=") for word in words)]
    if any(not fingerprint for _, fingerprint in pairs):
        raise click.UsageError("--expect is empty: give the fingerprint that `seatsync plan` printed.")
    return pairs
