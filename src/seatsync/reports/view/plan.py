"""The view of a plan that every renderer shows: verdict, counts, seats and groups of changes in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from seatsync.domain.action import Action, Sign
from seatsync.domain.approval import PassedLimit, in_words
from seatsync.domain.diagnostic import Diagnostic, Severity, counted
from seatsync.planning.change import Change
from seatsync.planning.plan import Plan
from seatsync.reports.view.changes import Line, end_words, ends_on, line, seen_in_words
from seatsync.reports.view.decision import in_all, seen
from seatsync.reports.view.escaping import escape_controls
from seatsync.reports.view.findings import shown
from seatsync.reports.view.seats import SlotRow, slot_row


class Group(NamedTuple):
    """The changes with the same action in one library (or without a library)."""

    sign: Sign
    action: str
    library: str
    changes: Sequence[Change]

    @property
    def title(self) -> str:
        return f"{self.action} {self.library}".rstrip()

    @property
    def size(self) -> int:
        return len(self.changes)

    @property
    def seen(self) -> str:
        """What was seen at the vendor, counted; empty for other changes."""
        return seen_in_words(self.changes) if self.action == Action.OBSERVE else ""

    def lines(self, most: int | None = None) -> Iterator[Line]:
        """Yield the first ``most`` changes in words."""
        return (line(change) for change in self.changes[:most])


@dataclass(frozen=True)
class PlanView:
    """Everything that a report shows of a plan. ``folder`` is put before the file names of findings."""

    plan: Plan
    folder: str = ""

    @property
    def title(self) -> str:
        return escape_controls(f"{self.plan.name} ({self.plan.institution})")

    @property
    def context(self) -> str:
        """The day of the plan and the state of the ledger that it starts from."""
        state = f"since journal entry {self.plan.serial:,}" if self.plan.serial else "on a new ledger"
        return escape_controls(f"Plan for {self.plan.now}, {state}")

    @property
    def refused(self) -> bool:
        return bool(self.plan.refusals)

    @property
    def outcome(self) -> str:
        """The verdict in a word or two."""
        if self.refused:
            return "Blocked"
        is_empty = not self.plan.changes and not self.plan.approvals
        return "Nothing to do" if is_empty else counted(len(self.plan.changes), "change")

    @property
    def verdict(self) -> str:
        """The outcome in one sentence."""
        if self.refused:
            return f"Blocked: {counted(len(self.plan.refusals), 'rule')} broken. Nothing will be applied."
        passed = f" {counted(len(self.plan.approvals), 'limit')} passed by approval." if self.plan.approvals else ""
        if not self.plan.changes:
            return "Nothing to do: the ledger matches the files." if not passed else f"No changes.{passed}"
        changes, final = len(self.plan.changes), len(self.plan.irreversible)
        which = "which" if changes == 1 else f"{final:,} of which"
        rest = f", {which} cannot be undone" if final else ""
        return f"{in_all(changes, seen(self.plan), rest)}.{passed}"

    @property
    def counts(self) -> str:
        """``3 member-add, 2 grant``."""
        return ", ".join(f"{number:,} {action}" for action, number in self.plan.summary.items())

    @property
    def letters(self) -> str:
        """``Letters: 12 invitation, 3 removed.``; empty if the plan changes nothing, or does not say it."""
        if not self.plan.changes or self.plan.letters is None:
            return ""
        counts = ", ".join(f"{number:,} {letter}" for letter, number in self.plan.letters.items())
        return f"Letters: {counts or 'none'}."

    @property
    def work(self) -> str:
        """``Work list at the vendor: 3-import +12, 4-revoke-books -1.``; empty if the plan changes nothing there."""
        counts = ", ".join(f"{step} {number:+,}" for step, number in self.plan.work.items())
        return escape_controls(f"Work list at the vendor: {counts}.") if counts else ""

    @property
    def slots(self) -> list[SlotRow]:
        return [slot_row(library, change) for library, change in self.plan.slots.items()]

    @property
    def ends(self) -> list[str]:
        """How many seats get which end date, as ``books: 46 seats end on 2026-11-27 (was: no end)``."""
        counts = Counter(
            (change.library, (change.after or {})["until"], (change.before or {}).get("until"))
            for change in self.plan.changes
            if "until" in (change.after or {})
        )
        return [
            escape_controls(
                f"{library}: {counted(number, 'seat')} {ends_on(until, number)}"
                + (f" (was: {end_words(was)})" if was is not None else "")
            )
            for (library, until, was), number in sorted(
                counts.items(), key=lambda item: (item[0][0], item[0][1] or "~")
            )
        ]

    @property
    def groups(self) -> list[Group]:
        """The changes by action and library, in the order of application."""
        return _groups(self.plan.changes)

    @property
    def irreversible(self) -> list[Group]:
        """The changes that cannot be undone, by action and library."""
        return _groups(self.plan.irreversible)

    @property
    def refusals(self) -> list[Diagnostic]:
        return [shown(refusal, self.folder) for refusal in self.plan.refusals]

    @property
    def warnings(self) -> list[Diagnostic]:
        """Warnings, then the limits passed by approval, then notices."""
        found = [*map(_as_notice, self.plan.approvals), *self.plan.warnings]
        order = (Severity.WARNING, Severity.NOTICE)
        return [shown(w, self.folder) for severity in order for w in found if w.severity is severity]


def _as_notice(passed: PassedLimit) -> Diagnostic:
    """The passed limit as a finding at its approval."""
    message = f"Limit passed by approval: {in_words(passed.as_dict())}."
    help = "Nothing to do. The apply uses the approval up; delete it afterwards."
    origin, library = passed.approval.origin, passed.approval.library or None
    return Diagnostic("limit-approved", message, help, origin, Severity.NOTICE, library)


def _groups(changes: Iterable[Change]) -> list[Group]:
    found: dict[tuple[Action, str], list[Change]] = {}
    for change in changes:
        found.setdefault((change.action, change.library if change.member else ""), []).append(change)
    return [
        Group(action.facts.sign, action.value, escape_controls(library), alike)
        for (action, library), alike in found.items()
    ]
